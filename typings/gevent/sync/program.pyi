from collections.abc import Callable, Iterable
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeVar, TypeVarTuple

from gevent.core import loop as Loop
from gevent.hub import Hub

__all__ = ("Drainable", "Program")

_R = TypeVar("_R")
_Ts = TypeVarTuple("_Ts")

class Drainable(Protocol):
    def drain(self, timeout: float | None = None) -> object: ...

class _Asked(NamedTuple):
    reason: str | None
    number: int | None

class _Signals:
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...
    def restore(self) -> None: ...

class Program:
    hub: Hub
    loop: Loop
    asked: _Asked | None
    def __init__(
        self, hub: Hub, drain_timeout: float, cleanup_timeout: float | None
    ) -> None: ...
    def signals(self, numbers: Iterable[int] | None) -> _Signals: ...
    def run(self, main: Callable[[*_Ts], _R], args: tuple[*_Ts]) -> _R | None: ...
    def ask(self, reason: str | None, number: int | None = None) -> None: ...
    def hurry(self) -> None: ...
    def disown(self) -> None: ...
    def add(self, work: Drainable) -> None: ...
