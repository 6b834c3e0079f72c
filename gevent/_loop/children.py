"""Waiting for child processes on any loop, without touching other children.

``pidfd_open`` gives a descriptor that is readable when the process has ended: no
signal handler, any thread. Where the kernel has none, one SIGCHLD watcher looks at
the watched processes only; ``waitpid(-1)`` would reap children of other code.
"""

from __future__ import annotations

import os

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.light import SIGCHLD
from gevent._loop.watchers import io
from gevent._loop.watchers import signal as signal_watcher

if TYPE_CHECKING:
    from gevent._loop.watchers import WatchedLoop, child

__all__ = ("ANY_PID", "Children", "open_pidfd", "reapers", "taken")

# Status and usage of watched processes that another thread reaped: its loop finds them.
# A forked child has no such processes, see below.
taken: dict[int, tuple[int, object]] = {}
# Processes that threads are about to reap, one entry for each call. Between the system
# call and the word in `taken` the loop of a watcher may get the GIL: it looks again. So
# none of these calls may wait. A forked child lacks those threads.
reapers: list[int] = []
# In `reapers`: whichever has ended, or one of a group.
ANY_PID = -1

# The parent's children are not a forked child's. And the threads are gone that would
# have taken their entries out: a loop would look again for ever.
os.register_at_fork(after_in_child=taken.clear)
os.register_at_fork(after_in_child=reapers.clear)


class Children:
    """The child watchers of one loop that are active."""

    def __init__(self, loop: WatchedLoop):
        self._loop = loop
        self._by_descriptor: dict[child, io] = {}
        self._by_signal: list[child] = []
        self._signal_watcher: signal_watcher | None = None

    def watch(self, watcher: child) -> None:
        """Tell *watcher* when its process has ended, and with which status."""
        descriptor = open_pidfd(self._loop, watcher.pid)
        if descriptor is None:
            self._watch_signal(watcher)
            return
        source = io(self._loop, descriptor, 1, ref=False)
        source.start(self._collect, watcher)
        self._by_descriptor[watcher] = source

    def forget(self, watcher: child) -> None:
        """Stop waiting for the process of *watcher*."""
        source = self._by_descriptor.pop(watcher, None)
        if source is not None:
            source.close()
            originals.get("os", "close")(source.fd)
        elif watcher in self._by_signal:
            self._by_signal.remove(watcher)
            if not self._by_signal and self._signal_watcher is not None:
                self._signal_watcher.close()
                self._signal_watcher = None

    def _watch_signal(self, watcher: child) -> None:
        if self._signal_watcher is None:
            source = signal_watcher(self._loop, SIGCHLD, ref=False)
            source.start(self._collect_all)
            self._signal_watcher = source
        self._by_signal.append(watcher)
        # The process may have ended before the handler was there.
        self._loop.run_callback(self._collect_all)

    def _collect_all(self) -> None:
        for watcher in tuple(self._by_signal):
            self._collect(watcher)

    def _collect(self, watcher: child) -> None:
        try:
            pid, status, usage = originals.get("os", "wait4")(watcher.pid, os.WNOHANG)
        except ChildProcessError:
            if watcher.pid not in taken and (
                watcher.pid in reapers or ANY_PID in reapers
            ):
                # A thread has reaped it and has yet to leave word: look again. The
                # descriptor stays readable, and brings us here; a signal is not sent
                # a second time.
                if watcher in self._by_signal:
                    self._loop.run_callback(self._collect_all)
                return
            # Somebody else reaped it. If that was code which knows nothing of us, the
            # status is lost.
            pid = watcher.pid
            status, usage = taken.pop(pid, (0, None))
        if pid:
            self.forget(watcher)
            watcher.usage = usage
            watcher.ended(status)


def open_pidfd(loop: WatchedLoop, pid: int) -> int | None:
    """Return a pidfd, or None where there are none or not for this process."""
    # PyPy's os has no such function, but the pure form has one.
    backend = getattr(loop, "backend_object", None)
    opener = getattr(os, "pidfd_open", getattr(backend, "open_pidfd", None))
    if opener is None:
        return None
    try:
        descriptor: int = opener(pid)
    except OSError:
        return None
    return descriptor
