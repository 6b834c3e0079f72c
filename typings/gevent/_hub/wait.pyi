from collections.abc import Collection, Iterable
from typing import TypeVar, overload

from gevent.hub import _Waitable, _WaitIterator
from gevent.timeout import Timeout

Waitable = _Waitable
WaitIterator = _WaitIterator

__all__ = (
    "iwait",
    "wait",
)

_T = TypeVar("_T")
_W = TypeVar("_W", bound=_Waitable)

def in_order(objects: Iterable[_T]) -> list[_T]: ...
def birth_of(each: object) -> int: ...
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
