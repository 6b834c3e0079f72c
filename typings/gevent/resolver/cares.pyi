from collections.abc import Callable, Iterable
from typing import Generic, TypeAlias

from typing_extensions import TypeVar

from gevent.core import loop as Loop
from gevent.resolver import _Address, _Entry

__all__ = ("channel",)

_Text: TypeAlias = str | bytes
_T_co = TypeVar("_T_co", covariant=True, default=object)

class InvalidIP(ValueError): ...

class Result(Generic[_T_co]):
    value: _T_co
    exception: Exception | None
    def __init__(
        self, value: _T_co = ..., exception: Exception | None = None
    ) -> None: ...
    def successful(self) -> bool: ...
    def get(self) -> _T_co: ...

class ares_host_result(tuple[str, list[str], list[str]]):
    family: int
    def __new__(
        cls, family: int, iterable: Iterable[str | list[str]]
    ) -> ares_host_result: ...

class channel:
    def __init__(
        self,
        loop: Loop,
        flags: int | None = None,
        timeout: float | None = None,
        tries: int | None = None,
        ndots: int | None = None,
        udp_port: int | None = None,
        tcp_port: int | None = None,
        servers: _Text | Iterable[_Text] | None = None,
    ) -> None: ...
    @property
    def loop(self) -> Loop: ...
    def set_servers(self, servers: _Text | Iterable[_Text] | None = None) -> None: ...
    def cancel(self) -> None: ...
    def destroy(self) -> None: ...
    def query(
        self, callback: Callable[[Result], object], name: _Text, kind: str
    ) -> None: ...
    def gethostbyname(
        self,
        callback: Callable[[Result[ares_host_result]], object],
        name: _Text,
        family: int = ...,
    ) -> None: ...
    def gethostbyaddr(
        self, callback: Callable[[Result[ares_host_result]], object], addr: _Text
    ) -> None: ...
    def getaddrinfo(
        self,
        callback: Callable[[Result[list[_Entry]]], object],
        name: _Text,
        service: _Text | None,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> None: ...
    def getnameinfo(
        self,
        callback: Callable[[Result[tuple[str, str]]], object],
        sockaddr: _Address,
        flags: int,
    ) -> None: ...
