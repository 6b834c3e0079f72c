from typing import Self

from gevent._native.io.socket.base import BaseSocket
from gevent._native.io.socket.receive import ReceivingSocket
from gevent.socket import _Address, _PeerAddress

class ConnectingSocket(ReceivingSocket):
    def connect(self, address: _Address) -> None: ...
    def connect_ex(self, address: _Address) -> int: ...
    def accept(self) -> tuple[Self, _PeerAddress]: ...

def accept_pending(
    listener: int, family: int, kind: int, proto: int
) -> tuple[BaseSocket, _PeerAddress] | None: ...
