"""Descriptors that are no sockets; the twin of ``files.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

import os
from errno import EINVAL
from os import read, write  # bound before anything can be patched

from gevent._base.checking import TYPE_CHECKING
from gevent._native.io.descriptor import (
    FAIRNESS_MASK,
    Descriptor,
    cancel_wait_ex,
    error_of,
    give_way,
)
from gevent._native.io.fd_table import begin_wait, end_wait
from gevent._native.library.io_events import READ, WRITE
from gevent._native.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


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
        """Park until a direction is ready, where closing the number ends it (FDT2)."""
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
            raise error_of(EINVAL)
        self.before_reading()  # switches
        while True:
            try:
                return read(self.fd, n)
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
                return write(self.fd, data)
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
    if loop is not None:
        give_way(loop)  # switches
