"""The watch: tells of a run that is too long while it lasts (``LoopStalling``).

Whoever runs too long can not tell of it, so a native thread looks, one for all hubs.
It lives only while somebody subscribes to the event.

States::

    off --subscribed--> on --unsubscribed--> off
    on --fork (child)--> off --a hub is renewed, or made--> on

Threads: ``_now`` names the watch that is on; it is replaced by whoever subscribes,
unsubscribes or renews a hub, and a thread ends when it finds itself replaced. The
thread alone has the rest.

Invariants:

* STALL1  Between two looks the thread holds no hub, loop or greenlet.
* STALL2  A run is told once; one that ends while it is described, not at all.
* STALL3  What a subscriber raises is printed by the hub and ends nothing.
* STALL4  Nothing of another thread is asked for what needs a lock of its, or runs its
  code: frames are read only.
"""

from __future__ import annotations

import os
import sys
from traceback import FrameSummary, StackSummary
from typing import TYPE_CHECKING

from gevent._base.config import config
from gevent._base.emission import emit
from gevent._base.native_threads import start_new_thread
from gevent._hub import called_function
from gevent._hub.other_threads import IDLE_THREAD
from gevent._hub.ownership import live_hubs
from gevent._native.interpreter.kernel_threads import Pause, runs_without_gil

if TYPE_CHECKING:
    from types import FrameType

    from gevent._hub.ownership import OwnedHub
    from gevent._loop.loop import Loop

__all__ = ("set_watched",)

# Looks per ``max_blocking_time``: a stall is told a fraction of it too late.
_LOOKS = 4
# Seconds between two looks, at least and at most: the limit may be changed meanwhile.
_SHORTEST = 0.005
_LONGEST = 1.0


class StallWatch:
    """A native thread that looks at all hubs."""

    def __init__(self) -> None:
        self._told: dict[int, int] = {}
        self._pause = Pause()

    def start(self) -> None:
        """Start the thread; it goes on while this is the watch that is on."""
        start_new_thread(self._run, (self._threads(),))

    def end(self) -> None:
        """Let the thread end, which has been replaced."""
        self._pause.end()

    def _run(self, threads: list[int]) -> None:
        while _now is self:
            with IDLE_THREAD:
                ran = self._pause.wait(_seconds_between_looks(), threads)
            # Python code lets go of the lock when somebody has asked for that long.
            longest = 2 * sys.getswitchinterval()
            in_c = {
                thread
                for thread, seconds in zip(threads, ran, strict=True)
                if seconds > longest
            }
            if _now is self:
                self._look(in_c)
                threads = self._threads()

    def _look(self, in_c: set[int]) -> None:
        """Tell of each run that is too long; then let go of hubs (STALL1).

        Args:
            in_c: The kernel's numbers of threads that had the lock in C code.
        """
        limit = config.max_blocking_time or 0.0
        told, self._told = self._told, {}
        for hub, loop in live_hubs() if limit else ():
            run = loop.present_run()
            if run is None or run[1] < limit:
                continue
            number = run[0]
            self._told[hub.thread_ident] = number
            if told.get(hub.thread_ident) != number:
                try:
                    _tell(hub, loop, number, loop.native_ident in in_c)
                except BaseException as error:  # last resort: STALL3
                    _report(hub, error)

    def _threads(self) -> list[int]:
        """Return the kernel's numbers of the threads that have hubs."""
        return [loop.native_ident for _, loop in live_hubs()]


def _seconds_between_looks() -> float:
    limit = config.max_blocking_time
    return min(max(limit / _LOOKS, _SHORTEST), _LONGEST) if limit else _LONGEST


def _tell(hub: OwnedHub, loop: Loop, number: int, was_in_c: bool) -> None:
    top = sys._current_frames().get(loop.thread_ident)
    stack = _stack_of(top)
    function = None
    if was_in_c or runs_without_gil(loop.native_ident):
        function = called_function.called_by(top)
    del top
    run = loop.present_run()
    if run is not None and run[0] == number:  # STALL2
        emit("LoopStalling", hub, run[2], run[1], stack, function)


def _stack_of(frame: FrameType | None) -> StackSummary:
    """Return where a thread stands, outermost first; no file is read."""
    places: list[FrameSummary] = []
    while frame is not None:
        code = frame.f_code
        places.append(
            FrameSummary(
                code.co_filename, frame.f_lineno, code.co_name, lookup_line=False
            )
        )
        frame = frame.f_back
    return StackSummary.from_list(reversed(places))


def _report(hub: OwnedHub, error: BaseException) -> None:
    try:
        hub.print_exception("LoopStalling", type(error), error, error.__traceback__)
    except Exception:  # last resort: there is nowhere else to say it
        # The stream is broken, or the hub is being destroyed right now.
        return


# The watch that is on; a forked child has none.
_now: StallWatch | None = None


def set_watched(is_wanted: bool) -> None:
    """Begin to watch, or end it; in a forked child, begin anew.

    Raises:
        RuntimeError: The system does not allow another thread; nobody watches then.

    Thread safety:
        From any thread.
    """
    global _now
    watch = _now
    if is_wanted and watch is None:
        _now = watch = StallWatch()
        try:
            watch.start()
        except BaseException:
            _now = None
            raise
    elif not is_wanted and watch is not None:
        _now = None
        watch.end()


def _forget() -> None:
    """In a forked child the thread is not there."""
    global _now
    _now = None


os.register_at_fork(after_in_child=_forget)
