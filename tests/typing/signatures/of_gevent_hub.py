"""Every signature of ``gevent.hub``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import TracebackType
from typing import ParamSpec, TextIO, TypeVar, TypeVarTuple, Unpack, assert_type

from greenlet import greenlet as raw_greenlet

from gevent._loop.libev_flags import Flags
from gevent._native.scheduling.scheduler import Outcome, Scheduler
from gevent.core import loop as Loop
from gevent.greenlet import Greenlet
from gevent.hub import (
    Hub,
    Waiter,
    _IdentRegistry,
    _MonitorThread,
    _Waitable,
    _WaitIterator,
    get_hub,
    get_hub_class,
    get_hub_if_exists,
    idle,
    iwait,
    kill,
    linkproxy,
    reinit,
    set_default_hub_class,
    set_hub,
    signal,
    sleep,
    wait,
)
from gevent.libev.watcher import signal as signal_watcher
from gevent.libev.watcher import watcher as Armable
from gevent.resolver import _Resolver
from gevent.threadpool import ThreadPool
from gevent.timeout import Timeout

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_W = TypeVar("_W", bound=_Waitable)


def hub_system_error(it: Hub) -> None:
    assert_type(it.SYSTEM_ERROR, tuple[type[BaseException], ...])


def hub_not_error(it: Hub) -> None:
    assert_type(it.NOT_ERROR, tuple[type[BaseException], ...])


def hub_threadpool_size(it: Hub) -> None:
    assert_type(it.threadpool_size, int)


def hub_spawning_greenlet(it: Hub) -> None:
    assert_type(it.spawning_greenlet, None)


def hub_periodic_monitoring_thread(it: Hub) -> None:
    assert_type(it.periodic_monitoring_thread, _MonitorThread | None)


def hub_loop(it: Hub) -> None:
    assert_type(it.loop, Loop)


def hub_thread_ident(it: Hub) -> None:
    assert_type(it.thread_ident, int)


def hub_main_hub(it: Hub) -> None:
    assert_type(it.main_hub, bool)


def hub_minimal_ident(it: Hub) -> None:
    assert_type(it.minimal_ident, int)


def hub_name(it: Hub) -> None:
    assert_type(it.name, str)


def hub_format_context(it: Hub) -> None:
    assert_type(it.format_context, Callable[[object], str])


def hub_spawn_tree_locals(it: Hub) -> None:
    assert_type(it.spawn_tree_locals, dict[str, object])


def hub_ident_registry(it: Hub) -> None:
    assert_type(it.ident_registry, _IdentRegistry)


def hub_exception_stream(it: Hub) -> None:
    assert_type(it.exception_stream, TextIO | None)


def hub_made(loop: Loop | Flags, default: bool | None) -> None:
    assert_type(Hub(loop, default), Hub)


def hub_loop_class(it: Hub) -> None:
    assert_type(it.loop_class, Callable[..., Loop])


def hub_backend(it: Hub) -> None:
    assert_type(it.backend, Flags)


def hub_resolver_class(it: Hub) -> None:
    assert_type(it.resolver_class, Callable[..., _Resolver])


def hub_threadpool_class(it: Hub) -> None:
    assert_type(it.threadpool_class, Callable[..., ThreadPool])


def hub_resolver(it: Hub) -> None:
    assert_type(it.resolver, _Resolver)


def hub_threadpool(it: Hub) -> None:
    assert_type(it.threadpool, ThreadPool)


def hub_switch(it: Hub) -> None:
    assert_type(it.switch(), object)


def hub_switch_out(it: Hub) -> None:
    assert_type(it.switch_out(), None)


def hub_set_hub(it: Hub, hub: Hub | None) -> None:
    assert_type(it.set_hub(hub), None)


def hub_end_with_thread(it: Hub) -> None:
    assert_type(it.end_with_thread(), None)


def hub_run_handler_loop(it: Hub, subject: object) -> None:
    assert_type(it.run_handler_loop(subject), None)


def hub_describe_parked(it: Hub) -> None:
    assert_type(it.describe_parked(), list[str])


def hub_wait(it: Hub, watcher: Armable) -> None:
    assert_type(it.wait(watcher), None)


def hub_cancel_wait(
    it: Hub,
    watcher: Armable | None,
    error: BaseException | type[BaseException],
    close_watcher: bool,
) -> None:
    assert_type(it.cancel_wait(watcher, error, close_watcher), None)


def hub_cancel_waits_close_and_then(
    it: Hub,
    watchers: Collection[Armable],
    exc_kind: BaseException | type[BaseException],
    then: Callable[[Unpack[_Ts]], object],
    *then_args: *_Ts,
) -> None:
    assert_type(
        it.cancel_waits_close_and_then(watchers, exc_kind, then, *then_args), None
    )


def hub_join(it: Hub, timeout: float | None) -> None:
    assert_type(it.join(timeout), bool)


def hub_handle_error(
    it: Hub,
    context: object,
    type: type[BaseException],
    value: BaseException | None,
    tb: TracebackType | None,
) -> None:
    assert_type(it.handle_error(context, type, value, tb), None)


def hub_handle_system_error(
    it: Hub,
    type: type[BaseException],
    value: BaseException | None,
    tb: TracebackType | None,
) -> None:
    assert_type(it.handle_system_error(type, value, tb), None)


def hub_print_exception(
    it: Hub,
    context: object,
    t: type[BaseException],
    v: BaseException | str | None,
    tb: TracebackType | None,
) -> None:
    assert_type(it.print_exception(context, t, v, tb), None)


def hub_start_periodic_monitoring_thread(it: Hub) -> None:
    assert_type(it.start_periodic_monitoring_thread(), _MonitorThread | None)


def hub_destroy(it: Hub, destroy_loop: bool | None) -> None:
    assert_type(it.destroy(destroy_loop), None)


def of_get_hub() -> None:
    assert_type(get_hub(), Hub)


def of_get_hub_if_exists() -> None:
    assert_type(get_hub_if_exists(), Hub | None)


def of_get_hub_class() -> None:
    assert_type(get_hub_class(), type[Hub])


def of_set_default_hub_class(hubtype: type[Hub]) -> None:
    assert_type(set_default_hub_class(hubtype), None)


def of_set_hub(hub: Hub | None) -> None:
    assert_type(set_hub(hub), None)


def of_sleep(seconds: float, ref: bool) -> None:
    assert_type(sleep(seconds, ref), None)


def of_idle(priority: int) -> None:
    assert_type(idle(priority), None)


def of_kill(
    greenlet: raw_greenlet, exception: BaseException | type[BaseException]
) -> None:
    assert_type(kill(greenlet, exception), None)


def of_reinit(hub: Hub | None) -> None:
    assert_type(reinit(hub), None)


def linkproxy_callback(it: linkproxy[_T]) -> None:
    assert_type(it.callback, Callable[[_T], object] | None)


def linkproxy_obj(it: linkproxy[_T]) -> None:
    assert_type(it.obj, _T | None)


def linkproxy_made(callback: Callable[[_T], object], obj: _T) -> None:
    assert_type(linkproxy(callback, obj), linkproxy[_T])


def linkproxy_called(it: linkproxy[_T], *_args: object) -> None:
    assert_type(it(*_args), None)


def signal_greenlet_class(it: signal[_P]) -> None:
    assert_type(it.greenlet_class, type[Greenlet] | None)


def signal_hub(it: signal[_P]) -> None:
    assert_type(it.hub, Hub)


def of_signal_watcher(it: signal[_P]) -> None:
    assert_type(it.watcher, signal_watcher)


def signal_handler(it: signal[_P]) -> None:
    assert_type(it.handler, Callable[_P, object] | None)


def signal_args(it: signal[_P]) -> None:
    assert_type(it.args, tuple[object, ...])


def signal_kwargs(it: signal[_P]) -> None:
    assert_type(it.kwargs, dict[str, object])


def signal_ref(it: signal[_P]) -> None:
    assert_type(it.ref, bool)


def signal_made(
    signalnum: int, handler: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(signal(signalnum, handler, *args, **kwargs), signal[_P])


def signal_cancel(it: signal[_P]) -> None:
    assert_type(it.cancel(), None)


def signal_handle(it: signal[_P]) -> None:
    assert_type(it.handle(), None)


def of_iwait(
    objects: Collection[_W], timeout: float | Timeout | None, count: int | None
) -> None:
    assert_type(iwait(objects, timeout, count), _WaitIterator[_W])


def of_wait(
    objects: Collection[_W], timeout: float | Timeout | None, count: int | None
) -> None:
    assert_type(wait(objects, timeout, count), list[_W])


def wait_2(objects: None, timeout: float | Timeout | None, count: int | None) -> None:
    assert_type(wait(objects, timeout, count), bool)


def waiter_loop(it: Waiter) -> None:
    assert_type(it.loop, Scheduler)


def waiter_made(hub: raw_greenlet | None) -> None:
    assert_type(Waiter(hub), Waiter)


def waiter_hub(it: Waiter) -> None:
    assert_type(it.hub, raw_greenlet | None)


def waiter_greenlet(it: Waiter) -> None:
    assert_type(it.greenlet, raw_greenlet | None)


def waiter_value(it: Waiter) -> None:
    assert_type(it.value, object)


def waiter_exc_info(it: Waiter) -> None:
    assert_type(it.exc_info, tuple[object, ...] | None)


def waiter_ready(it: Waiter) -> None:
    assert_type(it.ready(), bool)


def waiter_successful(it: Waiter) -> None:
    assert_type(it.successful(), bool)


def waiter_clear(it: Waiter) -> None:
    assert_type(it.clear(), None)


def waiter_get(it: Waiter) -> None:
    assert_type(it.get(), object)


def waiter_switch(it: Waiter, value: object) -> None:
    assert_type(it.switch(value), None)


def waiter_switch_args(it: Waiter, *args: object) -> None:
    assert_type(it.switch_args(*args), None)


def waiter_throw(it: Waiter, *throw_args: object) -> None:
    assert_type(it.throw(*throw_args), None)


def waiter_called(it: Waiter, source: Outcome) -> None:
    assert_type(it(source), None)
