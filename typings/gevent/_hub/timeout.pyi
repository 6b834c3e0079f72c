from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, Self, TypeAlias, TypeVar, overload

from greenlet import greenlet

__all__ = ("Timeout", "with_timeout")

_P = ParamSpec("_P")
_T = TypeVar("_T")
_D = TypeVar("_D")
Throwable: TypeAlias = BaseException | type[BaseException]
# None, False or a text: the Timeout itself.
_Exception: TypeAlias = Throwable | bool | str | None

class Timeout(BaseException):
    exception: _Exception
    def __init__(
        self,
        seconds: float | None = None,
        exception: _Exception = None,
        ref: bool = True,
        priority: int = -1,
    ) -> None: ...
    @property
    def seconds(self) -> float | None: ...
    @classmethod
    def start_new(
        cls,
        timeout: Timeout | float | None = None,
        exception: _Exception = None,
        ref: bool = True,
    ) -> Timeout: ...
    def start(self) -> None: ...
    @property
    def pending(self) -> bool: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...
    def _on_expiration(self, prev_greenlet: greenlet, ex: Throwable) -> None: ...
    def __enter__(self) -> Self: ...
    # True when it swallows its own instance (`exception=False`).
    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> bool | None: ...
    def __lt__(self, other: Timeout | float) -> bool: ...

# `timeout_value` is what to return when the time passed; it is not passed on.
@overload
def with_timeout(
    seconds: float | None,
    function: Callable[..., _T],
    *args: object,
    timeout_value: _D,
    **kwds: object,
) -> _T | _D: ...
@overload
def with_timeout(
    seconds: float | None,
    function: Callable[_P, _T],
    *args: _P.args,
    **kwds: _P.kwargs,
) -> _T: ...
