"""Who stays behind when ``multiprocessing`` forks: the other threads, as everywhere.

Greenlets of the parent are in a forked child as well, and go on there. For threads of a
program that uses ``multiprocessing`` that is wrong: they share pipes and locks with the
parent, whose results they would take, and whose work they would do twice. A child of
``multiprocessing`` tells us of itself before it does anything, and then its parent's
threads are left parked for ever.

Invariants:

* FORK1  An abandoned greenlet is in ``abandoned`` until the process ends: if it were
  collected, its ``finally`` clauses would run.
* FORK2  Who waits for several descriptors is not abandoned, since nobody would end the
  registrations: it wakes, and is left in :meth:`SharedWait.stop_in_child`.
"""

from __future__ import annotations

import os
import sys

from greenlet import getcurrent

from gevent._base.checking import TYPE_CHECKING
from gevent._hub.hub import get_hub_if_exists
from gevent._native.scheduling.scheduler import Waiter, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenlet import greenlet as raw_greenlet

__all__ = ("SharedWait", "expect_children")


class Family:
    """What a process knows of its threads, for the children of ``multiprocessing``."""

    child_id: int
    is_expecting: bool

    def __init__(self) -> None:
        # The child that told us of itself; this process, or an ancestor.
        self.child_id = 0
        self.is_expecting = False
        self.idents: frozenset[int | None] = frozenset()
        self.abandoned: list[raw_greenlet | None] = []

    def expect(self) -> None:
        """A fork is due; note which threads there are."""
        utilities = sys.modules.get("multiprocessing.util")
        if utilities is None:
            return
        if not self.is_expecting:
            self.is_expecting = True
            register: Callable[..., object] = utilities.register_after_fork
            register(self, Family.begin)
        threads = sys.modules["threading"].enumerate()
        self.idents = frozenset(thread.ident for thread in threads)

    def begin(self) -> None:
        """This process is a child of ``multiprocessing``: abandon all other threads."""
        self.child_id = os.getpid()
        hub = get_hub_if_exists()
        if hub is None or hub.loop is None:
            return
        current = getcurrent()
        for greenlet, subject in hub.loop.parked_greenlets():
            # Patched threads have the ids of their greenlets for idents.
            is_other_thread = id(greenlet) in self.idents and greenlet is not current
            if not is_other_thread or isinstance(subject, Watcher):
                continue  # FORK2
            self.abandoned.append(greenlet)
            hub.loop.strand(greenlet, subject)


_family = Family()


def expect_children() -> None:
    """Hear of children that ``multiprocessing`` forks, if it is used; before a fork."""
    _family.expect()


class SharedWait:
    """One wait of a greenlet for descriptors, which other processes may share."""

    def __init__(self) -> None:
        self._process = os.getpid()

    def stop_in_child(self) -> None:
        """Go on in the process in which the wait began; not in its child.

        Blocking:
            Switches to the hub for ever in a child of ``multiprocessing``.
        """
        if self._process != _family.child_id == os.getpid():
            Waiter().get()  # switches
