"""When what nobody refers to any more is freed."""

from __future__ import annotations

import gc
from typing import Any

from tests.support.form import IS_PYPY

# PyPy runs finalizers after a collection; what they let go needs the next one.
_COLLECTIONS = 3 if IS_PYPY else 1


def collect() -> None:
    """Free what nobody refers to any more, circles included."""
    for _ in range(_COLLECTIONS):
        gc.collect()


def drop(things: list[Any]) -> None:
    """Empty a list that holds the only references to its items, and free these."""
    things.clear()
    let_go()


def let_go() -> None:
    """The same without circles: CPython has done it already, PyPy is asked to."""
    if IS_PYPY:
        collect()


def n_objects() -> int:
    """Count what the collector knows, when it has freed what it can."""
    collect()
    return len(gc.get_objects())
