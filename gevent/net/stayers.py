"""Who stays behind when ``multiprocessing`` forks: the other threads, as everywhere.

Greenlets of the parent are in a forked child as well, and go on there. For threads of
``multiprocessing`` that is wrong: they share pipes and locks with the parent, whose
results they would take. The children of ``multiprocessing`` tell us of themselves; who
began to wait for something shared before that, waits for ever there.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gevent._base import originals
from gevent._native.scheduler import Waiter

if TYPE_CHECKING:
    from typing import Protocol

    class _Utilities(Protocol):
        """``multiprocessing.util``."""

        def register_after_fork(self, obj: object, func: object) -> None:
            """Have ``func(obj)`` called in children."""


__all__ = ("Stayer", "expect_children")


class _Family:
    """The process that ``multiprocessing`` made last; this one, or an ancestor."""

    child_id = 0
    is_expecting = False

    def begin(self) -> None:
        """This process is a child of ``multiprocessing``."""
        self.child_id = os.getpid()


_family = _Family()


def expect_children() -> None:
    """Hear of children that ``multiprocessing`` forks, if it is in use; before a fork."""
    if not _family.is_expecting and "multiprocessing.util" in sys.modules:
        _family.is_expecting = True
        utilities: _Utilities = sys.modules["multiprocessing.util"]  # type: ignore[assignment]  # it has it
        utilities.register_after_fork(_family, _Family.begin)


class Stayer:
    """One wait of a greenlet for something that other processes share."""

    def __init__(self) -> None:
        self._process = originals.get("os", "getpid")()

    def stay(self) -> None:
        """Go on in the process in which the wait began; wait for ever in its child.

        Blocking:
            Switches to the hub in a child of ``multiprocessing``, and stays there.
        """
        if self._process != _family.child_id == originals.get("os", "getpid")():
            Waiter().get()  # switches
