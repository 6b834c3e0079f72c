import os
from collections.abc import Callable
from types import TracebackType
from typing import Self

from typing_extensions import disjoint_base

from gevent._native.library.polled_loop import PolledLoop
from gevent._native.scheduling.scheduler import Watcher
from gevent.core import loop as Loop
from gevent.hub import Waiter

__all__ = (
    "async_",
    "check",
    "child",
    "fork",
    "idle",
    "io",
    "prepare",
    "signal",
    "stat",
    "timer",
    "watcher",
)

@disjoint_base
class _WatchedLoop(PolledLoop):
    kept: dict[watcher, None]

@disjoint_base
class watcher(Watcher):
    callback: Callable[..., object] | None
    args: tuple[object, ...] | None
    ref: bool
    priority: int
    def __init__(
        self, loop: _WatchedLoop, ref: bool = True, priority: int | None = None
    ) -> None: ...
    @property
    def loop(self) -> Loop: ...
    @property
    def active(self) -> bool: ...
    @property
    def pending(self) -> bool: ...
    def start(self, callback: Callable[..., object], *args: object) -> None: ...
    def wait_for(self, waiter: Waiter, subject: object) -> int: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...
    def cancel_wait(self, error: BaseException | type[BaseException]) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

@disjoint_base
class _recorded(watcher): ...

@disjoint_base
class _listed(watcher): ...

@disjoint_base
class io(_recorded):
    fd: int
    events: int
    def __init__(
        self,
        loop: _WatchedLoop,
        fd: int,
        events: int,
        ref: bool = True,
        priority: int | None = None,
    ) -> None: ...
    @property
    def events_str(self) -> str: ...
    def release_descriptor(self) -> object: ...
    def release(self) -> None: ...
    def start(
        self, callback: Callable[..., object], *args: object, pass_events: bool = False
    ) -> None: ...

@disjoint_base
class timer(watcher):
    def __init__(
        self,
        loop: _WatchedLoop,
        after: float = 0.0,
        repeat: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ) -> None: ...
    @property
    def at(self) -> float: ...
    def start(
        self, callback: Callable[..., object], *args: object, update: bool | None = None
    ) -> None: ...
    def again(
        self, callback: Callable[..., object], *args: object, update: bool = True
    ) -> None: ...

@disjoint_base
class signal(_recorded):
    def __init__(
        self,
        loop: _WatchedLoop,
        signalnum: int,
        ref: bool = True,
        priority: int | None = None,
    ) -> None: ...
    @property
    def signalnum(self) -> int: ...

@disjoint_base
class stat(_recorded):
    def __init__(
        self,
        loop: _WatchedLoop,
        path: str | bytes,
        interval: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ) -> None: ...
    @property
    def path(self) -> str | bytes: ...
    @property
    def interval(self) -> float: ...
    @property
    def attr(self) -> os.stat_result | None: ...
    @property
    def prev(self) -> os.stat_result | None: ...

class prepare(_listed): ...
class check(_listed): ...
class idle(_listed): ...
class fork(_listed): ...

@disjoint_base
class async_(watcher):
    def send(self) -> None: ...
    def send_ignoring_arg(self, _ignored: object) -> None: ...
    def arrive(self) -> None: ...

@disjoint_base
class child(watcher):
    rpid: int
    rstatus: int
    usage: object
    def __init__(
        self, loop: _WatchedLoop, pid: int, trace: int = 0, ref: bool = True
    ) -> None: ...
    @property
    def pid(self) -> int: ...
    def ended(self, status: int) -> None: ...
