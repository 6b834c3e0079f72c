from collections.abc import Callable, Iterator, Mapping
from traceback import StackSummary
from types import TracebackType
from typing import ClassVar, Self, TypeVar

from greenlet import greenlet as raw_greenlet

from gevent.baseserver import BaseServer
from gevent.cancellation import CancelScope
from gevent.greenlet import Greenlet, _SpawningFrame
from gevent.hub import Hub
from gevent.pool import Pool
from gevent.resolver import _Resolver
from gevent.socket import _PeerAddress
from gevent.socket import socket as _Socket
from gevent.ssl import SSLSocket
from gevent.taskgroup import TaskGroup
from gevent.threadpool import ThreadPool
from gevent.util import Deadlock

# Spelled out: zope.interface has no types, and its interfaces are objects that checkers
# can only see as classes.

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

_E = TypeVar("_E")

class _Interface:
    @classmethod
    def providedBy(cls, ob: object) -> bool: ...
    @classmethod
    def implementedBy(cls, cls_: object) -> bool: ...
    @classmethod
    def names(cls, all: bool = False) -> list[str]: ...
    @classmethod
    def __iter__(cls) -> Iterator[str]: ...

subscribers: list[Callable[[object], object]]

def subscribe(
    event_class: type[_E], handler: Callable[[_E], object]
) -> Subscription: ...
def notify(event: object) -> None: ...
def notify_and_call_entry_points(event: object) -> None: ...

class Subscription:
    def __init__(
        self, event_class: type, handler: Callable[..., object], names: frozenset[str]
    ) -> None: ...
    @property
    def event_class(self) -> type: ...
    @property
    def handler(self) -> Callable[..., object]: ...
    @property
    def active(self) -> bool: ...
    def unsubscribe(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

class IEventLoopBlocked(_Interface):
    greenlet: raw_greenlet
    blocking_time: float
    info: list[str]
    hub: Hub | None

class EventLoopBlocked:
    greenlet: raw_greenlet
    blocking_time: float
    info: list[str]
    hub: Hub | None
    def __init__(
        self,
        greenlet: raw_greenlet,
        blocking_time: float,
        info: list[str],
        *,
        hub: raw_greenlet | None = None,
    ) -> None: ...

class IMemoryUsageThresholdExceeded(_Interface):
    mem_usage: int
    max_allowed: int
    memory_info: object

class _AbstractMemoryEvent:
    mem_usage: int
    max_allowed: int
    memory_info: object
    def __init__(
        self, mem_usage: int, max_allowed: int, memory_info: object
    ) -> None: ...

class MemoryUsageThresholdExceeded(_AbstractMemoryEvent): ...

class IMemoryUsageUnderThreshold(_Interface):
    mem_usage: int
    max_allowed: int
    max_memory_usage: int
    memory_info: object

class MemoryUsageUnderThreshold(_AbstractMemoryEvent):
    max_memory_usage: int
    def __init__(
        self, mem_usage: int, max_allowed: int, memory_info: object, max_usage: int
    ) -> None: ...

class IPeriodicMonitorThread(_Interface):
    def add_monitoring_function(
        self, function: Callable[[Hub], object], period: float | None
    ) -> None: ...

class IPeriodicMonitorThreadStartedEvent(_Interface):
    monitor: IPeriodicMonitorThread

class PeriodicMonitorThreadStartedEvent:
    ENTRY_POINT_NAME: ClassVar[str]
    monitor: IPeriodicMonitorThread
    def __init__(self, monitor: IPeriodicMonitorThread) -> None: ...

class IGeventPatchEvent(_Interface):
    source: object
    target: object

class GeventPatchEvent:
    source: object
    target: object
    def __init__(self, source: object, target: object) -> None: ...

class IGeventWillPatchEvent(IGeventPatchEvent): ...
class DoNotPatch(BaseException): ...
class GeventWillPatchEvent(GeventPatchEvent): ...
class IGeventDidPatchEvent(IGeventPatchEvent): ...
class GeventDidPatchEvent(GeventPatchEvent): ...

class IGeventWillPatchModuleEvent(IGeventWillPatchEvent):
    module_name: str
    target_item_names: list[str]

class GeventWillPatchModuleEvent(GeventWillPatchEvent):
    ENTRY_POINT_NAME: ClassVar[str]
    module_name: str
    target_item_names: list[str]
    def __init__(
        self, module_name: str, source: object, target: object, items: list[str]
    ) -> None: ...

class IGeventDidPatchModuleEvent(IGeventDidPatchEvent):
    module_name: str

class GeventDidPatchModuleEvent(GeventDidPatchEvent):
    ENTRY_POINT_NAME: ClassVar[str]
    module_name: str
    def __init__(self, module_name: str, source: object, target: object) -> None: ...

class _PatchAllMixin(GeventPatchEvent):
    def __init__(
        self,
        patch_all_arguments: Mapping[str, object],
        patch_all_kwargs: Mapping[str, object],
    ) -> None: ...
    @property
    def patch_all_arguments(self) -> dict[str, object]: ...
    @property
    def patch_all_kwargs(self) -> dict[str, object]: ...

class IGeventWillPatchAllEvent(IGeventWillPatchEvent):
    patch_all_arguments: dict[str, object]
    patch_all_kwargs: dict[str, object]
    def will_patch_module(self, module_name: str) -> object: ...

class GeventWillPatchAllEvent(_PatchAllMixin, GeventWillPatchEvent):
    ENTRY_POINT_NAME: ClassVar[str]
    def will_patch_module(self, module_name: str) -> object: ...

class IGeventDidPatchBuiltinModulesEvent(IGeventDidPatchEvent):
    patch_all_arguments: dict[str, object]
    patch_all_kwargs: dict[str, object]

class GeventDidPatchBuiltinModulesEvent(_PatchAllMixin, GeventDidPatchEvent):
    ENTRY_POINT_NAME: ClassVar[str]

class IGeventDidPatchAllEvent(IGeventDidPatchEvent): ...

class GeventDidPatchAllEvent(_PatchAllMixin, GeventDidPatchEvent):
    ENTRY_POINT_NAME: ClassVar[str]

class IConnectionAccepted(_Interface):
    server: BaseServer
    socket: _Socket
    address: _PeerAddress

class _ConnectionEvent:
    server: BaseServer
    socket: _Socket
    address: _PeerAddress
    def __init__(
        self, server: BaseServer, socket: _Socket, address: _PeerAddress
    ) -> None: ...

class ConnectionAccepted(_ConnectionEvent): ...

class IConnectionClosed(IConnectionAccepted):
    error: BaseException | None
    reason: str | None

class ConnectionClosed(_ConnectionEvent):
    error: BaseException | None
    reason: str | None
    def __init__(
        self,
        server: BaseServer,
        socket: _Socket,
        address: _PeerAddress,
        error: BaseException | None = None,
        reason: str | None = None,
    ) -> None: ...

class IServerEvent(_Interface):
    server: BaseServer

class _ServerEvent:
    server: BaseServer
    def __init__(self, server: BaseServer) -> None: ...

class RequestRefused(_ServerEvent):
    address: _PeerAddress
    status: str
    reason: str
    def __init__(
        self, server: BaseServer, address: _PeerAddress, status: str, reason: str
    ) -> None: ...

class RequestFinished(_ServerEvent):
    environ: dict[str, object]
    status: str | None
    octets: int
    seconds: float
    def __init__(
        self,
        server: BaseServer,
        environ: dict[str, object],
        status: str | None,
        octets: int,
        seconds: float,
    ) -> None: ...

class LimitReached(_ServerEvent):
    name: str
    def __init__(self, server: BaseServer, name: str) -> None: ...

class HandlerWarning(_ServerEvent):
    environ: dict[str, object]
    text: str
    def __init__(
        self, server: BaseServer, environ: dict[str, object], text: str
    ) -> None: ...

class ServerStopping(_ServerEvent): ...
class ServerStopped(_ServerEvent): ...

class IHubEvent(_Interface):
    hub: Hub

class _HubEvent:
    hub: Hub
    def __init__(self, hub: Hub) -> None: ...

class HubCreated(_HubEvent): ...
class HubEnded(_HubEvent): ...

class _StallEvent(_HubEvent):
    greenlet: raw_greenlet
    @property
    def spawning_stack(self) -> _SpawningFrame | None: ...

class LoopStalled(_StallEvent):
    duration: float
    def __init__(self, hub: Hub, greenlet: raw_greenlet, duration: float) -> None: ...

class LoopStalling(_StallEvent):
    duration: float
    stack: StackSummary
    c_function: str | None
    def __init__(
        self,
        hub: Hub,
        greenlet: raw_greenlet,
        duration: float,
        stack: StackSummary,
        c_function: str | None,
    ) -> None: ...

class LoopLagged(_HubEvent):
    lag: float
    def __init__(self, hub: Hub, lag: float) -> None: ...

class ThreadPoolSaturated(_HubEvent):
    pool: ThreadPool
    def __init__(self, hub: Hub, pool: ThreadPool) -> None: ...

class DeadlockFound:
    hub: Hub
    deadlock: Deadlock
    def __init__(self, hub: Hub, deadlock: Deadlock) -> None: ...

class IGreenletEvent(_Interface):
    greenlet: Greenlet[..., object]

class _GreenletEvent:
    greenlet: Greenlet[..., object]
    def __init__(self, greenlet: Greenlet[..., object]) -> None: ...

class GreenletSpawned(_GreenletEvent): ...
class GreenletFinished(_GreenletEvent): ...
class GreenletFailed(_GreenletEvent): ...

class PoolExhausted:
    pool: Pool
    def __init__(self, pool: Pool) -> None: ...

class ScopeCancelled:
    scope: CancelScope
    reason: str | None
    def __init__(self, scope: CancelScope, reason: str | None) -> None: ...

class CancelSwallowed:
    greenlet: raw_greenlet
    scope: CancelScope
    count: int
    def __init__(
        self, greenlet: raw_greenlet, scope: CancelScope, count: int
    ) -> None: ...

class TaskGroupFailed:
    group: TaskGroup
    exception: BaseException
    def __init__(self, group: TaskGroup, exception: BaseException) -> None: ...

class ProgramStopping:
    reason: str | None
    def __init__(self, reason: str | None) -> None: ...

class NameLookedUp:
    resolver: _Resolver
    function: str
    arguments: tuple[object, ...]
    error: BaseException | None
    seconds: float
    def __init__(
        self,
        resolver: _Resolver,
        function: str,
        arguments: tuple[object, ...],
        error: BaseException | None,
        seconds: float,
    ) -> None: ...

class HandshakeDone:
    socket: SSLSocket
    error: BaseException | None
    seconds: float
    def __init__(
        self, socket: SSLSocket, error: BaseException | None, seconds: float
    ) -> None: ...
