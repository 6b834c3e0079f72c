"""What is told of clients that do wrong, and of a server: lines, events, numbers."""

from __future__ import annotations

import inspect
import struct
from pathlib import Path

import pytest

import gevent
from gevent import events, socket, ssl
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import Input, Limits, Timeouts, WSGIHandler, WSGIServer
from gevent.servers import client_errors as home
from gevent.servers.http import parking
from tests.servers.http.conftest import hello

CERTIFICATE = str(Path(__file__).parents[2] / "net" / "tls" / "server.pem")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
RESET = struct.pack("ii", 1, 0)


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


# -- error lines ------------------------------------------------------------------


@pytest.fixture
def throttle():
    """Give a throttle and what it told."""
    told = []
    made = home.Throttle(gevent.get_hub().loop, told.append)
    yield made, told
    made.flush()


def test_first_line_of_a_kind_is_allowed(throttle):
    made, told = throttle
    assert [made.allows(kind) for kind in "aabab"] == [True, False, True, False, False]
    made.flush()
    assert told == ["2 more: a", "1 more: b"]


def test_throttle_begins_anew_when_it_has_told(throttle):
    made, told = throttle
    assert made.allows("a")
    made.flush()
    assert made.allows("a")
    assert told == []


def test_throttle_tells_after_a_second(throttle, monkeypatch):
    made, told = throttle
    monkeypatch.setattr(home, "SECOND", 0.01)
    made.allows("a")
    made.allows("a")
    until(lambda: told)
    assert told == ["1 more: a"]
    assert made.allows("a")


def test_throttle_knows_no_more_than_so_many_kinds(throttle):
    made, told = throttle
    for n in range(home.MOST_KINDS):
        assert made.allows(f"kind {n}")
    assert made.allows("another")
    assert not made.allows("yet another")
    made.flush()
    assert told == ["1 more: errors of other kinds"]


def test_flood_of_bad_requests_is_one_line_and_a_number(serve, connect, handler_class):
    server = serve(hello, handler_class=handler_class)
    for _ in range(5):
        client = connect(server)
        client.send(b"GET /\r\n\r\n")
        client.rest()
    until(lambda: server.log.getvalue().count("\n") == 5)
    assert server.error_log.getvalue().count("Invalid request: no target") == 1
    server.stop()
    until(lambda: "4 more: Invalid request: no target" in server.error_log.getvalue())


def test_flood_of_short_replies_is_one_line_and_a_number(serve, connect, handler_class):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", environ["PATH_INFO"][1:])])
        return [b"x"]

    server = serve(application, handler_class=handler_class)
    for n in range(5):
        client = connect(server)
        client.send(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % (n + 2))
        client.rest()
    until(lambda: server.log.getvalue().count("\n") == 5)
    assert server.error_log.getvalue().count("octets less than") == 1
    server.stop()
    until(lambda: "4 more: the application sent less" in server.error_log.getvalue())


def test_line_of_a_program_is_never_held_back(serve, connect):
    class Noting(Hooked):
        def handle_one_response(self):
            self.log_error("as %s", "I said")
            WSGIHandler.handle_one_response(self)

    server = serve(hello, handler_class=Noting)
    client = connect(server)
    for _ in range(3):
        client.get()
    assert server.error_log.getvalue().count("as I said") == 3


# -- TLS --------------------------------------------------------------------------


def test_handshake_that_fails_is_one_line(serve, connect, errors):
    server = serve(hello, certfile=CERTIFICATE)
    for _ in range(3):
        client = connect(server)
        client.send(GET)
        try:
            client.rest()
        except ConnectionResetError:
            pass
        until(lambda: not server._parking.connections)
    lines = server.error_log.getvalue().splitlines()
    assert len(lines) == 1
    assert "TLS handshake failed: [SSL: HTTP_REQUEST]" in lines[0]
    assert errors.getvalue() == ""


def test_handshake_that_does_not_begin_ends_and_others_are_served(
    serve, connect, errors
):
    """T5."""
    server = serve(hello, certfile=CERTIFICATE, timeouts=Timeouts(handshake=0.05))
    silent = connect(server)
    with tls_client(server) as client:
        client.sendall(GET)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
    assert silent.rest() == b""
    assert server.error_log.getvalue() == errors.getvalue() == ""
    assert server.stats()["deadlines"] == 1


def tls_client(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    sock = socket.create_connection(server.address, timeout=5)
    return context.wrap_socket(sock, suppress_ragged_eofs=False)


def test_last_reply_over_tls_ends_with_a_good_bye(serve, handler_class):
    server = serve(hello, certfile=CERTIFICATE, handler_class=handler_class)
    with tls_client(server) as client:
        client.sendall(GET.replace(b"Host: a", b"Host: a\r\nConnection: close"))
        # Without it, the end is an error (suppress_ragged_eofs).
        assert b"".join(iter(lambda: client.recv(65536), b"")).endswith(b"hello")


def test_refusal_over_tls_ends_with_a_good_bye(serve):
    server = serve(hello, certfile=CERTIFICATE)
    with tls_client(server) as client:
        client.sendall(b"GET /\r\n\r\n" + bytes(100_000))
        got = b"".join(iter(lambda: client.recv(65536), b""))
        assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")


# -- connections that wait for a slot ---------------------------------------------


@pytest.fixture
def busy(serve, connect):
    """Give a server whose only slot is taken, what frees it, and who was served."""
    may_end = Event()
    served = []

    def application(environ, start_response):
        served.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/first":
            may_end.wait()
        start_response("200 OK", [])
        return [b"hello"]

    server = serve(application, spawn=Pool(1))
    first = connect(server)
    first.send(GET.replace(b"/ ", b"/first "))
    until(lambda: served)
    yield server, may_end, served
    may_end.set()


def waiting(server):
    return server.stats()["connections"].get("READY", 0)


def test_client_that_resets_is_noticed_while_it_waits(busy, connect):
    server, _, served = busy
    client = connect(server)
    client.send(GET)
    until(lambda: waiting(server))
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()
    until(lambda: not waiting(server))
    assert served == ["/first"]


def test_reset_behind_other_octets_is_noticed_before_its_turn(busy, connect):
    server, may_end, served = busy
    client = connect(server)
    client.send(GET)
    until(lambda: waiting(server))
    client.send(GET)
    for _ in range(5):
        gevent.sleep(0.001)
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()
    may_end.set()
    until(lambda: not waiting(server))
    assert served == ["/first"]


def test_client_that_says_its_end_is_served_all_the_same(busy, connect):
    server, may_end, served = busy
    client = connect(server)
    client.send(GET)
    until(lambda: waiting(server))
    client.sock.shutdown(socket.SHUT_WR)
    for _ in range(5):
        gevent.sleep(0.001)
    assert waiting(server) == 1
    may_end.set()
    assert client.reply().body == b"hello"
    assert served == ["/first", "/"]


# -- events -----------------------------------------------------------------------


@pytest.fixture
def heard():
    """Give the events that are sent during the test."""
    seen = []
    events.subscribers.append(seen.append)
    yield seen
    events.subscribers.remove(seen.append)


def of_kind(heard, kind):
    return [event for event in heard if type(event) is kind]


def test_life_of_a_connection_is_told(serve, connect, heard, handler_class):
    server = serve(hello, handler_class=handler_class)
    client = connect(server)
    client.get("/", "Connection: close")
    client.rest()
    client.close()
    until(lambda: of_kind(heard, events.ConnectionClosed))
    server.stop()
    kinds = [type(event).__name__ for event in heard]
    assert kinds == [
        "ConnectionAccepted",
        "RequestFinished",
        "ConnectionClosed",
        "ServerStopping",
        "ServerStopped",
    ]
    assert all(event.server is server for event in heard)
    assert heard[2].reason == "last"
    finished = heard[1]
    assert finished.environ["PATH_INFO"] == "/"
    assert finished.status == "200 OK"
    assert finished.octets > 5
    assert 0 <= finished.seconds < 60
    assert "PATH_INFO" not in repr(finished)


@pytest.mark.parametrize("kind", [events.RequestFinished, object])
def test_requests_are_told_to_who_subscribed_to_them_alone(
    serve, connect, handler_class, kind
):
    seen = []
    server = serve(hello, handler_class=handler_class)
    with events.subscribe(kind, seen.append):
        client = connect(server)
        client.get("/", "Connection: close")
        client.rest()
        client.close()
        until(lambda: of_kind(seen, events.RequestFinished))
    [finished] = of_kind(seen, events.RequestFinished)
    assert finished.status == "200 OK"


def test_refusal_is_told(serve, connect, heard, handler_class):
    server = serve(hello, handler_class=handler_class, limits=Limits(request_line=50))
    client = connect(server)
    client.send(b"GET /" + b"x" * 100)
    client.rest()
    client.close()
    until(lambda: of_kind(heard, events.ConnectionClosed))
    (refused,) = of_kind(heard, events.RequestRefused)
    assert refused.status == "414 Request URI Too Long"
    assert refused.reason == "too long"
    assert refused.address[0] == "127.0.0.1"
    (reached,) = of_kind(heard, events.LimitReached)
    assert reached.name == "request_line"
    assert of_kind(heard, events.ConnectionClosed)[0].reason == "refused"


@pytest.mark.parametrize(
    ("limits", "request_", "name"),
    [
        (Limits(fields=1), b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n", "fields"),
        (Limits(head=40), b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 40, "head"),
        (
            Limits(body=1),
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n",
            "body",
        ),
        (Limits(pending_heads=20), b"GET / HTTP/1.1\r\nHost: a\r\n", "pending_heads"),
    ],
)
def test_limit_of_a_request_is_told(serve, connect, heard, limits, request_, name):
    client = connect(serve(hello, limits=limits))
    client.send(request_)
    client.rest()
    assert [event.name for event in of_kind(heard, events.LimitReached)] == [name]


def test_limit_per_address_is_told(serve, connect, heard):
    server = serve(hello, limits=Limits(per_address=1))
    first = connect(server)
    first.get()
    connect(server).rest()
    assert [event.name for event in of_kind(heard, events.LimitReached)] == [
        "per_address"
    ]
    assert of_kind(heard, events.ConnectionClosed)[0].reason == "too many"


def test_limit_of_connections_is_told(serve, connect, heard, monkeypatch):
    monkeypatch.setattr(parking, "WARM_TIME", 0.01)
    server = serve(hello, limits=Limits(connections=1))
    first = connect(server)
    first.get()
    until(lambda: server.stats()["connections"] == {"PARKED": 1})
    assert connect(server).get().body == b"hello"
    assert first.rest() == b""
    names = {event.name for event in of_kind(heard, events.LimitReached)}
    assert names == {"connections"}
    assert of_kind(heard, events.ConnectionClosed)[0].reason == "evicted"
    assert server.stats()["evicted"] == 1


def test_application_is_warned(serve, connect, heard, handler_class):
    def application(environ, start_response):
        start_response("200 OK", [("Transfer-Encoding", "gzip")])
        start_response("200 OK", [])
        return [b"hello"]

    connect(serve(application, handler_class=handler_class)).get()
    assert [event.text for event in of_kind(heard, events.HandlerWarning)] == [
        "fields of the connection dropped",
        "start_response() called twice",
    ]


def test_subscriber_that_fails_is_reported_and_the_reply_sent(
    serve, connect, handler_class, errors
):
    def fail(event):
        raise ZeroDivisionError

    events.subscribers.append(fail)
    try:
        client = connect(serve(hello, handler_class=handler_class))
        for _ in range(2):
            assert client.get().body == b"hello"
    finally:
        events.subscribers.remove(fail)
    assert "ZeroDivisionError" in errors.getvalue()


def test_stop_is_told_once(serve, heard):
    server = serve(hello)
    server.stop()
    server.stop()
    assert [type(event).__name__ for event in heard] == [
        "ServerStopping",
        "ServerStopped",
    ]


# -- numbers ----------------------------------------------------------------------


def test_numbers_of_a_new_server():
    server = WSGIServer(("127.0.0.1", 0), hello)
    assert server.stats() == {
        "connections": {},
        "requests": 0,
        "octets_in": 0,
        "octets_out": 0,
        "deadlines": 0,
        "evicted": 0,
        "refused": {},
    }


def test_requests_and_octets_are_counted(serve, connect, handler_class):
    def application(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]

    server = serve(application, handler_class=handler_class)
    client = connect(server)
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    n_in = n_out = 0
    for size in (1, 5, 300_000):
        request_ = post % size + bytes(size)
        client.send(request_)
        reply = client.reply()
        n_in += len(request_)
        n_out += len(reply.body)
    until(lambda: server.stats()["requests"] == 3)
    stats = server.stats()
    assert stats["connections"] == {"WARM": 1}
    assert stats["octets_in"] == n_in
    assert n_out < stats["octets_out"] < n_out + 3 * 200


def test_refused_requests_are_counted(serve, connect, handler_class):
    server = serve(hello, handler_class=handler_class)
    n_out = 0
    for request_ in (b"x\r\n\r\n", b"GET / HTTP/3.0\r\n\r\n", b"x y\r\n\r\n"):
        client = connect(server)
        client.send(request_)
        n_out += len(client.rest())
    until(lambda: sum(server.stats()["refused"].values()) == 3)
    assert server.stats()["refused"] == {400: 2, 505: 1}
    assert server.stats()["requests"] == 0
    assert server.stats()["octets_out"] == n_out


def test_deadlines_are_counted(serve, connect):
    server = serve(hello, timeouts=Timeouts(head=0.02))
    assert connect(server).rest() == b""
    assert server.stats()["deadlines"] == 1


# -- looking ----------------------------------------------------------------------


def test_input_says_what_it_takes():
    assert list(inspect.signature(Input).parameters) == [
        "rfile",
        "content_length",
        "socket",
        "chunked_input",
        "limits",
    ]


def test_class_that_extends_input_says_what_it_takes():
    class Mine(Input):
        def __init__(self, file):
            Input.__init__(self, file, 0)

    assert list(inspect.signature(Mine).parameters) == ["file"]
