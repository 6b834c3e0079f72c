"""Every signature of ``gevent.websocket``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import Any, assert_type

from gevent.websocket import WebSocket, _Message


def websocket_environ(it: WebSocket) -> None:
    assert_type(it.environ, dict[str, Any])


def websocket_state(it: WebSocket) -> None:
    assert_type(it.state, str)


def websocket_subprotocol(it: WebSocket) -> None:
    assert_type(it.subprotocol, str | None)


def websocket_close_code(it: WebSocket) -> None:
    assert_type(it.close_code, int | None)


def websocket_close_reason(it: WebSocket) -> None:
    assert_type(it.close_reason, str)


def websocket_path(it: WebSocket) -> None:
    assert_type(it.path, str)


def websocket_origin(it: WebSocket) -> None:
    assert_type(it.origin, str | None)


def websocket_protocol(it: WebSocket) -> None:
    assert_type(it.protocol, str | None)


def websocket_version(it: WebSocket) -> None:
    assert_type(it.version, str)


def websocket_closed(it: WebSocket) -> None:
    assert_type(it.closed, bool)


def websocket_accept(it: WebSocket, subprotocol: str | None) -> None:
    assert_type(it.accept(subprotocol), None)


def websocket_receive(it: WebSocket) -> None:
    assert_type(it.receive(), _Message | None)


def websocket_wait(it: WebSocket) -> None:
    assert_type(it.wait(), _Message | None)


def websocket_send(
    it: WebSocket, message: _Message | bytearray | memoryview, binary: bool | None
) -> None:
    assert_type(it.send(message, binary), None)


def websocket_close(it: WebSocket, code: int, message: _Message | None) -> None:
    assert_type(it.close(code, message), None)
