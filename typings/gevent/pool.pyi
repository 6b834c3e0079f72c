from collections.abc import Callable, Iterable, Iterator, Mapping
from queue import Full
from typing import Any, Generic, Self, TypeVarTuple, Unpack, overload

from greenlet import greenlet as raw_greenlet
from typing_extensions import ParamSpec, TypeVar, disjoint_base

from gevent.greenlet import Greenlet
from gevent.lock import DummySemaphore, Semaphore
from gevent.queue import SimpleQueue
from gevent.timeout import Timeout

__all__ = ("Group", "GroupMappingMixin", "Pool", "PoolFull")

_P = ParamSpec("_P")
_T = TypeVar("_T")
_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")
_E = TypeVar("_E")
_Ts = TypeVarTuple("_Ts")

class GroupMappingMixin:
    def spawn(
        self, func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> object: ...
    def full(self) -> bool: ...
    # A tuple of arguments is checked; what is in a list, or goes with keywords, is not.
    @overload
    def apply(
        self,
        func: Callable[[Unpack[_Ts]], _T],
        args: tuple[*_Ts],
        kwds: None = None,
    ) -> _T: ...
    @overload
    def apply(
        self,
        func: Callable[[], _T],
        args: None = None,
        kwds: None = None,
    ) -> _T: ...
    @overload
    def apply(
        self,
        func: Callable[..., _T],
        args: list[Any],
        kwds: Mapping[str, object] | None = None,
    ) -> _T: ...
    @overload
    def apply(
        self,
        func: Callable[..., _T],
        args: Iterable[object] | None,
        kwds: Mapping[str, object],
    ) -> _T: ...
    @overload
    def apply(
        self,
        func: Callable[..., _T],
        args: None = None,
        *,
        kwds: Mapping[str, object],
    ) -> _T: ...
    @overload
    def apply_cb(
        self,
        func: Callable[[Unpack[_Ts]], _T],
        args: tuple[*_Ts],
        kwds: None = None,
        callback: Callable[[_T], object] | None = None,
    ) -> _T: ...
    @overload
    def apply_cb(
        self,
        func: Callable[[], _T],
        args: None = None,
        kwds: None = None,
        callback: Callable[[_T], object] | None = None,
    ) -> _T: ...
    @overload
    def apply_cb(
        self,
        func: Callable[..., _T],
        args: list[Any],
        kwds: Mapping[str, object] | None = None,
        callback: Callable[[_T], object] | None = None,
    ) -> _T: ...
    @overload
    def apply_cb(
        self,
        func: Callable[..., _T],
        args: Iterable[object] | None,
        kwds: Mapping[str, object],
        callback: Callable[[_T], object] | None = None,
    ) -> _T: ...
    @overload
    def apply_cb(
        self,
        func: Callable[..., _T],
        args: None = None,
        *,
        kwds: Mapping[str, object],
        callback: Callable[[_T], object] | None = None,
    ) -> _T: ...
    @overload
    def apply_async(
        self,
        func: Callable[[Unpack[_Ts]], _T],
        args: tuple[*_Ts],
        kwds: None = None,
        callback: Callable[[_T], object] | None = None,
    ) -> Greenlet[..., _T]: ...
    @overload
    def apply_async(
        self,
        func: Callable[[], _T],
        args: None = None,
        kwds: None = None,
        callback: Callable[[_T], object] | None = None,
    ) -> Greenlet[..., _T]: ...
    @overload
    def apply_async(
        self,
        func: Callable[..., _T],
        args: list[Any],
        kwds: Mapping[str, object] | None = None,
        callback: Callable[[_T], object] | None = None,
    ) -> Greenlet[..., _T]: ...
    @overload
    def apply_async(
        self,
        func: Callable[..., _T],
        args: Iterable[object] | None,
        kwds: Mapping[str, object],
        callback: Callable[[_T], object] | None = None,
    ) -> Greenlet[..., _T]: ...
    @overload
    def apply_async(
        self,
        func: Callable[..., _T],
        args: None = None,
        *,
        kwds: Mapping[str, object],
        callback: Callable[[_T], object] | None = None,
    ) -> Greenlet[..., _T]: ...
    def map(self, func: Callable[[_A], _T], iterable: Iterable[_A]) -> list[_T]: ...
    def map_cb(
        self,
        func: Callable[[_A], _T],
        iterable: Iterable[_A],
        callback: Callable[[list[_T]], object] | None = None,
    ) -> list[_T]: ...
    def map_async(
        self,
        func: Callable[[_A], _T],
        iterable: Iterable[_A],
        callback: Callable[[list[_T]], object] | None = None,
    ) -> Greenlet[..., list[_T]]: ...
    @overload
    def imap(
        self,
        func: Callable[[_A], _T],
        iterable: Iterable[_A],
        *,
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap(
        self,
        func: Callable[[_A, _B], _T],
        first: Iterable[_A],
        second: Iterable[_B],
        *,
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap(
        self,
        func: Callable[[_A, _B, _C], _T],
        first: Iterable[_A],
        second: Iterable[_B],
        third: Iterable[_C],
        *,
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap(
        self,
        func: Callable[[_A, _B, _C, _E], _T],
        first: Iterable[_A],
        second: Iterable[_B],
        third: Iterable[_C],
        fourth: Iterable[_E],
        *,
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap(
        self,
        func: Callable[..., _T],
        first: Iterable[object],
        second: Iterable[object],
        third: Iterable[object],
        fourth: Iterable[object],
        fifth: Iterable[object],
        *iterables: Iterable[object],
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_A], _T],
        iterable: Iterable[_A],
        *,
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_A, _B], _T],
        first: Iterable[_A],
        second: Iterable[_B],
        *,
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_A, _B, _C], _T],
        first: Iterable[_A],
        second: Iterable[_B],
        third: Iterable[_C],
        *,
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_A, _B, _C, _E], _T],
        first: Iterable[_A],
        second: Iterable[_B],
        third: Iterable[_C],
        fourth: Iterable[_E],
        *,
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[..., _T],
        first: Iterable[object],
        second: Iterable[object],
        third: Iterable[object],
        fourth: Iterable[object],
        fifth: Iterable[object],
        *iterables: Iterable[object],
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...

class Group(GroupMappingMixin):
    greenlet_class: type[Greenlet]
    greenlets: set[Greenlet]
    @property
    def dying(self) -> set[Greenlet]: ...
    def __init__(self, *args: Iterable[raw_greenlet]) -> None: ...
    def __len__(self) -> int: ...
    def __contains__(self, item: object) -> bool: ...
    def __iter__(self) -> Iterator[Greenlet]: ...
    def add(self, greenlet: raw_greenlet) -> None: ...
    def discard(self, greenlet: raw_greenlet) -> None: ...
    def start(self, greenlet: Greenlet) -> None: ...
    def spawn(
        self, func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> Greenlet[_P, _T]: ...
    def wait_available(self, timeout: float | Timeout | None = None) -> int | None: ...
    def join(
        self, timeout: float | Timeout | None = None, raise_error: bool = False
    ) -> bool: ...
    def kill(
        self,
        exception: BaseException | type[BaseException] = ...,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None: ...
    def killone(
        self,
        greenlet: raw_greenlet,
        exception: BaseException | type[BaseException] = ...,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None: ...

class PoolFull(Full): ...

class Pool(Group):
    size: int | None
    _semaphore: Semaphore | DummySemaphore
    def __init__(
        self, size: int | None = None, greenlet_class: type[Greenlet] | None = None
    ) -> None: ...
    def free_count(self) -> int: ...
    def start(
        self,
        greenlet: Greenlet,
        blocking: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None: ...
    def add(
        self,
        greenlet: raw_greenlet,
        blocking: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None: ...

_T_co = TypeVar("_T_co", covariant=True, default=object)

@disjoint_base
class IMapUnordered(Greenlet[..., None], Generic[_T_co]):
    def __init__(
        self,
        func: Callable[..., _T_co],
        iterable: Iterable[object],
        spawn: Callable[..., Greenlet],
        maxsize: int | None = None,
        zipped: bool = False,
    ) -> None: ...
    @property
    def queue(self) -> SimpleQueue[object]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T_co: ...

class IMap(IMapUnordered[_T_co]): ...
