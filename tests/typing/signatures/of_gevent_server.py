"""Every signature of ``gevent.server``: pinned, so that a change is seen."""

from __future__ import annotations

import _socket
from collections.abc import Callable
from typing import Any, Unpack, assert_type

from _typeshed import ReadableBuffer

from gevent.baseserver import _Listener, _Spawn
from gevent.server import (
    DatagramServer,
    StreamServer,
    _DatagramHandler,
    _StreamHandler,
    _TLSArguments,
)
from gevent.socket import _Address, _PeerAddress
from gevent.socket import socket as _GeventSocket


def streamserver_backlog(it: StreamServer) -> None:
    assert_type(it.backlog, int)


def streamserver_reuse_addr(it: StreamServer) -> None:
    assert_type(it.reuse_addr, int | None)


def streamserver_reuse_port(it: StreamServer) -> None:
    assert_type(it.reuse_port, bool)


def streamserver_ssl_args(it: StreamServer) -> None:
    assert_type(it.ssl_args, dict[str, object] | None)


def streamserver_wrap_socket(it: StreamServer) -> None:
    assert_type(it.wrap_socket, Callable[..., _GeventSocket])


def streamserver_socket(it: StreamServer) -> None:
    assert_type(it.socket, _socket.socket | Any)


def streamserver_made(
    listener: _Listener,
    handle: _StreamHandler | None,
    backlog: int | None,
    spawn: _Spawn,
    **ssl_args: Unpack[_TLSArguments],
) -> None:
    assert_type(
        StreamServer(listener, handle, backlog, spawn, **ssl_args), StreamServer
    )


def streamserver_ssl_enabled(it: StreamServer) -> None:
    assert_type(it.ssl_enabled, bool)


def streamserver_set_handle(it: StreamServer, handle: _StreamHandler | None) -> None:
    assert_type(it.set_handle(handle), None)


def streamserver_get_listener(
    it: type[StreamServer], address: _Address, backlog: int | None, family: int | None
) -> None:
    assert_type(it.get_listener(address, backlog, family), _GeventSocket)


def streamserver_do_read(it: StreamServer) -> None:
    assert_type(it.do_read(), tuple[_GeventSocket, _PeerAddress] | None)


def streamserver_do_close(it: StreamServer, sock: _GeventSocket, *args: Any) -> None:
    assert_type(it.do_close(sock, *args), None)


def streamserver_wrap_socket_and_handle(
    it: StreamServer, client_socket: _GeventSocket, address: _PeerAddress
) -> None:
    assert_type(it.wrap_socket_and_handle(client_socket, address), object)


def datagramserver_reuse_addr(it: DatagramServer) -> None:
    assert_type(it.reuse_addr, int | None)


def datagramserver_reuse_port(it: DatagramServer) -> None:
    assert_type(it.reuse_port, bool)


def datagramserver_socket(it: DatagramServer) -> None:
    assert_type(it.socket, _GeventSocket | Any)


def datagramserver_made(
    listener: _Listener, handle: _DatagramHandler | None, spawn: _Spawn
) -> None:
    assert_type(DatagramServer(listener, handle, spawn), DatagramServer)


def datagramserver_set_handle(
    it: DatagramServer, handle: _DatagramHandler | None
) -> None:
    assert_type(it.set_handle(handle), None)


def datagramserver_get_listener(
    it: type[DatagramServer], address: _Address, family: int | None
) -> None:
    assert_type(it.get_listener(address, family), _GeventSocket)


def datagramserver_do_read(it: DatagramServer) -> None:
    assert_type(it.do_read(), tuple[bytes, _PeerAddress] | None)


def datagramserver_sendto(
    it: DatagramServer, data: ReadableBuffer, address: _Address
) -> None:
    assert_type(it.sendto(data, address), int)


def datagramserver_sendto_2(
    it: DatagramServer, data: ReadableBuffer, flags: int, address: _Address
) -> None:
    assert_type(it.sendto(data, flags, address), int)
