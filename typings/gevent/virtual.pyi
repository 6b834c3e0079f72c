from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Literal, NamedTuple, Self, TypeAlias, final

from gevent.exceptions import LoopExit

__all__ = (
    "virtual_time",
    "VirtualTime",
    "explore",
    "Explored",
    "Network",
    "Deadlock",
    "RealIOError",
)

_Latency: TypeAlias = float | tuple[float, float] | Callable[[], float]

class Deadlock(LoopExit):
    waits: list[str]
    def __init__(self, waits: list[str]) -> None: ...

class RealIOError(RuntimeError): ...

class Network:
    def __init__(
        self,
        *,
        latency: _Latency = 0.0,
        fragment: bool = False,
        buffer_size: int = 65536,
    ) -> None: ...
    fragment: bool
    @property
    def latency(self) -> _Latency: ...
    @latency.setter
    def latency(self, latency: _Latency) -> None: ...
    def cut(self, address: object) -> None: ...
    def mend(self, address: object) -> None: ...
    def is_cut(self, key: object) -> bool: ...

@final
class VirtualTime:
    seed: int | None
    def __init__(
        self,
        seed: int | None = None,
        *,
        schedule: str | Sequence[int] | None = None,
        start: float = 946684800.0,
        network: Network | None = None,
        clocks: bool = True,
        datetimes: bool = False,
        leftovers: Literal["kill", "error"] = "kill",
    ) -> None: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def schedule(self) -> str: ...
    def settle(self) -> None: ...
    def burn(self, seconds: float) -> None: ...
    def expecting(self) -> AbstractContextManager[None]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

class Explored(NamedTuple):
    runs: int
    is_complete: bool

def virtual_time(
    seed: int | None = None,
    *,
    schedule: str | Sequence[int] | None = None,
    start: float = 946684800.0,
    network: Network | None = None,
    clocks: bool = True,
    datetimes: bool = False,
    leftovers: Literal["kill", "error"] = "kill",
) -> VirtualTime: ...
def explore(
    function: Callable[[VirtualTime], object],
    *,
    runs: int = 100,
    seed: int = 0,
    exhaustive: bool = False,
    start: float = 946684800.0,
    network: Network | None = None,
    clocks: bool = True,
    datetimes: bool = False,
    leftovers: Literal["kill", "error"] = "kill",
) -> Explored: ...
