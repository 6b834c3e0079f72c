"""Looking at what greenlets do, and turning exceptions into results."""

from __future__ import annotations

import functools
import sys
import traceback
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, cast

import greenlet as greenlets

from gevent._base import originals
from gevent._base.publish import publish
from gevent._hub.hub import get_hub
from gevent.sync.introspection.deadlocks import (
    Deadlock,
    StuckGreenlet,
    find_deadlocks,
)
from gevent.sync.introspection.frames import walk_callers
from gevent.sync.introspection.greenlet_tree import GreenletTree
from gevent.sync.introspection.known_wakers import declare_wakers
from gevent.sync.introspection.snapshot import Snapshot, take_snapshot
from gevent.sync.introspection.times import Histogram, loop_lag, run_times

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Self, TextIO, TypeAlias

    from greenlet import greenlet as raw_greenlet

    from gevent._hub.hub import Hub

    _TraceFunction: TypeAlias = Callable[
        [str, tuple[raw_greenlet, raw_greenlet]], object
    ]


__all__ = (
    "Deadlock",
    "GreenletTree",
    "Histogram",
    "Snapshot",
    "StuckGreenlet",
    "assert_switches",
    "clear_stack_frames",
    "declare_wakers",
    "find_deadlocks",
    "format_run_info",
    "loop_lag",
    "print_run_info",
    "run_times",
    "take_snapshot",
    "wrap_errors",
)

_RULE = "*" * 80
_NO_STACK = "\t...stack elided..."


class wrap_errors:
    """A callable that returns exceptions of some classes instead of raising them.

    It looks like the function that it wraps.

    Args:
        errors: One class, or a tuple of them.
        func: What to call.
    """

    def __init__(
        self,
        errors: type[BaseException] | tuple[type[BaseException], ...],
        func: Callable[..., object],
    ):
        self._errors = errors
        self._func = func
        functools.update_wrapper(self, func, updated=())

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the function; return its result, or an exception of those classes."""
        try:
            return self._func(*args, **kwargs)
        except self._errors as error:
            return error

    def __str__(self) -> str:
        return str(self._func)

    def __repr__(self) -> str:
        return repr(self._func)

    def __getattr__(self, name: str) -> object:
        value: object = getattr(self._func, name)
        return value


# -- what runs ------------------------------------------------------------------------


def print_run_info(
    thread_stacks: bool = True,
    greenlet_stacks: bool = True,
    limit: int | None = None,
    file: TextIO | None = None,
) -> None:
    """Print what :func:`format_run_info` returns.

    Args:
        thread_stacks: Whether to show the stacks of native threads.
        greenlet_stacks: Whether to show the stacks of greenlets; where they were
            spawned is shown in any case.
        limit: How many frames of each; None: all.
        file: Where to; None: ``sys.stderr``.
    """
    lines = format_run_info(thread_stacks, greenlet_stacks, limit)
    (file or sys.stderr).write("\n".join(lines) + "\n")


def format_run_info(
    thread_stacks: bool = True,
    greenlet_stacks: bool = True,
    limit: int | None = None,
    current_thread_ident: int | None = None,
) -> list[str]:
    """Describe all native threads and all greenlets.

    Args:
        thread_stacks: Whether to show the stacks of native threads.
        greenlet_stacks: Whether to show the stacks of greenlets; where they were
            spawned is shown in any case.
        limit: How many frames of each; None: all.
        current_thread_ident: Which thread to call the current one; None: the caller's.

    Returns:
        Lines of text, and stacks of several lines; what they say is for people.

    Thread safety:
        From any thread.
    """
    if current_thread_ident is None:
        current_thread_ident = originals.get("_thread", "get_ident")()
    lines = [_RULE, "* Threads", _RULE]
    names = _thread_names()
    for ident, frame in sys._current_frames().items():
        mark = " (CURRENT)" if ident == current_thread_ident else ""
        lines.append(f"Thread 0x{ident:x} ({names.get(ident, 'unknown')}){mark}\n")
        shown = traceback.format_stack(frame, limit) if thread_stacks else [_NO_STACK]
        lines += ["".join(shown), _RULE]
    lines += ["* Greenlets", _RULE]
    details: dict[str, object] = {
        "running_stacks": greenlet_stacks,
        "running_stack_limit": limit,
        # One line or a few, and what a reader needs most.
        "spawning_stacks": True,
    }
    for tree in GreenletTree.forest():
        lines.append("---- Thread boundary")
        lines += tree.format_lines(details)
    return lines


def _thread_names() -> dict[int, str]:
    """The names that ``threading`` knows, if the program uses it."""
    threading = sys.modules.get("threading")
    if threading is None:
        return {}
    return {
        thread.ident: thread.name
        for thread in threading.enumerate()
        if thread.ident is not None
    }


def clear_stack_frames(frame: FrameType | None) -> None:
    """Drop the local variables of a frame and of all that called it.

    What still executes is left alone.

    Args:
        frame: The innermost one; None: nothing to do.

    Thread safety:
        From any thread.
    """
    for each, _ in walk_callers(frame):
        with suppress(RuntimeError):
            each.clear()


# -- who switches ---------------------------------------------------------------------


class _FailedToSwitch(AssertionError):
    """A block did not switch, or not soon enough."""


class SwitchTracer:
    """Notes when greenlets switch, besides whatever else traces them.

    Args:
        hub: What it spends is no time that somebody blocks: mostly nobody wants to run.
        hub_only: Count switches to the hub only.
    """

    def __init__(self, hub: raw_greenlet, hub_only: bool):
        self.hub = hub
        self.target = hub if hub_only else None
        self.n_switches: int = 0
        self.longest: float = 0.0
        # Who runs, in this thread.
        self.active_greenlet: raw_greenlet = greenlets.getcurrent()
        self.previous_trace_function: _TraceFunction | None = cast(
            "_TraceFunction | None", greenlets.gettrace()
        )
        self.last: float = perf_counter()
        greenlets.settrace(self)

    def __call__(self, event: str, args: tuple[raw_greenlet, raw_greenlet]) -> None:
        """A greenlet switches (a trace function)."""
        if event in ("switch", "throw"):
            self.active_greenlet = args[1]
            counts = self.target is None or self.target is args[1]
            if counts:
                self.n_switches += 1
            if args[0] is self.hub:
                self.last = perf_counter()
            elif counts:
                self.note()
        if self.previous_trace_function is not None:
            self.previous_trace_function(event, args)

    def note(self) -> None:
        """Measure how long it took since the last time."""
        now = perf_counter()
        self.longest = max(self.longest, now - self.last)
        self.last = now

    def remove(self) -> None:
        """End tracing."""
        greenlets.settrace(self.previous_trace_function)
        self.note()


class assert_switches:
    """A context manager that demands switches to the hub from its block.

    Args:
        max_blocking_time: Seconds that a greenlet may run without a switch, and a block
            that is quicker need not switch; None or 0: there has to be one.
        hub_only: Whether only switches into the hub count, of which there has to be
            one; without, those to any greenlet do.
    """

    hub: Hub | None = None
    tracer: SwitchTracer | None = None

    def __init__(self, max_blocking_time: float | None = None, hub_only: bool = False):
        self.max_blocking_time = max_blocking_time
        self.hub_only = hub_only

    def __enter__(self) -> Self:
        self.hub = get_hub()
        # Who parks goes through the hub then, also where nobody else could go on: a
        # hand-over without a switch, or past the hub, would not be seen.
        self.hub.loop.custom_switch = True
        self.tracer = SwitchTracer(self.hub, self.hub_only)
        return self

    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Check, unless the block failed.

        Raises:
            AssertionError: It did not switch, or not soon enough.
        """
        tracer, self.tracer = self.tracer, None
        hub, self.hub = self.hub, None
        assert tracer is not None, "entered before"
        assert hub is not None, "entered before"
        tracer.remove()
        if tracer.previous_trace_function is None:
            # Not in a block inside of another one.
            hub._look_for_hook()
        if t is None and self._is_too_slow(tracer):
            raise _FailedToSwitch(self._report(tracer, hub))

    def _is_too_slow(self, tracer: SwitchTracer) -> bool:
        limit = self.max_blocking_time or None
        if tracer.n_switches == 0 and (limit is None or self.hub_only):
            return True
        return limit is not None and tracer.longest > limit

    def _report(self, tracer: SwitchTracer, hub: Hub) -> str:
        whom = "To the hub" if self.hub_only else "To any greenlet"
        text = f"{whom} in {tracer.longest:.4f} seconds"
        if self.max_blocking_time:
            text += f" (max allowed {self.max_blocking_time:.4f} seconds)"
        stack = "".join(traceback.format_stack(sys._getframe(2)))
        rule = "=" * 80
        return f"{text}\n{rule}\nBlocked stack, beside {hub!r}:\n{stack}{rule}"


# They have files of their own, but their names are this module's.
Deadlock.__module__ = GreenletTree.__module__ = StuckGreenlet.__module__ = __name__
declare_wakers.__module__ = find_deadlocks.__module__ = __name__
Snapshot.__module__ = take_snapshot.__module__ = __name__
Histogram.__module__ = loop_lag.__module__ = run_times.__module__ = __name__

publish(__name__, "gevent.util")
