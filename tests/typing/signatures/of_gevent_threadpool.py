"""Every signature of ``gevent.threadpool``: pinned, so that a change is seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TypeVarTuple, Unpack, assert_type

from typing_extensions import ParamSpec, TypeVar

from gevent.event import AsyncResult
from gevent.hub import Hub
from gevent.libev.watcher import fork
from gevent.threadpool import (
    ThreadPool,
    ThreadPoolExecutor,
    ThreadResult,
    _ExecutorFuture,
)

_P = ParamSpec("_P")
_T = TypeVar("_T", default=object)
_Ts = TypeVarTuple("_Ts")


def threadresult_async_watcher(it: ThreadResult) -> None:
    assert_type(it.async_watcher, None)


def threadresult_call_when_ready(it: ThreadResult) -> None:
    assert_type(it.call_when_ready, Callable[[], object] | None)


def threadresult_context(it: ThreadResult) -> None:
    assert_type(it.context, object)


def threadresult_exc_info(it: ThreadResult) -> None:
    assert_type(
        it.exc_info,
        tuple[type[BaseException], BaseException, TracebackType | None] | tuple[()],
    )


def threadresult_hub(it: ThreadResult) -> None:
    assert_type(it.hub, Hub)


def threadresult_receiver(it: ThreadResult) -> None:
    assert_type(it.receiver, Callable[[ThreadResult], object] | None)


def threadresult_value(it: ThreadResult) -> None:
    assert_type(it.value, object)


def threadresult_made(
    receiver: Callable[[ThreadResult], object],
    hub: Hub,
    call_when_ready: Callable[[], object],
) -> None:
    assert_type(ThreadResult(receiver, hub, call_when_ready), ThreadResult)


def threadresult_exception(it: ThreadResult) -> None:
    assert_type(it.exception, BaseException | None)


def threadresult_successful(it: ThreadResult) -> None:
    assert_type(it.successful(), bool)


def threadresult_set(it: ThreadResult, value: object) -> None:
    assert_type(it.set(value), None)


def threadresult_handle_error(
    it: ThreadResult,
    context: object,
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> None:
    assert_type(it.handle_error(context, exc_info), None)


def threadresult_destroy_in_main_thread(it: ThreadResult) -> None:
    assert_type(it.destroy_in_main_thread(), None)


def threadpool_fork_watcher(it: ThreadPool) -> None:
    assert_type(it.fork_watcher, fork)


def threadpool_hub(it: ThreadPool) -> None:
    assert_type(it.hub, Hub)


def threadpool_manager(it: ThreadPool) -> None:
    assert_type(it.manager, None)


def threadpool_maxsize(it: ThreadPool) -> None:
    assert_type(it.maxsize, int)


def threadpool_pid(it: ThreadPool) -> None:
    assert_type(it.pid, int)


def threadpool_size(it: ThreadPool) -> None:
    assert_type(it.size, int)


def threadpool_made(
    maxsize: int, hub: Hub | None, idle_task_timeout: float | None
) -> None:
    assert_type(ThreadPool(maxsize, hub, idle_task_timeout), ThreadPool)


def threadpool_length(it: ThreadPool) -> None:
    assert_type(len(it), int)


def threadpool_task_queue(it: ThreadPool) -> None:
    assert_type(it.task_queue, deque[object])


def threadpool_adjust(it: ThreadPool) -> None:
    assert_type(it.adjust(), None)


def threadpool_spawn(
    it: ThreadPool, func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(it.spawn(func, *args, **kwargs), AsyncResult[_T])


def threadpool_join(it: ThreadPool) -> None:
    assert_type(it.join(), None)


def threadpool_kill(it: ThreadPool) -> None:
    assert_type(it.kill(), None)


def threadpoolexecutor_made(
    max_workers: int | None,
    thread_name_prefix: str,
    initializer: Callable[[Unpack[_Ts]], object] | None,
    initargs: tuple[*_Ts,],
) -> None:
    assert_type(
        ThreadPoolExecutor(max_workers, thread_name_prefix, initializer, initargs),
        ThreadPoolExecutor,
    )


def threadpoolexecutor_submit(
    it: ThreadPoolExecutor, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(it.submit(fn, *args, **kwargs), _ExecutorFuture[_T])


def threadpoolexecutor_shutdown(
    it: ThreadPoolExecutor, wait: bool, *, cancel_futures: bool
) -> None:
    assert_type(it.shutdown(wait, cancel_futures=cancel_futures), None)


def threadpoolexecutor_kill(
    it: ThreadPoolExecutor, wait: bool, *, cancel_futures: bool
) -> None:
    assert_type(it.kill(wait, cancel_futures=cancel_futures), None)
