# What gevent uses of pycares 5: its own annotations leave much open.
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

from pycares import errno as errno

_T = TypeVar("_T")
_Answered: TypeAlias = Callable[[_T, int | None], object]

ARES_SOCKET_BAD: int
ARES_NI_DGRAM: int
ARES_NI_LOOKUPHOST: int
ARES_NI_LOOKUPSERVICE: int
ARES_NI_NAMEREQD: int
ARES_NI_NOFQDN: int
ARES_NI_NUMERICHOST: int
ARES_NI_NUMERICSERV: int
QUERY_TYPE_A: int
QUERY_TYPE_AAAA: int
QUERY_TYPE_PTR: int

class AresError(Exception): ...

class CNAMERecordData:
    cname: str

class DNSRecord:
    name: str
    type: int
    data: object

class DNSResult:
    answer: list[DNSRecord]

class HostResult:
    name: str
    aliases: list[str]
    addresses: list[str]

class NameInfoResult:
    node: str
    service: str | None

class AddrInfoNode:
    family: int
    socktype: int
    protocol: int
    addr: tuple[bytes, int] | tuple[bytes, int, int, int]

class AddrInfoCname:
    alias: str
    name: str

class AddrInfoResult:
    cnames: list[AddrInfoCname]
    nodes: list[AddrInfoNode]

class Channel:
    servers: Iterable[str]
    def __init__(
        self,
        *,
        flags: int | None = None,
        timeout: float | None = None,
        tries: int | None = None,
        ndots: int | None = None,
        tcp_port: int | None = None,
        udp_port: int | None = None,
        sock_state_cb: Callable[[int, bool, bool], object] | None = None,
    ) -> None: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...
    def reinit(self) -> None: ...
    def timeout(self) -> float: ...
    def process_fd(self, read_fd: int, write_fd: int) -> None: ...
    def query(
        self, name: str, query_type: int, *, callback: _Answered[DNSResult]
    ) -> None: ...
    def getaddrinfo(
        self,
        host: str,
        port: str | int | None,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
        callback: _Answered[AddrInfoResult],
    ) -> None: ...
    def gethostbyaddr(self, addr: str, *, callback: _Answered[HostResult]) -> None: ...
    def getnameinfo(
        self,
        address: tuple[object, ...],
        flags: int,
        *,
        callback: _Answered[NameInfoResult],
    ) -> None: ...

class _ChannelShutdownManager:
    _queue: SimpleQueue[object]
    _thread: object | None
    def _run_safe_shutdown_loop(self) -> None: ...

_shutdown_manager: _ChannelShutdownManager
