import weakref
from collections.abc import Callable, Iterable, Sequence
from types import CodeType, TracebackType
from typing import Generic, Self, overload

from greenlet import greenlet as raw_greenlet
from typing_extensions import ParamSpec, TypeVar, disjoint_base

from gevent._native.scheduling.scheduler import NativeGreenlet
from gevent._native.scheduling.spawn_stack import SpawnStack
from gevent.core import loop as Loop
from gevent.hub import _Waitable
from gevent.timeout import Timeout

__all__ = ("Greenlet", "joinall", "killall")

_P = ParamSpec("_P", default=...)
_R_co = TypeVar("_R_co", covariant=True, default=object)
_Q = ParamSpec("_Q")
_T = TypeVar("_T")
_G = TypeVar("_G")
_AnyGreenlet = TypeVar("_AnyGreenlet", bound=raw_greenlet)

class SpawnedLink:
    callback: Callable[..., object]
    def __init__(self, callback: Callable[..., object]) -> None: ...
    def __call__(self, source: Greenlet) -> None: ...

class SuccessSpawnedLink(SpawnedLink): ...
class FailureSpawnedLink(SpawnedLink): ...

@disjoint_base
class Greenlet(NativeGreenlet, _Waitable, Generic[_P, _R_co]):
    spawning_stack_limit: int
    name: str
    spawn_tree_locals: dict[str, object] | None
    @overload
    def __init__(
        self, run: Callable[_P, _R_co], *args: _P.args, **kwargs: _P.kwargs
    ) -> None: ...
    # The body is `_run` of a subclass.
    @overload
    def __init__(self: Greenlet[..., object], run: None = None) -> None: ...
    # A greenlet of a function; of a subclass by what its constructor takes.
    @overload
    @classmethod
    def spawn(
        cls, run: Callable[_Q, _T], *args: _Q.args, **kwargs: _Q.kwargs
    ) -> Greenlet[_Q, _T]: ...
    @overload
    @classmethod
    def spawn(cls: Callable[_Q, _G], *args: _Q.args, **kwargs: _Q.kwargs) -> _G: ...
    @overload
    @classmethod
    def spawn(cls) -> Self: ...
    @overload
    @classmethod
    def spawn_later(
        cls,
        seconds: float,
        run: Callable[_Q, _T],
        *args: _Q.args,
        **kwargs: _Q.kwargs,
    ) -> Greenlet[_Q, _T]: ...
    @overload
    @classmethod
    def spawn_later(
        cls: Callable[_Q, _G], seconds: float, *args: _Q.args, **kwargs: _Q.kwargs
    ) -> _G: ...
    @overload
    @classmethod
    def spawn_later(cls, seconds: float) -> Self: ...
    @staticmethod
    def add_spawn_callback(callback: Callable[[Greenlet], object]) -> None: ...
    @staticmethod
    def remove_spawn_callback(callback: Callable[[Greenlet], object]) -> None: ...
    def start(self) -> None: ...
    def start_later(self, seconds: float) -> None: ...
    def _run(self) -> object: ...
    # -- state
    @property
    def loop(self) -> Loop: ...
    @property
    def started(self) -> bool: ...
    def ready(self) -> bool: ...
    def successful(self) -> bool: ...
    @property
    def value(self) -> _R_co | None: ...
    @property
    def exception(self) -> BaseException | None: ...
    @property
    def exc_info(
        self,
    ) -> tuple[type[BaseException], BaseException, TracebackType | None] | None: ...
    @property
    def args(self) -> tuple[object, ...]: ...
    @property
    def kwargs(self) -> dict[str, object]: ...
    @property
    def minimal_ident(self) -> int: ...
    @property
    def spawning_greenlet(self) -> weakref.ref[raw_greenlet] | None: ...
    @property
    def spawning_stack(self) -> _SpawningFrame | None: ...
    # -- links
    def has_links(self) -> bool: ...
    def rawlink(self, callback: Callable[[Self], object]) -> None: ...
    def link(
        self,
        callback: Callable[[Self], object],
        SpawnedLink: type[SpawnedLink] = ...,
    ) -> None: ...
    def link_value(
        self,
        callback: Callable[[Self], object],
        SpawnedLink: type[SpawnedLink] = ...,
    ) -> None: ...
    def link_exception(
        self,
        callback: Callable[[Self], object],
        SpawnedLink: type[SpawnedLink] = ...,
    ) -> None: ...
    def unlink(self, callback: Callable[[Self], object]) -> None: ...
    def unlink_all(self) -> None: ...
    # -- waiting and ending
    def join(self, timeout: float | Timeout | None = None) -> None: ...
    def get(
        self, block: bool = True, timeout: float | Timeout | None = None
    ) -> _R_co: ...
    def kill(
        self,
        exception: BaseException | type[BaseException] = ...,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None: ...
    def cancel(self, reason: str | None = None) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

def spawn_raw(
    function: Callable[_Q, object], *args: _Q.args, **kwargs: _Q.kwargs
) -> raw_greenlet: ...
def joinall(
    greenlets: Sequence[_AnyGreenlet],
    timeout: float | Timeout | None = None,
    raise_error: bool = False,
    count: int | None = None,
) -> list[_AnyGreenlet]: ...
def killall(
    greenlets: Iterable[raw_greenlet],
    exception: BaseException | type[BaseException] = ...,
    block: bool = True,
    timeout: float | Timeout | None = None,
) -> None: ...
def call_known_of(target: object) -> tuple[object, object]: ...
def parts_known_of(
    target: object,
) -> tuple[object, object, bool, SpawnStack | None]: ...

class _SpawningFrame:
    f_globals: dict[str, object]
    f_locals: dict[str, object]
    f_builtins: dict[str, object]
    f_trace: None
    f_code: CodeType
    f_lasti: int
    f_back: _SpawningFrame | None
    f_lineno: int
