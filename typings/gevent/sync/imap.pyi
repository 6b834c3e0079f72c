from collections.abc import Callable, Iterable
from typing import Generic, Self

from typing_extensions import TypeVar, disjoint_base

from gevent._hub.greenlet import Greenlet
from gevent.sync.queue import SimpleQueue

__all__ = ("IMap", "IMapUnordered")

_T_co = TypeVar("_T_co", covariant=True, default=object)

@disjoint_base
class IMapUnordered(Greenlet[..., None], Generic[_T_co]):
    def __init__(
        self,
        func: Callable[..., _T_co],
        iterable: Iterable[object],
        spawn: Callable[..., object],
        maxsize: int | None = None,
        zipped: bool = False,
    ) -> None: ...
    @property
    def queue(self) -> SimpleQueue[object]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T_co: ...

class IMap(IMapUnordered[_T_co]): ...
