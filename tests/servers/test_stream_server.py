"""StreamServer: accepting, handling, closing."""

from __future__ import annotations

import errno
import os
import socket as stdlib

import pytest

import gevent
from gevent import events, socket, ssl
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer
from tests.net.tls_pairs import SERVER, client_context

LOCAL = ("127.0.0.1", 0)


def echo(sock, address):
    while data := sock.recv(65536):
        sock.sendall(data)


def test_every_client_gets_its_own_answer(talk):
    with StreamServer(LOCAL, echo) as server:
        server.start()
        clients = [
            gevent.spawn(talk, server.address, b"%d" % n * 1000) for n in range(150)
        ]
        gevent.joinall(clients)
        assert [each.get() for each in clients] == [
            b"%d" % n * 1000 for n in range(150)
        ]


def test_handler_gets_a_gevent_socket_and_the_address_of_the_client():
    seen = []
    with StreamServer(LOCAL, lambda *args: seen.append(args)) as server:
        server.start()
        with socket.create_connection(server.address) as client:
            assert client.recv(1) == b""
            assert seen[0][1] == client.getsockname()
        assert type(seen[0][0]) is socket.socket
        assert seen[0][0].timeout is None


def test_connection_is_closed_when_the_handler_has_ended_though_it_is_kept():
    """F9."""
    kept = []
    with StreamServer(LOCAL, lambda sock, _: kept.append(sock)) as server:
        server.start()
        with socket.create_connection(server.address) as client:
            assert client.recv(1) == b""
        assert kept[0].closed


def test_failing_handler_is_reported_and_the_server_goes_on(talk, errors):
    def fail(sock, address):
        raise ValueError("of the handler")

    with StreamServer(LOCAL, fail) as server:
        server.start()
        assert talk(server.address) == b""
        assert talk(server.address) == b""
    assert errors.getvalue().count("ValueError: of the handler") == 2
    assert "_handle_and_close_when_done" in errors.getvalue()


@pytest.mark.parametrize(
    ("listener", "address", "family"),
    [
        (("", 0), ("", 0), "AF_INET6"),
        (("::1", 0), ("::1", 0), "AF_INET6"),
        ("127.0.0.1:80", ("127.0.0.1", 80), "AF_INET"),
        (":80", ("", 80), "AF_INET"),
        ("*:80", ("", 80), "AF_INET"),
        ("80", ("", 80), "AF_INET6"),
        (80, ("", 80), "AF_INET6"),
        ("[::1]:80", ("::1", 80), "AF_INET6"),
        ("::1:80", ("::1", 80), "AF_INET"),
    ],
)
def test_listener_as_an_address(listener, address, family):
    server = StreamServer(listener, echo)
    assert (server.address, server.family) == (address, getattr(stdlib, family))
    assert server.closed
    assert not server.started


@pytest.mark.parametrize(
    ("listener", "error"),
    [
        (b"127.0.0.1:80", TypeError),
        (None, TypeError),
        ([1], TypeError),
        ("text", ValueError),
        ("host:port", ValueError),
    ],
)
def test_listener_that_is_no_address(listener, error):
    with pytest.raises(error):
        StreamServer(listener, echo)


def test_handler_must_be_given():
    with pytest.raises(TypeError, match="'handle' must be provided"):
        StreamServer(LOCAL)


@pytest.mark.parametrize("kind", ["gevent", "stdlib"])
def test_listening_socket_is_served_and_closed_with_the_server(talk, kind):
    made = socket.socket() if kind == "gevent" else stdlib.socket()
    made.bind(LOCAL)
    made.listen()
    server = StreamServer(made, echo)
    server.start()
    assert talk(server.address, b"x") == b"x"
    server.stop()
    assert made.fileno() == -1


def test_backlog_goes_with_an_address_only():
    with socket.socket() as listener:
        listener.bind(LOCAL)
        with pytest.raises(TypeError, match="backlog must be None"):
            StreamServer(listener, echo, backlog=5)


def test_tls_socket_is_refused():
    class Tls(socket.socket):
        def do_handshake(self):
            """It looks like an SSLSocket."""

    with Tls() as listener, pytest.raises(TypeError, match="not SSLSocket"):
        StreamServer(listener, echo)


def test_unix_listener(talk, tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    path = str(tmp_path / "socket")
    listener.bind(path)
    listener.listen()
    with StreamServer(listener, echo) as server:
        assert server.address == path
        server.start()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"x")
            assert client.recv(1) == b"x"


def test_bind_error_names_the_address():
    with StreamServer(LOCAL, echo) as server:
        server.start()
        other = StreamServer(server.address, echo)
        with pytest.raises(OSError, match=r"in use: \('127.0.0.1', ") as caught:
            other.start()
        assert caught.value.errno == errno.EADDRINUSE
        assert not other.started


def test_repr_tells_number_address_and_handler():
    server = StreamServer(LOCAL, echo)
    server.start()
    text = f"fileno={server.socket.fileno()} address=127.0.0.1:{server.server_port}"
    assert str(server) == f"<StreamServer {text} handle={echo!r}>"
    assert repr(server).startswith(f"<StreamServer at 0x{id(server):x} {text}")
    server.stop()
    assert str(server) == f"<StreamServer address=127.0.0.1:{server.server_port}>"


def test_a_handler_that_is_set_later_gets_the_next_connection(talk):
    """Issue 12."""
    with StreamServer(("127.0.0.1", 0), echo) as server:
        server.start()
        assert talk(server.address, b"one") == b"one"
        server.set_handle(lambda sock, address: sock.sendall(b"other"))
        assert talk(server.address) == b"other"
        server.handle = None
        with pytest.raises(TypeError, match="must be provided"):
            server.set_handle(None)
        assert talk(server.address) == b"other"


def test_server_that_was_closed_forgets_its_handler(talk):
    server = StreamServer(LOCAL, echo)
    server.start()
    server.start()
    server.stop()
    server.stop()
    assert server.socket is None
    with pytest.raises(AttributeError):
        server.start()


def test_server_with_a_method_as_handler_restarts_on_its_port(talk):
    class Echo(StreamServer):
        def handle(self, sock, address):
            echo(sock, address)

    server = Echo(LOCAL)
    server.start()
    port = server.server_port
    server.stop()
    server.start()
    assert server.server_port == port
    assert talk(server.address, b"x") == b"x"
    server.stop()


def test_serve_forever_ends_with_stop():
    server = StreamServer(LOCAL, echo)
    serving = gevent.spawn(server.serve_forever)
    gevent.sleep(0)
    assert server.started
    server.stop()
    serving.get(timeout=10)


def test_killing_serve_forever_stops_the_server():
    server = StreamServer(LOCAL, echo)
    serving = gevent.spawn(server.serve_forever)
    gevent.sleep(0)
    serving.kill()
    assert server.closed


def test_handlers_run_in_the_hub_without_spawn(talk):
    seen = []

    def handle(sock, address):
        seen.append(gevent.getcurrent())
        sock.send(b"x")

    with StreamServer(LOCAL, handle, spawn=None) as server:
        server.start()
        assert talk(server.address) == b"x"
    assert seen == [gevent.get_hub()]


def test_full_pool_stops_accepting_until_a_slot_is_free(talk):
    go_on = Event()
    pool = Pool(2)

    def handle(sock, address):
        go_on.wait()
        echo(sock, address)

    with StreamServer(LOCAL, handle, spawn=pool) as server:
        server.start()
        clients = [gevent.spawn(talk, server.address, b"%d" % n) for n in range(5)]
        while len(pool) < 2:
            gevent.sleep(0)
        for _ in range(10):
            gevent.sleep(0)
        assert len(pool) == 2
        go_on.set()
        gevent.joinall(clients)
        assert [each.get() for each in clients] == [b"%d" % n for n in range(5)]


def test_stop_kills_what_a_pool_still_runs():
    pool = Pool(2)
    server = StreamServer(LOCAL, lambda *_: Event().wait(), spawn=pool)
    server.start()
    with socket.create_connection(server.address):
        while not pool:
            gevent.sleep(0)
        handlers = list(pool)
        server.stop(timeout=0.001)
    assert all(each.dead for each in handlers)


def test_a_number_makes_a_pool_of_that_size(talk):
    with StreamServer(LOCAL, echo, spawn=2) as server:
        server.start()
        assert isinstance(server.pool, Pool)
        assert (server.pool.size, server.pool.free_count()) == (2, 2)
        assert talk(server.address, b"x") == b"x"
    with pytest.raises(ValueError, match="size must not be negative: -1"):
        StreamServer(LOCAL, echo, spawn=-1)


def test_error_of_spawning_is_reported_and_accepting_pauses(talk, errors):
    calls = []

    def spawn(function, *args):
        calls.append(function)
        if len(calls) == 1:
            raise ZeroDivisionError
        return gevent.spawn(function, *args)

    with StreamServer(LOCAL, echo, spawn=spawn) as server:
        server.min_delay = server.delay = 0.001
        server.start()
        assert talk(server.address) == b""
        assert server.delay > server.min_delay
        assert talk(server.address, b"x") == b"x"
        assert server.delay == server.min_delay
    assert "ZeroDivisionError" in errors.getvalue()


def test_closed_listener_ends_the_server(errors, capsys):
    server = StreamServer(LOCAL, echo)
    server.start()
    client = socket.create_connection(server.address)
    stand_in = os.open(os.devnull, os.O_RDONLY)
    os.dup2(stand_in, server.socket.fileno())
    os.close(stand_in)
    server._do_read()
    assert server.closed
    assert "ERROR: <StreamServer" in capsys.readouterr().err
    client.close()


def test_max_accept_bounds_what_one_wakeup_takes(talk):
    with StreamServer(LOCAL, echo) as server:
        server.max_accept = 1
        server.start()
        clients = [gevent.spawn(talk, server.address, b"x") for _ in range(5)]
        gevent.joinall(clients)
        assert all(each.get() == b"x" for each in clients)
    with pytest.raises(ValueError, match="max_accept"):
        type("S", (StreamServer,), {"max_accept": 0})(LOCAL, echo)


def test_tls_context_wraps_each_connection(talk):
    class Context:
        """Stands for an SSLContext: its sockets greet."""

        def wrap_socket(self, sock, *, server_side, greeting):
            assert server_side
            sock.sendall(greeting)
            return sock

    with StreamServer(LOCAL, echo, ssl_context=Context(), greeting=b"hi ") as server:
        assert server.ssl_enabled
        server.start()
        assert talk(server.address, b"x") == b"hi x"


@pytest.fixture
def knock():
    """Give a function that is no client of TLS, and returns when it was sent away."""

    def knock_at(server, data=b"GET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(server.address, timeout=5) as client:
            client.sendall(data)
            try:
                while client.recv(1000):
                    pass
            except ConnectionResetError:
                pass

    return knock_at


def test_handshake_that_fails_is_one_line(knock, errors):
    """Those who look for open ports would fill the disk."""
    with StreamServer(LOCAL, echo, certfile=SERVER) as server:
        server.start()
        for _ in range(3):
            knock(server)
    lines = errors.getvalue().splitlines()
    assert len(lines) == 2
    assert "(from ('127.0.0.1', " in lines[0]
    assert "TLS handshake failed: [SSL: HTTP_REQUEST]" in lines[0]
    assert lines[1].endswith("2 more: TLS handshake failed")


def test_handshake_that_times_out_is_no_line(talk, errors):
    class Context:
        def wrap_socket(self, sock, *, server_side):
            raise TimeoutError

    with StreamServer(LOCAL, echo, ssl_context=Context()) as server:
        server.start()
        assert talk(server.address) == b""
    assert errors.getvalue() == ""


def test_error_of_a_handler_over_tls_is_reported(errors):
    def fail(sock, address):
        raise OSError("of the handler")

    with StreamServer(LOCAL, fail, certfile=SERVER) as server:
        server.start()
        raw = socket.create_connection(server.address, timeout=5)
        with client_context().wrap_socket(raw, server_hostname="localhost") as client:
            assert client.recv(1) == b""
    assert "Traceback" in errors.getvalue()
    assert "of the handler" in errors.getvalue()


def test_handshake_that_fails_is_why_a_connection_was_closed(knock, errors):
    closed = []

    def hear(event):
        if isinstance(event, events.ConnectionClosed):
            closed.append(event.error)

    events.subscribers.append(hear)
    try:
        with StreamServer(LOCAL, echo, certfile=SERVER) as server:
            server.start()
            knock(server)
            while not closed:
                gevent.sleep(0.001)
    finally:
        events.subscribers.remove(hear)
    assert isinstance(closed[0], ssl.SSLError)


def test_subclass_may_catch_a_handshake_that_fails(knock, errors):
    caught = []

    class Mine(StreamServer):
        def wrap_socket_and_handle(self, client_socket, address):
            try:
                return StreamServer.wrap_socket_and_handle(self, client_socket, address)
            except ssl.SSLError as error:
                caught.append(error)

    with Mine(LOCAL, echo, certfile=SERVER) as server:
        server.start()
        knock(server)
    assert len(caught) == 1
    assert errors.getvalue() == ""


def test_server_collects_its_connections_when_clients_vanish():
    """C11."""
    open_before = len(os.listdir("/proc/self/fd"))
    with StreamServer(LOCAL, echo) as server:
        server.start()
        clients = [socket.create_connection(server.address) for _ in range(50)]
        for each in clients:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            each.close()
        for _ in range(20):
            gevent.sleep(0)
    gevent.sleep(0.01)
    assert len(os.listdir("/proc/self/fd")) <= open_before + 2


def test_a_flag_as_the_listener_is_a_port():
    """Issue 12: an address is made of numbers."""
    assert StreamServer(True, print).address == ("", 1)


# -- TLS keywords ----------------------------------------------------------------------


def test_keyword_that_tls_does_not_know_is_an_error_of_making():
    """Issue 14."""
    with pytest.raises(TypeError, match="'nosuch'"):
        StreamServer(LOCAL, echo, nosuch=1)


def test_keyword_that_a_context_does_not_know_is_an_error_of_making():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.raises(TypeError, match="'certfile'"):
        StreamServer(LOCAL, echo, ssl_context=context, certfile="x")


def test_context_without_wrap_socket_is_an_error_of_making():
    with pytest.raises(AttributeError, match="wrap_socket"):
        StreamServer(LOCAL, echo, ssl_context=None)


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"certfile": "/nosuch/certificate"}, FileNotFoundError),
        ({"certfile": __file__}, ssl.SSLError),
        ({"keyfile": "/nosuch/key"}, ValueError),
        ({"server_side": True}, ValueError),
        ({"ciphers": "NOSUCH", "certfile": __file__}, ssl.SSLError),
    ],
)
def test_certificate_that_cannot_be_used_is_an_error_of_start(keywords, error):
    server = StreamServer(LOCAL, echo, **keywords)
    with pytest.raises(error):
        server.start()
    assert not server.started
    assert server.closed


def test_context_for_clients_is_an_error_of_start():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    server = StreamServer(LOCAL, echo, ssl_context=context)
    with pytest.raises(ssl.SSLError):
        server.start()
    assert server.closed
