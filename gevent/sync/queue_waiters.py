# cython: nonecheck=True
# ruff: noqa: ERA001 - that is a directive, for subclasses that forget to call __init__
"""The two ends of a queue: who waits for an item, and who waits for room.

Invariant, of those in ``queue.py``:

* QUEUE2  The ends (who waits for an item, who waits for room) exist once somebody had
  to wait. From then on every change of the storage brings ``WaitEnd.due`` up to date
  and announces that it became true: once is enough, for as long as it stays true the
  notification goes on to the next waiter. The ends do not refer to the queue: it must
  go without the collector.
"""

from __future__ import annotations

import sys
from queue import Empty, Full

from gevent._hub.timeout import Timeout
from gevent._native.scheduling.scheduler import as_seconds
from gevent.sync.channel import QueueBase
from gevent.sync.shared import Shared

if sys.version_info >= (3, 13):
    from queue import ShutDown
else:

    class ShutDown(Exception):
        """The queue has been shut down."""


class Mode:
    """What the monkey patching decides."""

    # Whether negative timeouts are refused as in the standard library.
    follows_stdlib = False


class WaitEnd(Shared):
    """The waiters at one end of a queue."""

    due: bool

    def is_due(self) -> bool:
        """Whether the first of them can go on."""
        return self.due

    def turn(self, due: bool) -> bool:
        """Set ``due``; return whether to tell somebody (QUEUE2)."""
        is_news = due and not self.due
        self.due = due
        # Foreign waiters are told one at a time.
        return is_news or self.foreign_waiters is not None

    def signal(self) -> int:
        """They may be able to go on."""
        if self.due and self.has_listener():
            self.announce()
        return 0


class QueueEnds(QueueBase):
    """What :class:`~gevent.queue.SimpleQueue` knows of those who wait."""

    limit: int
    is_shutdown: bool
    has_ends: bool
    getters: WaitEnd
    putters: WaitEnd

    def _qsize(self) -> int:
        """Return the number of items; overridden."""
        return 0

    def has_room(self) -> bool:
        """Whether an item fits."""
        return self.limit < 0 or self._qsize() < self.limit

    def make_ends(self) -> int:
        """Make the lists of waiters, or bring them up to date (QUEUE2)."""
        if not self.has_ends:
            getters, putters = WaitEnd(), WaitEnd()
            # Asked again: making them may run a finalizer that waits for this queue,
            # too, at the ends that it has made. Ours must not replace those.
            if not self.has_ends:
                self.getters = getters
                self.putters = putters
                self.has_ends = True
        return self.settle()

    def settle(self) -> int:
        """The storage has changed: wake who can go on now."""
        size = self._qsize()
        is_down = self.is_shutdown
        # Both ends are brought up to date before anybody is told: telling may run
        # others, who look at both.
        tells_getters = self.getters.turn(size > 0 or is_down)
        tells_putters = self.putters.turn(
            self.limit < 0 or size < self.limit or is_down
        )
        if tells_getters:
            self.getters.signal()
        if tells_putters:
            self.putters.signal()
        return 0

    def wait_for_room(self, block: bool, timeout: float | Timeout | None) -> int:
        """Wait until an item fits, or raise."""
        if not block:
            raise Full
        if timeout is not None and Mode.follows_stdlib:
            demand_not_negative(timeout)
        self.make_ends()
        if Shared.is_in_hub():
            while self.getters.due and self.getters.first is not None:
                if not self.getters.resume_first():  # switches
                    break
                if self.has_room():
                    return 0
            raise Full
        if not self.putters.wait_until_due(self, timeout):  # switches
            raise timeout if isinstance(timeout, Timeout) else Full
        if self.is_shutdown:
            raise ShutDown
        return 0

    def wait_for_item(self, block: bool, timeout: float | Timeout | None) -> int:
        """Wait until there is an item, or raise."""
        if self.is_shutdown:
            raise ShutDown
        if not block:
            raise Empty
        self.make_ends()
        if Shared.is_in_hub():
            while self.putters.due and self.putters.first is not None:
                if not self.putters.resume_first():  # switches
                    break
                if self._qsize():
                    return 0
            raise Empty
        if timeout is not None:
            demand_not_negative(timeout)
        while self._qsize() == 0:
            if self.is_shutdown:
                raise ShutDown
            # A waiter trusts `due`. Hooks in Python may have let another thread change
            # the queue in between, so it is brought up to date before each wait.
            self.settle()
            if not self.getters.wait_until_due(self, timeout):  # switches
                raise timeout if isinstance(timeout, Timeout) else Empty
        return 0

    def _n_waiting(self) -> tuple[int, int]:
        """Return how many wait for an item, and for room; of the owning thread."""
        if not self.has_ends:
            return 0, 0
        return self.getters.n_links, self.putters.n_links

    # -- for a state, not for a turn -------------------------------------------------

    def _wait_not_empty(self, timeout: float | None) -> bool:
        """Wait until there is an item, and leave it; False if the time passed."""
        self.make_ends()
        came = self.getters.wait_until_due(self, timeout)  # switches
        self.settle()
        return came

    def _wait_not_full(self, timeout: float | None) -> bool:
        """Wait until there is room, and leave it; False if the time passed."""
        self.make_ends()
        came = self.putters.wait_until_due(self, timeout)  # switches
        self.settle()
        return came


def demand_not_negative(timeout: float | Timeout) -> int:
    """Refuse a negative number of seconds.

    Raises:
        ValueError: It is negative.
        TypeError: It is no number.
    """
    if isinstance(timeout, BaseException) and isinstance(timeout, Timeout):
        if timeout.seconds is None:
            return 0
        timeout = timeout.seconds
    if as_seconds(timeout) < 0:
        raise ValueError("'timeout' must be a non-negative number")
    return 0
