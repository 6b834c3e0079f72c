import concurrent.futures
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVarTuple, Unpack

from typing_extensions import ParamSpec, TypeVar, disjoint_base

from gevent.event import AsyncResult
from gevent.hub import Hub
from gevent.libev.watcher import fork
from gevent.pool import GroupMappingMixin
from gevent.sync.threads.workers import Workers

__all__ = ("ThreadPool", "ThreadPoolExecutor", "ThreadResult")

_P = ParamSpec("_P")
_T = TypeVar("_T", default=object)
_Ts = TypeVarTuple("_Ts")

@disjoint_base
class ThreadResult:
    async_watcher: None
    call_when_ready: Callable[[], object] | None
    context: object
    exc_info: (
        tuple[type[BaseException], BaseException, TracebackType | None] | tuple[()]
    )
    hub: Hub
    receiver: Callable[[ThreadResult], object] | None
    value: object
    def __init__(
        self,
        receiver: Callable[[ThreadResult], object],
        hub: Hub,
        call_when_ready: Callable[[], object],
    ) -> None: ...
    @property
    def exception(self) -> BaseException | None: ...
    def successful(self) -> bool: ...
    def set(self, value: object) -> None: ...
    def handle_error(
        self,
        context: object,
        exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
    ) -> None: ...
    def destroy_in_main_thread(self) -> None: ...

class ThreadPool(GroupMappingMixin):
    fork_watcher: fork
    _workers: Workers
    hub: Hub
    manager: None
    maxsize: int
    pid: int
    size: int
    def __init__(
        self,
        maxsize: int,
        hub: Hub | None = None,
        idle_task_timeout: float | None = -1,
    ) -> None: ...
    def __len__(self) -> int: ...
    @property
    def task_queue(self) -> deque[object]: ...
    def adjust(self) -> None: ...
    def spawn(
        self, func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> AsyncResult[_T]: ...
    def join(self) -> None: ...
    def kill(self) -> None: ...

class ThreadPoolExecutor(concurrent.futures.ThreadPoolExecutor):
    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[[Unpack[_Ts]], object] | None = None,
        initargs: tuple[*_Ts] = ...,
    ) -> None: ...
    def submit(  # type: ignore[override]  # what it returns is no Future
        self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _ExecutorFuture[_T]: ...
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None: ...
    def kill(self, wait: bool = True, *, cancel_futures: bool = False) -> None: ...

# Of the interface of `concurrent.futures.Future`, without being one.
class _ExecutorFuture(Generic[_T]):
    asyncresult: AsyncResult[_T]
    def __init__(
        self,
        asyncresult: AsyncResult[_T],
        beginning: Callable[..., object] | None = None,
    ) -> None: ...
    def done(self) -> bool: ...
    def running(self) -> bool: ...
    def cancel(self) -> bool: ...
    def cancelled(self) -> bool: ...
    def set_running_or_notify_cancel(self) -> bool: ...
    def result(self, timeout: float | None = None) -> _T: ...
    def exception(self, timeout: float | None = None) -> BaseException | None: ...
    def add_done_callback(self, callback: Callable[[Self], object]) -> None: ...
    def rawlink(self, callback: Callable[[Self], object]) -> None: ...
    def unlink(self, callback: Callable[[Self], object]) -> None: ...
