from typing import Any, TypeAlias

from gevent.pywsgi import WSGIHandler

__all__ = (
    "FrameTooLargeException",
    "ProtocolError",
    "WebSocketError",
    "WebSocketHandler",
)

_Message: TypeAlias = str | bytes

class WebSocketError(OSError): ...
class ProtocolError(WebSocketError): ...
class FrameTooLargeException(ProtocolError): ...
class WebSocketHandler(WSGIHandler): ...

# What an application finds as ``wsgi.websocket``; it is made by the server.
class WebSocket:
    environ: dict[str, Any]
    state: str
    subprotocol: str | None
    close_code: int | None
    close_reason: str
    @property
    def path(self) -> str: ...
    @property
    def origin(self) -> str | None: ...
    @property
    def protocol(self) -> str | None: ...
    @property
    def version(self) -> str: ...
    @property
    def closed(self) -> bool: ...
    def accept(self, subprotocol: str | None = None) -> None: ...
    # None: it is closed.
    def receive(self) -> _Message | None: ...
    def wait(self) -> _Message | None: ...
    def send(
        self,
        message: _Message | bytearray | memoryview,
        binary: bool | None = None,
    ) -> None: ...
    def close(self, code: int = 1000, message: _Message | None = b"") -> None: ...

# A class of gunicorn's, where that is installed.
GunicornWorker: type[Any]
