"""Sockets and servers."""

from __future__ import annotations

from typing import Any, assert_type

from gevent.backdoor import BackdoorServer
from gevent.baseserver import BaseServer
from gevent.events import ConnectionClosed, LimitReached, RequestFinished
from gevent.server import DatagramServer, StreamServer
from gevent.socket import create_connection, socket, socketpair


def sockets(sock: socket) -> None:
    """Sockets."""
    assert_type(sock.recv(10), bytes)
    assert_type(sock.send(b"x"), int)
    assert_type(sock.sendall(b"x"), None)
    assert_type(sock.accept()[0], socket)
    assert_type(sock.fileno(), int)
    assert_type(sock.gettimeout(), float | None)
    assert_type(socketpair(), tuple[socket, socket])
    with create_connection(("127.0.0.1", 1), timeout=1) as connection:
        assert_type(connection, socket)


def echo(sock: socket, address: object) -> None:
    """Handle a connection."""
    sock.sendall(sock.recv(10))


def servers() -> None:
    """Servers."""
    server = StreamServer(("127.0.0.1", 0), echo, backlog=5)
    assert_type(server.started, bool)
    assert_type(server.server_port, int | None)
    assert_type(server.serve_forever(), None)
    base: BaseServer = DatagramServer(":0", print)
    base.stop(timeout=1)


def ways_to_end() -> None:
    """Serving and stopping."""
    server = StreamServer("fd:3", echo)
    assert_type(server.reuse_port, bool)
    assert_type(server.serve_forever(stop_timeout=1, handle_signals=True), None)


def consoles() -> None:
    """A backdoor."""
    server = BackdoorServer(("127.0.0.1", 0), {"name": 1}, "hello", backlog=1)
    assert_type(server.banner, str | None)
    assert_type(server.locals, dict[str, object])
    BackdoorServer(":80", allow_public=True).start()


def connections(event: object) -> None:
    """Events of connections."""
    if isinstance(event, ConnectionClosed):
        assert_type(event.error, BaseException | None)
        assert_type(event.reason, str | None)
        assert_type(event.address, tuple[Any, ...])
    if isinstance(event, RequestFinished):
        assert_type(event.status, str | None)
        assert_type(event.seconds, float)
    if isinstance(event, LimitReached):
        assert_type(event.name, str)
