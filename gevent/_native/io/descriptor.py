"""Descriptors and waiting for them; the twin of ``descriptor.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

import math
import os
import sys
from errno import EBADF
from select import POLLIN, POLLOUT
from select import poll as native_poll

from gevent._base.checking import TYPE_CHECKING
from gevent._base.exceptions import ConcurrentObjectUseError
from gevent._native.io.fd_table import drop_owner
from gevent._native.library.io_events import READ, WRITE
from gevent._native.library.polled_loop import polled
from gevent._native.scheduling.scheduler import Scheduler, Waiter, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import SupportsFloat

    from gevent._native.library.backend import Record


FAIRNESS_MASK = 15
TURN_IS_OVER = 1 << 20


class cancel_wait_ex(OSError):
    """What a greenlet gets whose descriptor was closed while it waited."""

    def __init__(self) -> None:
        OSError.__init__(self, EBADF, "File descriptor was closed in another greenlet")


def error_of(code: int) -> OSError:
    """Return the OSError of a number."""
    return OSError(code, os.strerror(code))


def give_way(loop: Scheduler) -> bool:
    """Let the loop poll, and others run, if it has not polled for long.

    Returns:
        Whether it did; then all may have changed.
    """
    if not loop.is_overdue() or Scheduler.greenlet_now() is loop.hub:
        return False
    loop.steps = TURN_IS_OVER
    loop.yield_once()  # switches
    return True


def wait_natively(fd: int, events: int, seconds: float) -> bool:
    """wait_ready() in a finalizer at exit, where the hub runs no more: block."""
    poll = native_poll()
    poll.register(fd, POLLIN if events == READ else POLLOUT)
    return not poll.poll(seconds * 1000)


class Watch(Watcher):
    """Readiness of one direction of a :class:`Descriptor`."""

    record: Record
    is_counted: bool

    def count(self, wanted: bool) -> int:
        """Bring the loop's count of references up to date."""
        if wanted != self.is_counted:
            self.is_counted = wanted
            self.loop.references += 1 if wanted else -1
        return 0

    def forget(self) -> int:
        """Nobody waits any more."""
        self.waiter = None
        self.queued = 0
        return self.count(False)

    def release(self) -> int:
        """End the wait, however it ended (FD2)."""
        self.forget()
        return self.record.stop()

    def cancel(self, error: BaseException) -> int:
        """Raise *error* in the greenlet that waits, in its turn; from any thread."""
        waiter = self.waiter
        if waiter is None:
            return 0
        if self.loop.is_current():
            self.release()
            return waiter.fail_later(error)
        # The loop's thread may be in its poll, and the library is that one's alone
        # (BACK2). So only the wait is ended here; the registration ends when the
        # greenlet goes on or the descriptor fires. The loop is woken last: once awake,
        # it must find the greenlet queued, or it would sleep again.
        self.forget()
        waiter.fail_later(error)
        # Not backend_loop(), which refuses a dead loop: its greenlets never go on, and
        # the descriptor is closed all the same.
        backend = polled(self.loop).backend_object
        if backend is not None:
            backend.wakeup()
        return 0

    def end(self, error: Callable[[], BaseException]) -> int:
        """The loop forgets the number; *error* is a class, for who waits."""
        if self.waiter is not None:
            self.cancel(error())
        self.record.free()
        return 0

    def fire(self) -> int:
        """Nobody waits any more."""
        return self.release()

    def expired(self) -> int:
        """Never: a watch has no timer."""
        raise AssertionError("a watch of a descriptor has no timer")


class Descriptor:
    """A descriptor with a generation, and a watch for each direction.

    Threads: one at a time. The watches move to the loop of the thread that waits.
    """

    __slots__ = (
        "__weakref__",
        "_last_fd",
        "fd",
        "generation",
        "given_timeout",
        "is_ref",
        "reader",
        "seconds",
        "writer",
    )

    fd: int
    reader: Watch | None
    writer: Watch | None

    def __init__(self) -> None:
        self._set_zeroes()

    def _set_zeroes(self) -> None:
        self.fd = self._last_fd = -1
        self.generation = 0
        self.seconds = -1.0
        self.given_timeout: float | None = None
        self.is_ref = True
        self.reader = None
        self.writer = None

    @property
    def ref(self) -> bool:
        """Whether waiting for this descriptor keeps the loop running."""
        return self.is_ref

    @ref.setter
    def ref(self, value: bool) -> None:
        self.is_ref = bool(value)
        for each in (self.reader, self.writer):
            if each is not None and each.waiter is not None:
                each.count(self.is_ref)

    @property
    def timeout(self) -> float | None:
        """Seconds that each call may wait; None: for ever; 0.0: it does not wait."""
        return self.given_timeout

    @timeout.setter
    def timeout(self, value: SupportsFloat | None) -> None:
        self.settimeout(value)

    def gettimeout(self) -> float | None:
        """Return the time-out in seconds, or None."""
        return self.given_timeout

    def settimeout(self, howlong: SupportsFloat | None) -> None:
        """Set for how long each call may wait.

        Args:
            howlong: Seconds; None: for ever; 0: calls do not wait.

        Raises:
            TypeError: It is no number.
            ValueError: It is negative or NaN.
        """
        if howlong is None:
            self.seconds = -1.0
            self.given_timeout = None
            return
        if not hasattr(howlong, "__float__"):
            raise TypeError("a float is required", howlong, type(howlong))
        seconds = float(howlong)
        if math.isnan(seconds):
            raise ValueError("Invalid value NaN (not a number)")
        if seconds < 0.0:
            raise ValueError("Timeout value out of range")
        self.seconds = seconds
        self.given_timeout = seconds

    def wait_readable(self, timeout: float | None = None) -> bool:
        """Wait until a read would not block.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            Whether that was so in time.

        Blocking:
            Switches to the hub.
        """
        return not self.wait_ready(READ, -1.0 if timeout is None else timeout)

    def wait_writable(self, timeout: float | None = None) -> bool:
        """Wait until a write would not block; see :meth:`wait_readable`.

        Blocking:
            Switches to the hub.
        """
        return not self.wait_ready(WRITE, -1.0 if timeout is None else timeout)

    def demand_open(self) -> int:
        """Raise EBADF if it is closed."""
        if self.fd < 0:
            raise error_of(EBADF)
        return 0

    def watch_of(self, loop: Scheduler, events: int) -> Watch:
        """Return the watch of a direction on *loop*; an idle one is dropped."""
        watch = self.reader if events == READ else self.writer
        if watch is not None:
            if watch.waiter is not None:
                raise ConcurrentObjectUseError(
                    f"This socket is already used by another greenlet: {watch.waiter!r}"
                )
            if watch.loop is loop:
                return watch
        watch = Watch()
        watch.loop = loop
        watch.record = polled(loop).backend_for(self.fd).io(watch, self.fd, events)
        if events == READ:
            self.reader = watch
        else:
            self.writer = watch
        return watch

    def wait_ready(self, events: int, seconds: float) -> bool:
        """Park until a direction is ready; True if *seconds* passed."""
        generation = self.generation
        self.demand_open()
        if seconds >= 0.0 and sys.is_finalizing():
            return wait_natively(self.fd, events, seconds)
        loop = Scheduler.of_thread()
        watch = self.watch_of(loop, events)
        waiter = loop.new_waiter()
        watch.fired_events = 0
        watch.record.start()
        watch.waiter = waiter
        watch.count(self.is_ref)
        try:
            timed_out = self.park(waiter, seconds)  # switches
        finally:
            # Meanwhile the descriptor may have been closed, and the watch freed with
            # it (another generation). Or somebody shut it down, which ends our wait at
            # once, and another greenlet waits on the same watch before we go on:
            # released here, it would never be woken.
            if generation == self.generation and watch.waiter in (None, waiter):
                watch.release()
        if generation != self.generation:
            raise cancel_wait_ex
        # Timer and descriptor may have fired in the same poll: then it is ready.
        return timed_out and watch.fired_events == 0

    def park(self, waiter: Waiter, seconds: float) -> bool:
        """Park on a waiter; True if *seconds* (not negative) passed."""
        if seconds < 0.0:
            waiter.wait(self)  # switches
            return False
        return bool(waiter.wait_until(self, seconds))  # switches

    def wait_or_fail(self, events: int) -> int:
        """Wait with the time-out of the descriptor."""
        if self.wait_ready(events, self.seconds):
            raise TimeoutError("timed out")
        return 0

    def deadline(self) -> float:
        """Return when the time-out of a call is over that begins now."""
        if self.seconds <= 0.0:
            return self.seconds
        return Scheduler.of_thread().clock() + self.seconds

    def time_left(self, deadline: float) -> float:
        """Return the seconds until then; negative for ever, 0 for no waiting."""
        if deadline <= 0.0:
            return deadline
        left = deadline - Scheduler.of_thread().clock()
        if left <= 0.0:
            raise TimeoutError("timed out")
        return left

    def let_go(self, error: Callable[[], BaseException]) -> int:
        """Forget ``fd`` (FD1); the caller closes it."""
        # All of this before the close. As soon as the number is free, another thread
        # may be given it for another file: a registration that is left would watch that
        # one for us, and a parked call would go on and read from it.
        drop_owner(self.fd, self)
        self._last_fd = self.fd
        self.fd = -1
        return self.end_waits(error)

    def end_waits(self, error: Callable[[], BaseException]) -> int:
        """Raise *error* where somebody waits; the loop forgets the number."""
        self.generation += 1
        for each in (self.reader, self.writer):
            if each is not None:
                each.end(error)
        self.reader = None
        self.writer = None
        return 0
