"""A loop whose clock jumps: tests of waiting that neither sleep nor depend on load."""

from __future__ import annotations

import threading
from _thread import _count as count_threads
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gevent._loop.loop import Loop


class NothingCanHappenError(AssertionError):
    """A virtual loop was asked to wait for ever, and nobody can end that."""


class VirtualLoop(Loop):
    """A loop without an event library, and with a clock of its own.

    The clock stands still while anything can run. When everything is parked, it jumps
    to the next timer. Where there is none, only a message of a real thread can go on:
    that is waited for on a real condition, for `PATIENCE` seconds at most; if there is
    no such thread after `STARTING_TIME` seconds, no longer.

    Threads: ``_message`` is set by any thread after it has filled the inbox, and
    cleared by ours before the inbox is read.
    """

    PATIENCE = 10.0
    STARTING_TIME = 0.02

    def __init__(self, default: bool = False) -> None:
        self._time = 0.0
        self._message = threading.Event()
        self._n_expectations = 0
        Loop.__init__(self, None, 0, default)

    def read_clock(self) -> float:
        """Return the virtual time; the scheduler asks this instead of the system."""
        return self._time

    def wall_clock(self) -> float:
        """Return the same, so that ``now()`` is virtual, too."""
        return self._time

    def burn(self, seconds: float) -> None:
        """Let time pass as if the running greenlet had computed that long."""
        self._time += seconds

    def poll(self, timeout: float) -> None:
        """Let *timeout* virtual seconds pass, unless a real message is awaited."""
        if timeout == 0.0:
            return
        if timeout < 0.0 or self._n_expectations:
            wait_for_message(self, self._message, -1.0)
        else:
            self._time += timeout

    def post(self, message: object) -> None:
        """Put a message into the inbox and end the wait for one."""
        Loop.post(self, message)  # type: ignore[arg-type]  # whatever the loop takes
        self._message.set()

    @contextmanager
    def expecting_messages(self) -> Iterator[None]:
        """In here a real thread works for us: its message comes before any timer."""
        self._n_expectations += 1
        try:
            yield
        finally:
            self._n_expectations -= 1


def wait_for_message(loop: Loop, message: threading.Event, timeout: float) -> None:
    """Wait on a real condition; for ever (negative) means for as long as may be."""
    if timeout >= 0.0:
        arrived = message.wait(timeout)
    else:
        # A thread that has posted may have ended meanwhile, and one that has just been
        # started is not counted yet.
        arrived = message.wait(VirtualLoop.STARTING_TIME) or (
            count_threads() > 0 and message.wait(VirtualLoop.PATIENCE)
        )
    message.clear()
    if timeout < 0.0 and not arrived:
        raise NothingCanHappenError(
            f"{loop!r} would wait for ever: no timer is armed, no thread sends a "
            f"message; parked: {loop.parked_greenlets()!r}"
        )


@contextmanager
def posting_thread(
    loop: VirtualLoop, function: Callable[..., object], *args: object
) -> Iterator[threading.Thread]:
    """Run *function* in a native thread whose messages *loop* waits for."""
    thread = threading.Thread(target=function, args=args)
    with loop.expecting_messages():
        thread.start()
        yield thread
    thread.join(VirtualLoop.PATIENCE)
    assert not thread.is_alive(), f"{thread!r} did not end"
