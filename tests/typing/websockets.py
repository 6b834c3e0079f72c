"""WebSockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

from gevent.pywsgi import Limits, Timeouts, WSGIServer
from gevent.websocket import WebSocket, WebSocketError, WebSocketHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Send back what comes."""
    websocket: WebSocket = environ["wsgi.websocket"]
    websocket.accept("chat")
    try:
        while (message := websocket.receive()) is not None:
            assert_type(message, str | bytes)
            websocket.send(message)
            websocket.send(bytearray(b"x"), binary=True)
    except WebSocketError as error:
        assert_type(error.errno, int | None)
    assert_type(websocket.closed, bool)
    assert_type(websocket.close_code, int | None)
    websocket.close(4000, "enough")
    return []


def decide(environ: dict[str, Any]) -> str | bool:
    """Accept those that may."""
    return "chat" if "HTTP_COOKIE" in environ else False


def serving() -> None:
    """Servers."""
    WSGIServer(":0", application, websocket=True, websocket_origins="same")
    WSGIServer(":0", application, websocket=decide, websocket_origins=["https://a"])
    WSGIServer(":0", application, handler_class=WebSocketHandler)
    WSGIServer(":0", application, handler_class="gevent.websocket.WebSocketHandler")
    WSGIServer(
        ":0",
        application,
        websocket=True,
        limits=Limits(websocket_message=2**24),
        timeouts=Timeouts(websocket_ping=None),
    )
