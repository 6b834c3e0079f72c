from collections.abc import Callable
from socket import AddressFamily, SocketKind
from typing import ParamSpec, Protocol, TypeAlias, TypeVar

__all__ = ("AbstractResolver",)

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Host: TypeAlias = str | bytes | bytearray | None
_Port: TypeAlias = str | bytes | int | None
_Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
_Entry: TypeAlias = tuple[AddressFamily | int, SocketKind | int, int, str, _Address]
_HostEntry: TypeAlias = tuple[str, list[str], list[str]]

# What a hub needs of its resolver; the classes that come with gevent, or another one.
class _Resolver(Protocol):
    def close(self) -> None: ...
    def getaddrinfo(
        self,
        host: _Host,
        port: _Port,
        family: int = 0,
        socktype: int = 0,
        proto: int = 0,
        flags: int = 0,
        /,
    ) -> list[_Entry]: ...
    def gethostbyname(self, hostname: str | bytes, /) -> str: ...
    def gethostbyname_ex(self, hostname: str | bytes, /) -> _HostEntry: ...
    def gethostbyaddr(self, ip_address: str | bytes, /) -> _HostEntry: ...
    def getnameinfo(self, sockaddr: _Address, flags: int, /) -> tuple[str, str]: ...

class AbstractResolver:
    HOSTNAME_ENCODING: str
    EAI_NONAME_MSG: str
    EAI_FAMILY_MSG: str
    def close(self) -> None: ...
    @staticmethod
    def fixup_gaierror(func: Callable[_P, _T]) -> Callable[_P, _T]: ...
    def getaddrinfo(
        self,
        host: _Host,
        port: _Port,
        family: int = 0,
        socktype: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[_Entry]: ...
    def gethostbyname(self, hostname: _Host, family: int = ...) -> str: ...
    def gethostbyname_ex(self, hostname: _Host, family: int = ...) -> _HostEntry: ...
    def gethostbyaddr(self, ip_address: _Host) -> _HostEntry: ...
    def getnameinfo(self, sockaddr: _Address, flags: int) -> tuple[str, str]: ...
    # What a subclass provides.
    def _getaddrinfo(
        self, host: bytes, port: _Port, family: int, kind: int, proto: int, flags: int
    ) -> list[_Entry]: ...
    def _gethostbyaddr(self, address: str) -> _HostEntry: ...
    def _getnameinfo(
        self, sockaddr: _Address, flags: int, numeric: tuple[str, str]
    ) -> tuple[str, str]: ...
    def _gethostbyname_ex(self, host: bytes, family: int) -> _HostEntry: ...
