from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, overload

from typing_extensions import disjoint_base

from gevent._hub.timeout import Timeout

__all__ = ("iwait", "wait")

_W = TypeVar("_W", bound=Waitable)

class Waitable(Protocol):
    def rawlink(self, callback: Callable[[Self], object], /) -> object: ...
    def unlink(self, callback: Callable[[Self], object], /) -> object: ...

@disjoint_base
class WaitIterator(Iterator[_W], Generic[_W]):
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
) -> WaitIterator[_W]: ...
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
