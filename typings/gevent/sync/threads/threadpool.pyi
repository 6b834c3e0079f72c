import concurrent.futures
from collections import deque
from collections.abc import Callable
from types import TracebackType

from typing_extensions import ParamSpec, TypeVar, disjoint_base

from gevent._hub.hub import Hub
from gevent._loop.watchers import fork
from gevent.sync.event import AsyncResult
from gevent.sync.pool import GroupMappingMixin
from gevent.sync.threads.executor import ExecutorFuture
from gevent.sync.threads.workers import Workers

__all__ = ("ThreadPool", "ThreadPoolExecutor", "ThreadResult")

_P = ParamSpec("_P")
_T = TypeVar("_T")

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
    def __init__(self, *args: object, **kwargs: object) -> None: ...
    def submit(  # type: ignore[override]  # what it returns is no Future
        self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> ExecutorFuture[_T]: ...
    def shutdown(self, wait: bool = True, **kwargs: object) -> None: ...
    def kill(self, wait: bool = True, **kwargs: object) -> None: ...
