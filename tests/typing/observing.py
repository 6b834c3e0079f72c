"""Events: subscribers, what they get, and interfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_type

from gevent import events


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
