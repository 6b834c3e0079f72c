"""Programs about ``gevent.events``."""

from __future__ import annotations

import copy
import pickle

from differential import each

import gevent
from gevent import events

MODULE = "gevent.events"

KINDS = {
    "EventLoopBlocked": (None, 1.5, ["a line"], None),
    "MemoryUsageThresholdExceeded": (10, 5, None),
    "MemoryUsageUnderThreshold": (5, 10, None, 11),
    "PeriodicMonitorThreadStartedEvent": ("monitor",),
    "GeventPatchEvent": ("source", "target"),
    "GeventWillPatchEvent": ("source", "target"),
    "GeventDidPatchEvent": ("source", "target"),
    "GeventWillPatchModuleEvent": ("os", "source", "target", ["fork"]),
    "GeventDidPatchModuleEvent": ("os", "source", "target"),
    "GeventWillPatchAllEvent": ({"os": True}, {"os": True}),
    "GeventDidPatchBuiltinModulesEvent": ({"os": True}, {"os": True}),
    "GeventDidPatchAllEvent": ({"os": True}, {"os": True}),
}


def public(kind):
    return [each.__name__ for each in kind.__mro__ if not each.__name__.startswith("_")]


@each(*KINDS)
def made(case, name):
    kind = getattr(events, name)
    case.show("bases", public(kind))
    event = case.call(kind, *KINDS[name])
    for key, value in sorted(vars(event).items()):
        case.show(key, value)
    case.show("entry point", getattr(event, "ENTRY_POINT_NAME", None))
    case.show("text", repr(event).split(" ")[0])
    case.call(kind)
    case.call(kind, *KINDS[name], 1, 2, 3)
    case.show("qualified", f"{kind.__module__}.{kind.__qualname__}")


@each(*KINDS)
def given_by_name(case, name):
    kind = getattr(events, name)
    names = {
        "EventLoopBlocked": ("greenlet", "blocking_time", "info", "hub"),
        "MemoryUsageThresholdExceeded": ("mem_usage", "max_allowed", "memory_info"),
        "MemoryUsageUnderThreshold": (
            "mem_usage", "max_allowed", "memory_info", "max_usage",
        ),
        "PeriodicMonitorThreadStartedEvent": ("monitor",),
        "GeventWillPatchModuleEvent": ("module_name", "source", "target", "items"),
        "GeventDidPatchModuleEvent": ("module_name", "source", "target"),
    }.get(name, ("source", "target"))  # fmt: skip
    if name.endswith(("AllEvent", "ModulesEvent")):
        names = ("patch_all_arguments", "patch_all_kwargs")
    event = case.call(kind, **dict(zip(names, KINDS[name], strict=False)))
    case.attributes(event, *names)
    case.named_call("set", setattr, event, "anything", 1)


@each(*KINDS)
def interfaces(case, name):
    kind = getattr(events, name)
    interface = getattr(events, f"I{name}", None)
    case.show("there", interface is not None)
    if interface is None or not hasattr(interface, "implementedBy"):
        return
    case.show("implemented", interface.implementedBy(kind))
    case.show("provided", interface.providedBy(kind(*KINDS[name])))
    case.show("names", sorted(interface.names(all=True)))


@each(*KINDS)
def copied(case, name):
    event = getattr(events, name)(*KINDS[name])
    again = case.named_call("pickle", lambda: type(pickle.loads(pickle.dumps(event))))
    case.show("same", again is type(event))
    case.named_call("copy", lambda: vars(copy.copy(event)) == vars(event))


def the_list_of_subscribers(case):
    case.show("subscribers", events.subscribers)
    case.show("kind", type(events.subscribers))
    case.attributes(events, "notify", "notify_and_call_entry_points")


def notified(case):
    got = []
    events.subscribers.append(got.append)
    case.call(events.notify, "event")
    case.show("got", got)


def a_subscriber_fails(case):
    got = []

    def fail(event):
        raise ValueError(event)

    events.subscribers.extend([got.append, fail, got.append])
    case.call(events.notify, "event")
    case.show("got", got)


def do_not_patch_outside(case):
    def refuse(event):
        raise events.DoNotPatch

    events.subscribers.append(refuse)
    case.call(events.notify, "event")
    case.show("bases", public(events.DoNotPatch))


def a_subscriber_that_is_none(case):
    events.subscribers.append(None)
    case.call(events.notify, "event")


def a_subscriber_that_subscribes(case):
    got = []

    def more(event):
        got.append(event)
        if len(got) < 3:
            events.subscribers.append(more)

    events.subscribers.append(more)
    case.call(events.notify, 1)
    case.show("got", got)


def a_subscriber_that_leaves(case):
    got = []

    def once(event):
        got.append(event)
        events.subscribers.remove(once)

    events.subscribers.extend([once, got.append])
    case.call(events.notify, 1)
    case.show("got", got)


def entry_points(case):
    event = events.GeventWillPatchAllEvent({}, {})
    case.call(events.notify_and_call_entry_points, event)


def of_patching(case):
    from gevent import monkey

    got = []

    def note(event):
        name = type(event).__name__
        got.append((name, getattr(event, "module_name", None)))

    events.subscribers.append(note)
    monkey.patch_time()
    case.show("of one", got)
    del got[:]
    monkey.patch_all(ssl=False, subprocess=False, dns=False, signal=False)
    for each_ in got:
        case.show("event", each_)


def refused_in_patching(case):
    import time

    from gevent import monkey

    def refuse(event):
        if isinstance(event, events.GeventWillPatchModuleEvent):
            raise events.DoNotPatch

    events.subscribers.append(refuse)
    case.call(monkey.patch_time)
    case.show("patched", monkey.is_module_patched("time"))
    case.show("sleep", time.sleep is gevent.sleep)


def an_item_is_taken_out(case):
    import os

    from gevent import monkey

    def take(event):
        if isinstance(event, events.GeventWillPatchModuleEvent):
            event.target_item_names.clear()

    events.subscribers.append(take)
    case.call(monkey.patch_os)
    case.show("fork", os.fork.__module__)


def blocked_by_hand(case):
    event = events.EventLoopBlocked(gevent.getcurrent(), 2, ["x"], hub=gevent.get_hub())
    case.show("hub", getattr(event, "hub", None) is gevent.get_hub())
    case.show("text", repr(event).split(" ")[0])
