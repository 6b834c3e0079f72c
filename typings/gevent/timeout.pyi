from collections.abc import Callable
from types import TracebackType
from typing import (
    Concatenate,
    ParamSpec,
    Self,
    TypeAlias,
    TypeVar,
    TypeVarTuple,
    Unpack,
    overload,
)

from greenlet import greenlet

__all__ = ("Timeout", "with_timeout")

_P = ParamSpec("_P")
_T = TypeVar("_T")
_D = TypeVar("_D")
_A = TypeVar("_A")
_B = TypeVar("_B")
_Ts = TypeVarTuple("_Ts")
_Throwable: TypeAlias = BaseException | type[BaseException]
# None, False or a text: the Timeout itself.
_Exception: TypeAlias = _Throwable | bool | str | None

class Timeout(BaseException):
    exception: _Exception
    seconds: float | None
    def __init__(
        self,
        seconds: float | None = None,
        exception: _Exception = None,
        ref: bool = True,
        priority: int = -1,
    ) -> None: ...
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
    @property
    def expired(self) -> bool: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...
    def _on_expiration(self, prev_greenlet: greenlet, ex: _Throwable) -> None: ...
    def __enter__(self) -> Self: ...
    # True when it swallows its own instance (`exception=False`).
    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> bool: ...
    def __lt__(self, other: Timeout | float) -> bool: ...

# `timeout_value` is what to return when the time passed; it is not passed on. (No type
# says "these arguments and one keyword more": beside `timeout_value`, positional
# arguments are checked, and other keywords are not.)
@overload
def with_timeout(
    seconds: float | None,
    function: Callable[[Unpack[_Ts]], _T],
    *args: *_Ts,
    timeout_value: _D,
) -> _T | _D: ...
@overload
def with_timeout(
    seconds: float | None,
    function: Callable[..., _T],
    *,
    timeout_value: _D,
    **kwds: object,
) -> _T | _D: ...
@overload
def with_timeout(
    seconds: float | None,
    function: Callable[Concatenate[_A, ...], _T],
    arg: _A,
    /,
    *,
    timeout_value: _D,
    **kwds: object,
) -> _T | _D: ...
@overload
def with_timeout(
    seconds: float | None,
    function: Callable[Concatenate[_A, _B, ...], _T],
    first: _A,
    second: _B,
    /,
    *,
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
