from collections.abc import Iterable
from typing import Final, overload

from _typeshed import ReadableBuffer
from typing_extensions import disjoint_base

from gevent._native.io.socket.base import BaseSocket
from gevent.socket import _Address

_unset: Final[object]

@disjoint_base
class SendingSocket(BaseSocket):
    def _resolve(self, address: _Address) -> _Address: ...
    def _send_now(self, data: bytes, start: int) -> int: ...
    def send(
        self,
        data: ReadableBuffer,
        flags: int = 0,
        timeout: float | None = ...,
    ) -> int: ...
    # (0 when there was nothing to send)
    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None: ...
    @overload
    def sendto(self, data: ReadableBuffer, address: _Address) -> int: ...
    @overload
    def sendto(self, data: ReadableBuffer, flags: int, address: _Address) -> int: ...
    def sendmsg(
        self,
        buffers: Iterable[ReadableBuffer],
        ancdata: Iterable[tuple[int, int, ReadableBuffer]] = (),
        flags: int = 0,
        address: _Address | None = None,
    ) -> int: ...
