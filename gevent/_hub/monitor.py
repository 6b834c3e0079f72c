"""The monitor thread: a native thread that looks after one hub.

It asks again and again whether the hub still runs, and how much memory the process
uses, and calls what else it was given. There is one per hub while
``config.monitor_thread`` is set; without, none of this is imported.

States::

    running --kill/end of the hub--> ended
    running --fork (child)--> orphan --_on_fork--> running

Threads: ``_entries`` is replaced, never changed in place, by any thread; ``should_run``
is cleared by any thread, once. The monitor thread alone reads the clock of an entry and
calls functions. ``_wake`` is a lock that is always held: whoever releases it ends the
wait of the monitor thread at once.

Invariants:

* MONITOR1  Between two looks the thread holds no strong reference to the hub: the end
  of the hub, by ``destroy``, with its thread, or by the collector, ends the thread.
* MONITOR2  What a function or a subscriber raises is printed by the hub and ends
  nothing: neither the thread nor the main greenlet, which is another thread's.
* MONITOR3  A report names the greenlet whose stack it shows: what has switched while it
  was made is not reported.
* MONITOR4  In a forked child there is at most one thread per monitor, and it is made by
  whoever renews the hub, not in the fork handler: a child that only runs another
  program gets none.
* MONITOR5  Objects of other threads are only asked what needs no lock of theirs; their
  ``repr`` may fail, which ends that look (MONITOR2).
"""

from __future__ import annotations

import os
import sys
import warnings
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, cast

from greenlet import getcurrent
from zope.interface import implementer

from gevent._base import originals
from gevent._base.config import config
from gevent._base.emission import emit, send
from gevent._base.events import (
    EventLoopBlocked,
    IPeriodicMonitorThread,
    MemoryUsageThresholdExceeded,
    MemoryUsageUnderThreshold,
)
from gevent._base.native_threads import make_native_lock, start_new_thread
from gevent._hub.other_threads import IDLE_THREAD
from gevent._hub.run_info import look_for_deadlocks
from gevent._hub.tracer import GreenletTracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenlet import greenlet as raw_greenlet
    from zope.interface import InterfaceClass

    from gevent._base.native_threads import NativeLock
    from gevent._native.scheduling.scheduler import HubLike

    class _Memory(Protocol):
        @property
        def rss(self) -> int: ...

    class _FullMemory(_Memory, Protocol):
        @property
        def uss(self) -> int: ...

    class _Process(Protocol):
        def memory_info(self) -> _Memory: ...
        def memory_full_info(self) -> _FullMemory: ...

    class _Stream(Protocol):
        def write(self, text: str, /) -> object: ...


__all__ = ("MonitorWarning", "PeriodicMonitoringThread", "is_monitor_thread")


class MonitorWarning(RuntimeWarning):
    """Something that a monitor thread is asked to look at can not be seen."""


class _MonitorEntry:
    """A function that is called periodically."""

    __slots__ = ("function", "last_run_time", "period")

    def __init__(self, function: Callable[[HubLike], object], period: float):
        self.function = function
        self.period = period
        self.last_run_time: float = 0.0

    def __repr__(self) -> str:
        return f"<{self.function!r} every {self.period} seconds>"


# Idents of the monitor threads that run: what they call must not start more of them.
# In a forked child none of them does.
_monitor_threads: set[int] = set()
os.register_at_fork(after_in_child=_monitor_threads.clear)


def is_monitor_thread() -> bool:
    """Whether the calling thread is a monitor thread."""
    return originals.get("_thread", "get_ident")() in _monitor_threads


@implementer(cast("InterfaceClass", IPeriodicMonitorThread))
class PeriodicMonitoringThread:
    """A native thread that looks after one hub; it starts when this is made.

    Made by ``Hub.start_periodic_monitoring_thread()``, in the thread of the hub.

    Args:
        hub: The hub to look after; only a weak reference is kept.
    """

    #: Seconds that the thread sleeps at most: settings may change meanwhile.
    inactive_sleep_time = 2.0
    #: Seconds that it sleeps at least.
    min_sleep_time = 0.005
    #: Least seconds between two looks at the memory, which cost milliseconds.
    min_memory_monitor_period = 2

    def __init__(self, hub: HubLike):
        self._hub_wref = weakref.ref(hub, self._on_hub_gc)
        self.should_run = True
        self.pid: int = originals.get("os", "getpid")()
        self.monitor_thread_ident = 0
        self._entries: tuple[_MonitorEntry, ...] = (
            _MonitorEntry(self.monitor_blocking, config.max_blocking_time or 0.0),
        )
        self._deadlock_entry = _MonitorEntry(self.monitor_deadlocks, 0.0)
        # What was found at the last look, by the thread alone.
        self._known_deadlocks: frozenset[object] = frozenset()
        self._memory_exceeded = 0
        self._process: _Process | None = None
        self._wake = make_native_lock()
        self._tracer = self._greenlet_tracer = GreenletTracer()
        self._is_main = bool(hub.main_hub)
        if self._is_main:
            self.install_monitor_memory_usage()
        self._start_thread()

    @property
    def hub(self) -> HubLike | None:
        """The hub that is looked after; None when it is gone."""
        return self._hub_wref()

    # -- functions ----------------------------------------------------------------

    def add_monitoring_function(
        self, function: Callable[[HubLike], object], period: float | None
    ) -> None:
        """Call *function* with the hub every *period* seconds, in the monitor thread.

        Args:
            function: The callable; a known one gets its new period.
            period: Seconds, more than 0; ``None`` stops the calls.

        Raises:
            ValueError: *function* can not be called, or *period* is not positive.

        Thread safety:
            From any thread.
        """
        if not callable(function):
            raise ValueError("function must be callable")
        others = tuple(each for each in self._entries if each.function != function)
        if period is None:
            self._entries = others
            return
        if period <= 0:
            raise ValueError("Period must be positive.")
        for each in self._entries:
            if each.function == function:
                each.period = period
                break
        else:
            self._entries = (*others, _MonitorEntry(function, period))
        self._wake_up()

    def monitoring_functions(self) -> list[_MonitorEntry]:
        """Return what is called how often; the settings are read anew."""
        for each in self._entries:
            if each.function == self.monitor_blocking:
                each.period = config.max_blocking_time or 0.0
            elif each.function == self.monitor_memory_usage:
                each.period = self._memory_period()
        entries = list(self._entries)
        self._deadlock_entry.period = config.deadlock_monitor_period or 0.0
        # One thread is enough: it looks at all hubs.
        if self._deadlock_entry.period and self._is_main:
            entries.append(self._deadlock_entry)
        return entries

    def calculate_sleep_time(self) -> float:
        """Return how many seconds the thread sleeps between two looks."""
        periods = [each.period for each in self.monitoring_functions() if each.period]
        shortest = min(periods, default=self.inactive_sleep_time)
        return max(self.min_sleep_time, min(shortest, self.inactive_sleep_time))

    # -- the thread ---------------------------------------------------------------

    def _start_thread(self) -> None:
        self._wake.acquire()
        self.monitor_thread_ident = start_new_thread(self._run, (self._wake,))

    def _wake_up(self) -> None:
        # Two at once may both find it locked, and one be too late.
        with suppress(RuntimeError):
            self._wake.release()

    def _run(self, wake: NativeLock) -> None:
        """The body of the thread; *wake* is its own, a child's has another one."""
        ident = originals.get("_thread", "get_ident")()
        _monitor_threads.add(ident)
        try:
            while self.should_run:
                with IDLE_THREAD:
                    wake.acquire(True, self.calculate_sleep_time())
                if self.should_run:
                    self._look()
        finally:
            _monitor_threads.discard(ident)

    def _look(self) -> None:
        """Call what is due; then let go of the hub (MONITOR1)."""
        hub = self.hub
        if hub is None or hub.loop is None:
            self.kill()
            return
        now = originals.get("time", "perf_counter")()
        for entry in self.monitoring_functions():
            # A thread that is woken a bit early must not wait for another period.
            is_due = now - entry.last_run_time >= entry.period - self.min_sleep_time
            if self.should_run and entry.period > 0 and is_due:
                entry.last_run_time = now
                self._call(entry.function, hub)

    def _call(self, function: Callable[[HubLike], object], hub: HubLike) -> None:
        try:
            function(hub)
        except BaseException as error:  # last resort: the thread must go on (MONITOR2)
            self._report(hub, error)

    def _report(self, hub: HubLike, error: BaseException) -> None:
        try:
            hub.print_exception(self, type(error), error, error.__traceback__)
        except Exception:  # last resort: there is nowhere else to say it
            # The stream is broken, or the hub is being destroyed right now.
            return

    def kill(self) -> None:
        """End the thread and the tracing; repeatable.

        Thread safety:
            From any thread; outside that of the hub, tracing ends at the next switch.
        """
        self.should_run = False
        self._tracer.kill()
        self._wake_up()

    def _on_hub_gc(self, _: object) -> None:
        self.kill()

    def _on_fork(self) -> None:
        """In a forked child: the thread is not there; start one (MONITOR4)."""
        pid = originals.get("os", "getpid")()
        if self.should_run and pid != self.pid:
            self.pid = pid
            self._process = None
            self._wake = make_native_lock()
            self._start_thread()

    # -- a blocked loop -----------------------------------------------------------

    def ignore_current_greenlet_blocking(self) -> None:
        """Do not call the current greenlet blocking until it switches.

        Thread safety:
            Only from the thread of the hub.
        """
        self._tracer.ignore_current_greenlet_blocking()

    def monitor_current_greenlet_blocking(self) -> None:
        """Undo :meth:`ignore_current_greenlet_blocking`.

        Thread safety:
            Only from the thread of the hub.
        """
        self._tracer.monitor_current_greenlet_blocking()

    def monitor_blocking(self, hub: HubLike) -> tuple[raw_greenlet, list[str]] | None:
        """Look whether anybody has run since the last look without a switch.

        If so an ``EventLoopBlocked`` is sent, and its report printed.

        Returns:
            The greenlet and the report; None: nobody has.
        """
        found = self._tracer.did_block_hub(hub)
        if not found:
            return None
        active = found[1]
        n_switches = self._tracer.greenlet_switch_counter
        report = self._tracer.did_block_hub_report(
            hub,
            active,
            {
                "greenlet_stacks": False,
                "current_thread_ident": originals.get("_thread", "get_ident")(),
            },
        )
        if n_switches != self._tracer.greenlet_switch_counter:
            return None  # MONITOR3
        limit = config.max_blocking_time or 0.0
        event = EventLoopBlocked(active, limit, report, hub=hub)
        send(event)
        if config.print_blocking_reports and event.info:
            self._print(hub, "\n".join(event.info))
        return (active, report)

    # -- dead-locks ---------------------------------------------------------------

    def monitor_deadlocks(self, hub: HubLike) -> list[object]:
        """Look for greenlets, of all hubs, that wait for each other.

        For each dead-lock that was not there at the last look a ``DeadlockFound`` is
        sent, and its report printed, if ``config.print_blocking_reports`` says so.

        Returns:
            The new ones.
        """
        found = {each.key: each for each in look_for_deadlocks()}
        known = self._known_deadlocks
        self._known_deadlocks = known.intersection(found)
        new: list[object] = []
        for key, each in found.items():
            if key not in known:
                # Before others are told: one who fails is not told again, and those of
                # the other dead-locks are at the next look.
                self._known_deadlocks |= {key}
                if config.print_blocking_reports:
                    self._print(hub, each.format())
                emit("DeadlockFound", hub, each)
                new.append(each)
        return new

    def _print(self, hub: HubLike, text: str) -> None:
        # None keeps errors from being printed; this was asked for.
        stream = cast("_Stream | None", hub.exception_stream or sys.stderr)
        if stream is not None:
            stream.write(text + "\n")

    # -- memory -------------------------------------------------------------------

    def _memory_period(self) -> float:
        return max(config.memory_monitor_period or 0, self.min_memory_monitor_period)

    def can_monitor_memory_usage(self) -> bool:
        """Return whether psutil is there to ask."""
        return self._find_process() is not None

    def install_monitor_memory_usage(self) -> None:
        """Look at the memory from now on, or warn that it can not be seen."""
        if self.can_monitor_memory_usage():
            self.add_monitoring_function(
                self.monitor_memory_usage, self._memory_period()
            )
        else:
            warnings.warn(
                "unable to monitor memory usage: install psutil",
                MonitorWarning,
                stacklevel=4,
            )

    def _find_process(self) -> _Process | None:
        if self._process is None:
            try:
                from psutil import Process  # an optional extra, and slow to import
            except ImportError:
                return None
            self._process = Process()
        return self._process

    def monitor_memory_usage(
        self, hub: HubLike
    ) -> MemoryUsageThresholdExceeded | MemoryUsageUnderThreshold | int | None:
        """Compare the memory of the process with ``config.max_memory_usage``.

        An event is sent when it is above and more than ever since that began, and when
        it is below again.

        Returns:
            The event; None: there was none; -1: there is no limit, or no psutil.
        """
        limit = config.max_memory_usage
        process = self._find_process() if limit else None
        if process is None or not limit:
            return -1
        usage, details = _memory_of(process)
        event: MemoryUsageThresholdExceeded | MemoryUsageUnderThreshold
        if usage > limit:
            if usage <= self._memory_exceeded:
                return None
            self._memory_exceeded = usage
            event = MemoryUsageThresholdExceeded(usage, limit, details)
        else:
            peak, self._memory_exceeded = self._memory_exceeded, 0
            if not peak:
                return None
            event = MemoryUsageUnderThreshold(usage, limit, details, peak)
        send(event)
        return event

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} at 0x{id(self):x} "
            f"in thread 0x{self.monitor_thread_ident:x} greenlet {getcurrent()!r} "
            f"for {self.hub!r}>"
        )


def _memory_of(process: _Process) -> tuple[int, object]:
    """Return bytes that this process alone uses, and what psutil says of it."""
    try:
        full = process.memory_full_info()
        return full.uss, full
    except Exception:
        # Not on this platform, or not for us: psutil has classes of its own for that.
        details = process.memory_info()
        return details.rss, details
