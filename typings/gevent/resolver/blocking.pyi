from gevent.hub import Hub
from gevent.resolver import _Address, _Entry, _Host, _HostEntry, _Port

__all__ = ("Resolver",)

class Resolver:
    def __init__(self, hub: Hub | None = None) -> None: ...
    def close(self) -> None: ...
    @staticmethod
    def getaddrinfo(
        host: _Host,
        port: _Port,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[_Entry]: ...
    @staticmethod
    def gethostbyname(hostname: str | bytes, /) -> str: ...
    @staticmethod
    def gethostbyname_ex(hostname: str | bytes, /) -> _HostEntry: ...
    @staticmethod
    def gethostbyaddr(ip_address: str | bytes, /) -> _HostEntry: ...
    @staticmethod
    def getnameinfo(sockaddr: _Address, flags: int, /) -> tuple[str, str]: ...
