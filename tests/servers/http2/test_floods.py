"""HTTP/2: what costs a client little and a server much is counted, and ends."""

from __future__ import annotations

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from gevent.event import Event
from gevent.pool import Pool
from gevent.servers.http.http2.floods import Bucket, Flood, Floods
from gevent.servers.http.limits import Limits
from tests.servers.http2.conftest import GET, POST, echo, hello

CALM, REFUSED_STREAM = 11, 7
PING = PingFrame(0, opaque_data=b"12345678")


@pytest.fixture
def clock():
    """A time that the test sets, and a function that tells it."""

    class Clock:
        time = 0.0

        def now(self):
            return self.time

    return Clock()


def take_all(take):
    """Return how often it could be taken."""
    n = 0
    try:
        while n < 10_000:
            take()
            n += 1
    except Flood:
        pass
    return n


# -- counting -----------------------------------------------------------------------


def test_bucket_has_what_it_had_and_what_came_back(clock):
    bucket = Bucket("name", 10, 2.0, clock.now)
    assert take_all(bucket.take) == 10
    clock.time += 3
    assert take_all(bucket.take) == 5  # the one too many was owed


def test_bucket_holds_no_more_than_its_size(clock):
    bucket = Bucket("name", 10, 2.0, clock.now)
    clock.time += 1000
    assert take_all(bucket.take) == 10


def test_flood_names_its_limit(clock):
    floods = Floods(Limits(resets=1), clock.now)
    floods.note_reset()
    with pytest.raises(Flood, match="limit reached: resets"):
        floods.note_reset()


def test_updates_are_free_for_data_that_was_sent(clock):
    floods = Floods(Limits(control_frames=5), clock.now)
    for _ in range(10):
        floods.note_data_sent()
    assert take_all(floods.note_update) == 25


# -- on a connection ----------------------------------------------------------------

CONTROL = {
    "pings": PING,
    "settings": SettingsFrame(settings={3: 100}),
    "priorities": PriorityFrame(3, depends_on=1),
    "windows": WindowUpdateFrame(0, window_increment=1),
    "empty data": DataFrame(1, b""),
    "padding": DataFrame(1, b"", pad_length=1, flags=["PADDED"]),
    "unknown frames": b"\0\0\0\x63\0\0\0\0\0",
    "answers": PingFrame(0, opaque_data=b"12345678", flags=["ACK"]),
}


@pytest.mark.parametrize("name", CONTROL)
def test_flood_of_frames_that_carry_nothing(serve, connect, name):
    """CVE-2019-9512, 9513, 9515, 9518."""
    server = serve(echo, limits=Limits(control_frames=20))
    client = connect(server)
    client.post()
    client.send(*[CONTROL[name]] * 25)
    assert client.goaway().error_code == CALM
    client.rest()
    assert "limit reached: control_frames" in server.errors.getvalue()


def test_flood_of_resets(serve, connect):
    """CVE-2023-44487."""
    n_run = []

    def application(environ, start_response):
        n_run.append(1)
        return hello(environ, start_response)

    server = serve(application, limits=Limits(resets=20))
    client = connect(server)
    for n in range(25):
        client.send(
            client.head(2 * n + 1, GET, "END_STREAM"),
            RstStreamFrame(2 * n + 1, error_code=8),
        )
    assert client.goaway().error_code == CALM
    client.rest()
    assert "limit reached: resets" in server.errors.getvalue()
    assert len(n_run) <= 21


def test_streams_that_were_reset_and_still_run_count(serve, connect):
    """Else a client had as many of them as it likes."""
    blocked = Event()
    n_run = []

    def application(environ, start_response):
        n_run.append(1)
        blocked.wait()
        return hello(environ, start_response)

    client = connect(serve(application, limits=Limits(streams=2)))
    for n in (1, 3):
        client.get(stream_id=n)
        client.round_trip()
        client.reset(n)
    client.get(stream_id=5)
    assert client.reply(5).error_code == REFUSED_STREAM
    assert len(n_run) == 2
    blocked.set()


def test_stream_that_is_reset_while_it_waits_for_a_slot_never_runs(serve, connect):
    blocked = Event()
    n_run = []

    def application(environ, start_response):
        n_run.append(environ["PATH_INFO"])
        blocked.wait()
        return hello(environ, start_response)

    client = connect(serve(application, limits=Limits(streams=2), spawn=Pool(1)))
    client.get("/1", stream_id=1)
    client.get("/3", stream_id=3)
    client.reset(3)
    client.get("/5", stream_id=5)
    client.round_trip()
    blocked.set()
    client.reply(1)
    assert client.reply(5).body == b"hello"
    assert n_run == ["/1", "/5"]


PROVOKING = {
    "windows too large": lambda n: WindowUpdateFrame(n, window_increment=2**31 - 1),
    "malformed trailers": lambda n: HeadersFrame(
        n, b"\x84", flags=["END_HEADERS", "END_STREAM"]
    ),
    "data past the length": lambda n: DataFrame(n, b"ab"),
}


@pytest.mark.parametrize("name", PROVOKING)
def test_flood_of_resets_that_are_provoked(serve, connect, name):
    """CVE-2025-8671."""
    client = connect(serve(echo, limits=Limits(resets=20)))
    for n in range(25):
        client.send(
            client.head(2 * n + 1, [*POST, ("content-length", "1")]),
            PROVOKING[name](2 * n + 1),
        )
    assert client.goaway().error_code == CALM


def test_flood_of_malformed_heads(serve, connect):
    client = connect(serve(hello, limits=Limits(resets=20)))
    for n in range(25):
        client.send(client.head(2 * n + 1, [*GET, ("te", "a")], "END_STREAM"))
    assert client.goaway().error_code == CALM


def test_more_streams_than_the_limit_are_refused(serve, connect):
    blocked = Event()

    def application(environ, start_response):
        blocked.wait()
        return hello(environ, start_response)

    client = connect(serve(application, limits=Limits(streams=2, resets=20)))
    for n in (1, 3, 5):
        client.get(stream_id=n)
    assert client.reply(5).error_code == REFUSED_STREAM
    blocked.set()
    client.reply(1)
    client.reply(3)
    client.get(stream_id=7)
    assert client.reply(7).body == b"hello"


def test_flood_of_refused_streams(serve, connect):
    blocked = Event()

    def application(environ, start_response):
        blocked.wait()
        return hello(environ, start_response)

    client = connect(serve(application, limits=Limits(streams=1, resets=20)))
    for n in range(25):
        client.get(stream_id=2 * n + 1)
    assert client.goaway().error_code == CALM
    blocked.set()


def test_data_for_a_stream_that_was_reset_is_no_cause_of_resets(serve, connect):
    client = connect(serve(hello, limits=Limits(resets=3)))
    client.post()
    client.until(lambda frame: frame.type == 3)
    for _ in range(20):
        client.data(b"late")
    client.round_trip()


# -- blocks of fields ---------------------------------------------------------------


def test_flood_of_continuations(serve, connect):
    """CVE-2024-27983 and its kind: counted before anything is decoded."""
    client = connect(serve(hello, limits=Limits(head=4096)))
    client.send(HeadersFrame(1, b"\x40", flags=["END_STREAM"]))
    client.send(*[ContinuationFrame(1, b"a" * 1000)] * 5)
    assert client.goaway().error_code == CALM


def test_flood_of_empty_continuations(serve, connect):
    client = connect(serve(hello))
    client.send(HeadersFrame(1, b"", flags=["END_STREAM"]))
    client.send(*[ContinuationFrame(1, b"")] * 5)
    assert client.goaway().error_code == CALM


def test_bomb_of_fields_is_not_unpacked(serve, connect):
    """CVE-2016-6581."""
    client = connect(serve(hello))
    large = client.head(1, [*GET, ("x-a", "a" * 4000)], "END_STREAM")
    client.send(large)
    client.reply()
    # 4,000 octets for each of these.
    client.send(HeadersFrame(3, b"\xbe" * 16000, flags=["END_HEADERS", "END_STREAM"]))
    assert client.goaway().error_code == CALM


def test_table_of_replies_stays_small(serve, connect):
    """A client may ask for one of any size."""
    seen = []

    def application(environ, start_response):
        connection = next(iter(server._parking.connections.values()))
        seen.append(connection.handler.h2.encoder.header_table_size)
        return hello(environ, start_response)

    server = serve(application)
    client = connect(server, {1: 2**31})
    client.get()
    assert client.reply().body == b"hello"
    assert seen == [4096]


def test_connection_ends_gracefully_after_its_requests(serve, connect):
    client = connect(serve(hello, limits=Limits(stream_requests=2)))
    client.get(stream_id=1)
    client.get(stream_id=3)
    assert client.reply(1).body == client.reply(3).body == b"hello"
    client.get(stream_id=5)  # it is on its way
    assert client.reply(5).body == b"hello"
    goaways = [frame for frame in client.frames if frame.type == 7]
    assert [(each.error_code, each.last_stream_id) for each in goaways] == [
        (0, 2**31 - 1)
    ]
    client.answer_last_ping()
    goaway = client.goaway()
    assert (goaway.error_code, goaway.last_stream_id) == (0, 5)
    assert client.rest() == []


@pytest.mark.parametrize(
    "name", ["streams", "resets", "control_frames", "stream_requests"]
)
def test_limit_must_be_a_number_of_at_least_one(name):
    for wrong in (0, None, "1"):
        with pytest.raises((TypeError, ValueError), match=name):
            Limits(**{name: wrong})
