import _socket
from collections.abc import Iterable
from typing import TypeAlias

from _typeshed import WriteableBuffer
from typing_extensions import disjoint_base

from gevent._native.io.socket.send import SendingSocket
from gevent.socket import _PeerAddress

_Ancillary: TypeAlias = list[tuple[int, int, bytes]]

@disjoint_base
class ReceivingSocket(SendingSocket):
    def recv(self, bufsize: int, flags: int = 0, /) -> bytes: ...
    def recv_into(
        self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
    ) -> int: ...
    def recvfrom(
        self, bufsize: int, flags: int = 0, /
    ) -> tuple[bytes, _PeerAddress]: ...
    def recvfrom_into(
        self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
    ) -> tuple[int, _PeerAddress]: ...
    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[bytes, _Ancillary, int, _PeerAddress]: ...
    def recvmsg_into(
        self,
        buffers: Iterable[WriteableBuffer],
        ancbufsize: int = 0,
        flags: int = 0,
        /,
    ) -> tuple[int, _Ancillary, int, _PeerAddress]: ...
    def _receive_now(self, size: int) -> bytes | None: ...

def receive_pending(
    sock: _socket.socket, size: int
) -> tuple[bytes, _PeerAddress] | None: ...
