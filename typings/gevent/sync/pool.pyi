from collections.abc import Callable, Iterable, Iterator, Mapping
from queue import Full
from typing import overload

from greenlet import greenlet as raw_greenlet
from typing_extensions import ParamSpec, TypeVar

from gevent._hub.greenlet import Greenlet
from gevent._hub.timeout import Timeout
from gevent.sync.imap import IMap, IMapUnordered
from gevent.sync.lock import DummySemaphore, Semaphore

__all__ = ("Group", "GroupMappingMixin", "Pool", "PoolFull")

_P = ParamSpec("_P")
_T = TypeVar("_T")
_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")

class GroupMappingMixin:
    def spawn(
        self, func: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> object: ...
    def full(self) -> bool: ...
    def apply(
        self,
        func: Callable[..., _T],
        args: Iterable[object] | None = None,
        kwds: Mapping[str, object] | None = None,
    ) -> _T: ...
    def apply_cb(
        self,
        func: Callable[..., _T],
        args: Iterable[object] | None = None,
        kwds: Mapping[str, object] | None = None,
        callback: Callable[[_T], object] | None = None,
    ) -> _T: ...
    def apply_async(
        self,
        func: Callable[..., _T],
        args: Iterable[object] | None = None,
        kwds: Mapping[str, object] | None = None,
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
        /,
        *,
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap(
        self,
        func: Callable[[_A, _B], _T],
        iterable: Iterable[_A],
        second: Iterable[_B],
        /,
        *,
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap(
        self,
        func: Callable[..., _T],
        *iterables: Iterable[object],
        maxsize: int | None = None,
    ) -> IMap[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_A], _T],
        iterable: Iterable[_A],
        /,
        *,
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[[_A, _B], _T],
        iterable: Iterable[_A],
        second: Iterable[_B],
        /,
        *,
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...
    @overload
    def imap_unordered(
        self,
        func: Callable[..., _T],
        *iterables: Iterable[object],
        maxsize: int | None = None,
    ) -> IMapUnordered[_T]: ...

class Group(GroupMappingMixin):
    greenlet_class: type[Greenlet]
    @property
    def greenlets(self) -> set[raw_greenlet]: ...
    @property
    def dying(self) -> set[raw_greenlet]: ...
    def __init__(self, *args: Iterable[raw_greenlet]) -> None: ...
    def __len__(self) -> int: ...
    def __contains__(self, item: object) -> bool: ...
    def __iter__(self) -> Iterator[raw_greenlet]: ...
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
        exception: object = ...,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None: ...
    def killone(
        self,
        greenlet: raw_greenlet,
        exception: object = ...,
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
