"""WSGIServer and WSGIHandler where something is cut short, taken over or late.

Each test of a reply runs on both paths: with hooks, and without.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from pathlib import Path

import pytest

import gevent
from gevent import Greenlet, socket, ssl
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer
from gevent.servers.http.connection import NEW, PARKED, WARM
from gevent.servers.http.limits import Timeouts
from tests.servers.http.conftest import hello

CERTIFICATE = str(Path(__file__).parents[2] / "net" / "tls" / "server.pem")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
)


class Hooked(WSGIHandler):
    """A handler that has a hook, which does nothing."""

    def write(self, data):
        WSGIHandler.write(self, data)


@pytest.fixture(params=[WSGIHandler, Hooked], ids=["fast", "hooks"])
def handler_class(request):
    """Give the classes of both paths."""
    return request.param


def until(is_so):
    """Let others run until something is so."""
    with gevent.Timeout(5):
        while not is_so():
            gevent.sleep(0.001)


def states(server):
    """Return the states of the connections of a server."""
    return [each.state for each in server._parking.connections.values()]


def tls_client(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(server.address, timeout=5))


# -- blocks and errors ------------------------------------------------------------


class Text(bytes):
    """A subclass of bytes, as template engines have them."""


@pytest.mark.parametrize("make", [list, iter], ids=["list", "iterator"])
def test_subclasses_of_bytes_are_blocks(serve, connect, handler_class, make):
    def application(environ, start_response):
        start_response("200 OK", [])
        return make([Text(b"x"), bytearray(b"yy"), memoryview(b"zz")])

    assert connect(serve(application, handler_class=handler_class)).get().body == (
        b"xyyzz"
    )


@pytest.mark.parametrize("make", [list, iter], ids=["list", "iterator"])
def test_first_block_of_text_is_answered_with_500(
    serve, connect, handler_class, make, errors
):
    def application(environ, start_response):
        start_response("200 OK", [])
        return make(["x"])

    reply = connect(serve(application, handler_class=handler_class)).get()
    assert reply.status == "HTTP/1.1 500 Internal Server Error"
    assert "a block of the body must be bytes, not 'x'" in errors.getvalue()


def test_empty_text_is_no_block_at_all(serve, connect, handler_class):
    """gevent-websocket has the head of its 101 sent by such a block."""

    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "1")])("")
        return ["", b"x"]

    client = connect(serve(application, handler_class=handler_class))
    assert client.get().body == b"x"
    assert client.get().body == b"x"


def test_fields_of_a_500_have_the_order_that_is_documented(
    serve, connect, handler_class, errors
):
    server = serve(lambda environ, start_response: 1 / 0, handler_class=handler_class)
    client = connect(server)
    client.send(GET)
    names = [line.partition(b":")[0] for line in client.rest().split(b"\r\n")[1:5]]
    assert names == [b"Content-Type", b"Connection", b"Content-Length", b"Date"]


def test_server_without_an_application_answers_500(
    serve, connect, handler_class, errors
):
    client = connect(serve(None, handler_class=handler_class))
    assert client.get().status == "HTTP/1.1 500 Internal Server Error"
    assert "the server has no application" in errors.getvalue()


def test_exit_in_an_application_ends_the_program(serve, connect, handler_class):
    server = serve(
        lambda environ, start_response: sys.exit(3), handler_class=handler_class
    )
    client = connect(server)
    client.send(GET)
    with pytest.raises(SystemExit, match="3"):
        client.reply()


def test_unframed_body_that_is_cut_ends_with_a_reset(
    serve, connect, handler_class, errors
):
    """Only the end of the stream would tell where a body of HTTP/1.0 ends."""

    def application(environ, start_response):
        start_response("200 OK", [])
        yield b"abc"
        raise ValueError("in the middle")

    client = connect(serve(application, handler_class=handler_class))
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        client.rest()


def test_client_that_does_not_read_is_reset_in_silence(
    serve, connect, handler_class, errors
):
    """T4."""
    closed = []

    class Endless:
        def __iter__(self):
            return self

        def __next__(self):
            return b"x" * 1000000

        def close(self):
            closed.append(1)

    def application(environ, start_response):
        start_response("200 OK", [])
        return Endless()

    server = serve(
        application, handler_class=handler_class, timeouts=Timeouts(write=0.01)
    )
    client = connect(server)
    client.send(GET)
    until(lambda: closed)
    with pytest.raises(ConnectionResetError):
        client.rest()
    assert closed == [1]
    assert errors.getvalue() == ""


def test_time_out_of_a_program_is_not_swallowed_while_a_body_is_dropped(serve, connect):
    caught = []

    class Timed(WSGIHandler):
        def handle(self):
            try:
                with gevent.Timeout(0.01):
                    WSGIHandler.handle(self)
            except gevent.Timeout as timeout:
                caught.append(timeout.seconds)

    client = connect(serve(hello, handler_class=Timed))
    client.send(POST)
    client.reply()
    assert client.rest() == b""
    assert caught == [0.01]


def test_write_after_the_end_of_a_reply_is_refused(serve, connect, handler_class):
    """It would be taken for the next reply."""
    kept = []

    def application(environ, start_response):
        kept.append(start_response("200 OK", []))
        return iter([b"hello"])

    client = connect(serve(application, handler_class=handler_class))
    assert client.get().body == b"hello"
    with pytest.raises(AssertionError, match="the reply has ended"):
        kept[0](b"late")
    assert client.get().body == b"hello"


# -- upgrades ---------------------------------------------------------------------


def test_application_that_takes_the_socket_need_not_answer(
    serve, connect, handler_class, errors
):
    """flask-sock returns nothing when its WebSocket has ended."""

    def application(environ, start_response):
        sock = environ["wsgi.input"].raw._sock
        sock.sendall(b"HTTP/1.1 101 Mine\r\n\r\n")
        sock.sendall(sock.recv(10))
        return []

    client = connect(serve(application, handler_class=handler_class))
    client.send(UPGRADE)
    assert client.reply(has_body=False).status == "HTTP/1.1 101 Mine"
    client.send(b"hey")
    assert client.rest() == b"hey"
    assert errors.getvalue() == ""


@pytest.mark.parametrize("way", ["socket", "file"])
def test_silence_after_an_upgrade_is_no_error(
    serve, connect, handler_class, errors, way
):
    """The time-outs are for bodies and replies; gevent-websocket reads the file."""
    began = Event()

    def application(environ, start_response):
        file = environ["wsgi.input"]
        fields = [("Upgrade", "x"), ("Connection", "Upgrade")]
        write = start_response("101 Switching Protocols", fields)
        write(b"begin")
        began.set()
        write(file.raw._sock.recv(3) if way == "socket" else file.read(3))
        return []

    timeouts = Timeouts(head=5, idle=0.01, body=0.01, write=0.01)
    client = connect(serve(application, handler_class=handler_class, timeouts=timeouts))
    client.send(UPGRADE)
    began.wait()
    gevent.sleep(0.03)
    client.send(b"end")
    assert client.rest().endswith(b"beginend")
    assert errors.getvalue() == ""


# -- logs -------------------------------------------------------------------------


def test_line_of_a_refused_request_has_no_status_of_an_earlier_one(
    serve, connect, handler_class
):
    client = connect(serve(hello, handler_class=handler_class))
    client.get()
    client.send(b"BAD\r\n\r\n")
    client.rest()
    until(lambda: '"BAD"' in serve.log.getvalue())
    assert '"BAD" 400 - ' in serve.log.getvalue()


def test_hook_that_is_put_into_the_class_sees_refused_requests(
    serve, connect, monkeypatch
):
    seen = []
    monkeypatch.setattr(
        WSGIHandler, "log_error", lambda self, msg, *args: seen.append(msg % args)
    )
    client = connect(serve(hello))
    client.send(b"BAD\r\n\r\n")
    client.rest()
    assert seen == ["Invalid request: no method"]


# -- handlers ---------------------------------------------------------------------


def test_handler_may_wrap_its_socket(serve, connect):
    sent = []

    class Counting:
        def __init__(self, sock):
            self.sock = sock

        def sendall(self, data):
            sent.append(bytes(data))
            self.sock.sendall(data)

        def __getattr__(self, name):
            return getattr(self.sock, name)

    class Wrapping(WSGIHandler):
        def __init__(self, sock, address, server):
            WSGIHandler.__init__(self, Counting(sock), address, server)

    client = connect(serve(hello, handler_class=Wrapping))
    assert client.get().body == b"hello"
    assert client.get().body == b"hello"
    assert b"".join(sent).endswith(b"hello")


# -- forks and limits -------------------------------------------------------------


def park(server):
    """Park all connections that are warm."""
    parking = server._parking
    for connection in parking.connections.values():
        server.loop.run_callback(parking._cool_if_idle, connection)
    until(lambda: set(states(server)) == {PARKED})


def test_fork_that_closes_its_server_takes_no_request(serve, connect):
    def application(environ, start_response):
        start_response("200 OK", [])
        return [b"%d" % os.getpid()]

    server = serve(application)
    warm, parked = connect(server), connect(server)
    parked.get()
    until(lambda: states(server) == [NEW, WARM] or states(server) == [WARM, NEW])
    park_one = next(
        each for each in server._parking.connections.values() if each.is_idle
    )
    server.loop.run_callback(server._parking._cool_if_idle, park_one)
    until(lambda: PARKED in states(server))
    warm.get()
    until(lambda: sorted(states(server)) == [PARKED, WARM])
    warm.send(GET)
    parked.send(GET)
    pid = gevent.fork()
    if not pid:
        try:
            server.stop(timeout=0)
        finally:
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert warm.reply().body == b"%d" % os.getpid()
    assert parked.reply().body == b"%d" % os.getpid()


def test_parked_connections_are_closed_when_there_are_no_descriptors(
    serve, connect, errors, monkeypatch
):
    """T7."""
    server = serve(hello)
    clients = [connect(server) for _ in range(3)]
    for client in clients:
        client.get()
    until(lambda: states(server) == [WARM] * 3)
    park(server)

    def do_read():
        monkeypatch.undo()
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(server, "do_read", do_read)
    client = connect(server)
    assert [each.rest() for each in clients] == [b""] * 3
    assert client.get().body == b"hello"


# -- spawn ------------------------------------------------------------------------


def test_server_in_the_hub_serves_connections_for_long(serve, connect, handler_class):
    client = connect(serve(hello, spawn=None, handler_class=handler_class))
    assert [client.get().body for _ in range(40)] == [b"hello"] * 40


def test_server_in_the_hub_serves_pipelined_requests(serve, connect, handler_class):
    client = connect(serve(hello, spawn=None, handler_class=handler_class))
    client.send(GET * 40)
    assert [client.reply().body for _ in range(40)] == [b"hello"] * 40


# -- close and start --------------------------------------------------------------


def test_request_on_its_way_at_close_is_served_in_the_pool(serve, connect):
    """gunicorn waits for the pool to get free."""
    pool = Pool(2)
    inside = []

    def application(environ, start_response):
        inside.append(gevent.getcurrent() in pool)
        return hello(environ, start_response)

    server = serve(application, spawn=pool)
    client = connect(server)
    client.send(GET[:5])
    until(lambda: states(server) == ["HEAD"])
    server.close()
    client.send(GET[5:])
    assert client.reply().fields["connection"] == "close"
    assert inside == [True]


def test_request_on_its_way_is_served_by_a_server_that_started_again(
    serve, connect, handler_class
):
    server = serve(hello, handler_class=handler_class)
    client = connect(server)
    client.send(GET[:5])
    until(lambda: states(server) == ["HEAD"])
    server.close()
    server.start()
    client.send(GET[5:])
    assert client.reply().body == b"hello"


def test_request_that_has_come_to_a_warm_connection_is_served_at_close(
    serve, connect, handler_class
):
    server = serve(hello, handler_class=handler_class)
    client = connect(server)
    client.get()
    until(lambda: states(server) == [WARM])
    client.send(GET)  # does not switch
    server.close()
    assert client.reply().fields["connection"] == "close"


def test_request_that_has_come_to_a_parked_connection_is_served_at_close(
    serve, connect, handler_class
):
    server = serve(hello, handler_class=handler_class)
    client = connect(server)
    client.get()
    until(lambda: states(server) == [WARM])
    park(server)
    client.send(GET)
    server.close()
    assert client.reply().fields["connection"] == "close"


def test_clients_that_wait_to_be_accepted_are_served_at_stop(serve, connect):
    server = serve(hello)
    clients = [connect(server) for _ in range(3)]
    assert states(server) == []  # connecting to ourselves does not switch
    for client in clients:
        client.send(GET)
    server.stop(timeout=5)
    assert [client.reply().body for client in clients] == [b"hello"] * 3


def test_listener_that_somebody_closed_is_reported_once(serve, errors):
    server = serve(hello)
    server.do_read = lambda: os.close(-1)
    server._do_read()
    assert not server.started
    assert errors.getvalue().count("Bad file descriptor") == 1


def test_clients_of_a_listener_that_was_given_are_left_to_other_processes(connect):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.socket(fileno=os.dup(listener.fileno())) as mine:
            server = WSGIServer(mine, hello, log=None)
            server.start()
            connect(server)
            server.stop()
        other, _ = listener.accept()  # the client is still there
        other.close()


def test_stop_waits_for_the_clean_up_of_what_it_kills(serve, connect, handler_class):
    began = Event()
    ended = []

    def application(environ, start_response):
        start_response("200 OK", [])
        try:
            yield b"a"
            began.set()
            Event().wait()
        finally:
            ended.append(1)

    server = serve(application, handler_class=handler_class)
    client = connect(server)
    client.send(GET)
    began.wait()
    server.stop(timeout=0)
    assert ended == [1]


# -- TLS --------------------------------------------------------------------------


def test_stop_closes_connections_that_shake_hands(serve, connect, errors):
    server = serve(hello, keyfile=CERTIFICATE, certfile=CERTIFICATE)
    client = connect(server)
    until(lambda: states(server) == [NEW])
    gevent.sleep(0)
    server.stop(timeout=0)
    assert states(server) == []
    assert client.rest() == b""
    assert errors.getvalue() == ""


def test_stop_closes_tls_connections_in_the_middle_of_a_head(serve, errors):
    server = serve(hello, keyfile=CERTIFICATE, certfile=CERTIFICATE)
    with tls_client(server) as client:
        client.sendall(GET[:5])
        until(lambda: states(server) == ["HEAD"])
        server.stop(timeout=0)
        assert states(server) == []
        assert client.recv(10) == b""
    assert errors.getvalue() == ""


def test_no_handler_is_made_for_a_tls_connection_without_a_request(serve):
    made = []

    class Counted(WSGIHandler):
        def __init__(self, *args):
            made.append(1)
            WSGIHandler.__init__(self, *args)

    server = serve(
        hello, handler_class=Counted, keyfile=CERTIFICATE, certfile=CERTIFICATE
    )
    tls_client(server).close()
    until(lambda: states(server) == [])
    gevent.sleep(0)
    assert made == []


def test_warm_tls_connection_gives_its_place_to_who_has_a_request(serve):
    """PegaProx#777; no greenlet stays behind."""
    pool = Pool(1)
    server = serve(hello, spawn=pool, keyfile=CERTIFICATE, certfile=CERTIFICATE)
    with tls_client(server) as first, tls_client(server) as second:
        for client in (first, second, first):
            client.sendall(GET)
            assert client.recv(1000).endswith(b"hello")
            until(lambda: WARM in states(server))
        server.stop(timeout=0)
        until(lambda: not pool)
        readers = [
            each
            for each in gc.get_objects()
            if isinstance(each, Greenlet) and "_tls" in repr(each) and not each.dead
        ]
    assert readers == []


def test_tls_client_that_goes_away_is_not_reported(serve, handler_class, errors):
    """S11."""
    closed = []

    class Endless:
        def __iter__(self):
            return self

        def __next__(self):
            gevent.sleep(0)
            return b"x" * 1000

        def close(self):
            closed.append(1)

    def application(environ, start_response):
        start_response("200 OK", [])
        return Endless()

    server = serve(
        application,
        handler_class=handler_class,
        keyfile=CERTIFICATE,
        certfile=CERTIFICATE,
    )
    with tls_client(server) as client:
        client.sendall(GET)
        client.recv(10)
    until(lambda: closed)
    until(lambda: states(server) == [])
    assert errors.getvalue() == ""


# -- found by applications at random ----------------------------------------------


def test_iterator_of_nothing_has_the_length_zero(serve, connect, handler_class):
    def application(environ, start_response):
        start_response("200 OK", [])
        return iter([b"", b""])

    reply = connect(serve(application, handler_class=handler_class)).get()
    assert reply.fields["content-length"] == "0"


def test_length_that_is_dropped_takes_no_other_field_with_it(
    serve, connect, handler_class
):
    def application(environ, start_response):
        start_response("204 No Content", [("Content-Length", "0")])
        return []

    client = connect(serve(application, handler_class=handler_class))
    client.send(GET.replace(b"Host: a", b"Host: a\r\nConnection: close"))
    assert client.rest().split(b"\r\n")[1] == b"Connection: close"


def test_small_writes_of_a_reply_do_not_wait_for_each_other():
    with WSGIServer(("127.0.0.1", 0), hello, log=None) as server:
        server.start()
        client = socket.create_connection(("127.0.0.1", server.server_port))
        with client, gevent.Timeout(5):
            while not server._parking.connections:
                gevent.sleep(0)
            (accepted,) = server._parking.connections
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
