"""Events: subscribers, what they get, and interfaces."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import assert_type

from greenlet import greenlet

import gevent
import gevent.hub
from gevent import events, util


def subscriber(event: object) -> None:
    """What a monitoring program does with what it is sent."""
    if isinstance(event, events.EventLoopBlocked):
        assert_type(event.blocking_time, float)
        event.info.append("more")
    elif isinstance(event, events.GeventWillPatchModuleEvent):
        assert_type(event.target_item_names, list[str])
        raise events.DoNotPatch
    elif isinstance(event, events.PeriodicMonitorThreadStartedEvent):
        event.monitor.add_monitoring_function(print, 0.5)


def subscribe() -> None:
    """The list of zope.event, and the questions that interfaces answer."""
    assert_type(events.subscribers, list[Callable[[object], object]])
    events.subscribers.append(subscriber)
    events.notify_and_call_entry_points(
        events.GeventDidPatchModuleEvent("socket", object(), object())
    )
    assert_type(events.IEventLoopBlocked.providedBy(object()), bool)


def blocked(event: events.EventLoopBlocked) -> None:
    """What a program does with the events that it asked for."""
    assert_type(event.info, list[str])


def subscribe_to_a_class() -> None:
    """A handler takes what it subscribed to, or a base of that."""
    handle = events.subscribe(events.EventLoopBlocked, blocked)
    assert_type(handle, events.Subscription)
    assert_type(handle.active, bool)
    handle.unsubscribe()
    with events.subscribe(events.GeventWillPatchAllEvent, subscriber) as inner:
        assert_type(inner, events.Subscription)
    events.subscribe(events.GeventPatchEvent, blocked)  # type: ignore[arg-type]  # another class


def stuck(event: events.DeadlockFound) -> None:
    """What the monitor found."""
    assert_type(event.hub, gevent.hub.Hub)
    assert_type(event.deadlock, util.Deadlock)
    assert_type(event.deadlock.format(), str)
    for each in event.deadlock.circle:
        assert_type(each.greenlet, greenlet)


def stalled(event: events.LoopStalled) -> None:
    """What took too long, and what it takes usually."""
    assert_type(event.duration, float)
    assert_type(event.hub, gevent.hub.Hub)
    assert_type(util.run_times(event.hub).quantile(0.5), float)
    assert_type(util.loop_lag().counts, tuple[int, ...])


def switched(origin: greenlet, target: greenlet) -> None:
    """A hook."""


def hook() -> None:
    """Switches of a hub."""
    with gevent.get_hub().add_switch_hook(switched) as handle:
        assert_type(handle.active, bool)
    gevent.get_hub().add_switch_hook(len)  # type: ignore[arg-type]  # takes one


def look() -> None:
    """What runs, and who switches."""
    assert_type(util.format_run_info(limit=3), list[str])
    assert_type(util.GreenletTree.forest(), list[util.GreenletTree])
    assert_type(util.GreenletTree.current_tree().format(details=False), str)
    assert_type(util.clear_stack_frames(inspect.currentframe()), None)
    with util.assert_switches(max_blocking_time=0.1) as demand:
        assert_type(demand.hub_only, bool)
