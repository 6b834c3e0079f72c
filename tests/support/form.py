"""Which form of the package a test run is about."""

from __future__ import annotations

import os
import sys

from gevent._base.pure import requested

IS_PYPY = sys.implementation.name == "pypy"
# What the standard library raises for an address of the wrong shape.
WRONG_SHAPE = ValueError if IS_PYPY else TypeError


def is_pure() -> bool:
    """Tell whether this run asks for the pure form; PyPy has no other."""
    return IS_PYPY or requested()


def sample_step() -> int:
    """Return which n-th entry of a long table to try: all on the form run first.

    For tables that hardly depend on the loop; the other forms show that they are
    there. It is prime, so that it meets each value of each column.
    """
    is_first = not requested() and "GEVENT_LOOP" not in os.environ
    return 1 if is_first else 13
