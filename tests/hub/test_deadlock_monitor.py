"""The monitor thread says who waits for each other, once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import gevent
from gevent import config, events
from gevent._hub.monitor import PeriodicMonitoringThread
from gevent.events import DeadlockFound
from gevent.hub import Hub, get_hub
from gevent.util import Deadlock

LONG = 1000.0  # seconds; nothing is looked at unless the test does it


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "monitor_thread", True)
        patch.setattr(config, "max_blocking_time", LONG)
        patch.setattr(config, "deadlock_monitor_period", LONG)
        yield


@pytest.fixture
def hub() -> Hub:
    """The hub of this thread; what it prints can be read."""
    found = get_hub()
    found.exception_stream = io.StringIO()
    return found


@pytest.fixture
def monitor(hub: Hub) -> Iterator[PeriodicMonitoringThread]:
    """The monitor of this thread's hub; it looks only when the test asks it to."""
    found = hub.start_periodic_monitoring_thread()
    assert found is not None
    yield found
    found.kill()
    hub.periodic_monitoring_thread = None


@pytest.fixture
def seen() -> Iterator[list[DeadlockFound]]:
    """The events that a subscriber got."""
    found: list[DeadlockFound] = []
    with events.subscribe(DeadlockFound, found.append):
        yield found


@contextmanager
def two_that_wait_for_each_other() -> Iterator[list[gevent.Greenlet[..., object]]]:
    """Run the block while there are two of them."""
    pair: list[gevent.Greenlet[..., object]] = []
    pair.append(gevent.spawn(lambda: pair[1].join()))
    pair.append(gevent.spawn(lambda: pair[0].join()))
    gevent.sleep(0)
    try:
        yield pair
    finally:
        gevent.killall(pair)


def names_of(entries: list[object]) -> list[str]:
    return [entry.function.__name__ for entry in entries]  # type: ignore[attr-defined]


def test_without_the_setting_it_does_not_look(
    monitor: PeriodicMonitoringThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "monitor_deadlocks" in names_of(list(monitor.monitoring_functions()))
    monkeypatch.setattr(config, "deadlock_monitor_period", None)
    assert "monitor_deadlocks" not in names_of(list(monitor.monitoring_functions()))


def test_it_looks_as_often_as_the_setting_says(
    monitor: PeriodicMonitoringThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "deadlock_monitor_period", "0.5")
    periods = {
        entry.function.__name__: entry.period  # type: ignore[attr-defined]
        for entry in monitor.monitoring_functions()
    }
    assert periods["monitor_deadlocks"] == 0.5
    assert monitor.calculate_sleep_time() == 0.5


def test_a_dead_lock_is_told_once(
    monitor: PeriodicMonitoringThread, hub: Hub, seen: list[DeadlockFound]
) -> None:
    with two_that_wait_for_each_other() as pair:
        monitor.monitor_deadlocks(hub)
        monitor.monitor_deadlocks(hub)
        [event] = seen
        assert event.hub is hub
        assert isinstance(event.deadlock, Deadlock)
        assert {each.greenlet for each in event.deadlock.circle} == set(pair)


def test_two_dead_locks_are_two_events(
    monitor: PeriodicMonitoringThread, hub: Hub, seen: list[DeadlockFound]
) -> None:
    with two_that_wait_for_each_other():
        monitor.monitor_deadlocks(hub)
        with two_that_wait_for_each_other() as later:
            monitor.monitor_deadlocks(hub)
            assert len(seen) == 2
            assert {each.greenlet for each in seen[1].deadlock.circle} == set(later)
        monitor.monitor_deadlocks(hub)
        assert len(seen) == 2


def test_the_report_is_printed(
    monitor: PeriodicMonitoringThread, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_that_wait_for_each_other() as pair:
        assert len(monitor.monitor_deadlocks(hub)) == 1
        printed = hub.exception_stream.getvalue()  # type: ignore[union-attr]
        assert printed.startswith("Dead-lock of 2\n")
        assert all(f"0x{id(each):x}" in printed for each in pair)
    monkeypatch.setattr(config, "print_blocking_reports", False)
    hub.exception_stream = io.StringIO()
    with two_that_wait_for_each_other():
        assert len(monitor.monitor_deadlocks(hub)) == 1
    assert hub.exception_stream.getvalue() == ""


def test_a_subscriber_that_fails_hides_no_other_dead_lock(
    monitor: PeriodicMonitoringThread, hub: Hub
) -> None:
    seen: list[Deadlock] = []

    def fail(event: DeadlockFound) -> None:
        seen.append(event.deadlock)
        raise ZeroDivisionError

    with (
        events.subscribe(DeadlockFound, fail),
        two_that_wait_for_each_other(),
        two_that_wait_for_each_other(),
    ):
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                monitor.monitor_deadlocks(hub)
        assert monitor.monitor_deadlocks(hub) == []
    assert len({each.key for each in seen}) == 2


def test_its_thread_looks(
    hub: Hub, seen: list[DeadlockFound], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "deadlock_monitor_period", 0.01)
    told = hub.loop.async_()
    told.start(lambda: None)
    with (
        events.subscribe(DeadlockFound, lambda _: told.send()),
        two_that_wait_for_each_other(),
    ):
        monitor = hub.start_periodic_monitoring_thread()
        assert monitor is not None
        while not seen:
            hub.wait(told)
        monitor.kill()
        hub.periodic_monitoring_thread = None
    told.close()


def test_only_the_monitor_of_the_main_hub_looks() -> None:
    names: list[str] = []

    def run() -> None:
        monitor = get_hub().start_periodic_monitoring_thread()
        assert monitor is not None
        names.extend(names_of(list(monitor.monitoring_functions())))
        get_hub().destroy(destroy_loop=True)

    gevent.get_hub().threadpool.apply(run)
    assert names == ["monitor_blocking"]
