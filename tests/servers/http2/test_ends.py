"""HTTP/2: how connections end: deadlines, eviction, the server's stop."""

from __future__ import annotations

import pytest
from hyperframe.frame import GoAwayFrame, HeadersFrame, PingFrame

import gevent
from gevent.event import AsyncResult, Event
from gevent.pool import Pool
from gevent.servers.http.http2 import connection as http2_connection
from gevent.servers.http.limits import Limits, Timeouts
from tests.servers.http2.conftest import GET, PREFACE, echo, hello

NO_ERROR, PROTOCOL_ERROR, CALM = 0, 1, 11


# -- deadlines ----------------------------------------------------------------------


def test_client_that_sends_its_preface_only_is_closed(serve, connect):
    server = serve(hello, timeouts=Timeouts(head=0.02))
    client = connect(server, says_hello=False)
    client.send(PREFACE)
    assert client.goaway().error_code == CALM
    assert client.rest() == []


@pytest.mark.parametrize(
    "begun",
    [
        HeadersFrame(1, b"\x82", flags=[]),
        b"\0\0\5\1\5\0\0\0\1\x82",
        b"\0\0",
        b"\0\0\x08\6\0\0\0\0\0",
    ],
    ids=["block", "frame", "header", "ping"],
)
def test_head_that_does_not_end_closes(serve, connect, begun):
    """T1."""
    server = serve(hello, timeouts=Timeouts(head=0.02))
    client = connect(server)
    client.round_trip()
    client.send(begun)
    assert client.goaway().error_code == CALM
    assert client.rest() == []


def test_head_that_does_not_end_is_seen_by_the_other_streams(serve, connect):
    errors = []
    over = Event()

    def application(environ, start_response):
        try:
            environ["wsgi.input"].read()
        except OSError as error:
            errors.append(type(error))
        over.set()
        return []

    server = serve(application, timeouts=Timeouts(head=0.02))
    client = connect(server)
    client.post()
    client.round_trip()
    client.send(b"\0\0\5\1")
    client.rest()
    over.wait()
    assert errors == [ConnectionResetError]


def test_idle_connection_is_closed(serve, connect):
    """T3."""
    client = connect(serve(hello, timeouts=Timeouts(idle=0.02)))
    client.get()
    client.reply()
    goaway = client.goaway()
    assert (goaway.error_code, goaway.last_stream_id) == (NO_ERROR, 1)
    assert client.rest() == []


def test_connection_without_a_request_is_closed(serve, connect):
    client = connect(serve(hello, timeouts=Timeouts(idle=0.02)))
    assert client.goaway().error_code == NO_ERROR


def test_pings_keep_no_connection(serve, connect):
    client = connect(serve(hello, timeouts=Timeouts(idle=0.05)))
    client.send(PingFrame(0, opaque_data=b"12345678"))
    assert client.goaway().error_code == NO_ERROR


def test_connection_with_a_stream_is_not_idle(serve, connect):
    go_on = Event()

    def application(environ, start_response):
        go_on.wait()
        return hello(environ, start_response)

    server = serve(application, timeouts=Timeouts(idle=0.02, write=0.02))
    client = connect(server)
    client.get()
    client.round_trip()
    assert not server._parking.idle.members
    gevent.sleep(0.05)
    go_on.set()
    assert client.reply().body == b"hello"


def test_idle_connection_makes_room(serve, connect):
    server = serve(hello, limits=Limits(connections=1))
    first = connect(server)
    first.get()
    first.reply()
    second = connect(server)
    second.get()
    assert second.reply().body == b"hello"
    assert first.goaway().error_code == NO_ERROR


def test_client_that_never_closes_after_a_violation_is_closed(serve, connect):
    server = serve(hello, timeouts=Timeouts(linger=0.02))
    client = connect(server)
    client.send(b"\0\0\0\4\0\0\0\0\1")
    client.goaway()
    while server._parking.connections:
        gevent.sleep(0.01)


# -- the client ends ----------------------------------------------------------------


def test_client_that_says_goaway_gets_its_replies(serve, connect):
    go_on = Event()

    def application(environ, start_response):
        go_on.wait()
        return hello(environ, start_response)

    client = connect(serve(application))
    client.get()
    client.send(GoAwayFrame(0, last_stream_id=0, error_code=0))
    client.round_trip()
    go_on.set()
    assert client.reply().body == b"hello"
    assert client.rest() == []


def test_client_that_goes_leaves_nothing(serve, connect):
    server = serve(hello)
    client = connect(server)
    client.get()
    client.reply()
    client.close()
    while server._parking.connections:
        gevent.sleep(0.01)
    assert server._parking.crowd.n_connections == 0


def test_client_that_goes_is_seen_by_the_application(serve, connect):
    errors = []
    over = Event()

    def application(environ, start_response):
        write = start_response("200 OK", [])
        try:
            while True:
                write(b"a" * 1000)
                gevent.sleep(0)
        except OSError as error:
            errors.append(error)
            over.set()
            raise

    client = connect(serve(application))
    client.get()
    client.until(lambda frame: frame.type == 0)
    client.close()
    over.wait()
    assert isinstance(errors[0], ConnectionResetError | BrokenPipeError)


# -- the server stops ---------------------------------------------------------------


@pytest.mark.parametrize("end", ["stop", "drain"])
def test_stop_ends_idle_connections_gracefully(serve, connect, end):
    server = serve(hello)
    client = connect(server)
    client.get()
    client.reply()
    stopping = gevent.spawn(getattr(server, end), 5)
    client.answer_last_ping()
    goaway = client.goaway()
    assert (goaway.error_code, goaway.last_stream_id) == (NO_ERROR, 1)
    assert client.rest() == []
    stopping.get(timeout=10)


@pytest.mark.parametrize("end", ["stop", "drain"])
def test_stop_waits_for_streams_and_takes_those_on_their_way(serve, connect, end):
    go_on = Event()
    began = Event()

    def application(environ, start_response):
        began.set()
        go_on.wait()
        return hello(environ, start_response)

    server = serve(application)
    client = connect(server)
    client.get(stream_id=1)
    began.wait()
    stopping = gevent.spawn(getattr(server, end), 5)
    client.until(lambda frame: frame.type == 6)
    client.get(stream_id=3)
    client.answer_last_ping()
    assert client.goaway().last_stream_id == 3
    client.get(stream_id=5)
    assert client.reply(5).error_code == 7
    go_on.set()
    assert client.reply(1).body == client.reply(3).body == b"hello"
    assert client.rest() == []
    stopping.get(timeout=10)


@pytest.mark.slow
def test_stop_goes_on_without_an_answer_to_its_ping(serve, connect):
    server = serve(hello)
    client = connect(server)
    client.round_trip()
    stopping = gevent.spawn(server.stop, 10)
    client.rest()
    assert [f.last_stream_id for f in client.frames if f.type == 7] == [2**31 - 1, 0]
    stopping.get(timeout=10)


@pytest.mark.parametrize("spawn", ["default", 5])
def test_stop_kills_streams_at_its_deadline(serve, connect, spawn):
    ended = []
    began = Event()

    def application(environ, start_response):
        try:
            began.set()
            Event().wait()
        finally:
            ended.append(True)

    server = serve(application, spawn=spawn)
    client = connect(server)
    client.get()
    began.wait()
    server.stop(timeout=0)
    assert ended == [True]
    assert not server._parking.connections
    assert client.reply().status == "500"


def test_application_that_survives_the_stop_can_send_nothing(
    serve, connect, monkeypatch
):
    monkeypatch.setattr(http2_connection, "_LAST_SECOND", 0.02)
    began, has_stopped = Event(), Event()
    error = AsyncResult()

    def application(environ, start_response):
        began.set()
        try:
            Event().wait()
        except gevent.GreenletExit:
            has_stopped.wait()
        write = start_response("200 OK", [])
        try:
            write(b"late")
        except OSError as caught:
            error.set(caught)
        return []

    server = serve(application)
    connect(server).get()
    began.wait()
    server.stop(timeout=0)
    has_stopped.set()
    assert isinstance(error.get(timeout=5), ConnectionResetError)


@pytest.mark.parametrize("linger", [0.02, 5])
def test_stop_kills_the_streams_of_a_connection_that_is_over(serve, connect, linger):
    ended = []
    began, is_late = Event(), Event()

    def application(environ, start_response):
        try:
            began.set()
            Event().wait()
        finally:
            ended.append(True)

    server = serve(application, timeouts=Timeouts(linger=linger))
    client = connect(server)
    client.get()
    began.wait()
    client.send(b"\0\0\0\4\0\0\0\0\1")
    assert client.goaway().error_code == PROTOCOL_ERROR
    gevent.get_hub().loop.timer(0.1).start(is_late.set)
    is_late.wait()
    server.stop(timeout=0)
    assert ended == [True]


def test_stop_drops_streams_that_wait_for_a_slot(serve, connect):
    began = []

    def application(environ, start_response):
        began.append(environ["PATH_INFO"])
        Event().wait()

    server = serve(application, spawn=Pool(1))
    client = connect(server)
    client.get("/1", stream_id=1)
    client.get("/3", stream_id=3)
    client.round_trip()
    server.stop(timeout=0)
    assert began == ["/1"]


def test_application_may_stop_its_server(serve, connect):
    def application(environ, start_response):
        server.stop(timeout=5)
        return hello(environ, start_response)

    server = serve(application)
    client = connect(server)
    client.get()
    assert client.reply().body == b"hello"
    client.answer_last_ping()
    assert client.goaway().last_stream_id == 1
    client.rest()


def test_one_stream_that_dies_leaves_the_other(serve, connect):
    me = {}
    go_on = Event()

    def application(environ, start_response):
        me[environ["PATH_INFO"]] = gevent.getcurrent()
        go_on.wait()
        return echo(environ, start_response)

    client = connect(serve(application))
    client.post(stream_id=1)
    client.get("/other", stream_id=3)
    client.round_trip()
    me["/"].kill()
    assert client.reply(1).status == "500"
    go_on.set()
    assert client.reply(3).status == "200"
    assert GET
