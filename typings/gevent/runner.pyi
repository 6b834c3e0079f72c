from collections.abc import Callable, Iterable
from typing import TypeVar, TypeVarTuple

__all__ = ("request_stop", "run", "stopping")

_R = TypeVar("_R")
_Ts = TypeVarTuple("_Ts")

# None: it was cut short.
def run(
    main: Callable[[*_Ts], _R],
    /,
    *args: *_Ts,
    drain_timeout: float = 10.0,
    cleanup_timeout: float | None = None,
    signals: Iterable[int] | None = None,
) -> _R | None: ...
def request_stop(reason: str | None = None) -> None: ...
def stopping() -> bool: ...
