"""What the monitor thread sends: a blocked loop, memory, its own start."""

from __future__ import annotations

from zope.interface import Attribute, Interface, implementer

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

# Interfaces name their module themselves: they are compared and hashed by it, so that
# it can not change when the module is published.
_PUBLIC_NAME = "gevent.events"


# -- a blocked loop ------------------------------------------------------------------


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


# -- memory --------------------------------------------------------------------------


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


# -- the monitor thread --------------------------------------------------------------


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
