"""What is wrong in users' programs, as of issue 15: it must be refused.

Each line has the error that mypy finds; pyright must find one there, too.
"""

from __future__ import annotations

import gevent
from gevent import Greenlet, config, ssl
from gevent.event import AsyncResult
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.queue import Queue
from gevent.server import DatagramServer, StreamServer
from gevent.socket import create_connection, getaddrinfo, socket


def area(width: int, height: int = 1) -> float:
    """Return a float."""
    return float(width * height)


def serve(sock: socket, address: tuple[str, int]) -> None:
    """Handle a connection."""
    print(sock, address)


def no_handler(sock: socket) -> None:
    """Take one argument too few."""
    print(sock)


def for_datagrams(data: bytes, address: tuple[str, int]) -> None:
    """Take datagrams."""
    print(data, address)


def servers() -> None:
    """Arguments of servers."""
    StreamServer(3.5, serve)  # type: ignore[arg-type]
    StreamServer(":0", no_handler)  # type: ignore[arg-type]
    StreamServer(":0", for_datagrams)  # type: ignore[arg-type]
    StreamServer(":0", 3)  # type: ignore[arg-type]
    StreamServer(":0", serve, spawn="many")  # type: ignore[arg-type]
    StreamServer(":0", serve, spawn=1.5)  # type: ignore[arg-type]
    StreamServer(":0", serve, ssl_contxt=None)  # type: ignore[call-arg]
    StreamServer(":0", serve, keyfile=3)  # type: ignore[arg-type]
    StreamServer(":0", serve, ssl_context="x")  # type: ignore[arg-type]
    DatagramServer(":0", serve)  # type: ignore[arg-type]
    DatagramServer(":0", for_datagrams, backlog=3)  # type: ignore[call-arg]
    WSGIServer(":0", no_handler)  # type: ignore[arg-type]
    WSGIServer(":0", log=3)  # type: ignore[arg-type]
    WSGIServer(":0", sssl_context=None)  # type: ignore[call-arg]
    server = StreamServer(":0", serve, spawn=3)
    server.pool.free()  # type: ignore[union-attr]
    server.socket.setsocketopt()  # type: ignore[union-attr]


def sockets(sock: socket) -> None:
    """Arguments of sockets, and what is no attribute of one."""
    create_connection("localhost:80")  # type: ignore[arg-type]
    create_connection((3, 80))  # type: ignore[arg-type]
    sock.connect(80)  # type: ignore[arg-type]
    sock.bind(None)  # type: ignore[arg-type]
    sock.sendall("text")  # type: ignore[arg-type]
    sock.makefile("r").write(b"x")  # type: ignore[arg-type]
    sock.receive(10)  # type: ignore[attr-defined]
    getaddrinfo(3, 80)  # type: ignore[arg-type]
    ssl.create_default_context().wrap_socket(3)  # type: ignore[arg-type]


def calls(pool: Pool) -> None:
    """Arguments of what is called."""
    gevent.with_timeout(1, area, "1")  # type: ignore[call-overload]
    gevent.with_timeout(1, area, "1", timeout_value=0)  # type: ignore[arg-type]
    gevent.with_timeout(1, area, 1, 2, 3, timeout_value=0)  # type: ignore[call-arg, arg-type]
    gevent.with_timeout(1, area, breadth=1)  # type: ignore[call-overload]
    pool.apply(area, ("1",))  # type: ignore[arg-type]
    pool.apply(area, (1, 2, 3))  # type: ignore[arg-type]
    pool.apply_async(area, ("1",))  # type: ignore[arg-type]
    pool.imap(area, ["1"])  # type: ignore[arg-type]
    pool.imap(area, [1], ["1"])  # type: ignore[arg-type]
    pool.imap_unordered(area, [1], [2], [3])  # type: ignore[arg-type]
    pool.spawn(area, "1")  # type: ignore[arg-type]
    gevent.get_hub().threadpool.spawn(area, "1")  # type: ignore[arg-type]
    gevent.spawn_later(1, area, "1")  # type: ignore[arg-type]
    gevent.spawn_raw(area, "1")  # type: ignore[arg-type]
    gevent.signal_handler(15, area, "1")  # type: ignore[arg-type]
    gevent.get_hub().loop.timer("1")  # type: ignore[arg-type]


def others(greenlet: Greenlet[..., int], queue: Queue[int]) -> None:
    """Attributes that nothing has, and values of the wrong type."""
    greenlet.jion()  # type: ignore[attr-defined]
    greenlet.kill(3)  # type: ignore[arg-type]
    gevent.kill(greenlet, "x")  # type: ignore[arg-type]
    gevent.wait([3])  # type: ignore[type-var]
    gevent.sleep("1")  # type: ignore[arg-type]
    queue.put("x")  # type: ignore[arg-type]
    AsyncResult[int]().set("x")  # type: ignore[arg-type]
    gevent.get_hub().threadpoool  # type: ignore[attr-defined]  # noqa: B018
    config.max_blocking_tim = 3  # type: ignore[attr-defined]
    config.max_blocking_time = [3]  # type: ignore[assignment]
    config.resolver = 3  # type: ignore[assignment]
    gevent.getcurrent().swap()  # type: ignore[attr-defined]
