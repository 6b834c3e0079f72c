"""The events that gevent sends, their interfaces, and who gets them.

An event goes to the subscribers of :mod:`zope.event`, in the order of the list, then to
those who :func:`subscribed <subscribe>` to its class or to a base of it, in the order
in which they did. The former hear nothing of hubs, stalls, greenlets, pools, look-ups
and handshakes: they get all that there is, and were not written for these. Events with
an ``ENTRY_POINT_NAME`` go on to the entry points of that group, which installed
distributions declare; each is loaded and called with the event. What a subscriber or
entry point raises reaches the code that sent the event, and those after it are not
called.

Tiers below use :mod:`gevent._base.emission`, which imports this module only when
somebody listens.
"""

from __future__ import annotations

import sys

from zope.event import notify, subscribers

# Programs that make events of their own take these from here.
from zope.interface import Attribute as Attribute
from zope.interface import Interface as Interface
from zope.interface import implementer as implementer

from gevent._base.event_classes.deadlocks import DeadlockFound
from gevent._base.event_classes.greenlets import (
    GreenletFailed,
    GreenletFinished,
    GreenletSpawned,
    IGreenletEvent,
    PoolExhausted,
)
from gevent._base.event_classes.hubs import (
    HubCreated,
    HubEnded,
    IHubEvent,
    LoopLagged,
    LoopStalled,
    LoopStalling,
    ThreadPoolSaturated,
)
from gevent._base.event_classes.monitoring import (
    EventLoopBlocked,
    IEventLoopBlocked,
    IMemoryUsageThresholdExceeded,
    IMemoryUsageUnderThreshold,
    IPeriodicMonitorThread,
    IPeriodicMonitorThreadStartedEvent,
    MemoryUsageThresholdExceeded,
    MemoryUsageUnderThreshold,
    PeriodicMonitorThreadStartedEvent,
)
from gevent._base.event_classes.network import (
    HandshakeDone,
    NameLookedUp,
)
from gevent._base.event_classes.patching import (
    DoNotPatch,
    GeventDidPatchAllEvent,
    GeventDidPatchBuiltinModulesEvent,
    GeventDidPatchEvent,
    GeventDidPatchModuleEvent,
    GeventPatchEvent,
    GeventWillPatchAllEvent,
    GeventWillPatchEvent,
    GeventWillPatchModuleEvent,
    IGeventDidPatchAllEvent,
    IGeventDidPatchBuiltinModulesEvent,
    IGeventDidPatchEvent,
    IGeventDidPatchModuleEvent,
    IGeventPatchEvent,
    IGeventWillPatchAllEvent,
    IGeventWillPatchEvent,
    IGeventWillPatchModuleEvent,
)
from gevent._base.event_classes.programs import (
    ProgramStopping,
)
from gevent._base.event_classes.scopes import (
    CancelSwallowed,
    ScopeCancelled,
    TaskGroupFailed,
)
from gevent._base.event_classes.servers import (
    ConnectionAccepted,
    ConnectionClosed,
    HandlerWarning,
    IConnectionAccepted,
    IConnectionClosed,
    IServerEvent,
    LimitReached,
    RequestFinished,
    RequestRefused,
    ServerStopped,
    ServerStopping,
)
from gevent._base.publish import publish
from gevent._base.subscription import Subscription, send

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from typing import Protocol, TypeVar

    _E = TypeVar("_E")

    class _PluggedEvent(Protocol):
        ENTRY_POINT_NAME: str


__all__ = (
    "subscribers",
    "subscribe",
    "Subscription",
    "IEventLoopBlocked",
    "EventLoopBlocked",
    "IMemoryUsageThresholdExceeded",
    "MemoryUsageThresholdExceeded",
    "IMemoryUsageUnderThreshold",
    "MemoryUsageUnderThreshold",
    "IPeriodicMonitorThread",
    "IPeriodicMonitorThreadStartedEvent",
    "PeriodicMonitorThreadStartedEvent",
    "IGeventPatchEvent",
    "GeventPatchEvent",
    "IGeventWillPatchEvent",
    "DoNotPatch",
    "GeventWillPatchEvent",
    "IGeventDidPatchEvent",
    "GeventDidPatchEvent",
    "IGeventWillPatchModuleEvent",
    "GeventWillPatchModuleEvent",
    "IGeventDidPatchModuleEvent",
    "GeventDidPatchModuleEvent",
    "IGeventWillPatchAllEvent",
    "GeventWillPatchAllEvent",
    "IGeventDidPatchBuiltinModulesEvent",
    "GeventDidPatchBuiltinModulesEvent",
    "IGeventDidPatchAllEvent",
    "GeventDidPatchAllEvent",
    "IConnectionAccepted",
    "ConnectionAccepted",
    "IConnectionClosed",
    "ConnectionClosed",
    "IServerEvent",
    "RequestRefused",
    "RequestFinished",
    "LimitReached",
    "HandlerWarning",
    "ServerStopping",
    "ServerStopped",
    "IHubEvent",
    "HubCreated",
    "HubEnded",
    "LoopStalled",
    "LoopStalling",
    "LoopLagged",
    "ThreadPoolSaturated",
    "DeadlockFound",
    "IGreenletEvent",
    "GreenletSpawned",
    "GreenletFinished",
    "GreenletFailed",
    "PoolExhausted",
    "ScopeCancelled",
    "CancelSwallowed",
    "TaskGroupFailed",
    "ProgramStopping",
    "NameLookedUp",
    "HandshakeDone",
    "notify",
    "notify_and_call_entry_points",
)


# -- subscribing ---------------------------------------------------------------------


def subscribe(event_class: type[_E], handler: Callable[[_E], object]) -> Subscription:
    """Call *handler* with each event of a class, and of its subclasses, from now on.

    Handlers are called in the order in which they subscribed, after the subscribers of
    :mod:`zope.event`, where the event happens: those of a hub must not block. What one
    raises reaches the code that sent the event, and handlers after it are not called.

    Args:
        event_class: A class of events of this module; ``object`` for all that are sent
            to everybody.
        handler: Called with the event, its only argument. It is kept until the
            subscription is undone; the same one may subscribe several times.

    Returns:
        A handle that undoes it, by ``unsubscribe()`` or at the end of a ``with`` block.

    Raises:
        TypeError: *event_class* is no class, or *handler* is not callable.

    Thread safety:
        From any thread. Handlers run in the thread where the event happens.
    """
    given: object = event_class
    if not isinstance(given, type):
        raise TypeError(f"expected a class of events, not {event_class!r}")
    if not callable(handler):
        raise TypeError(f"expected a callable, not {handler!r}")
    return Subscription(event_class, handler, _names_below(event_class))


def _names_below(event_class: type) -> frozenset[str]:
    """The names of a class and of its subclasses: what is asked for before an event."""
    return frozenset(
        name
        for name in __all__
        if isinstance(each := globals()[name], type) and issubclass(each, event_class)
    )


# -- sending -------------------------------------------------------------------------


def notify_and_call_entry_points(event: object) -> None:
    """Send *event* to all subscribers, then to the entry points of its class.

    Args:
        event: Object whose ``ENTRY_POINT_NAME`` is a group of entry points.

    Raises:
        AttributeError: The class of *event* has no ``ENTRY_POINT_NAME``.
        BaseException: Whatever a subscriber or an entry point raises.

    Thread safety:
        From any thread; everything runs in the calling one.
    """
    send(event)
    # Events need no common base class; one without a group raises as documented.
    plugged: _PluggedEvent = event  # type: ignore[assignment]
    for entry_point in _entry_points(plugged.ENTRY_POINT_NAME):
        plugin: Callable[[object], object] = entry_point.load()
        plugin(event)


# sys.path for which distributions were looked up -> group -> entry points. Patching
# sends an event per module, and a look reads every installed distribution.
_found: dict[tuple[str, ...], dict[str, tuple[EntryPoint, ...]]] = {}


def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    searched = tuple(sys.path)
    groups = _found.get(searched)
    if groups is None:
        groups = _find_entry_points()
        # One path at a time: an old one rarely comes back.
        _found.clear()
        _found[searched] = groups
    return groups.get(group, ())


def _find_entry_points() -> dict[str, tuple[EntryPoint, ...]]:
    # 20 ms, most of them for modules that a patching program may want unpatched.
    from importlib.metadata import entry_points

    found = entry_points()
    groups = [name for name in found.groups if name.startswith("gevent.plugins.")]
    return {name: tuple(found.select(group=name)) for name in groups}


# What belongs together has a file of its own; all of these names are of this module.
publish(
    __name__,
    "gevent.events",
    parts=("gevent._base.event_classes", "gevent._base.subscription"),
)
