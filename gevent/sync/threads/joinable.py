"""Thread handles: how ``threading`` waits for the end of a thread since 3.13."""

from __future__ import annotations

from _thread import TIMEOUT_MAX

from greenlet import getcurrent

from gevent._base.checking import TYPE_CHECKING
from gevent.sync.event import Event
from gevent.sync.shared import let_others_run
from gevent.sync.threads.running_loop import wake_loops
from gevent.sync.threads.thread_start import start_greenlet
from gevent.sync.threads.thread_state import ThreadBody

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._hub.greenlet import Greenlet

__all__ = ("ThreadHandle", "make_thread_handle", "start_joinable")


class ThreadHandle:
    """The end of one thread, to wait for from any greenlet or native thread.

    States::

        new --start_joinable--> running --its greenlet ends, or a fork--> done
    """

    __slots__ = ("_end", "ident")

    def __init__(self) -> None:
        self._end = Event()
        self.ident: int | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object: ident={self.ident}>"

    def is_done(self) -> bool:
        """Return whether the thread has ended.

        Blocking:
            Switches once if it has not: loops around ``Thread.is_alive`` have an end.
        """
        if not self._end.is_set():
            let_others_run()  # switches
        return self._end.is_set()

    def _set_running(self, greenlet: Greenlet) -> None:
        """A greenlet is about to become this thread."""
        self.ident = id(greenlet)
        greenlet.rawlink(self._set_done)

    def _set_done(self, _source: object = None) -> None:
        """The thread has ended; also a link."""
        self._end.set()

    def end_unless_of(self, ident: int) -> None:
        """End it unless it is that thread's, or nobody's yet; in a forked child."""
        if self.ident is not None and self.ident != ident:
            self._end.set()

    def join(self, timeout: float | None = -1) -> None:
        """Wait for the end of the thread.

        Args:
            timeout: Seconds to wait at most; None or negative: for ever.

        Raises:
            RuntimeError: It was not started, or is the current one.
            OverflowError: *timeout* is larger than ``threading.TIMEOUT_MAX``.

        Blocking:
            Switches to the hub unless the thread has ended.
        Cancellation:
            The thread goes on.
        Thread safety:
            From any thread.
        """
        if timeout is not None and timeout > TIMEOUT_MAX:
            raise OverflowError("timeout value is too large")
        if self._end.is_set():
            return
        if self.ident is None:
            raise RuntimeError("thread not started")
        if self.ident == id(getcurrent()):
            raise RuntimeError("Cannot join current thread")
        self._end.wait(None if timeout is None or timeout < 0 else timeout)  # switches


def start_joinable(
    function: Callable[[], object],
    handle: ThreadHandle | None = None,
    daemon: bool = True,
) -> ThreadHandle:
    """Run a function in a new greenlet.

    Args:
        function: What to run. Errors are reported by the hub; SystemExit just ends
            the greenlet.
        handle: Which handle to use; None: a new one.
        daemon: Ignored: a greenlet never keeps the program running.

    Returns:
        The handle.

    Raises:
        TypeError: *function* is not callable, or *handle* is none.
        RuntimeError: The handle was used before.

    Blocking:
        Never switches.
    """
    del daemon
    if not callable(function):
        raise TypeError("thread function must be callable")
    if handle is None:
        handle = ThreadHandle()
    elif not isinstance(handle, ThreadHandle):
        raise TypeError("'handle' must be a _ThreadHandle")
    if handle.ident is not None:
        raise RuntimeError("thread already started")
    wake_loops()
    start_greenlet(handle._set_running, ThreadBody(function))
    return handle


def make_thread_handle(ident: int) -> ThreadHandle:
    """Return the handle of a thread that runs and was not started here."""
    handle = ThreadHandle()
    handle.ident = ident
    return handle
