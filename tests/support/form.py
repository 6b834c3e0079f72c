"""Which form of the package a test run is about."""

from __future__ import annotations

import sys

from gevent._base.pure import requested

IS_PYPY = sys.implementation.name == "pypy"
# What the standard library raises for an address of the wrong shape.
WRONG_SHAPE = ValueError if IS_PYPY else TypeError


def is_pure() -> bool:
    """Tell whether this run asks for the pure form; PyPy has no other."""
    return IS_PYPY or requested()
