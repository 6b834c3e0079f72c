"""A scheduler that polls: what descriptors and watchers know of their loop."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._native.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from gevent._native.library.backend import Backend

__all__ = ("PolledLoop", "polled")


class PolledLoop(Scheduler):
    """A scheduler with an event library behind it, or none in a loop of tests."""

    backend_object: Backend | None
    is_abandoned: bool

    def backend_loop(self) -> Backend:
        """Return the event library's loop.

        Raises:
            ValueError: The loop is destroyed, or has no event library.
        """
        if self.closing:
            self.demand_open()
        if self.backend_object is None:
            raise ValueError(f"{self!r} watches no descriptors, signals or files")
        return self.backend_object

    def backend_for(self, fd: int) -> Backend:
        """backend_loop(), to watch a descriptor."""
        if self.closing or self.backend_object is None:
            return self.backend_loop()
        return self.backend_object

    def demand_open(self) -> None:
        """Refuse what needs a loop that can still run.

        Raises:
            ValueError: The loop is destroyed.
        """
        if self.is_abandoned:
            raise ValueError(
                "operation on the loop of a thread that this forked child lacks"
            )
        if self.closing:
            raise ValueError("operation on destroyed loop")


def polled(loop: Scheduler) -> PolledLoop:
    """Return *loop*, which has to be one that polls.

    Raises:
        TypeError: It is a bare scheduler.
    """
    if not isinstance(loop, PolledLoop):
        raise TypeError(f"{loop!r} watches no descriptors")
    return loop
