"""Sockets for the tests of this folder; whatever a test leaves open is an error."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent import socket, ssl
from tests.net.tls_pairs import tls_pair

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two connected unix sockets."""
    first, second = socket.socketpair()
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A TCP socket that listens on the loopback."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    yield sock
    sock.close()


@pytest.fixture
def tcp_pair(listener: socket.socket) -> Iterator[Pair]:
    """Two connected TCP sockets: client and server."""
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    yield client, server
    client.close()
    server.close()


@pytest.fixture
def tls() -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """Two connected TLS sockets: client and server."""
    first, second = tls_pair()
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def parked() -> Callable[..., gevent.Greenlet]:
    """Spawn a function and return when its greenlet waits for something."""

    def spawn(function: Callable[..., object], *args: object) -> gevent.Greenlet:
        greenlet = gevent.spawn(_outcome, function, *args)
        for _ in range(3):  # a receiving call may let others run before it waits
            gevent.sleep(0)
        assert not greenlet.dead
        return greenlet

    return spawn


def _outcome(function: Callable[..., object], *args: object) -> object:
    """Return the result or the exception, so that nothing is printed."""
    try:
        return function(*args)
    except Exception as error:  # the test looks at it
        return error


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    loop = gevent.get_hub().loop
    before = loop.references
    yield
    if loop.references != before or loop.n_parked:
        gc.collect()  # circles of objects may hold them
    assert loop.references == before
    assert loop.n_parked == 0


@pytest.fixture
def fill() -> Callable[[socket.socket], int]:
    """Give a function that sends until there is no more room."""
    return _fill


def _fill(sock: socket.socket) -> int:
    """Send until there is no more room; return how much was sent."""
    timeout = sock.gettimeout()
    sock.settimeout(0.0)
    sent = 0
    try:
        while True:
            sent += sock.send(b"x" * 65536)
    except BlockingIOError:
        return sent
    finally:
        sock.settimeout(timeout)
