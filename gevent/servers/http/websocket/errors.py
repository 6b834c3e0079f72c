"""What goes wrong with WebSockets."""

from __future__ import annotations

from errno import EPIPE

__all__ = ("WebSocketError", "ProtocolError", "FrameTooLargeException", "gone")


class WebSocketError(OSError):
    """The WebSocket is closed, or its client has gone.

    An application need not catch it: servers take it for what it is.
    """


class ProtocolError(WebSocketError):
    """A name for who catches it: here a breach of the protocol ends the WebSocket."""


class FrameTooLargeException(ProtocolError):
    """Likewise, for a message above the limit."""


def gone(text: str) -> WebSocketError:
    """Return the error of who uses a WebSocket that is none any more."""
    return WebSocketError(EPIPE, text)
