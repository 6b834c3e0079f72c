"""The monitor thread: who blocks the hub, how much memory there is, no trace left."""

from __future__ import annotations

import gc
import io
import re
import sys
import threading
import weakref
from _thread import _local as native_local
from _thread import get_ident
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import greenlet
import pytest

import gevent
from gevent import config, events
from gevent._hub.hub import set_hub
from gevent._hub.monitor import MonitorWarning, PeriodicMonitoringThread
from gevent._hub.tracer import GreenletTracer
from gevent.event import Event
from gevent.exceptions import LoopExit
from gevent.hub import Hub, get_hub
from tests.hub.conftest import PATIENCE, Report, type_of_program

LONG = 1000.0  # seconds; nothing is looked at unless the test does it


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "monitor_thread", True)
        patch.setattr(config, "max_blocking_time", LONG)
        patch.setattr(config, "max_memory_usage", None)
        yield


@pytest.fixture
def hub() -> Hub:
    """The hub of this thread; what it prints can be read."""
    found = get_hub()
    found.exception_stream = io.StringIO()
    return found


@pytest.fixture
def monitor(hub: Hub) -> PeriodicMonitoringThread:
    """The monitor of this thread's hub; it looks only when the test asks it to."""
    found = hub.start_periodic_monitoring_thread()
    assert found is not None
    return found


@pytest.fixture
def seen() -> Iterator[list[object]]:
    """The events that subscribers got."""
    found: list[object] = []
    events.subscribers.append(found.append)
    yield found
    events.subscribers.remove(found.append)


class Called:
    """A function for a monitor; what it is called with, and in which thread."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[tuple[object, int]] = []
        self.changed = threading.Event()

    def __call__(self, hub: Hub) -> None:
        """Remember the call; fail, if that is wanted."""
        self.calls.append((hub, get_ident()))
        self.changed.set()
        if self.error is not None:
            raise self.error

    def wait(self) -> None:
        """Block the native thread until it is called once more."""
        self.changed.clear()
        assert self.changed.wait(PATIENCE), "the monitor did not call"


class End:
    """Tells when the monitor thread ends: its thread's locals go then."""

    def __init__(self, monitor: PeriodicMonitoringThread) -> None:
        ended = self.ended = threading.Event()
        kept = native_local()
        noted = threading.Event()

        class Mark:
            def __del__(self) -> None:
                ended.set()

        def keep(_: Hub) -> None:
            kept.mark = Mark()
            noted.set()
            monitor.add_monitoring_function(keep, None)

        monitor.add_monitoring_function(keep, 0.001)
        assert noted.wait(PATIENCE), "the monitor did not call"
        self._kept = kept

    def wait(self) -> None:
        """Block the native thread until that end."""
        assert self.ended.wait(PATIENCE), "the monitor thread did not end"


def in_thread(function: Callable[[], object]) -> None:
    """Run a function in a native thread, to its end."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


# -- starting ----------------------------------------------------------------------


def test_without_the_setting_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "monitor_thread", False)
    hub = get_hub()
    gevent.sleep(0)
    assert hub.start_periodic_monitoring_thread() is None
    assert hub.periodic_monitoring_thread is None
    assert greenlet.gettrace() is None


def test_without_the_setting_it_is_not_imported(run_program: type_of_program) -> None:
    done = run_program(
        """
        import sys, gevent
        gevent.sleep(0.001)
        print("gevent._hub.monitor" in sys.modules, "gevent._hub.tracer" in sys.modules)
        """
    )
    assert done.stdout == "False False\n", done.stderr


def test_it_starts_when_the_hub_first_runs() -> None:
    get_hub().destroy(destroy_loop=True)
    hub = get_hub()
    assert hub.periodic_monitoring_thread is None
    gevent.sleep(0)
    assert isinstance(hub.periodic_monitoring_thread, PeriodicMonitoringThread)


def test_it_wakes_nobody(monitor: PeriodicMonitoringThread) -> None:
    with pytest.raises(LoopExit):
        Event().wait()


def test_it_starts_once(hub: Hub, monitor: PeriodicMonitoringThread) -> None:
    assert hub.start_periodic_monitoring_thread() is monitor
    assert hub.periodic_monitoring_thread is monitor


def test_killed_one_is_followed_by_another(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    monitor.kill()
    assert hub.start_periodic_monitoring_thread() not in (None, monitor)


def test_subscribers_are_told_of_its_start(hub: Hub, seen: list[object]) -> None:
    monitor = hub.start_periodic_monitoring_thread()
    assert [type(event) for event in seen] == [events.PeriodicMonitorThreadStartedEvent]
    assert seen[0].monitor is monitor  # type: ignore[attr-defined]  # as its type says


def test_subscriber_that_fails_is_reported_and_the_hub_runs(
    reports: list[Report],
) -> None:
    def fail(_: object) -> None:
        raise KeyError("subscriber")

    get_hub().destroy(destroy_loop=True)
    events.subscribers.append(fail)
    try:
        gevent.sleep(0.001)
    finally:
        events.subscribers.remove(fail)
    assert KeyError in [kind for _, kind, _ in reports]
    assert get_hub() in [context for context, _, _ in reports]


def test_only_the_thread_of_the_hub_starts_it(hub: Hub) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            hub.start_periodic_monitoring_thread()
        except RuntimeError as error:
            errors.append(error)

    in_thread(start)
    assert len(errors) == 1
    assert hub.periodic_monitoring_thread is None


def test_repr_names_thread_and_hub(hub: Hub, monitor: PeriodicMonitoringThread) -> None:
    assert re.fullmatch(
        rf"<PeriodicMonitoringThread at 0x[0-9a-f]+ in thread "
        rf"0x{monitor.monitor_thread_ident:x} greenlet .* for {re.escape(repr(hub))}>",
        repr(monitor),
    )


def test_its_thread_is_unknown_to_threading(monitor: PeriodicMonitoringThread) -> None:
    End(monitor)
    assert monitor.monitor_thread_ident in sys._current_frames()
    assert monitor.monitor_thread_ident not in {
        thread.ident for thread in threading.enumerate()
    }


# -- functions ---------------------------------------------------------------------


def test_function_is_called_with_the_hub_in_the_monitor_thread(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    function = Called()
    monitor.add_monitoring_function(function, 0.001)
    function.wait()
    function.wait()
    assert set(function.calls) == {(hub, monitor.monitor_thread_ident)}


def test_function_that_fails_is_printed_and_called_again(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    function = Called(ValueError("no luck"))
    monitor.add_monitoring_function(function, 0.001)
    function.wait()
    function.wait()
    assert "ValueError: no luck" in hub.exception_stream.getvalue()  # type: ignore[attr-defined]  # set by the fixture


def test_report_that_fails_ends_nothing(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    """As of a hub that is being destroyed."""

    class Stream:
        def write(self, text: str) -> None:
            raise ValueError(text)

    hub.exception_stream = Stream()
    function = Called(ValueError("no luck"))
    monitor.add_monitoring_function(function, 0.001)
    function.wait()
    function.wait()


def test_function_that_exits_ends_nothing(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    function = Called(SystemExit())  # type: ignore[arg-type]  # any that is raised
    monitor.add_monitoring_function(function, 0.001)
    function.wait()
    function.wait()
    gevent.sleep(0)


def test_function_that_blocks_gets_a_hub_without_a_monitor(
    monitor: PeriodicMonitoringThread,
) -> None:
    found: list[object] = []

    def block(_: Hub) -> None:
        gevent.sleep(0.001)
        found.append(get_hub().periodic_monitoring_thread)
        get_hub().destroy()

    monitor.add_monitoring_function(block, 0.001)
    after = Called()
    monitor.add_monitoring_function(after, 0.001)
    after.wait()
    after.wait()
    assert set(found) == {None}


@pytest.mark.parametrize(
    ("function", "period", "text"),
    [
        (None, 1, "function must be callable"),
        (1, None, "function must be callable"),
        (print, 0, "Period must be positive."),
        (print, -1, "Period must be positive."),
    ],
)
def test_what_is_no_function_or_no_period_is_refused(
    monitor: PeriodicMonitoringThread, function: object, period: object, text: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        monitor.add_monitoring_function(function, period)  # type: ignore[arg-type]  # what is tested


def periods(monitor: PeriodicMonitoringThread) -> dict[object, float]:
    return {each.function: each.period for each in monitor.monitoring_functions()}


def test_known_function_gets_its_new_period(monitor: PeriodicMonitoringThread) -> None:
    monitor.add_monitoring_function(print, 5)
    monitor.add_monitoring_function(print, 7)
    assert periods(monitor)[print] == 7


def test_none_as_the_period_removes_a_function(
    monitor: PeriodicMonitoringThread,
) -> None:
    monitor.add_monitoring_function(print, 5)
    monitor.add_monitoring_function(print, None)
    monitor.add_monitoring_function(print, None)
    assert print not in periods(monitor)


def test_settings_are_read_anew(
    monitor: PeriodicMonitoringThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "max_blocking_time", 0.25)
    monkeypatch.setattr(config, "memory_monitor_period", 7)
    found = periods(monitor)
    assert found[monitor.monitor_blocking] == 0.25
    assert found.get(monitor.monitor_memory_usage, 7) == 7
    assert monitor.calculate_sleep_time() == 0.25


def test_memory_is_looked_at_every_two_seconds_at_most(
    monitor: PeriodicMonitoringThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psutil")
    monkeypatch.setattr(config, "memory_monitor_period", 0.1)
    assert periods(monitor)[monitor.monitor_memory_usage] == 2


def test_other_threads_hubs_do_not_look_at_the_memory() -> None:
    found: list[object] = []

    def start() -> None:
        monitor = get_hub().start_periodic_monitoring_thread()
        assert monitor is not None
        found.extend(periods(monitor))
        found.append(monitor.monitor_blocking)
        get_hub().destroy()

    in_thread(start)
    assert found == [found[-1]] * 2


def test_a_sleep_is_neither_too_long_nor_too_short(
    monitor: PeriodicMonitoringThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert monitor.calculate_sleep_time() == monitor.inactive_sleep_time
    monitor.add_monitoring_function(lambda _: None, 1e-6)
    assert monitor.calculate_sleep_time() == monitor.min_sleep_time


# -- a blocked hub -------------------------------------------------------------------


def test_who_runs_from_one_look_to_the_next_blocks(
    hub: Hub, monitor: PeriodicMonitoringThread, seen: list[object]
) -> None:
    def block() -> None:
        assert monitor.monitor_blocking(hub) is None
        monitor.monitor_blocking(hub)

    blocking = gevent.spawn(block)
    blocking.join()
    (event,) = seen
    assert isinstance(event, events.EventLoopBlocked)
    assert event.greenlet is blocking
    assert event.hub is hub
    assert event.blocking_time == LONG


def test_main_greenlet_blocks_too(hub: Hub, monitor: PeriodicMonitoringThread) -> None:
    gevent.sleep(0.001)
    monitor.monitor_blocking(hub)
    found = monitor.monitor_blocking(hub)
    assert found is not None
    assert found[0] is greenlet.getcurrent()


def test_a_block_of_several_periods_is_told_each_time(
    hub: Hub, monitor: PeriodicMonitoringThread, seen: list[object]
) -> None:
    for _ in range(4):
        monitor.monitor_blocking(hub)
    assert len(seen) >= 3


def test_a_switch_between_two_looks_is_progress(
    hub: Hub, monitor: PeriodicMonitoringThread, seen: list[object]
) -> None:
    for _ in range(3):
        monitor.monitor_blocking(hub)
        gevent.sleep(0.001)
    assert seen == []


def test_a_hand_over_between_two_looks_is_progress(
    hub: Hub, monitor: PeriodicMonitoringThread, seen: list[object]
) -> None:
    def run() -> None:
        for _ in range(3):
            monitor.monitor_blocking(hub)
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(run), gevent.spawn(run)])
    assert seen == []


def test_the_hub_does_not_block_itself(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    found: list[object] = []

    def look() -> None:
        found.append(monitor.monitor_blocking(hub))
        found.append(monitor.monitor_blocking(hub))

    hub.loop.run_callback(look)
    gevent.sleep(0.001)
    assert found == [None, None]


def test_ignored_greenlet_does_not_block_until_it_switches(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    monitor.ignore_current_greenlet_blocking()
    monitor.monitor_blocking(hub)
    assert monitor.monitor_blocking(hub) is None
    gevent.sleep(0.001)
    monitor.monitor_blocking(hub)
    assert monitor.monitor_blocking(hub) is not None


def test_ignoring_can_be_undone(hub: Hub, monitor: PeriodicMonitoringThread) -> None:
    monitor.ignore_current_greenlet_blocking()
    monitor.monitor_current_greenlet_blocking()
    monitor.monitor_blocking(hub)
    assert monitor.monitor_blocking(hub) is not None


def test_report_shows_who_runs_where(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    def its_name_is_in_the_report() -> None:
        monitor.monitor_blocking(hub)
        monitor.monitor_blocking(hub)

    blocking = gevent.spawn(its_name_is_in_the_report)
    blocking.join()
    text = hub.exception_stream.getvalue()  # type: ignore[attr-defined]  # set by the fixture
    lines = text.splitlines()
    assert lines[0] == "=" * 80
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ : Greenlet "
        rf"<Greenlet.* at 0x{id(blocking):x}: .*> appears to be blocked",
        lines[2],
    )
    assert lines[3].startswith("    Reported by <")
    assert lines[4] == f"Blocked Stack (for thread id 0x{hub.thread_ident:x}):"
    assert ", in its_name_is_in_the_report" in text
    assert "\nInfo:\n" in text
    assert "* Threads" in text
    assert "* Greenlets" in text


def block_once(hub: Hub, monitor: PeriodicMonitoringThread) -> str:
    """Return what is printed of the calling greenlet."""
    stream = hub.exception_stream = io.StringIO()
    monitor.monitor_blocking(hub)
    monitor.monitor_blocking(hub)
    return stream.getvalue()


def test_subscribers_may_edit_the_report(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    def edit(event: events.EventLoopBlocked) -> None:
        event.info[:] = ["edited"]

    events.subscribers.append(edit)
    try:
        assert set(block_once(hub, monitor).splitlines()) == {"edited"}
    finally:
        events.subscribers.remove(edit)


def test_reports_can_be_switched_off(
    hub: Hub, monitor: PeriodicMonitoringThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "print_blocking_reports", False)
    assert block_once(hub, monitor) == ""


def test_where_no_errors_are_printed_reports_are(
    hub: Hub, monitor: PeriodicMonitoringThread, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.exception_stream = None
    monitor.monitor_blocking(hub)
    assert monitor.monitor_blocking(hub) is not None
    assert "blocked" in capsys.readouterr().err


def test_what_has_switched_meanwhile_is_not_reported(
    hub: Hub,
    monitor: PeriodicMonitoringThread,
    seen: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """MONITOR3: the stack would be somebody else's."""

    def switch(**_: object) -> list[str]:
        gevent.sleep(0.001)
        return []

    monkeypatch.setattr("gevent._hub.run_info._describe", [switch])
    monitor.monitor_blocking(hub)
    assert monitor.monitor_blocking(hub) is None
    assert seen == []


def test_thread_of_a_hub_that_waits_is_not_blocked(
    hub: Hub, monitor: PeriodicMonitoringThread, seen: list[object]
) -> None:
    """Not even if another tracer has displaced ours, which saw nobody leave."""
    greenlet.settrace(None)
    found: list[object] = []

    def look(_: Hub) -> None:
        found.append(monitor.monitor_blocking(hub))
        if len(found) == 3:
            monitor.add_monitoring_function(look, None)
            done.send()

    done = hub.loop.async_()
    hub.loop.run_callback(monitor.add_monitoring_function, look, 0.001)
    hub.wait(done)
    assert found[1:] == [None] * 2
    assert seen == []


# -- tracing -------------------------------------------------------------------------


def test_who_runs_is_known(hub: Hub, monitor: PeriodicMonitoringThread) -> None:
    found: list[object] = []
    running = gevent.spawn(lambda: found.append(monitor._tracer.active_greenlet))
    hub.loop.run_callback(lambda: found.append(monitor._tracer.active_greenlet))
    running.join()
    assert found == [running, hub]
    assert monitor._tracer.active_greenlet is greenlet.getcurrent()


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_kill_puts_the_trace_function_before_back(where: str) -> None:
    traced: list[str] = []

    def trace(event: str, _: object) -> None:
        traced.append(event)

    before = greenlet.settrace(trace)
    try:
        monitor = get_hub().start_periodic_monitoring_thread()
        assert monitor is not None
        gevent.sleep(0)
        assert traced, "it is called beside the monitor's"
        if where == "here":
            monitor.kill()
            monitor.kill()
        else:
            in_thread(monitor.kill)
            gevent.sleep(0.001)
        assert greenlet.gettrace() is trace
    finally:
        greenlet.settrace(before)


def test_displaced_tracer_leaves_the_new_one_alone() -> None:
    tracer = GreenletTracer()
    seen: list[str] = []

    def displace(event: str, args: tuple[greenlet.greenlet, greenlet.greenlet]) -> None:
        seen.append(event)
        tracer(event, args)

    greenlet.settrace(displace)
    try:
        tracer.kill()
        gevent.sleep(0.001)
        assert greenlet.gettrace() is displace
        assert seen
        assert tracer.active_greenlet is None
    finally:
        greenlet.settrace(None)


def test_tracer_does_not_keep_a_hub() -> None:
    """TRACER3: its thread keeps the tracer."""
    found: list[weakref.ref[Hub]] = []

    def run() -> None:
        gevent.sleep(0.001)
        found.append(weakref.ref(get_hub()))

    in_thread(run)
    gc.collect()
    assert found[0]() is None


# -- its end -------------------------------------------------------------------------


def test_kill_ends_the_thread(monitor: PeriodicMonitoringThread) -> None:
    end = End(monitor)
    monitor.kill()
    end.wait()


def test_destroying_the_hub_ends_it(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    end = End(monitor)
    hub.destroy(destroy_loop=True)
    assert hub.periodic_monitoring_thread is None
    assert greenlet.gettrace() is None
    end.wait()


def test_it_ends_with_the_thread_of_the_hub() -> None:
    ends: list[End] = []

    def start() -> None:
        monitor = get_hub().start_periodic_monitoring_thread()
        assert monitor is not None
        ends.append(End(monitor))

    in_thread(start)
    gc.collect()
    ends[0].wait()


def test_it_ends_with_a_hub_that_is_collected() -> None:
    kept: list[PeriodicMonitoringThread] = []

    def replace() -> End:
        # One that runs is kept by its own stack.
        get_hub().destroy(destroy_loop=True)
        monitor = get_hub().start_periodic_monitoring_thread()
        assert monitor is not None
        end = End(monitor)
        kept.append(monitor)
        set_hub(None)
        return end

    end = replace()
    gc.collect()
    assert kept[0].hub is None
    end.wait()
    gevent.sleep(0.001)
    tracer = greenlet.gettrace()
    assert tracer is not kept[0]._tracer


@pytest.mark.parametrize("renew", ["gevent.reinit()", "gevent.sleep(0.001)"])
def test_forked_child_has_one(run_program: type_of_program, renew: str) -> None:
    """E5."""
    done = run_program(
        f"""
        import os, sys, gevent
        from gevent import config
        config.monitor_thread = True
        gevent.sleep(0.001)
        monitor = gevent.get_hub().periodic_monitoring_thread
        pid = os.fork()
        if pid == 0:
            import threading
            before = len(sys._current_frames())
            {renew}
            {renew}
            hub = gevent.get_hub()
            called = threading.Event()
            monitor.add_monitoring_function(lambda hub: called.set(), 0.001)
            print(called.wait(60), flush=True)
            print(before, len(sys._current_frames()), hub.periodic_monitoring_thread
                is monitor, monitor.pid == os.getpid(), flush=True)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        """
    )
    assert done.stdout == "True\n1 2 True True\n", done.stderr


def test_program_ends_with_it(run_program: type_of_program) -> None:
    done = run_program(
        """
        import gevent
        from gevent import config
        config.monitor_thread = True
        config.max_blocking_time = 0.005
        config.print_blocking_reports = False
        gevent.get_hub()
        gevent.sleep(0.01)
        print("end")
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


def test_greenlets_that_are_made_while_it_looks_do_no_harm(
    run_program: type_of_program,
) -> None:
    """A6: what the collector knows is walked while others make more of it."""
    done = run_program(
        """
        import threading, gevent
        from gevent.util import format_run_info
        looks = []

        def look():
            for _ in range(20):
                looks.append(len(format_run_info()))

        thread = threading.Thread(target=look)
        thread.start()
        made = 0
        while thread.is_alive():
            gevent.joinall([gevent.spawn(tuple, (n, str(n))) for n in range(50)])
            made += 1
            # Each poll lets go of the interpreter's lock for a moment that is too short
            # for the other thread to wake up, which could get it never.
            thread.join(0.0001)
        print(len(looks), made > 0)
        """
    )
    assert (done.stdout, done.stderr) == ("20 True\n", "")


# -- memory --------------------------------------------------------------------------


class FakeProcess:
    """What psutil says of a process, made up."""

    def __init__(self, *usages: int, full: bool = True) -> None:
        self.usages = list(usages)
        self.full = full

    def memory_info(self) -> SimpleNamespace:
        """The quick look."""
        return SimpleNamespace(rss=self.usages.pop(0))

    def memory_full_info(self) -> SimpleNamespace:
        """The one that not everybody is allowed."""
        if not self.full:
            raise PermissionError("not for you")
        return SimpleNamespace(uss=self.usages.pop(0))


@pytest.mark.parametrize("full", [True, False])
def test_growing_memory_above_the_limit_is_told_and_its_end(
    hub: Hub,
    monitor: PeriodicMonitoringThread,
    seen: list[object],
    monkeypatch: pytest.MonkeyPatch,
    full: bool,
) -> None:
    monkeypatch.setattr(config, "max_memory_usage", 10)
    monitor._process = FakeProcess(10, 11, 11, 12, 9, 9, full=full)  # type: ignore[assignment]  # it acts as one
    found = [monitor.monitor_memory_usage(hub) for _ in range(6)]
    assert found == [None, seen[0], None, seen[1], seen[2], None]
    first, second, third = seen
    assert isinstance(first, events.MemoryUsageThresholdExceeded)
    assert (first.mem_usage, first.max_allowed) == (11, 10)
    assert isinstance(second, events.MemoryUsageThresholdExceeded)
    assert isinstance(third, events.MemoryUsageUnderThreshold)
    assert (third.mem_usage, third.max_memory_usage) == (9, 12)


def test_without_a_limit_memory_is_not_looked_at(
    hub: Hub, monitor: PeriodicMonitoringThread
) -> None:
    monitor._process = FakeProcess()  # type: ignore[assignment]  # it acts as one
    assert monitor.monitor_memory_usage(hub) == -1


def test_without_psutil_it_warns(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.warns(MonitorWarning, match="psutil"):
        monitor = hub.start_periodic_monitoring_thread()
    assert monitor is not None
    assert not monitor.can_monitor_memory_usage()
    assert monitor.monitor_memory_usage(hub) == -1
