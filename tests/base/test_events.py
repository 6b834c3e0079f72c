"""Event classes, who gets them, in which order, and what it costs when nobody does."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zope.event
from zope.interface.verify import verifyObject

from gevent._base import emission, events, subscription

EXAMPLES: dict[str, object] = {
    "IEventLoopBlocked": events.EventLoopBlocked("g", 1.5, ["line"], hub="h"),
    "IMemoryUsageThresholdExceeded": events.MemoryUsageThresholdExceeded(3, 2, "i"),
    "IMemoryUsageUnderThreshold": events.MemoryUsageUnderThreshold(1, 2, "i", 3),
    "IPeriodicMonitorThreadStartedEvent": events.PeriodicMonitorThreadStartedEvent("m"),
    "IGeventPatchEvent": events.GeventPatchEvent("s", "t"),
    "IGeventWillPatchEvent": events.GeventWillPatchEvent("s", "t"),
    "IGeventDidPatchEvent": events.GeventDidPatchEvent("s", "t"),
    "IGeventWillPatchModuleEvent": events.GeventWillPatchModuleEvent(
        "time", "s", "t", ["sleep"]
    ),
    "IGeventDidPatchModuleEvent": events.GeventDidPatchModuleEvent("time", "s", "t"),
    "IGeventWillPatchAllEvent": events.GeventWillPatchAllEvent({"os": True}, {"x": 1}),
    "IGeventDidPatchBuiltinModulesEvent": events.GeventDidPatchBuiltinModulesEvent(
        {"os": True}, {"x": 1}
    ),
    "IGeventDidPatchAllEvent": events.GeventDidPatchAllEvent({"os": True}, {"x": 1}),
    "IConnectionAccepted": events.ConnectionAccepted("server", "socket", "address"),
    "IHubEvent": events.LoopStalled("h", "g", 0.5),
    "IGreenletEvent": events.GreenletFailed("g"),
    "IConnectionClosed": events.ConnectionClosed("s", "s", "a", ValueError()),
}

GROUPS = {
    "PeriodicMonitorThreadStartedEvent": "hub.periodic_monitor_thread_started",
    "GeventWillPatchAllEvent": "monkey.will_patch_all",
    "GeventWillPatchModuleEvent": "monkey.will_patch_module",
    "GeventDidPatchModuleEvent": "monkey.did_patch_module",
    "GeventDidPatchBuiltinModulesEvent": "monkey.did_patch_builtins",
    "GeventDidPatchAllEvent": "monkey.did_patch_all",
}


@pytest.fixture
def seen() -> Iterator[list[object]]:
    """Events that a subscriber got."""
    found: list[object] = []
    events.subscribers.append(found.append)
    yield found
    events.subscribers.remove(found.append)


@pytest.mark.parametrize("name", EXAMPLES)
def test_event_provides_its_interface(name: str) -> None:
    assert verifyObject(getattr(events, name), EXAMPLES[name])


@pytest.mark.parametrize("name", [n for n in events.__all__ if n[0] in "CIEGHLMPT"])
def test_public_module(name: str) -> None:
    found = getattr(events, name)
    assert found.__module__ == "gevent.events"
    assert pickle.loads(pickle.dumps(found)) is found


@pytest.mark.parametrize("name", GROUPS)
def test_entry_point_group(name: str) -> None:
    assert f"gevent.plugins.{GROUPS[name]}" == getattr(events, name).ENTRY_POINT_NAME


def test_event_loop_blocked_keeps_the_list_itself() -> None:
    lines = ["a"]
    event = events.EventLoopBlocked("g", 0.5, lines)
    assert event.info is lines
    assert (event.greenlet, event.blocking_time, event.hub) == ("g", 0.5, None)


def test_hub_of_a_blocked_loop_is_keyword_only() -> None:
    with pytest.raises(TypeError):
        events.EventLoopBlocked("g", 0.5, [], "h")  # type: ignore[call-arg]  # the point


def test_memory_event_knows_the_peak() -> None:
    event = events.MemoryUsageUnderThreshold(1, 2, "i", 9)
    assert event.max_memory_usage == 9
    assert repr(event) == "<MemoryUsageUnderThreshold used=1 max=2 details='i'>"


def test_names_to_patch_can_be_edited() -> None:
    names = ["sleep", "time"]
    event = events.GeventWillPatchModuleEvent("time", "s", "t", names)
    event.target_item_names.remove("time")
    assert names == ["sleep"]


def test_patch_all_arguments_are_copies() -> None:
    given = {"os": True, "sys": False}
    event = events.GeventWillPatchAllEvent(given, {"x": 1})
    event.patch_all_arguments.clear()
    given.clear()
    assert event.patch_all_arguments == {"os": True, "sys": False}
    assert event.patch_all_kwargs == {"x": 1}
    assert (event.source, event.target) == (None, None)


def test_will_patch_module_reads_the_arguments() -> None:
    event = events.GeventWillPatchAllEvent({"os": True, "sys": False}, {})
    answers = [event.will_patch_module(name) for name in ("os", "sys", "other")]
    assert answers == [True, False, None]


def test_do_not_patch_passes_handlers_of_exceptions() -> None:
    assert events.DoNotPatch.__bases__ == (BaseException,)


def test_subscribers_are_those_of_zope_event() -> None:
    assert events.subscribers is zope.event.subscribers
    assert events.notify is zope.event.notify


def test_emit_reaches_subscribers(seen: list[object]) -> None:
    event = emission.emit("EventLoopBlocked", "g", 0.5, ["x"], hub="h")
    assert seen == [event]
    assert isinstance(event, events.EventLoopBlocked)
    assert event.hub == "h"


def test_emit_makes_no_event_for_nobody() -> None:
    assert not emission.listening()
    assert emission.emit("NoSuchEvent") is None


def test_error_of_a_subscriber_stops_the_later_ones(seen: list[object]) -> None:
    def fail(event: object) -> None:
        raise events.DoNotPatch

    events.subscribers.insert(0, fail)
    try:
        with pytest.raises(events.DoNotPatch):
            emission.emit("GeventWillPatchEvent", None, None)
    finally:
        events.subscribers.remove(fail)
    assert seen == []


def test_emit_imports_nothing_until_somebody_subscribes(
    check: Callable[..., str],
) -> None:
    check("""
import sys
from gevent._base import emission
emission.emit("GeventPatchEvent", 1, 2)
assert not [name for name in sys.modules if name.startswith("zope.")]
import zope.event
emission.emit("GeventPatchEvent", 1, 2)
assert "gevent.events" not in sys.modules and "zope.interface" not in sys.modules
seen = []
zope.event.subscribers.append(seen.append)
emission.emit("GeventPatchEvent", 1, 2)
assert type(seen[0]).__module__ == "gevent.events"
""")


# -- subscribing to a class ---------------------------------------------------------


def test_handler_gets_events_of_its_class_and_of_subclasses() -> None:
    found: list[object] = []
    with events.subscribe(events.GeventPatchEvent, found.append):
        sent = [
            emission.emit("GeventPatchEvent", 1, 2),
            emission.emit("GeventDidPatchAllEvent", {}, {}),
        ]
        emission.emit("EventLoopBlocked", "g", 0.5, [])
    assert found == sent


def test_event_is_made_only_for_who_subscribed_to_its_class() -> None:
    with events.subscribe(events.GeventDidPatchEvent, print):
        assert emission.listening("GeventDidPatchAllEvent")
        assert not emission.listening("GeventPatchEvent")
        assert emission.listening()
        assert emission.emit("EventLoopBlocked") is None
    assert not emission.listening("GeventDidPatchAllEvent")
    assert not emission.listening()


def test_handlers_are_called_in_order_after_the_subscribers_of_zope() -> None:
    order: list[str] = []
    first = events.subscribe(events.GeventPatchEvent, lambda _: order.append("first"))
    second = events.subscribe(object, lambda _: order.append("second"))
    events.subscribers.append(lambda _: order.append("zope"))
    try:
        emission.emit("GeventPatchEvent", 1, 2)
    finally:
        events.subscribers.pop()
        second.unsubscribe()
        first.unsubscribe()
    assert order == ["zope", "first", "second"]


def test_undone_subscription_gets_nothing_more() -> None:
    found: list[object] = []
    handle = events.subscribe(events.GeventPatchEvent, found.append)
    assert handle.active
    assert "active" not in repr(handle)
    handle.unsubscribe()
    handle.unsubscribe()
    assert not handle.active
    assert "undone" in repr(handle)
    assert emission.emit("GeventPatchEvent", 1, 2) is None
    assert found == []


def test_same_handler_may_subscribe_twice() -> None:
    found: list[object] = []
    with events.subscribe(events.GeventPatchEvent, found.append) as first:
        with events.subscribe(events.GeventPatchEvent, found.append):
            emission.emit("GeventPatchEvent", 1, 2)
        emission.emit("GeventPatchEvent", 1, 2)
        assert (first.event_class, first.handler) == (
            events.GeventPatchEvent,
            found.append,
        )
    assert len(found) == 3


def test_dropped_handle_leaves_its_handler() -> None:
    found: list[object] = []
    handle = [events.subscribe(events.GeventPatchEvent, found.append)]
    left = handle.pop()
    kept = next(each for each in subscription._subscriptions if each is left)
    del left
    emission.emit("GeventPatchEvent", 1, 2)
    kept.unsubscribe()
    assert len(found) == 1


def test_undone_while_an_event_is_on_its_way_it_is_not_called() -> None:
    """EMIT2, and who subscribes then gets the next event."""
    found: list[str] = []
    handles: list[events.Subscription] = []

    def change(_: object) -> None:
        handles[1].unsubscribe()
        handles.append(
            events.subscribe(events.GeventPatchEvent, lambda _: found.append("third"))
        )

    handles.append(events.subscribe(events.GeventPatchEvent, change))
    handles.append(
        events.subscribe(events.GeventPatchEvent, lambda _: found.append("second"))
    )
    emission.emit("GeventPatchEvent", 1, 2)
    assert found == []
    handles[0].unsubscribe()
    emission.emit("GeventPatchEvent", 1, 2)
    assert found == ["third"]
    handles[2].unsubscribe()


def test_error_of_a_handler_reaches_the_sender_and_stops_the_later_ones() -> None:
    found: list[object] = []

    def fail(_: object) -> None:
        raise events.DoNotPatch

    with (
        events.subscribe(events.GeventPatchEvent, fail),
        events.subscribe(events.GeventPatchEvent, found.append),
        pytest.raises(events.DoNotPatch),
    ):
        emission.emit("GeventPatchEvent", 1, 2)
    assert found == []


@pytest.mark.parametrize(
    ("event_class", "handler"),
    [("GeventPatchEvent", print), (events.GeventPatchEvent, None), (None, print)],
)
def test_what_is_no_class_or_no_handler_is_refused(
    event_class: object, handler: object
) -> None:
    with pytest.raises(TypeError, match="expected a c"):
        events.subscribe(event_class, handler)  # type: ignore[arg-type]  # the point
    assert not emission.listening()


def test_follower_is_told_of_each_change() -> None:
    told: list[bool] = []
    emission.follow("GeventDidPatchEvent", told.append)
    try:
        with events.subscribe(events.GeventPatchEvent, print):
            pass
        with events.subscribe(events.EventLoopBlocked, print):
            pass
    finally:
        subscription._followers.pop("GeventDidPatchEvent")
    assert told == [False, True, False, False, False]


def test_events_with_entry_points_reach_handlers_too() -> None:
    found: list[object] = []
    event = events.GeventDidPatchAllEvent({}, {})
    with events.subscribe(events.GeventDidPatchAllEvent, found.append):
        events.notify_and_call_entry_points(event)
    assert found == [event]


def test_patching_can_be_vetoed_by_a_handler(check: Callable[..., str]) -> None:
    check("""
from gevent import events, monkey

def veto(event):
    raise events.DoNotPatch

with events.subscribe(events.GeventWillPatchAllEvent, veto):
    monkey.patch_all()
assert not monkey.is_module_patched("socket")
""")


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A folder with an installed distribution that has two entry points."""
    info = tmp_path / "plug" / "plug-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: plug\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[gevent.plugins.monkey.did_patch_all]\none = plug:one\n"
        "[gevent.plugins.monkey.will_patch_all]\nno = plug:veto\n"
    )
    (info.parent / "plug.py").write_text(
        "log = []\ndef one(event): log.append(event)\n"
        "def veto(event):\n"
        "    from gevent.events import DoNotPatch\n    raise DoNotPatch\n"
    )
    return info.parent


def test_entry_points_come_after_subscribers(
    check: Callable[..., str], plugin: Path
) -> None:
    check(
        """
import sys
from gevent import events
assert "importlib.metadata" not in sys.modules
events.subscribers.append(lambda event: sys.modules.get("plug") and 1 / 0)
event = events.GeventDidPatchAllEvent({}, {})
events.notify(event)
assert "importlib.metadata" not in sys.modules
events.notify_and_call_entry_points(event)
import plug
assert plug.log == [event]
""",
        path=[plugin],
    )


def test_entry_points_are_looked_up_once(
    check: Callable[..., str], plugin: Path
) -> None:
    check(
        """
import importlib.metadata as metadata
from gevent import events
looks, look = [], metadata.entry_points
metadata.entry_points = lambda: looks.append(1) or look()
for _ in range(3):
    events.notify_and_call_entry_points(events.GeventDidPatchAllEvent({}, {}))
    events.notify_and_call_entry_points(events.GeventDidPatchModuleEvent("m", 1, 2))
import plug, sys
assert len(looks) == 1 and len(plug.log) == 3
sys.path.append("elsewhere")
events.notify_and_call_entry_points(events.GeventDidPatchAllEvent({}, {}))
assert len(looks) == 2
""",
        path=[plugin],
    )


def test_entry_point_can_veto(check: Callable[..., str], plugin: Path) -> None:
    check(
        """
from gevent import events
try:
    events.notify_and_call_entry_points(events.GeventWillPatchAllEvent({}, {}))
except events.DoNotPatch:
    pass
else:
    raise AssertionError
""",
        path=[plugin],
    )


def test_event_without_group_has_no_entry_points(seen: list[object]) -> None:
    event = events.GeventPatchEvent(1, 2)
    with pytest.raises(AttributeError, match="ENTRY_POINT_NAME"):
        events.notify_and_call_entry_points(event)
    assert seen == [event]
