from gevent.websocket import FrameTooLargeException as FrameTooLargeException
from gevent.websocket import ProtocolError as ProtocolError
from gevent.websocket import WebSocketError as WebSocketError

__all__ = ("FrameTooLargeException", "ProtocolError", "WebSocketError", "gone")

def gone(text: str) -> WebSocketError: ...
