"""Every signature of ``gevent.events``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

from greenlet import greenlet as raw_greenlet

from gevent.baseserver import BaseServer
from gevent.events import (
    ConnectionAccepted,
    ConnectionClosed,
    EventLoopBlocked,
    GeventDidPatchAllEvent,
    GeventDidPatchBuiltinModulesEvent,
    GeventDidPatchModuleEvent,
    GeventPatchEvent,
    GeventWillPatchAllEvent,
    GeventWillPatchModuleEvent,
    GreenletFailed,
    HandlerWarning,
    HandshakeDone,
    IPeriodicMonitorThread,
    LimitReached,
    LoopLagged,
    LoopStalled,
    MemoryUsageUnderThreshold,
    NameLookedUp,
    PeriodicMonitorThreadStartedEvent,
    PoolExhausted,
    RequestFinished,
    RequestRefused,
    Subscription,
    ThreadPoolSaturated,
    notify,
    notify_and_call_entry_points,
    subscribe,
)
from gevent.greenlet import Greenlet
from gevent.hub import Hub
from gevent.pool import Pool
from gevent.socket import socket as Socket
from gevent.ssl import SSLSocket
from gevent.threadpool import ThreadPool


def of_notify(event: object) -> None:
    assert_type(notify(event), None)


def of_notify_and_call_entry_points(event: object) -> None:
    assert_type(notify_and_call_entry_points(event), None)


def eventloopblocked_greenlet(it: EventLoopBlocked) -> None:
    assert_type(it.greenlet, raw_greenlet)


def eventloopblocked_blocking_time(it: EventLoopBlocked) -> None:
    assert_type(it.blocking_time, float)


def eventloopblocked_info(it: EventLoopBlocked) -> None:
    assert_type(it.info, list[str])


def eventloopblocked_hub(it: EventLoopBlocked) -> None:
    assert_type(it.hub, Hub | None)


def eventloopblocked_made(
    greenlet: raw_greenlet, blocking_time: float, info: list[str], *, hub: Hub
) -> None:
    assert_type(
        EventLoopBlocked(greenlet, blocking_time, info, hub=hub), EventLoopBlocked
    )


def memoryusageunderthreshold_max_memory_usage(it: MemoryUsageUnderThreshold) -> None:
    assert_type(it.max_memory_usage, int)


def memoryusageunderthreshold_made(
    mem_usage: int, max_allowed: int, memory_info: object, max_usage: int
) -> None:
    assert_type(
        MemoryUsageUnderThreshold(mem_usage, max_allowed, memory_info, max_usage),
        MemoryUsageUnderThreshold,
    )


def periodicmonitorthreadstartedevent_entry_point_name(
    it: PeriodicMonitorThreadStartedEvent,
) -> None:
    assert_type(it.ENTRY_POINT_NAME, str)


def periodicmonitorthreadstartedevent_monitor(
    it: PeriodicMonitorThreadStartedEvent,
) -> None:
    assert_type(it.monitor, IPeriodicMonitorThread)


def periodicmonitorthreadstartedevent_made(monitor: IPeriodicMonitorThread) -> None:
    assert_type(
        PeriodicMonitorThreadStartedEvent(monitor), PeriodicMonitorThreadStartedEvent
    )


def geventpatchevent_source(it: GeventPatchEvent) -> None:
    assert_type(it.source, object)


def geventpatchevent_target(it: GeventPatchEvent) -> None:
    assert_type(it.target, object)


def geventpatchevent_made(source: object, target: object) -> None:
    assert_type(GeventPatchEvent(source, target), GeventPatchEvent)


def geventwillpatchmoduleevent_entry_point_name(it: GeventWillPatchModuleEvent) -> None:
    assert_type(it.ENTRY_POINT_NAME, str)


def geventwillpatchmoduleevent_module_name(it: GeventWillPatchModuleEvent) -> None:
    assert_type(it.module_name, str)


def geventwillpatchmoduleevent_target_item_names(
    it: GeventWillPatchModuleEvent,
) -> None:
    assert_type(it.target_item_names, list[str])


def geventwillpatchmoduleevent_made(
    module_name: str, source: object, target: object, items: list[str]
) -> None:
    assert_type(
        GeventWillPatchModuleEvent(module_name, source, target, items),
        GeventWillPatchModuleEvent,
    )


def geventdidpatchmoduleevent_entry_point_name(it: GeventDidPatchModuleEvent) -> None:
    assert_type(it.ENTRY_POINT_NAME, str)


def geventdidpatchmoduleevent_module_name(it: GeventDidPatchModuleEvent) -> None:
    assert_type(it.module_name, str)


def geventdidpatchmoduleevent_made(
    module_name: str, source: object, target: object
) -> None:
    assert_type(
        GeventDidPatchModuleEvent(module_name, source, target),
        GeventDidPatchModuleEvent,
    )


def geventwillpatchallevent_entry_point_name(it: GeventWillPatchAllEvent) -> None:
    assert_type(it.ENTRY_POINT_NAME, str)


def geventwillpatchallevent_will_patch_module(
    it: GeventWillPatchAllEvent, module_name: str
) -> None:
    assert_type(it.will_patch_module(module_name), object)


def geventdidpatchbuiltinmodulesevent_entry_point_name(
    it: GeventDidPatchBuiltinModulesEvent,
) -> None:
    assert_type(it.ENTRY_POINT_NAME, str)


def geventdidpatchallevent_entry_point_name(it: GeventDidPatchAllEvent) -> None:
    assert_type(it.ENTRY_POINT_NAME, str)


def connectionclosed_error(it: ConnectionClosed) -> None:
    assert_type(it.error, BaseException | None)


def connectionclosed_reason(it: ConnectionClosed) -> None:
    assert_type(it.reason, str | None)


def connectionclosed_made(
    server: BaseServer,
    socket: Socket,
    address: tuple[str, int],
    error: BaseException | None,
    reason: str | None,
) -> None:
    assert_type(
        ConnectionClosed(server, socket, address, error, reason), ConnectionClosed
    )


def requestrefused_address(it: RequestRefused) -> None:
    assert_type(it.address, tuple[Any, ...])


def requestrefused_status(it: RequestRefused) -> None:
    assert_type(it.status, str)


def requestrefused_reason(it: RequestRefused) -> None:
    assert_type(it.reason, str)


def requestrefused_made(
    server: BaseServer, address: tuple[str, int], status: str, reason: str
) -> None:
    assert_type(RequestRefused(server, address, status, reason), RequestRefused)


def requestfinished_environ(it: RequestFinished) -> None:
    assert_type(it.environ, dict[str, object])


def requestfinished_status(it: RequestFinished) -> None:
    assert_type(it.status, str | None)


def requestfinished_octets(it: RequestFinished) -> None:
    assert_type(it.octets, int)


def requestfinished_seconds(it: RequestFinished) -> None:
    assert_type(it.seconds, float)


def requestfinished_made(
    server: BaseServer,
    environ: dict[str, object],
    status: str | None,
    octets: int,
    seconds: float,
) -> None:
    assert_type(
        RequestFinished(server, environ, status, octets, seconds), RequestFinished
    )


def limitreached_name(it: LimitReached) -> None:
    assert_type(it.name, str)


def limitreached_made(server: BaseServer, name: str) -> None:
    assert_type(LimitReached(server, name), LimitReached)


def handlerwarning_environ(it: HandlerWarning) -> None:
    assert_type(it.environ, dict[str, object])


def handlerwarning_text(it: HandlerWarning) -> None:
    assert_type(it.text, str)


def handlerwarning_made(
    server: BaseServer, environ: dict[str, object], text: str
) -> None:
    assert_type(HandlerWarning(server, environ, text), HandlerWarning)


def of_subscribe(handler: Callable[[LoopStalled], None]) -> None:
    assert_type(subscribe(LoopStalled, handler), Subscription)
    subscribe(PoolExhausted, handler)  # type: ignore[arg-type]  # another event's


def connectionaccepted_fields(it: ConnectionAccepted) -> None:
    assert_type(it.server, BaseServer)
    assert_type(it.socket, Socket)


def of_hubs(stall: LoopStalled, lag: LoopLagged, full: ThreadPoolSaturated) -> None:
    assert_type(stall.hub, Hub)
    assert_type(stall.greenlet, raw_greenlet)
    assert_type(stall.duration, float)
    assert_type(lag.lag, float)
    assert_type(full.pool, ThreadPool)
    if stall.spawning_stack is not None:
        assert_type(stall.spawning_stack.f_lineno, int)


def greenletfailed_greenlet(it: GreenletFailed) -> None:
    assert_type(it.greenlet, Greenlet[..., object])


def poolexhausted_pool(it: PoolExhausted) -> None:
    assert_type(it.pool, Pool)


def namelookedup_resolver(it: NameLookedUp) -> None:
    it.resolver.gethostbyname("localhost")


def handshakedone_socket(it: HandshakeDone) -> None:
    assert_type(it.socket, SSLSocket)
