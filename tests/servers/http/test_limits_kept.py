"""What a server does when a limit or a time-out is reached."""

from __future__ import annotations

import pytest

import gevent
from gevent import socket
from gevent.event import Event
from gevent.servers.http import parking, sending
from gevent.servers.http.limits import Limits, Timeouts
from tests.servers.http.conftest import hello


def read_body(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


@pytest.fixture
def cooling(monkeypatch):
    """Connections are given back to the hub soon after a request."""
    monkeypatch.setattr(parking, "WARM_TIME", 0.01)


def test_head_that_does_not_end_is_refused(serve, connect):
    """T1."""
    client = connect(serve(hello, timeouts=Timeouts(head=0.02)))
    client.send(b"GET / HTTP/1.1\r\nHo")
    assert client.rest().startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_connection_without_an_octet_is_closed_in_silence(serve, connect):
    """T6."""
    assert connect(serve(hello, timeouts=Timeouts(head=0.02))).rest() == b""


def test_second_head_that_does_not_end_is_refused(serve, connect):
    client = connect(serve(hello, timeouts=Timeouts(head=0.02)))
    client.get()
    client.send(b"GET / HT")
    assert client.rest().startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_body_that_does_not_come_is_refused(serve, connect):
    """T2."""
    server = serve(read_body, timeouts=Timeouts(body=0.02))
    client = connect(server)
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
    assert client.rest().startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.parametrize("length", [5, 10**6], ids=["short", "past the buffer"])
def test_body_that_comes_too_slowly_is_refused(serve, connect, monkeypatch, length):
    """T2."""
    from gevent.servers.http import connection

    monkeypatch.setattr(connection, "PATIENCE", 0.0)
    began = Event()

    def application(environ, start_response):
        began.set()
        return read_body(environ, start_response)

    client = connect(serve(application, timeouts=Timeouts(rate=10**9)))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length)
    began.wait()
    client.send(b"a")
    assert client.rest().startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.parametrize("size", [1, 10**6], ids=["short", "past the buffer"])
def test_client_that_upgraded_may_be_silent(serve, connect, monkeypatch, size):
    """An idle WebSocket has no rate."""
    from gevent.servers.http import connection

    monkeypatch.setattr(connection, "PATIENCE", 0.0)
    began = Event()
    got = []

    def application(environ, start_response):
        start_response("101 Switching Protocols", [("Upgrade", "mine")])(b"")
        began.set()
        got.append(environ["wsgi.input"].read(size))
        return []

    client = connect(serve(application, timeouts=Timeouts(rate=10**9, body=0.05)))
    client.send(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: mine\r\n\r\n"
    )
    began.wait()
    client.send(b"x" * size)
    client.rest()
    assert got == [b"x" * size]


@pytest.mark.usefixtures("cooling")
def test_idle_connection_is_closed(serve, connect):
    """T3."""
    client = connect(serve(hello, timeouts=Timeouts(idle=0.02)))
    client.get()
    assert client.rest() == b""


@pytest.mark.usefixtures("cooling")
def test_connection_that_was_parked_serves_on(serve, connect):
    server = serve(hello)
    client = connect(server)
    for _ in range(3):
        assert client.get().body == b"hello"
        while not server._parking.idle.members:
            gevent.sleep(0.005)
    assert client.get().body == b"hello"


def test_client_that_does_not_read_is_cut(serve, connect, errors):
    """T4."""
    closed = []

    class Blocks:
        def __iter__(self):
            return self

        def __next__(self):
            return bytes(1 << 20)

        def close(self):
            closed.append(self)

    def application(environ, start_response):
        start_response("200 OK", [])
        return Blocks()

    client = connect(serve(application, timeouts=Timeouts(write=0.05)))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    while not closed:
        gevent.sleep(0.01)
    assert len(closed) == 1
    assert errors.getvalue() == ""


def test_client_that_reads_too_slowly_is_cut(serve, connect, monkeypatch, errors):
    """T4."""
    monkeypatch.setattr(sending, "PATIENCE", 0.0)

    def application(environ, start_response):
        start_response("200 OK", [])
        return [bytes(1 << 26)]

    client = connect(serve(application, timeouts=Timeouts(rate=10**12)))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        client.rest()
    assert errors.getvalue() == ""


def test_body_beyond_its_limit_is_refused_before_the_application(serve, connect):
    client = connect(serve(read_body, limits=Limits(body=4)))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    assert client.rest().startswith(b"HTTP/1.1 413 ")


def test_chunks_beyond_the_limit_of_a_body_are_refused(serve, connect):
    """T8."""
    client = connect(serve(read_body, limits=Limits(body=4)))
    client.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1\r\na\r\n" * 5
    )
    assert client.rest().startswith(b"HTTP/1.1 413 ")


def test_too_many_connections_of_an_address_are_closed(serve, connect):
    server = serve(hello, limits=Limits(per_address=2))
    first, second = connect(server), connect(server)
    assert first.get().body == second.get().body == b"hello"
    assert connect(server).rest() == b""
    first.close()
    while len(server._parking.connections) > 1:
        gevent.sleep(0)
    assert connect(server).get().body == b"hello"


@pytest.mark.usefixtures("cooling")
def test_idlest_connection_makes_room_for_a_new_one(serve, connect):
    server = serve(hello, limits=Limits(connections=2))
    clients = []
    for n in range(2):
        clients.append(connect(server))
        clients[-1].get()
        while len(server._parking.idle.members) <= n:
            gevent.sleep(0.005)
    assert connect(server).get().body == b"hello"
    assert clients[0].rest() == b""
    assert clients[1].get().body == b"hello"


def test_largest_unfinished_head_makes_room(serve, connect):
    server = serve(hello, limits=Limits(pending_heads=1000))
    large, small = connect(server), connect(server)
    large.send(b"GET / HTTP/1.1\r\nHost: " + b"a" * 900)
    while not server._parking.crowd.n_pending:
        gevent.sleep(0)
    small.send(b"GET / HTTP/1.1\r\nHost: " + b"a" * 200)
    assert large.rest().startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    small.send(b"\r\n\r\n")
    assert small.reply().body == b"hello"
    assert server._parking.crowd.n_pending == 0


def test_many_pipelined_requests_let_other_clients_have_their_turns(serve, connect):
    """T9."""
    order = []

    def application(environ, start_response):
        order.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return [b""]

    server = serve(application)
    greedy, modest = connect(server), connect(server)
    modest.get("/first")
    greedy.send(b"GET /greedy HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
    modest.send(b"GET /modest HTTP/1.1\r\nHost: a\r\n\r\n")
    modest.reply()
    for _ in range(1000):
        greedy.reply()
    assert order.index("/modest") < 200


def test_socket_of_a_client_that_was_refused_is_closed(serve):
    server = serve(hello, timeouts=Timeouts(linger=0.02))
    with socket.create_connection(server.address, timeout=5) as client:
        client.sendall(b"\x16\x03\x01\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert client.recv(1) == b""
        while server._parking.connections:
            gevent.sleep(0.005)
