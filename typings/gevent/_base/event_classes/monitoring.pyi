from gevent.events import EventLoopBlocked as EventLoopBlocked
from gevent.events import IEventLoopBlocked as IEventLoopBlocked
from gevent.events import IMemoryUsageThresholdExceeded as IMemoryUsageThresholdExceeded
from gevent.events import IMemoryUsageUnderThreshold as IMemoryUsageUnderThreshold
from gevent.events import IPeriodicMonitorThread as IPeriodicMonitorThread
from gevent.events import (
    IPeriodicMonitorThreadStartedEvent as IPeriodicMonitorThreadStartedEvent,
)
from gevent.events import MemoryUsageThresholdExceeded as MemoryUsageThresholdExceeded
from gevent.events import MemoryUsageUnderThreshold as MemoryUsageUnderThreshold
from gevent.events import (
    PeriodicMonitorThreadStartedEvent as PeriodicMonitorThreadStartedEvent,
)

__all__ = (
    "IEventLoopBlocked",
    "EventLoopBlocked",
    "IMemoryUsageThresholdExceeded",
    "MemoryUsageThresholdExceeded",
    "IMemoryUsageUnderThreshold",
    "MemoryUsageUnderThreshold",
    "IPeriodicMonitorThread",
    "IPeriodicMonitorThreadStartedEvent",
    "PeriodicMonitorThreadStartedEvent",
)
