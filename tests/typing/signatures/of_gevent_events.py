"""Every signature of ``gevent.events``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

from gevent.events import (
    ConnectionClosed,
    EventLoopBlocked,
    GeventDidPatchAllEvent,
    GeventDidPatchBuiltinModulesEvent,
    GeventDidPatchModuleEvent,
    GeventPatchEvent,
    GeventWillPatchAllEvent,
    GeventWillPatchModuleEvent,
    HandlerWarning,
    IPeriodicMonitorThread,
    LimitReached,
    MemoryUsageUnderThreshold,
    PeriodicMonitorThreadStartedEvent,
    RequestFinished,
    RequestRefused,
    notify,
    notify_and_call_entry_points,
)


def of_notify(event: object) -> None:
    assert_type(notify(event), None)


def of_notify_and_call_entry_points(event: object) -> None:
    assert_type(notify_and_call_entry_points(event), None)


def eventloopblocked_greenlet(it: EventLoopBlocked) -> None:
    assert_type(it.greenlet, object)


def eventloopblocked_blocking_time(it: EventLoopBlocked) -> None:
    assert_type(it.blocking_time, float)


def eventloopblocked_info(it: EventLoopBlocked) -> None:
    assert_type(it.info, list[str])


def eventloopblocked_hub(it: EventLoopBlocked) -> None:
    assert_type(it.hub, object)


def eventloopblocked_made(
    greenlet: object, blocking_time: float, info: list[str], *, hub: object
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
    server: object,
    socket: object,
    address: object,
    error: BaseException | None,
    reason: str | None,
) -> None:
    assert_type(
        ConnectionClosed(server, socket, address, error, reason), ConnectionClosed
    )


def requestrefused_address(it: RequestRefused) -> None:
    assert_type(it.address, object)


def requestrefused_status(it: RequestRefused) -> None:
    assert_type(it.status, str)


def requestrefused_reason(it: RequestRefused) -> None:
    assert_type(it.reason, str)


def requestrefused_made(
    server: object, address: object, status: str, reason: str
) -> None:
    assert_type(RequestRefused(server, address, status, reason), RequestRefused)


def requestfinished_environ(it: RequestFinished) -> None:
    assert_type(it.environ, object)


def requestfinished_status(it: RequestFinished) -> None:
    assert_type(it.status, str | None)


def requestfinished_octets(it: RequestFinished) -> None:
    assert_type(it.octets, int)


def requestfinished_seconds(it: RequestFinished) -> None:
    assert_type(it.seconds, float)


def requestfinished_made(
    server: object, environ: object, status: str | None, octets: int, seconds: float
) -> None:
    assert_type(
        RequestFinished(server, environ, status, octets, seconds), RequestFinished
    )


def limitreached_name(it: LimitReached) -> None:
    assert_type(it.name, str)


def limitreached_made(server: object, name: str) -> None:
    assert_type(LimitReached(server, name), LimitReached)


def handlerwarning_environ(it: HandlerWarning) -> None:
    assert_type(it.environ, object)


def handlerwarning_text(it: HandlerWarning) -> None:
    assert_type(it.text, str)


def handlerwarning_made(server: object, environ: object, text: str) -> None:
    assert_type(HandlerWarning(server, environ, text), HandlerWarning)
