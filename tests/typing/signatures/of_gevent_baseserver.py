"""Every signature of ``gevent.baseserver``: pinned, so that a change is seen."""

from __future__ import annotations

import _socket
from collections.abc import Callable
from typing import Any, assert_type

from gevent.baseserver import BaseServer, _Listener, _Spawn
from gevent.core import loop as Loop
from gevent.pool import Pool
from gevent.socket import _PeerAddress
from gevent.socket import socket as _GeventSocket


def baseserver_min_delay(it: BaseServer) -> None:
    assert_type(it.min_delay, float)


def baseserver_max_delay(it: BaseServer) -> None:
    assert_type(it.max_delay, float)


def baseserver_max_accept(it: BaseServer) -> None:
    assert_type(it.max_accept, int)


def baseserver_stop_timeout(it: BaseServer) -> None:
    assert_type(it.stop_timeout, float)


def baseserver_fatal_errors(it: BaseServer) -> None:
    assert_type(it.fatal_errors, tuple[int, ...])


def baseserver_pool(it: BaseServer) -> None:
    assert_type(it.pool, Pool | Any)


def baseserver_socket(it: BaseServer) -> None:
    assert_type(it.socket, _socket.socket | _GeventSocket | Any)


def baseserver_family(it: BaseServer) -> None:
    assert_type(it.family, int)


def baseserver_address(it: BaseServer) -> None:
    assert_type(it.address, _PeerAddress)


def baseserver_delay(it: BaseServer) -> None:
    assert_type(it.delay, float)


def baseserver_loop(it: BaseServer) -> None:
    assert_type(it.loop, Loop)


def baseserver_handle(it: BaseServer) -> None:
    assert_type(it.handle, Callable[..., object])


def baseserver_made(
    listener: _Listener, handle: Callable[..., object] | None, spawn: _Spawn
) -> None:
    assert_type(BaseServer(listener, handle, spawn), BaseServer)


def baseserver_entered(it: BaseServer) -> None:
    assert_type(it.__enter__(), BaseServer)


def baseserver_set_listener(it: BaseServer, listener: _Listener) -> None:
    assert_type(it.set_listener(listener), None)


def baseserver_set_spawn(it: BaseServer, spawn: _Spawn) -> None:
    assert_type(it.set_spawn(spawn), None)


def baseserver_set_handle(it: BaseServer, handle: Callable[..., object] | None) -> None:
    assert_type(it.set_handle(handle), None)


def baseserver_server_host(it: BaseServer) -> None:
    assert_type(it.server_host, str | None)


def baseserver_server_port(it: BaseServer) -> None:
    assert_type(it.server_port, int | None)


def baseserver_started(it: BaseServer) -> None:
    assert_type(it.started, bool)


def baseserver_closed(it: BaseServer) -> None:
    assert_type(it.closed, bool)


def baseserver_init_socket(it: BaseServer) -> None:
    assert_type(it.init_socket(), None)


def baseserver_do_read(it: BaseServer) -> None:
    assert_type(it.do_read(), tuple[Any, ...] | None)


def baseserver_do_close(it: BaseServer, *args: Any) -> None:
    assert_type(it.do_close(*args), None)


def baseserver_do_handle(it: BaseServer, *args: Any) -> None:
    assert_type(it.do_handle(*args), None)


def baseserver_full(it: BaseServer) -> None:
    assert_type(it.full(), bool)


def baseserver_is_fatal_error(it: BaseServer, ex: object) -> None:
    assert_type(it.is_fatal_error(ex), bool)


def baseserver_start_accepting(it: BaseServer) -> None:
    assert_type(it.start_accepting(), None)


def baseserver_stop_accepting(it: BaseServer) -> None:
    assert_type(it.stop_accepting(), None)


def baseserver_start(it: BaseServer) -> None:
    assert_type(it.start(), None)


def baseserver_close(it: BaseServer) -> None:
    assert_type(it.close(), None)


def baseserver_stop(it: BaseServer, timeout: float | None) -> None:
    assert_type(it.stop(timeout), None)


def baseserver_serve_forever(
    it: BaseServer, stop_timeout: float | None, *, handle_signals: bool
) -> None:
    assert_type(it.serve_forever(stop_timeout, handle_signals=handle_signals), None)
