"""What users' programs do, as of issue 15: it must check."""

from __future__ import annotations

import io
import socket as stdlib_socket
from collections.abc import Iterator
from typing import Any, assert_type

import gevent
from gevent import Greenlet, Timeout, config, select, ssl
from gevent.event import AsyncResult, Event
from gevent.exceptions import LoopExit
from gevent.greenlet import joinall
from gevent.hub import Hub
from gevent.lock import Semaphore
from gevent.pool import Group, IMap, IMapUnordered, Pool
from gevent.resolver import AbstractResolver
from gevent.resolver.dnspython import Resolver
from gevent.server import DatagramServer, StreamServer
from gevent.socket import (
    AddressFamily,
    SocketKind,
    create_connection,
    create_server,
    getaddrinfo,
    socket,
)
from gevent.threadpool import ThreadPool


def area(width: int, height: int = 1) -> float:
    """Return a float."""
    return float(width * height)


def hub_and_its_helpers() -> None:
    """The thread pool and the resolver of a hub have their public classes."""
    hub = gevent.get_hub()
    assert_type(hub.threadpool, ThreadPool)
    assert_type(hub.threadpool.spawn(area, 1), AsyncResult[float])
    assert_type(hub.threadpool.spawn(area, 1, height=2).get(timeout=1), float)
    hub.threadpool.maxsize = 20
    assert_type(hub.threadpool.apply(area, (1, 2)), float)
    hub.threadpool = ThreadPool(3)
    assert_type(hub.resolver.gethostbyname("localhost"), str)
    assert_type(hub.resolver.getaddrinfo("localhost", 80)[0][2], int)
    other: AbstractResolver = Resolver()
    hub.resolver = other
    hub.resolver.close()
    loop = config.loop()
    assert_type(loop.now(), float)
    config.loop = "libuv-cffi"
    config.resolver = ["ares", "thread"]
    assert_type(config.max_blocking_time, float | None)
    config.max_blocking_time = 0.5
    assert_type(config.threadpool(3), ThreadPool)


def files_of_sockets(sock: socket) -> None:
    """The mode of a file says what it gives."""
    assert_type(sock.makefile("r").readline(), str)
    assert_type(sock.makefile().readline(), str)
    assert_type(sock.makefile("rw", encoding="ascii"), io.TextIOWrapper)
    assert_type(sock.makefile("rb").readline(), bytes)
    assert_type(sock.makefile("rb"), io.BufferedReader)
    assert_type(sock.makefile("wb"), io.BufferedWriter)
    assert_type(sock.makefile("rwb"), io.BufferedRWPair)
    assert_type(sock.makefile("rb", 0), stdlib_socket.SocketIO)
    for line in sock.makefile("rb"):
        assert_type(line, bytes)


def sockets() -> None:
    """Clients, listeners, and what the system says of them."""
    listener = create_server(("127.0.0.1", 0))
    accepted, address = listener.accept()
    assert_type(accepted, socket)
    host, port = address
    print(host, port)
    assert_type(listener.getsockname()[1], Any)
    assert_type(create_connection(("localhost", "http")), socket)
    assert_type(create_connection((None, 80)), socket)
    assert_type(create_connection((b"localhost", 80), timeout=None), socket)
    for family, kind, number, name, where in getaddrinfo("localhost", 80):
        assert_type(family, AddressFamily)
        assert_type(kind, SocketKind)
        assert_type(number, int)
        assert_type(name, str)
        socket(family, kind, number).connect(where)
        assert_type(where[0], str)
    assert_type(accepted.getsockopt(1, 2), int)
    assert_type(accepted.getsockopt(1, 2, 3), bytes)


def tls(sock: socket, plain: stdlib_socket.socket) -> None:
    """A context takes our sockets, and those of the standard library."""
    context = ssl.create_default_context()
    assert_type(context, ssl.SSLContext)
    assert_type(context.wrap_socket(sock, server_hostname="a"), ssl.SSLSocket)
    assert_type(context.wrap_socket(plain, server_side=True), ssl.SSLSocket)
    wrapped, address = context.wrap_socket(sock).accept()
    assert_type(wrapped, ssl.SSLSocket)
    print(address)


def serve(sock: socket, address: tuple[str, int]) -> None:
    """Handle a connection."""
    print(address)
    sock.sendall(sock.recv(10))


def serve_unix(sock: socket, address: str) -> None:
    """Handle a connection of AF_UNIX."""
    print(sock, address)


def serve_any(sock: socket, _address: object) -> None:
    """Handle a connection, whoever it is."""
    sock.close()


def answer(data: bytes, address: tuple[str, int]) -> None:
    """Handle a datagram."""
    print(data, address)


class Echo(StreamServer):
    """A server whose handler is a method."""

    def handle(self, sock: socket, address: tuple[str, int]) -> None:
        """Handle a connection."""
        print(self, address)
        sock.close()


def servers(listener: socket, context: ssl.SSLContext) -> None:
    """Servers, their pools and sockets."""
    server = StreamServer(("127.0.0.1", 0), serve, spawn=Pool(10))
    assert_type(server.pool.free_count(), int | Any)
    server.start()
    server.socket.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_KEEPALIVE, 1)
    StreamServer(listener, serve_any)
    StreamServer(":80", serve_unix, backlog=5, spawn=10)
    StreamServer(80, serve, spawn="default", ssl_context=context)
    StreamServer(("::", 80), serve, keyfile="key", certfile="certificate")
    StreamServer(("::1", 80, 0, 0), serve, spawn=None)
    StreamServer(":0", serve, spawn=gevent.spawn)
    StreamServer(":0", lambda sock, _: sock.close())
    Echo(":0").serve_forever()
    datagrams = DatagramServer(":0", answer)
    assert_type(datagrams.sendto(b"x", ("127.0.0.1", 1)), int)


def pools(pool: Pool, group: Group) -> None:
    """Groups and pools."""
    for member in pool:
        assert_type(member, Greenlet)
        member.kill()
    assert_type(pool.imap(lambda a, b: a + b, [1], [2]), IMap[int])
    assert_type(pool.imap(lambda a: [a], ["x"]), IMap[list[str]])
    assert_type(pool.imap_unordered(lambda a, b: a * b, "x", [2]), IMapUnordered[str])
    assert_type(pool.apply(area, (1, 2)), float)
    assert_type(pool.apply(area, (1,)), float)
    assert_type(pool.apply(area, [1], {"height": 2}), float)
    assert_type(pool.apply(area, (1,), {"height": 2}), float)
    assert_type(pool.apply_async(area, (1,)).get(), float)
    assert_type(pool.apply_cb(area, (1,), callback=print), float)
    group.greenlets = set()
    group.start(Greenlet(area, 1))


def readiness(sock: socket) -> None:
    """Empty lists are lists, too."""
    readable, writable, failed = select.select([sock], [], [])
    assert_type(readable, list[socket])
    print(writable, failed)
    assert_type(select.select([], [sock], [], 1)[1], list[socket])
    assert_type(select.select([sock], [3], [], 1)[1], list[int])


def find(sock: socket, timeout: float) -> bytes | None:
    """Go on after a block that a silent time-out may have left."""
    with Timeout(timeout, False):
        return sock.recv(10)
    return None


def in_time() -> None:
    """Calls with a time-out."""
    assert_type(gevent.with_timeout(1, area, 1), float)
    assert_type(gevent.with_timeout(1, area, 1, height=2), float)
    assert_type(gevent.with_timeout(1, area, 1, timeout_value=None), float | None)
    assert_type(gevent.with_timeout(1, area, 1, height=2, timeout_value=0), float | int)
    timeout = Timeout(3)
    timeout.seconds = 4


def waiting(event: Event, greenlet: Greenlet[..., int], lock: Semaphore) -> None:
    """Several kinds of objects."""
    gevent.wait([Event(), greenlet])
    gevent.wait([event, lock, AsyncResult[int]()], timeout=1, count=1)
    for ready in gevent.iwait([event, greenlet]):
        print(ready)
    assert_type(joinall([greenlet]), list[Greenlet[..., int]])
    print(greenlet.dead, greenlet.gr_frame)


def spawning(greenlet: Greenlet[..., int]) -> Iterator[float]:
    """Whatever spawns."""
    yield gevent.spawn(area, 1).get()
    yield gevent.spawn_later(1, area, 1).get()
    yield Greenlet.spawn(area, 1, height=2).get()
    gevent.spawn_raw(area, 1, height=2)
    gevent.signal_handler(15, area, 1)
    greenlet.link(lambda source: print(source.value))
    current = gevent.getcurrent()
    print(current.dead, current.parent)


def lost(hub: Hub) -> None:
    """The hub of an error."""
    try:
        hub.join()
    except LoopExit as error:
        assert_type(error.hub, Hub | None)
