"""What a hub makes on demand and ends with itself: resolver, thread pool, monitor."""

from __future__ import annotations

from _thread import get_ident

from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._base.config import config

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from gevent._hub.monitor import PeriodicMonitoringThread

    _T = TypeVar("_T")

__all__ = ("Helper", "end_helpers", "make_threadpool", "renew_helpers", "start_monitor")


class Helper(Protocol):
    """What a hub makes on demand and closes with itself: resolver, thread pool."""

    def close(self) -> None:
        """Release what it holds (a resolver)."""

    def kill(self) -> None:
        """End its threads (a thread pool)."""

    def apply(self, func: Callable[..., _T], args: tuple[object, ...]) -> _T:
        """Call *func* in one of its threads (a thread pool)."""


class HelpedHub(Protocol):
    """What is needed of a hub."""

    thread_ident: int
    threadpool_size: int
    periodic_monitoring_thread: PeriodicMonitoringThread | None
    _resolver: Helper | None
    _threadpool: Helper | None

    @property
    def threadpool_class(self) -> Callable[..., Helper]:
        """What makes its pool."""


def make_threadpool(hub: HelpedHub) -> Helper:
    """Return a pool for a hub, as that and the configuration say."""
    return hub.threadpool_class(
        hub.threadpool_size,
        hub=hub,
        idle_task_timeout=config.threadpool_idle_task_timeout,
    )


def start_monitor(hub: HelpedHub) -> PeriodicMonitoringThread | None:
    """See ``Hub.start_periodic_monitoring_thread``."""
    monitor = hub.periodic_monitoring_thread
    if not config.monitor_thread or (monitor is not None and monitor.should_run):
        return monitor
    # Programs without one need neither this nor the interfaces of events.
    from gevent._base.events import (
        PeriodicMonitorThreadStartedEvent,
        notify_and_call_entry_points,
    )
    from gevent._hub.monitor import PeriodicMonitoringThread, is_monitor_thread

    if is_monitor_thread():
        return monitor
    if get_ident() != hub.thread_ident:
        raise RuntimeError(
            f"the monitor of {hub!r} has to be started in the thread of that hub"
        )
    monitor = PeriodicMonitoringThread(hub)  # type: ignore[arg-type]  # a Hub
    hub.periodic_monitoring_thread = monitor
    notify_and_call_entry_points(PeriodicMonitorThreadStartedEvent(monitor))
    return monitor


def renew_helpers(hub: HelpedHub) -> None:
    """Let those that a hub has go on in a forked child."""
    for helper in (hub._threadpool, hub._resolver, hub.periodic_monitoring_thread):
        renew = getattr(helper, "_on_fork", None)
        if renew is not None:
            renew()


def end_helpers(hub: HelpedHub) -> None:
    """End those that a hub has; it has none afterwards."""
    resolver, hub._resolver = hub._resolver, None
    if resolver is not None:
        resolver.close()
    pool, hub._threadpool = hub._threadpool, None
    if pool is not None:
        pool.kill()
    monitor, hub.periodic_monitoring_thread = hub.periodic_monitoring_thread, None
    if monitor is not None:
        monitor.kill()
