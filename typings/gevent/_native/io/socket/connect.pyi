from _socket import _RetAddress
from typing import Self

from gevent._native.io.socket.base import BaseSocket
from gevent._native.io.socket.receive import ReceivingSocket

class ConnectingSocket(ReceivingSocket):
    def connect(self, address: object) -> None: ...
    def connect_ex(self, address: object) -> int: ...
    def accept(self) -> tuple[Self, _RetAddress]: ...

def accept_pending(
    listener: int, family: int, kind: int, proto: int
) -> tuple[BaseSocket, _RetAddress] | None: ...
