from collections.abc import Callable, Collection
from types import TracebackType
from typing import Generic, ParamSpec, Protocol, TypeVar, overload

from greenlet import GreenletExit, getcurrent
from greenlet import greenlet as raw_greenlet
from typing_extensions import CapsuleType

from gevent._base.exceptions import LoopExit
from gevent._hub.greenlet import Greenlet, spawn_raw
from gevent._hub.identity import IdentRegistry
from gevent._hub.monitor import PeriodicMonitoringThread
from gevent._hub.wait import iwait as iwait
from gevent._hub.wait import wait as wait
from gevent._loop.loop import Loop
from gevent._loop.watchers import Armable
from gevent._loop.watchers import signal as signal_watcher
from gevent._native.scheduling.scheduler import SwitchHook, Waiter

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

class Helper(Protocol):
    def close(self) -> None: ...
    def kill(self) -> None: ...
    def apply(self, func: Callable[..., _T], args: tuple[object, ...]) -> _T: ...

class HubType(type): ...

class Hub(raw_greenlet, metaclass=HubType):
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
    ident_registry: IdentRegistry
    # Where errors are printed; None: nowhere.
    exception_stream: object
    def __init__(self, loop: object = None, default: bool | None = None) -> None: ...
    @property
    def loop_class(self) -> Callable[..., Loop]: ...
    @property
    def backend(self) -> object: ...
    @property
    def resolver_class(self) -> Callable[..., Helper]: ...
    @property
    def threadpool_class(self) -> Callable[..., Helper]: ...
    @property
    def resolver(self) -> Helper: ...
    @resolver.setter
    def resolver(self, value: Helper) -> None: ...
    @resolver.deleter
    def resolver(self) -> None: ...
    @property
    def threadpool(self) -> Helper: ...
    @threadpool.setter
    def threadpool(self, value: Helper) -> None: ...
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
        then: Callable[..., object],
        *then_args: object,
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
def get_hub_class() -> type[Hub]: ...
def set_default_hub_class(hubtype: type[Hub]) -> None: ...
def set_hub(hub: Hub | None) -> None: ...
def sleep(seconds: float = 0, ref: bool = True) -> None: ...
def idle(priority: int = 0) -> None: ...
def kill(greenlet: raw_greenlet, exception: object = ...) -> None: ...
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
