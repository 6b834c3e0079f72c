from gevent.events import CancelSwallowed as CancelSwallowed
from gevent.events import ConnectionAccepted as ConnectionAccepted
from gevent.events import ConnectionClosed as ConnectionClosed
from gevent.events import DeadlockFound as DeadlockFound
from gevent.events import DoNotPatch as DoNotPatch
from gevent.events import EventLoopBlocked as EventLoopBlocked
from gevent.events import GeventDidPatchAllEvent as GeventDidPatchAllEvent
from gevent.events import (
    GeventDidPatchBuiltinModulesEvent as GeventDidPatchBuiltinModulesEvent,
)
from gevent.events import GeventDidPatchEvent as GeventDidPatchEvent
from gevent.events import GeventDidPatchModuleEvent as GeventDidPatchModuleEvent
from gevent.events import GeventPatchEvent as GeventPatchEvent
from gevent.events import GeventWillPatchAllEvent as GeventWillPatchAllEvent
from gevent.events import GeventWillPatchEvent as GeventWillPatchEvent
from gevent.events import GeventWillPatchModuleEvent as GeventWillPatchModuleEvent
from gevent.events import GreenletFailed as GreenletFailed
from gevent.events import GreenletFinished as GreenletFinished
from gevent.events import GreenletSpawned as GreenletSpawned
from gevent.events import HandlerWarning as HandlerWarning
from gevent.events import HandshakeDone as HandshakeDone
from gevent.events import HubCreated as HubCreated
from gevent.events import HubEnded as HubEnded
from gevent.events import IConnectionAccepted as IConnectionAccepted
from gevent.events import IConnectionClosed as IConnectionClosed
from gevent.events import IEventLoopBlocked as IEventLoopBlocked
from gevent.events import IGeventDidPatchAllEvent as IGeventDidPatchAllEvent
from gevent.events import (
    IGeventDidPatchBuiltinModulesEvent as IGeventDidPatchBuiltinModulesEvent,
)
from gevent.events import IGeventDidPatchEvent as IGeventDidPatchEvent
from gevent.events import IGeventDidPatchModuleEvent as IGeventDidPatchModuleEvent
from gevent.events import IGeventPatchEvent as IGeventPatchEvent
from gevent.events import IGeventWillPatchAllEvent as IGeventWillPatchAllEvent
from gevent.events import IGeventWillPatchEvent as IGeventWillPatchEvent
from gevent.events import IGeventWillPatchModuleEvent as IGeventWillPatchModuleEvent
from gevent.events import IGreenletEvent as IGreenletEvent
from gevent.events import IHubEvent as IHubEvent
from gevent.events import IMemoryUsageThresholdExceeded as IMemoryUsageThresholdExceeded
from gevent.events import IMemoryUsageUnderThreshold as IMemoryUsageUnderThreshold
from gevent.events import IPeriodicMonitorThread as IPeriodicMonitorThread
from gevent.events import (
    IPeriodicMonitorThreadStartedEvent as IPeriodicMonitorThreadStartedEvent,
)
from gevent.events import IServerEvent as IServerEvent
from gevent.events import LimitReached as LimitReached
from gevent.events import LoopLagged as LoopLagged
from gevent.events import LoopStalled as LoopStalled
from gevent.events import LoopStalling as LoopStalling
from gevent.events import MemoryUsageThresholdExceeded as MemoryUsageThresholdExceeded
from gevent.events import MemoryUsageUnderThreshold as MemoryUsageUnderThreshold
from gevent.events import NameLookedUp as NameLookedUp
from gevent.events import (
    PeriodicMonitorThreadStartedEvent as PeriodicMonitorThreadStartedEvent,
)
from gevent.events import PoolExhausted as PoolExhausted
from gevent.events import ProgramStopping as ProgramStopping
from gevent.events import RequestFinished as RequestFinished
from gevent.events import RequestRefused as RequestRefused
from gevent.events import ScopeCancelled as ScopeCancelled
from gevent.events import ServerStopped as ServerStopped
from gevent.events import ServerStopping as ServerStopping
from gevent.events import Subscription as Subscription
from gevent.events import TaskGroupFailed as TaskGroupFailed
from gevent.events import ThreadPoolSaturated as ThreadPoolSaturated
from gevent.events import notify as notify
from gevent.events import notify_and_call_entry_points as notify_and_call_entry_points
from gevent.events import subscribe as subscribe
from gevent.events import subscribers as subscribers

__all__ = (
    "subscribers",
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
)
