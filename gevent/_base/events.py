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
from zope.interface import Attribute, Interface, implementer

from gevent._base.deadlock_event import DeadlockFound
from gevent._base.publish import publish
from gevent._base.subscription import Subscription, send

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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
    "LoopLagged",
    "ThreadPoolSaturated",
    "DeadlockFound",
    "IGreenletEvent",
    "GreenletSpawned",
    "GreenletFinished",
    "GreenletFailed",
    "PoolExhausted",
    "NameLookedUp",
    "HandshakeDone",
    "notify",
    "notify_and_call_entry_points",
)

# Interfaces name their module themselves: they are compared and hashed by it, so that
# it can not change when the module is published.
_PUBLIC_NAME = "gevent.events"


# -- subscribing -------------------------------------------------------------------


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


# -- sending ------------------------------------------------------------------------


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


# -- a blocked loop ----------------------------------------------------------------


class IEventLoopBlocked(Interface):
    """The loop of a hub did not run for longer than it should."""

    __module__ = _PUBLIC_NAME

    greenlet = Attribute("greenlet", "The greenlet that ran all that time.")
    blocking_time = Attribute("blocking_time", "About how long, in seconds.")
    info = Attribute("info", "Lines of the report; subscribers may edit the list.")
    hub = Attribute("hub", "The hub whose loop it is, or None.")


@implementer(IEventLoopBlocked)
class EventLoopBlocked:
    """The loop of a hub did not run for longer than ``config.max_blocking_time``.

    Sent in the monitor thread.

    Args:
        greenlet: The greenlet that ran all that time.
        blocking_time: About how long, in seconds.
        info: Lines of the report; subscribers may edit the list.
        hub: The hub whose loop it is.
    """

    def __init__(
        self,
        greenlet: object,
        blocking_time: float,
        info: list[str],
        *,
        hub: object = None,
    ) -> None:
        self.greenlet = greenlet
        self.blocking_time = blocking_time
        self.info = info
        self.hub = hub


# -- memory ----------------------------------------------------------------


class IMemoryUsageThresholdExceeded(Interface):
    """The process uses more memory than it should, and still more than before."""

    __module__ = _PUBLIC_NAME

    mem_usage = Attribute("mem_usage", "Bytes in use.")
    max_allowed = Attribute("max_allowed", "Bytes allowed.")
    memory_info = Attribute("memory_info", "What psutil found, as its tuple.")


class _AbstractMemoryEvent:
    def __init__(self, mem_usage: int, max_allowed: int, memory_info: object) -> None:
        self.mem_usage = mem_usage
        self.max_allowed = max_allowed
        self.memory_info = memory_info

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} used={self.mem_usage} "
            f"max={self.max_allowed} details={self.memory_info!r}>"
        )


@implementer(IMemoryUsageThresholdExceeded)
class MemoryUsageThresholdExceeded(_AbstractMemoryEvent):
    """The process uses more memory than ``config.max_memory_usage``, and it grows.

    Sent in the monitor thread.

    Args:
        mem_usage: Bytes in use.
        max_allowed: Bytes allowed.
        memory_info: What psutil found, as its tuple.
    """


class IMemoryUsageUnderThreshold(Interface):
    """The process uses again no more memory than it should."""

    __module__ = _PUBLIC_NAME

    mem_usage = Attribute("mem_usage", "Bytes in use.")
    max_allowed = Attribute("max_allowed", "Bytes allowed.")
    max_memory_usage = Attribute("max_memory_usage", "Bytes at the peak before.")
    memory_info = Attribute("memory_info", "What psutil found, as its tuple.")


@implementer(IMemoryUsageUnderThreshold)
class MemoryUsageUnderThreshold(_AbstractMemoryEvent):
    """The process uses again no more memory than ``config.max_memory_usage``.

    Sent in the monitor thread.

    Args:
        mem_usage: Bytes in use.
        max_allowed: Bytes allowed.
        memory_info: What psutil found, as its tuple.
        max_usage: Bytes at the peak before.
    """

    def __init__(
        self, mem_usage: int, max_allowed: int, memory_info: object, max_usage: int
    ) -> None:
        super().__init__(mem_usage, max_allowed, memory_info)
        self.max_memory_usage = max_usage


# -- the monitor thread ----------------------------------------------------------------


class IPeriodicMonitorThread(Interface):
    """A native thread that looks after one hub."""

    __module__ = _PUBLIC_NAME

    def add_monitoring_function(function, period):  # type: ignore[no-untyped-def]
        """Call *function* with the hub every *period* seconds, in the monitor thread.

        Args:
            function: The callable; a known one gets its new period.
            period: Seconds, more than 0; ``None`` stops the calls.

        Raises:
            ValueError: *function* can not be called, or *period* is not positive.
        """


class IPeriodicMonitorThreadStartedEvent(Interface):
    """A monitor thread was started."""

    __module__ = _PUBLIC_NAME

    monitor = Attribute("monitor", "The IPeriodicMonitorThread.")


@implementer(IPeriodicMonitorThreadStartedEvent)
class PeriodicMonitorThreadStartedEvent:
    """A monitor thread was started; the moment to give it functions of one's own.

    Args:
        monitor: The :class:`IPeriodicMonitorThread`.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.hub.periodic_monitor_thread_started"

    def __init__(self, monitor: object) -> None:
        self.monitor = monitor


# -- patching: what all such events have ----------------------------------------------


class IGeventPatchEvent(Interface):
    """Something is patched."""

    __module__ = _PUBLIC_NAME

    source = Attribute("source", "Module or object that has the replacements.")
    target = Attribute("target", "Module or object that is patched.")


@implementer(IGeventPatchEvent)
class GeventPatchEvent:
    """Something is patched.

    Args:
        source: Module or object that has the replacements; None when it is all.
        target: Module or object that is patched; None when it is all.
    """

    def __init__(self, source: object, target: object) -> None:
        self.source = source
        self.target = target

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} source={self.source!r} "
            f"target={self.target!r} at {id(self):x}>"
        )


class IGeventWillPatchEvent(IGeventPatchEvent):
    """Something is about to be patched; DoNotPatch prevents it."""

    __module__ = _PUBLIC_NAME


class DoNotPatch(BaseException):
    """Raised by a subscriber to a will-patch event: leave this unpatched."""


@implementer(IGeventWillPatchEvent)
class GeventWillPatchEvent(GeventPatchEvent):
    """Something is about to be patched; :exc:`DoNotPatch` prevents it."""


class IGeventDidPatchEvent(IGeventPatchEvent):
    """Something has been patched."""

    __module__ = _PUBLIC_NAME


@implementer(IGeventDidPatchEvent)
class GeventDidPatchEvent(GeventPatchEvent):
    """Something has been patched."""


# -- patching one module --------------------------------------------------------


class IGeventWillPatchModuleEvent(IGeventWillPatchEvent):
    """A module is about to be patched."""

    __module__ = _PUBLIC_NAME

    module_name = Attribute("module_name", "Name of the module.")
    target_item_names = Attribute(
        "target_item_names", "Names to be replaced; subscribers may edit the list."
    )


@implementer(IGeventWillPatchModuleEvent)
class GeventWillPatchModuleEvent(GeventWillPatchEvent):
    """A module is about to be patched; :exc:`DoNotPatch` leaves it alone.

    Args:
        module_name: Name of the module that is patched.
        source: Module that has the replacements.
        target: Module that is patched.
        items: Names to be replaced; subscribers may edit the list.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.will_patch_module"

    def __init__(
        self, module_name: str, source: object, target: object, items: list[str]
    ) -> None:
        super().__init__(source, target)
        self.module_name = module_name
        self.target_item_names = items


class IGeventDidPatchModuleEvent(IGeventDidPatchEvent):
    """A module has been patched."""

    __module__ = _PUBLIC_NAME

    module_name = Attribute("module_name", "Name of the module.")


@implementer(IGeventDidPatchModuleEvent)
class GeventDidPatchModuleEvent(GeventDidPatchEvent):
    """A module has been patched.

    Args:
        module_name: Name of the module that was patched.
        source: Module that has the replacements.
        target: Module that was patched.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.did_patch_module"

    def __init__(self, module_name: str, source: object, target: object) -> None:
        super().__init__(source, target)
        self.module_name = module_name


# -- patch_all ------------------------------------------------------------------------


class _PatchAllMixin(GeventPatchEvent):
    def __init__(
        self,
        patch_all_arguments: Mapping[str, object],
        patch_all_kwargs: Mapping[str, object],
    ) -> None:
        super().__init__(None, None)
        self._patch_all_arguments = dict(patch_all_arguments)
        self._patch_all_kwargs = dict(patch_all_kwargs)

    @property
    def patch_all_arguments(self) -> dict[str, object]:
        """Named arguments that ``patch_all`` acts on, as a new dictionary."""
        return self._patch_all_arguments.copy()

    @property
    def patch_all_kwargs(self) -> dict[str, object]:
        """Other keyword arguments given to ``patch_all``, as a new dictionary."""
        return self._patch_all_kwargs.copy()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._patch_all_arguments!r} at {id(self):x}>"


class IGeventWillPatchAllEvent(IGeventWillPatchEvent):
    """``patch_all`` is about to begin."""

    __module__ = _PUBLIC_NAME

    patch_all_arguments = Attribute(
        "patch_all_arguments", "Named arguments that patch_all acts on."
    )
    patch_all_kwargs = Attribute(
        "patch_all_kwargs", "Other keyword arguments given to patch_all."
    )

    def will_patch_module(module_name):  # type: ignore[no-untyped-def]
        """Return whether the module *module_name* is to be patched."""


@implementer(IGeventWillPatchAllEvent)
class GeventWillPatchAllEvent(_PatchAllMixin, GeventWillPatchEvent):
    """``patch_all`` is about to begin; :exc:`DoNotPatch` prevents all of it.

    Args:
        patch_all_arguments: Named arguments that ``patch_all`` acts on.
        patch_all_kwargs: Other keyword arguments given to it.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.will_patch_all"

    def will_patch_module(self, module_name: str) -> object:
        """Return the argument for *module_name*: true if that is to be patched.

        ``None`` when ``patch_all`` has no such argument.
        """
        return self._patch_all_arguments.get(module_name)


class IGeventDidPatchBuiltinModulesEvent(IGeventDidPatchEvent):
    """``patch_all`` has patched the standard library."""

    __module__ = _PUBLIC_NAME

    patch_all_arguments = Attribute(
        "patch_all_arguments", "Named arguments that patch_all acted on."
    )
    patch_all_kwargs = Attribute(
        "patch_all_kwargs", "Other keyword arguments given to patch_all."
    )


@implementer(IGeventDidPatchBuiltinModulesEvent)
class GeventDidPatchBuiltinModulesEvent(_PatchAllMixin, GeventDidPatchEvent):
    """``patch_all`` has patched the standard library; now patch what is not in it.

    Args:
        patch_all_arguments: Named arguments that ``patch_all`` acted on.
        patch_all_kwargs: Other keyword arguments given to it.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.did_patch_builtins"


class IGeventDidPatchAllEvent(IGeventDidPatchEvent):
    """``patch_all`` is done, and so are all subscribers to the event before."""

    __module__ = _PUBLIC_NAME


@implementer(IGeventDidPatchAllEvent)
class GeventDidPatchAllEvent(_PatchAllMixin, GeventDidPatchEvent):
    """``patch_all`` is done, and so are all subscribers to the event before.

    Args:
        patch_all_arguments: Named arguments that ``patch_all`` acted on.
        patch_all_kwargs: Other keyword arguments given to it.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.did_patch_all"


# -- servers -----------------------------------------------------------------------


class IConnectionAccepted(Interface):
    """A server has accepted a connection, and is about to start its handler."""

    __module__ = _PUBLIC_NAME

    server = Attribute("server", "The server.")
    socket = Attribute("socket", "The socket of the connection.")
    address = Attribute("address", "Where the client is.")


class _ConnectionEvent:
    def __init__(self, server: object, socket: object, address: object) -> None:
        self.server = server
        self.socket = socket
        self.address = address

    def __repr__(self) -> str:
        return f"<{type(self).__name__} address={self.address!r} server={self.server}>"


@implementer(IConnectionAccepted)
class ConnectionAccepted(_ConnectionEvent):
    """A server has accepted a connection, and is about to start its handler.

    Sent in the hub: a subscriber must not block.

    Args:
        server: The server.
        socket: The socket of the connection.
        address: Where the client is.
    """


class IConnectionClosed(IConnectionAccepted):
    """A server has closed a connection whose handler has ended."""

    __module__ = _PUBLIC_NAME

    error = Attribute("error", "The exception that the handler ended with, or None.")
    reason = Attribute(
        "reason", "Why it was closed, in a word; None: the handler ended."
    )


@implementer(IConnectionClosed)
class ConnectionClosed(_ConnectionEvent):
    """A server has closed a connection whose handler has ended.

    Sent where the handler ran.

    Args:
        server: The server.
        socket: The socket of the connection; it is closed.
        address: Where the client is.
        error: The exception that the handler ended with; None: it returned.
        reason: Why a server of HTTP closed it: ``"end"`` (the client did), ``"last"``
            (the reply said so), ``"refused"``, ``"deadline"``, ``"evicted"``,
            ``"reset"``, ``"too many"``, ``"stopping"``, or ``"over"`` for all else;
            None of other servers.
    """

    def __init__(
        self,
        server: object,
        socket: object,
        address: object,
        error: BaseException | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(server, socket, address)
        self.error = error
        self.reason = reason


class IServerEvent(Interface):
    """Something has happened to a server of HTTP."""

    __module__ = _PUBLIC_NAME

    server = Attribute("server", "The server.")


class _ServerEvent:
    def __init__(self, server: object) -> None:
        self.server = server

    def __repr__(self) -> str:
        shown = {name: each for name, each in vars(self).items() if name != "environ"}
        parts = " ".join(f"{name}={each!r}" for name, each in shown.items())
        return f"<{type(self).__name__} {parts}>"


@implementer(IServerEvent)
class RequestRefused(_ServerEvent):
    """A server has refused what was no request, or too much.

    Sent in the hub or where the connection is served: a subscriber must not block.

    Args:
        server: The server.
        address: Where the client is.
        status: The status of the answer, as ``"400 Bad Request"``.
        reason: What was wrong; the client is not told.
    """

    def __init__(
        self, server: object, address: object, status: str, reason: str
    ) -> None:
        super().__init__(server)
        self.address = address
        self.status = status
        self.reason = reason


@implementer(IServerEvent)
class RequestFinished(_ServerEvent):
    """The reply to a request has been sent, or never will be.

    Sent where the application ran.

    Args:
        server: The server.
        environ: The environ of the request, which may hold secrets.
        status: The status of the reply; None: there was none.
        octets: How many octets of the reply were sent.
        seconds: How long it took, from the head to the last octet.
    """

    def __init__(
        self,
        server: object,
        environ: object,
        status: str | None,
        octets: int,
        seconds: float,
    ) -> None:
        super().__init__(server)
        self.environ = environ
        self.status = status
        self.octets = octets
        self.seconds = seconds


@implementer(IServerEvent)
class LimitReached(_ServerEvent):
    """Clients have reached a limit of a server.

    Sent in the hub or where the connection is served: a subscriber must not block.

    Args:
        server: The server.
        name: The name of the limit, as in ``Limits``.
    """

    def __init__(self, server: object, name: str) -> None:
        super().__init__(server)
        self.name = name


@implementer(IServerEvent)
class HandlerWarning(_ServerEvent):
    """An application did what it should not, and got away with it.

    Sent where it runs.

    Args:
        server: The server.
        environ: The environ of the request, which may hold secrets.
        text: What it did.
    """

    def __init__(self, server: object, environ: object, text: str) -> None:
        super().__init__(server)
        self.environ = environ
        self.text = text


@implementer(IServerEvent)
class ServerStopping(_ServerEvent):
    """A server is about to accept nothing more.

    Sent where it is stopped.

    Args:
        server: The server.
    """


@implementer(IServerEvent)
class ServerStopped(_ServerEvent):
    """A server has stopped: nothing is served any more.

    Sent where it is stopped.

    Args:
        server: The server.
    """


# -- hubs and their loops ----------------------------------------------------------


class IHubEvent(Interface):
    """Something has happened to a hub or to its loop."""

    __module__ = _PUBLIC_NAME

    hub = Attribute("hub", "The hub.")


class _HubEvent:
    def __init__(self, hub: object) -> None:
        self.hub = hub

    def __repr__(self) -> str:
        parts = " ".join(f"{name}={each!r}" for name, each in vars(self).items())
        return f"<{type(self).__name__} {parts}>"


@implementer(IHubEvent)
class HubCreated(_HubEvent):
    """A native thread has got a hub.

    Sent in that thread, where gevent is first used: a subscriber must not block.

    Args:
        hub: The hub; it has not run yet.
    """


@implementer(IHubEvent)
class HubEnded(_HubEvent):
    """A hub was destroyed, by hand or with its thread.

    Sent where it was destroyed: a subscriber must not block.

    Args:
        hub: The hub; it has no loop any more.
    """


@implementer(IHubEvent)
class LoopStalled(_HubEvent):
    """Something ran for longer than ``config.max_blocking_time`` without a switch.

    Sent in the hub when it is over: a subscriber must not block. It needs no monitor
    thread. Time during which the thread had to wait for the interpreter or a processor
    counts, too.

    Args:
        hub: The hub that could not run.
        greenlet: Who ran; the hub itself if it was a callback.
        duration: For how long, in seconds.
    """

    def __init__(self, hub: object, greenlet: object, duration: float) -> None:
        super().__init__(hub)
        self.greenlet = greenlet
        self.duration = duration

    @property
    def spawning_stack(self) -> object:
        """Where the greenlet was spawned, like a frame; None: that is not known."""
        stack: object = getattr(self.greenlet, "spawning_stack", None)
        return stack


@implementer(IHubEvent)
class LoopLagged(_HubEvent):
    """A loop did not look for events for longer than ``config.max_blocking_time``.

    Because something stalled it, or because very much was to do at once. Whatever
    became ready meanwhile had to wait. Sent in the hub: a subscriber must not block.

    Args:
        hub: The hub of the loop.
        lag: For how long, in seconds.
    """

    def __init__(self, hub: object, lag: float) -> None:
        super().__init__(hub)
        self.lag = lag


@implementer(IHubEvent)
class ThreadPoolSaturated(_HubEvent):
    """A greenlet has to wait for a place in a thread pool.

    Sent in that greenlet, before it waits.

    Args:
        hub: The hub of the pool.
        pool: The pool.
    """

    def __init__(self, hub: object, pool: object) -> None:
        super().__init__(hub)
        self.pool = pool


# -- greenlets ---------------------------------------------------------------------


class IGreenletEvent(Interface):
    """Something has happened to a ``Greenlet``."""

    __module__ = _PUBLIC_NAME

    greenlet = Attribute("greenlet", "The greenlet.")


class _GreenletEvent:
    def __init__(self, greenlet: object) -> None:
        self.greenlet = greenlet

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.greenlet!r}>"


@implementer(IGreenletEvent)
class GreenletSpawned(_GreenletEvent):
    """A ``Greenlet`` was started; it has not run yet.

    Sent where it was started, and only to those who :func:`subscribe` to it: it is too
    frequent for everybody. Raw greenlets (``spawn_raw``) send none of these events.

    Args:
        greenlet: The greenlet.
    """


@implementer(IGreenletEvent)
class GreenletFinished(_GreenletEvent):
    """A ``Greenlet`` has ended with a value, or by a ``GreenletExit``.

    Sent in the hub, soon after, and only to those who :func:`subscribe` to it: it is
    too frequent for everybody. A subscriber must not block.

    Args:
        greenlet: The greenlet; its ``value`` is there.
    """


@implementer(IGreenletEvent)
class GreenletFailed(_GreenletEvent):
    """A ``Greenlet`` has ended with an exception.

    Sent in the hub, soon after: a subscriber must not block.

    Args:
        greenlet: The greenlet; its ``exception`` is there.
    """


class PoolExhausted:
    """A greenlet has to wait for a place in a ``gevent.pool.Pool``.

    Sent in that greenlet, before it waits.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: object) -> None:
        self.pool = pool

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pool!r}>"


# -- network -----------------------------------------------------------------------


class NameLookedUp:
    """A name, or an address, was looked up by the resolver of a hub.

    Sent in the greenlet that asked. What needs no look-up, as a numeric address, is not
    told.

    Args:
        resolver: The resolver.
        function: Which function, as ``"getaddrinfo"``.
        arguments: What it was asked, a tuple.
        error: The exception that it ended with; None: it found something.
        seconds: How long it took.
    """

    def __init__(
        self,
        resolver: object,
        function: str,
        arguments: tuple[object, ...],
        error: BaseException | None,
        seconds: float,
    ) -> None:
        self.resolver = resolver
        self.function = function
        self.arguments = arguments
        self.error = error
        self.seconds = seconds

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.function}{self.arguments!r} "
            f"error={self.error!r} seconds={self.seconds}>"
        )


class HandshakeDone:
    """A handshake of TLS has ended.

    Sent in the greenlet that shook hands.

    Args:
        socket: The ``gevent.ssl.SSLSocket``.
        error: The exception that it ended with; None: it succeeded.
        seconds: How long it took.
    """

    def __init__(
        self, socket: object, error: BaseException | None, seconds: float
    ) -> None:
        self.socket = socket
        self.error = error
        self.seconds = seconds

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.socket!r} error={self.error!r} "
            f"seconds={self.seconds}>"
        )


# They have files of their own, but their names are this module's.
DeadlockFound.__module__ = Subscription.__module__ = __name__

publish(__name__, "gevent.events")
