"""Handing tasks and results over; the plain-Python twin of ``hand_over.pyx``."""

from __future__ import annotations

from _thread import allocate_lock  # bound before anything can be patched

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from gevent._native.library.backend import Backend
    from gevent._native.scheduling.scheduler import Scheduler


def open_due(backend: Backend | None) -> int:
    """Open now what was put off: here nothing ever is."""
    return 0


class Gate:
    """Closed at first.

    Threads: one thread waits; any other may open, once per wait.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def open(self) -> int:
        """Let the thread that waits, or will wait, go on."""
        self._lock.release()
        return 0

    def open_at_poll(self, loop: Scheduler, backend: Backend | None) -> int:
        """open(): here nothing is gained by putting it off."""
        return self.open()

    def wait(self, timeout: float, asleep: Backend | None) -> bool:
        """Wait until the gate is opened, and close it again.

        Args:
            timeout: Seconds; negative: for ever.
            asleep: A loop to wake before that, or None.

        Returns:
            Whether it was opened in time.
        """
        if asleep is not None:
            asleep.wakeup()
        return self._lock.acquire(True, -1 if timeout < 0 else min(timeout, 1e9))
