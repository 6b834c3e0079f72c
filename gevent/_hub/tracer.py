"""Trace functions of greenlets: they count switches and know who runs.

``greenlet.settrace`` has one place per native thread. A tracer takes it when it is
made, calls whatever was there before it, and puts that back when it is killed.

Threads: switches are noted in the traced thread only; what a tracer counted may be
read from any (one field each). ``killed`` may be set from any thread, too: outside the
traced one nothing can be put back; the tracer removes itself at the next switch.

* TRACER1  Who traced before is called for every event, alive or killed.
* TRACER2  A tracer that another one has displaced stays quiet when killed: that one may
  call it, and what is installed is not ours to replace.
* TRACER3  A tracer, which its thread keeps, keeps no hub.
"""

from __future__ import annotations

import sys
import time
import traceback
import weakref
from typing import TYPE_CHECKING, cast

from greenlet import getcurrent, gettrace, settrace

from gevent._base import originals
from gevent._hub.run_info import describe_run
from gevent._native.scheduling.scheduler import current_hub_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, TypeAlias

    from greenlet import greenlet as raw_greenlet

    from gevent._loop.loop import Loop
    from gevent._native.scheduling.scheduler import HubLike

    TraceFunction: TypeAlias = Callable[
        [str, tuple[raw_greenlet, raw_greenlet]], object
    ]

__all__ = ("GreenletTracer",)

_RULE = "=" * 80


class GreenletTracer:
    """Counts the switches of the calling thread, and knows who runs there."""

    greenlet_switch_counter: int
    active: raw_greenlet | None
    hub_reference: weakref.ref[raw_greenlet] | None
    previous_trace_function: TraceFunction | None
    killed: bool
    thread_ident: int
    n_seen: int
    n_scheduled: int

    def __init__(self) -> None:
        self.greenlet_switch_counter = 0
        self.n_seen = -1
        self.hub_reference = None
        self.n_scheduled = 0
        self.killed = False
        self.thread_ident = originals.get("_thread", "get_ident")()
        self.note_active(getcurrent())
        self.previous_trace_function = cast("TraceFunction | None", gettrace())
        settrace(self)

    def __call__(self, event: str, args: tuple[raw_greenlet, raw_greenlet]) -> None:
        """A greenlet switches (a trace function)."""
        previous = self.previous_trace_function
        if self.killed:
            self.put_back()
        elif event == "switch" or event == "throw":
            self.greenlet_switch_counter += 1
            self.note_active(args[1])
        if previous is not None:
            previous(event, args)

    def note_active(self, target: raw_greenlet) -> int:
        """Remember who runs; a hub only that it does (TRACER3)."""
        if target is not current_hub_or_none():
            self.active = target
            return 0
        self.active = None
        if self.hub_reference is None or self.hub_reference() is not target:
            self.hub_reference = weakref.ref(target)
        return 0

    @property
    def active_greenlet(self) -> raw_greenlet | None:
        """Who runs in the traced thread; None when tracing has ended."""
        if self.active is not None or self.hub_reference is None or self.killed:
            return self.active
        return self.hub_reference()

    def kill(self) -> None:
        """End tracing, and put back what was there; repeatable.

        Thread safety:
            From any thread; outside the traced one it is put back at the next switch.
        """
        self.killed = True
        self.active = None
        if originals.get("_thread", "get_ident")() == self.thread_ident:
            self.put_back()

    def put_back(self) -> int:
        """Undo the installation, in the traced thread, if it is ours (TRACER2)."""
        if gettrace() is self:
            settrace(self.previous_trace_function)
        return 0

    def did_block_hub(
        self, hub: HubLike
    ) -> tuple[Literal[True], raw_greenlet] | Literal[False]:
        """Return whether a greenlet has kept *hub* from running since the last call.

        Returns:
            ``(True, greenlet)``; False when greenlets switched, or the hub itself runs
            or waits for events.

        Thread safety:
            From any one thread.
        """
        seen, self.n_seen = self.n_seen, self.greenlet_switch_counter
        loop = cast("Loop | None", hub.loop)  # none when it is destroyed
        if loop is None:
            return False
        scheduled, self.n_scheduled = self.n_scheduled, loop.n_switches
        active = self.active
        if active is None or active is hub or loop.in_poll:
            return False
        # The loop counts too: another tracer may have displaced this one.
        if seen != self.n_seen or scheduled != self.n_scheduled:
            return False
        return (True, active)

    def ignore_current_greenlet_blocking(self) -> None:
        """Do not call the current greenlet blocking until it switches."""
        self.active = None

    def monitor_current_greenlet_blocking(self) -> None:
        """Undo :meth:`ignore_current_greenlet_blocking`."""
        self.note_active(getcurrent())

    def did_block_hub_report(
        self,
        hub: HubLike,
        active_greenlet: raw_greenlet,
        format_kwargs: Mapping[str, object],
    ) -> list[str]:
        """Return the lines of a report that *active_greenlet* blocks *hub*.

        Args:
            hub: The hub that does not run.
            active_greenlet: Who runs instead.
            format_kwargs: Arguments for ``gevent.util.format_run_info``.
        """
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lines = [
            _RULE,
            f"\n{now} : Greenlet {active_greenlet!r} appears to be blocked",
            f"    Reported by {self!r}",
            f"Blocked Stack (for thread id 0x{hub.thread_ident:x}):",
            stack_of_thread(hub),
            "Info:",
        ]
        return lines + describe_run(**format_kwargs)


def stack_of_thread(hub: HubLike) -> str:
    """Return the Python stack of a hub's thread as text, as it is right now."""
    frame = sys._current_frames().get(hub.thread_ident)
    if frame is None:
        return f"Unknown: No thread found for hub {hub!r}\n"
    return "".join(traceback.format_stack(frame))
