"""Descriptors that are no sockets; the twin of ``files.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

import os
from errno import EINVAL
from typing import TYPE_CHECKING, Protocol, cast

from gevent._native.descriptor import READ, WRITE, Descriptor, cancel_wait_ex
from gevent._native.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from _typeshed import ReadableBuffer, WriteableBuffer

    class Waiting(Protocol):
        """Who waits for a number."""

        def release(self) -> None:
            """End the wait with EBADF."""

    Entry: TypeAlias = tuple[Waiting, Scheduler]

    class TakesMessages(Protocol):
        """A loop that other threads can reach."""

        def run_callback_threadsafe(self, func: Callable[[], object]) -> object:
            """Call *func* in the loop's thread."""


FAIRNESS_MASK = 15
TURN_IS_OVER = 1 << 20

waits: dict[int, list[Entry]] = {}


class Pace:
    """How many reading calls there were; threads may lose counts."""

    n_reads = 0


class FileDescriptor(Descriptor):
    """A descriptor of somebody else that does not block; closing it is their part.

    Args:
        fd: Its number.
    """

    __slots__ = ()

    def __init__(self, fd: int):
        Descriptor.__init__(self)
        self.fd = fd

    @property
    def is_waited_for(self) -> bool:
        """Whether a greenlet waits for it."""
        watches = (self.reader, self.writer)
        return any(each is not None and each.waiter is not None for each in watches)

    def release(self) -> None:
        """Forget the number: greenlets that wait for it, and later calls, get EBADF."""
        if self.fd >= 0:
            self.let_go(cancel_wait_ex)

    def wait_ready(self, events: int, seconds: float) -> bool:
        """Park until a direction is ready, so that cancel_waits() finds it (F1)."""
        number = self.fd
        entry = begin_wait(number, self, Scheduler.of_thread())
        try:
            return Descriptor.wait_ready(self, events, seconds)  # switches
        finally:
            end_wait(number, entry)

    def before_reading(self) -> int:
        """Yield if it is the loop's turn, before anything is taken."""
        generation = self.generation
        self.demand_open()
        yield_if_overdue()  # switches
        if generation != self.generation:
            raise cancel_wait_ex
        return 0

    def read(self, n: int) -> bytes:
        """Read up to *n* bytes; none at the end.

        Blocking:
            Switches to the hub until there is something, and when the loop has not
            polled for longer than the switch interval.
        """
        if n < 0:
            raise OSError(EINVAL, os.strerror(EINVAL))
        self.before_reading()  # switches
        while True:
            try:
                return os.read(self.fd, n)
            except BlockingIOError:
                self.wait_ready(READ, -1.0)  # switches

    def read_into(self, buffer: WriteableBuffer) -> int:
        """Read into a writable buffer; return how many bytes came.

        Blocking:
            As :meth:`read`.
        """
        self.before_reading()  # switches
        while True:
            try:
                return os.readv(self.fd, [buffer])
            except BlockingIOError:
                self.wait_ready(READ, -1.0)  # switches

    def write(self, data: ReadableBuffer) -> int:
        """Write some bytes; return how many.

        Blocking:
            Switches to the hub until there is room.
        """
        self.demand_open()
        while True:
            try:
                return os.write(self.fd, data)
            except BlockingIOError:
                self.wait_ready(WRITE, -1.0)  # switches


def yield_if_overdue() -> None:
    """Let others run if the loop has not polled for longer than it should.

    Blocking:
        May switch to the hub; never in the hub itself, nor without one.
    """
    Pace.n_reads += 1
    if Pace.n_reads & FAIRNESS_MASK:
        return
    loop = Scheduler.of_thread_or_none()
    if loop is None or not loop.is_overdue():
        return
    if Scheduler.greenlet_now() is not loop.hub:
        loop.steps = TURN_IS_OVER
        loop.yield_once()  # switches


def begin_wait(fd: int, who: Waiting, loop: Scheduler) -> Entry:
    """Note that a greenlet is about to wait for a number (F1)."""
    entry = (who, loop)
    waits.setdefault(fd, []).append(entry)
    return entry


def end_wait(fd: int, entry: Entry) -> int:
    """The wait is over, however it ended."""
    entries = waits.get(fd)
    if entries is not None and entry in entries:
        entries.remove(entry)
        if not entries:
            del waits[fd]
    return 0


def cancel_waits(fd: int) -> None:
    """Give EBADF to the greenlets that wait for *fd* here: it is about to be closed.

    Thread safety:
        From any thread.
    """
    for who, loop in waits.pop(fd, ()):
        if loop is Scheduler.of_thread_or_none():
            who.release()
        else:
            cast("TakesMessages", loop).run_callback_threadsafe(who.release)
