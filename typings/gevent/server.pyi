import _socket
import ssl
from collections.abc import Callable
from typing import Any, TypeAlias, TypedDict, Unpack, overload, type_check_only

from _typeshed import ReadableBuffer, StrOrBytesPath

from gevent.baseserver import BaseServer, _Listener, _Spawn
from gevent.servers.client_errors import Throttle
from gevent.socket import _Address, _PeerAddress
from gevent.socket import socket as _GeventSocket

__all__ = ("DatagramServer", "StreamServer")

# The address is a tuple; a text or bytes if the listener is of AF_UNIX.
_StreamHandler: TypeAlias = (
    Callable[[_GeventSocket, _PeerAddress], object]
    | Callable[[_GeventSocket, str], object]
    | Callable[[_GeventSocket, bytes], object]
)
_DatagramHandler: TypeAlias = (
    Callable[[bytes, _PeerAddress], object]
    | Callable[[bytes, str], object]
    | Callable[[bytes, bytes], object]
)

# With any of these it is a TLS server.
@type_check_only
class _TLSArguments(TypedDict, total=False):
    ssl_context: ssl.SSLContext
    # of `SSLContext.wrap_socket`
    server_side: bool
    do_handshake_on_connect: bool
    suppress_ragged_eofs: bool
    # of `gevent.ssl.wrap_socket`
    keyfile: StrOrBytesPath | None
    certfile: StrOrBytesPath | None
    cert_reqs: int
    ssl_version: int
    ca_certs: StrOrBytesPath | None
    ciphers: str | None

class StreamServer(BaseServer):
    backlog: int
    reuse_addr: int | None
    reuse_port: bool
    # None: no TLS server.
    ssl_args: dict[str, object] | None
    # Of a TLS server only.
    wrap_socket: Callable[..., _GeventSocket]
    _throttle: Throttle | None
    # The native socket that listens, once there is one.
    socket: _socket.socket | Any
    def __init__(
        self,
        listener: _Listener,
        handle: _StreamHandler | None = None,
        backlog: int | None = None,
        spawn: _Spawn = "default",
        **ssl_args: Unpack[_TLSArguments],
    ) -> None: ...
    @property
    def ssl_enabled(self) -> bool: ...
    def set_handle(self, handle: _StreamHandler | None) -> None: ...
    @classmethod
    def get_listener(
        cls, address: _Address, backlog: int | None = None, family: int | None = None
    ) -> _GeventSocket: ...
    def do_read(self) -> tuple[_GeventSocket, _PeerAddress] | None: ...
    def do_close(self, sock: _GeventSocket, *args: Any) -> None: ...
    def wrap_socket_and_handle(
        self, client_socket: _GeventSocket, address: _PeerAddress
    ) -> object: ...

class DatagramServer(BaseServer):
    reuse_addr: int | None
    reuse_port: bool
    # The socket, once it is bound.
    socket: _GeventSocket | Any
    def __init__(
        self,
        listener: _Listener,
        handle: _DatagramHandler | None = None,
        spawn: _Spawn = "default",
    ) -> None: ...
    def set_handle(self, handle: _DatagramHandler | None) -> None: ...
    @classmethod
    def get_listener(
        cls, address: _Address, family: int | None = None
    ) -> _GeventSocket: ...
    def do_read(self) -> tuple[bytes, _PeerAddress] | None: ...
    @overload
    def sendto(self, data: ReadableBuffer, address: _Address, /) -> int: ...
    @overload
    def sendto(self, data: ReadableBuffer, flags: int, address: _Address, /) -> int: ...
