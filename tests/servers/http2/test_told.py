"""HTTP/2: what is logged, counted and told of requests."""

from __future__ import annotations

import pytest
from hyperframe.frame import PingFrame

import gevent
from gevent import events
from gevent.event import Event
from gevent.servers.http.limits import Limits, Timeouts
from tests.servers.http2.conftest import GET, POST, echo, hello

REFUSED_STREAM, CALM = 7, 11


@pytest.fixture
def heard():
    """Give the events that are sent during the test."""
    seen = []
    events.subscribers.append(seen.append)
    yield seen
    events.subscribers.remove(seen.append)


def of_kind(heard, kind):
    return [event for event in heard if type(event) is kind]


def until(condition):
    """Wait for the server, which may have to do something behind a reply."""
    with gevent.Timeout(5):
        while not condition():
            gevent.sleep(0.001)


# -- the access log -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ([*GET[:3], (":path", '/a"?b=\x1b[1m')], ""),
        ([*GET[:3], (":path", "/a?b")], '"GET /a?b HTTP/2" 200 5 0.'),
        ([(":method", "HEAD"), *GET[1:]], '"HEAD / HTTP/2" 200 - 0.'),
        ([*GET, ("host", "b")], '"GET / HTTP/2" 400 - -'),
    ],
    ids=["octets that may not be", "query", "no body", "refused"],
)
def test_access_log_has_a_line_for_each_stream(serve, connect, fields, line):
    server = serve(hello)
    client = connect(server)
    client.send(client.head(1, fields, "END_STREAM"))
    reply = client.reply()
    client.round_trip()
    logged = server.access.getvalue()
    if not line:
        line = '"GET /a\\x22?b=\\x1b[1m HTTP/2" '
        assert reply.status == "400"
    assert line in logged
    assert logged.startswith("127.0.0.1 - - [")
    assert logged.count("\n") == 1


def test_access_log_says_what_was_sent_of_a_reply_that_is_cut(serve, connect, errors):
    def application(environ, start_response):
        start_response("200 OK", [])
        yield b"begun"
        raise ZeroDivisionError

    server = serve(application)
    client = connect(server)
    client.get()
    assert client.reply().error_code is not None
    client.round_trip()
    assert '"GET / HTTP/2" 200 5 0.' in server.access.getvalue()
    assert "ZeroDivisionError" in errors.getvalue()


def test_silent_log_is_written_nothing_to(serve, connect):
    server = serve(hello, log=None)
    client = connect(server)
    client.get()
    assert client.reply().body == b"hello"


# -- events -------------------------------------------------------------------------


def test_life_of_a_connection_is_told(serve, connect, heard):
    server = serve(hello)
    client = connect(server)
    client.get("/one", stream_id=1)
    client.reply(1)
    client.get("/two", stream_id=3)
    client.reply(3)
    client.close()
    until(lambda: of_kind(heard, events.ConnectionClosed))
    kinds = [type(event).__name__ for event in heard]
    assert kinds == [
        "ConnectionAccepted",
        "RequestFinished",
        "RequestFinished",
        "ConnectionClosed",
    ]
    assert all(event.server is server for event in heard)
    finished = of_kind(heard, events.RequestFinished)
    assert [event.environ["PATH_INFO"] for event in finished] == ["/one", "/two"]
    assert [event.status for event in finished] == ["200 OK"] * 2
    assert [event.octets for event in finished] == [5, 5]
    assert all(0 <= event.seconds < 60 for event in finished)


def test_failed_application_is_told(serve, connect, heard, errors):
    def application(environ, start_response):
        raise ZeroDivisionError

    client = connect(serve(application))
    client.get()
    client.reply()
    client.round_trip()
    (finished,) = of_kind(heard, events.RequestFinished)
    assert finished.status == "500 Internal Server Error"
    assert "ZeroDivisionError" in errors.getvalue()


def test_refusal_is_told_and_counted(serve, connect, heard):
    server = serve(hello, limits=Limits(request_line=50))
    client = connect(server)
    client.get("/" + "x" * 100)
    assert client.reply().status == "414"
    client.round_trip()
    (refused,) = of_kind(heard, events.RequestRefused)
    assert refused.status == "414 Request URI Too Long"
    assert refused.address[0] == "127.0.0.1"
    assert [event.name for event in of_kind(heard, events.LimitReached)] == [
        "request_line"
    ]
    assert server.stats()["refused"] == {414: 1}
    assert server.stats()["requests"] == 0


@pytest.mark.parametrize(
    ("limits", "name"),
    [(Limits(control_frames=5), "control_frames"), (Limits(head=10), "head")],
)
def test_limit_that_ends_a_connection_is_told(serve, connect, heard, limits, name):
    client = connect(serve(hello, limits=limits))
    client.send(*[PingFrame(0, opaque_data=b"12345678")] * 10)
    client.get()
    assert client.goaway().error_code == CALM
    assert [event.name for event in of_kind(heard, events.LimitReached)] == [name]


def test_limit_of_streams_is_told(serve, connect, heard):
    blocked = Event()

    def application(environ, start_response):
        blocked.wait()
        return hello(environ, start_response)

    client = connect(serve(application, limits=Limits(streams=1)))
    client.get(stream_id=1)
    client.get(stream_id=3)
    assert client.reply(3).error_code == REFUSED_STREAM
    blocked.set()
    client.reply(1)
    assert [event.name for event in of_kind(heard, events.LimitReached)] == ["streams"]


def test_application_is_warned(serve, connect, heard):
    def application(environ, start_response):
        start_response("200 OK", [("Transfer-Encoding", "gzip")])
        start_response("200 OK", [])
        return [b"hello"]

    client = connect(serve(application))
    client.get()
    client.reply()
    assert [event.text for event in of_kind(heard, events.HandlerWarning)] == [
        "fields of the connection dropped",
        "start_response() called twice",
    ]


# -- numbers ------------------------------------------------------------------------


def test_streams_are_counted_as_requests(serve, connect):
    server = serve(echo)
    client = connect(server)
    for stream_id in (1, 3):
        client.send(client.head(stream_id, POST))
        client.data(bytes(5000), stream_id=stream_id, ends=True)
        assert client.reply(stream_id).body == bytes(5000)
    client.round_trip()
    stats = server.stats()
    assert stats["connections"] == {"UPGRADED": 1}
    assert stats["requests"] == 2
    assert 10_000 < stats["octets_in"] < 11_000
    assert 10_000 < stats["octets_out"] < 11_000


@pytest.mark.parametrize(
    "timeouts", [Timeouts(head=0.02), Timeouts(body=0.02), Timeouts(idle=0.02)]
)
def test_deadlines_are_counted(serve, connect, timeouts):
    server = serve(echo, timeouts=timeouts)
    client = connect(server)
    if timeouts.body == 0.02:
        client.post()
        assert client.reply().status == "408"
    else:
        if timeouts.head == 0.02:
            client.send(b"\0")
        client.goaway()
    assert server.stats()["deadlines"] == 1


def test_closed_window_counts_as_a_deadline(serve, connect):
    server = serve(hello, timeouts=Timeouts(write=0.02))
    client = connect(server, {4: 0})
    client.get()
    assert client.reply().error_code is not None
    assert server.stats()["deadlines"] == 1
