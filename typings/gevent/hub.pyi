from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import (
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TextIO,
    TypeVar,
    TypeVarTuple,
    Unpack,
    overload,
)

from greenlet import GreenletExit, getcurrent
from greenlet import greenlet as raw_greenlet
from typing_extensions import CapsuleType, disjoint_base

from gevent._hub.monitor import PeriodicMonitoringThread
from gevent._loop.libev_flags import Flags
from gevent._native.scheduling.scheduler import Node, Outcome, Scheduler, SwitchHook
from gevent.core import loop as Loop
from gevent.exceptions import LoopExit
from gevent.greenlet import Greenlet, spawn_raw
from gevent.libev.watcher import signal as signal_watcher
from gevent.libev.watcher import watcher as Armable
from gevent.resolver import _Resolver
from gevent.threadpool import ThreadPool
from gevent.timeout import Timeout

__all__ = (
    "GreenletExit",
    "Hub",
    "LoopExit",
    "Waiter",
    "get_hub",
    "getcurrent",
    "idle",
    "kill",
    "linkproxy",
    "reinit",
    "signal",
    "sleep",
    "spawn_raw",
)

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_W = TypeVar("_W", bound=_Waitable)

class _HubType(type): ...

class Hub(raw_greenlet, metaclass=_HubType):
    SYSTEM_ERROR: tuple[type[BaseException], ...]
    NOT_ERROR: tuple[type[BaseException], ...]
    threadpool_size: int
    spawning_greenlet: None
    periodic_monitoring_thread: PeriodicMonitoringThread | None
    loop: Loop
    thread_ident: int
    main_hub: bool
    minimal_ident: int
    name: str
    format_context: Callable[[object], str]
    spawn_tree_locals: dict[str, object]
    ident_registry: _IdentRegistry
    # Where errors are printed; None: nowhere.
    exception_stream: TextIO | None
    # A loop object, or flags for a new one.
    def __init__(
        self,
        loop: Loop | Flags = None,
        default: bool | None = None,
    ) -> None: ...
    @property
    def loop_class(self) -> Callable[..., Loop]: ...
    @property
    def backend(self) -> Flags: ...
    @property
    def resolver_class(self) -> Callable[..., _Resolver]: ...
    @property
    def threadpool_class(self) -> Callable[..., ThreadPool]: ...
    @property
    def resolver(self) -> _Resolver: ...
    @resolver.setter
    def resolver(self, value: _Resolver) -> None: ...
    @resolver.deleter
    def resolver(self) -> None: ...
    @property
    def threadpool(self) -> ThreadPool: ...
    @threadpool.setter
    def threadpool(self, value: ThreadPool) -> None: ...
    @threadpool.deleter
    def threadpool(self) -> None: ...
    # -- running
    def switch(self) -> object: ...
    def switch_out(self) -> None: ...
    def set_hub(self, hub: Hub | None) -> None: ...
    def end_with_thread(self) -> None: ...
    def run_handler_loop(self, subject: object) -> None: ...
    def describe_parked(self) -> list[str]: ...
    def _look_for_hook(self) -> None: ...
    def wait(self, watcher: Armable) -> None: ...
    def cancel_wait(
        self,
        watcher: Armable | None,
        error: BaseException | type[BaseException],
        close_watcher: bool = False,
    ) -> None: ...
    def cancel_waits_close_and_then(
        self,
        watchers: Collection[Armable],
        exc_kind: BaseException | type[BaseException],
        then: Callable[[Unpack[_Ts]], object],
        *then_args: *_Ts,
    ) -> None: ...
    def join(self, timeout: float | None = None) -> bool: ...
    # -- errors
    def handle_error(
        self,
        context: object,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...
    def handle_system_error(
        self,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None = None,
    ) -> None: ...
    def print_exception(
        self,
        context: object,
        t: type[BaseException],
        v: BaseException | str | None,
        tb: TracebackType | None,
    ) -> None: ...
    # -- life
    def start_periodic_monitoring_thread(self) -> PeriodicMonitoringThread | None: ...
    def loop_was_renewed(self) -> None: ...
    @overload
    def add_switch_hook(
        self, hook: Callable[[raw_greenlet, raw_greenlet], object]
    ) -> SwitchHook: ...
    @overload
    def add_switch_hook(self, hook: CapsuleType) -> SwitchHook: ...
    def tell(self, event: str, *args: object) -> None: ...
    def note_long_run(self, runner: raw_greenlet, seconds: float) -> None: ...
    def note_long_turn(self, seconds: float) -> None: ...
    def destroy(self, destroy_loop: bool | None = None) -> None: ...

def get_hub() -> Hub: ...
def get_hub_if_exists() -> Hub | None: ...
def _get_hub() -> Hub | None: ...
def live_hubs() -> list[tuple[Hub, Loop]]: ...
def get_hub_class() -> type[Hub]: ...
def set_default_hub_class(hubtype: type[Hub]) -> None: ...
def set_hub(hub: Hub | None) -> None: ...
def sleep(seconds: float = 0, ref: bool = True) -> None: ...
def idle(priority: int = 0) -> None: ...
def kill(
    greenlet: raw_greenlet, exception: BaseException | type[BaseException] = ...
) -> None: ...
def reinit(hub: Hub | None = None) -> None: ...

class linkproxy(Generic[_T]):
    callback: Callable[[_T], object] | None
    obj: _T | None
    def __init__(self, callback: Callable[[_T], object], obj: _T) -> None: ...
    def __call__(self, *_args: object) -> None: ...

class signal(Generic[_P]):
    greenlet_class: type[Greenlet] | None
    hub: Hub
    watcher: signal_watcher
    handler: Callable[_P, object] | None
    args: tuple[object, ...]
    kwargs: dict[str, object]
    ref: bool
    def __init__(
        self,
        signalnum: int,
        handler: Callable[_P, object],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> None: ...
    def cancel(self) -> None: ...
    def handle(self) -> None: ...

class _IdentRegistry:
    def __init__(self) -> None: ...
    def get_ident(self, obj: object) -> int: ...
    def __len__(self) -> int: ...

# What can be waited for has this as its base, too: the type of a list of several kinds.
class _Waitable(Protocol):
    def rawlink(self, callback: Callable[[Self], object], /) -> object: ...
    def unlink(self, callback: Callable[[Self], object], /) -> object: ...

@disjoint_base
class _WaitIterator(Iterator[_W], Generic[_W]):
    def __init__(
        self,
        objects: Collection[_W],
        timeout: float | Timeout | None = None,
        count: int | None = None,
    ) -> None: ...
    def __next__(self) -> _W: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

def iwait(
    objects: Collection[_W],
    timeout: float | Timeout | None = None,
    count: int | None = None,
) -> _WaitIterator[_W]: ...
@overload
def wait(
    objects: Collection[_W],
    timeout: float | Timeout | None = None,
    count: int | None = None,
) -> list[_W]: ...

# The whole loop: whether it finished in time.
@overload
def wait(
    objects: None = None,
    timeout: float | Timeout | None = None,
    count: int | None = None,
) -> bool: ...

@disjoint_base
class Waiter(Node):
    loop: Scheduler
    def __init__(self, hub: raw_greenlet | None = None) -> None: ...
    @property
    def hub(self) -> raw_greenlet | None: ...
    @property
    def greenlet(self) -> raw_greenlet | None: ...
    @property
    def value(self) -> object: ...
    @property
    def exc_info(self) -> tuple[object, ...] | None: ...
    def ready(self) -> bool: ...
    def successful(self) -> bool: ...
    def clear(self) -> None: ...
    def get(self) -> object: ...
    def switch(self, value: object) -> None: ...
    def switch_args(self, *args: object) -> None: ...
    def throw(self, *throw_args: object) -> None: ...
    def __call__(self, source: Outcome) -> None: ...
