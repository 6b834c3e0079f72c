"""HTTP/2: flow control, in both directions, and what waits for it."""

from __future__ import annotations

from contextlib import closing

import pytest
from hyperframe.frame import DataFrame, HeadersFrame, SettingsFrame

import gevent
from gevent import socket
from gevent.event import Event
from gevent.servers.http.http2 import output, stream
from gevent.servers.http.limits import Limits, Timeouts
from tests.servers.http2.conftest import GET, POST, Client, echo, hello

CANCEL, NO_ERROR, CALM = 8, 0, 11
INITIAL_WINDOW_SIZE = 4


def sender(*blocks):
    """Make an application."""

    def application(environ, start_response):
        start_response("200 OK", [])
        return iter(blocks)

    return application


def is_data(frame):
    return frame.type == 0


def test_reply_waits_for_the_window_of_its_stream(serve, connect):
    client = connect(serve(sender(b"a" * 10)), {INITIAL_WINDOW_SIZE: 4})
    client.get()
    client.until(is_data)
    client.round_trip()
    assert client.replies[1].body == b"a" * 4
    client.open_window(5, 1)
    client.until(is_data)
    assert client.replies[1].body == b"a" * 9
    client.open_window(5, 1)
    assert client.reply().body == b"a" * 10


def test_reply_waits_for_the_window_of_the_connection(serve, connect):
    client = connect(serve(sender(b"a" * 70000)), {INITIAL_WINDOW_SIZE: 2**20})
    client.get()
    client.until(lambda frame: frame.stream_id == 1)
    client.until(lambda _: len(client.replies[1].body) == 65535)
    client.open_window(2**20)
    assert len(client.reply().body) == 70000


def test_setting_moves_the_windows_of_all_streams(serve, connect):
    client = connect(serve(sender(b"a" * 10)), {INITIAL_WINDOW_SIZE: 4})
    client.get()
    client.until(is_data)
    client.send(SettingsFrame(settings={INITIAL_WINDOW_SIZE: 2}))  # below nothing
    client.open_window(1, 1)
    client.round_trip()
    assert client.replies[1].body == b"a" * 4
    client.send(SettingsFrame(settings={INITIAL_WINDOW_SIZE: 100}))
    assert client.reply().body == b"a" * 10


def test_reply_without_octets_needs_no_window(serve, connect):
    client = connect(serve(sender(b"")), {INITIAL_WINDOW_SIZE: 0})
    client.get()
    assert client.reply().status == "200"


def test_closed_window_of_one_stream_stops_no_other(serve, connect):
    client = connect(serve(sender(b"a" * 10)), {INITIAL_WINDOW_SIZE: 0})
    client.get(stream_id=1)
    client.get(stream_id=3)
    client.round_trip()
    client.open_window(10, 3)
    assert client.reply(3).body == b"a" * 10
    assert client.replies[1].body == b""


def test_streams_send_in_turns(serve, connect):
    client = connect(serve(sender(b"a" * 200_000)), {INITIAL_WINDOW_SIZE: 0})
    client.get(stream_id=1)
    client.get(stream_id=3)
    client.round_trip()
    client.open_window(2**20)
    client.send(SettingsFrame(settings={INITIAL_WINDOW_SIZE: 2**20}))
    client.reply(1)
    client.reply(3)
    ids = [frame.stream_id for frame in client.frames if frame.type == 0]
    runs = [n for n in range(1, len(ids)) if ids[n] != ids[n - 1]]
    assert len(runs) >= 10


def test_window_that_stays_closed_resets_the_stream(serve, connect, errors):
    """T4."""
    raised = []

    def application(environ, start_response):
        write = start_response("200 OK", [])
        try:
            write(b"a" * 10)
        except OSError as error:
            raised.append(error)
            raise
        return []

    client = connect(
        serve(application, timeouts=Timeouts(write=0.02)), {INITIAL_WINDOW_SIZE: 4}
    )
    client.get()
    assert client.reply().error_code == CANCEL
    assert isinstance(raised[0], ConnectionResetError)
    client.round_trip()
    assert errors.getvalue() == ""


def test_window_that_opens_too_slowly_resets_the_stream(serve, connect, monkeypatch):
    monkeypatch.setattr(stream, "PATIENCE", 0.0)
    server = serve(sender(b"a" * 10), timeouts=Timeouts(rate=10**9))
    client = connect(server, {INITIAL_WINDOW_SIZE: 4})
    client.get()
    client.until(is_data)
    client.open_window(1, 1)
    assert client.reply().error_code == CANCEL


def test_client_that_does_not_read_is_cut(serve, connect):
    """T4: and what is framed for it is bounded."""
    broken = Event()
    sizes = []

    def application(environ, start_response):
        write = start_response("200 OK", [])
        handler = next(iter(server._parking.connections.values())).handler
        try:
            while True:
                write(b"a" * 100_000)
                sizes.append(handler.output.size)
        except OSError:
            broken.set()
            raise

    server = serve(application, timeouts=Timeouts(write=0.05))
    client = connect(server, {INITIAL_WINDOW_SIZE: 2**31 - 1})
    client.open_window(2**31 - 1 - 65535)
    client.get()
    assert broken.wait(10)
    assert max(sizes) <= output.QUEUE + 100
    server.stop(timeout=5)


# -- bodies -------------------------------------------------------------------------


def test_window_is_opened_as_the_application_reads(serve, connect):
    go_on = Event()

    def application(environ, start_response):
        body = environ["wsgi.input"]
        first = body.read(10)
        go_on.wait()
        start_response("200 OK", [])
        return [b"%d" % len(first + body.read())]

    client = connect(serve(application))
    client.post()
    for _ in range(4):
        client.data(b"a" * 16384)
    client.round_trip()
    assert not any(frame.type == 8 and frame.stream_id == 1 for frame in client.frames)
    go_on.set()
    client.until(lambda frame: frame.type == 8 and frame.stream_id == 1)
    client.data(b"b", ends=True)
    assert client.reply().body == b"65537"


def test_body_larger_than_all_windows_comes(serve, connect):
    def application(environ, start_response):
        size = 0
        while data := environ["wsgi.input"].read(10_000):
            size += len(data)
        start_response("200 OK", [])
        return [b"%d" % size]

    client = connect(serve(application))
    client.post()
    window = {0: 65535, 1: 65536}

    def note(frame):
        if frame.type == 8:
            window[frame.stream_id] += frame.window_increment
        return frame.type == 8

    for _ in range(200):
        while min(window.values()) < 16384:
            client.until(note)
        client.data(b"a" * 16384)
        window[0] -= 16384
        window[1] -= 16384
    client.data(b"", ends=True)
    assert client.reply().body == b"%d" % (200 * 16384)


def test_more_than_the_window_is_a_violation(serve, connect):
    def application(environ, start_response):
        Event().wait(1)
        return hello(environ, start_response)

    client = connect(serve(application))
    client.post()
    for _ in range(5):
        client.data(b"a" * 16384)
    assert client.goaway().error_code == 3


def test_unread_bodies_give_the_window_of_the_connection_back(serve, connect):
    """Else 16 of them would close it."""
    client = connect(serve(hello))
    for n in range(1, 81, 2):
        client.post(stream_id=n)
        client.data(b"a" * 16384, stream_id=n)
        client.data(b"a" * 16384, stream_id=n, ends=True)
        client.reply(n)
    opened = [f for f in client.frames if f.type == 8 and not f.stream_id]
    first = 2**20 - 65535
    assert opened.pop(0).window_increment == first
    assert sum(f.window_increment for f in opened) >= 40 * 32768 - 2**19


def test_frames_that_come_at_once_leave_applications_their_turns(serve, connect):
    sizes = []

    def application(environ, start_response):
        data = b"."
        while data:
            data = environ["wsgi.input"].read(1 << 16) if sizes else first(environ)
        return hello(environ, start_response)

    def first(environ):
        body = environ["wsgi.input"]
        body.read(1)
        sizes.append(len(body._buffer))
        return b"."

    client = connect(serve(application))
    frames = [DataFrame(1, b"a")] * 2000
    client.send(client.head(1, POST), *frames, DataFrame(1, flags=["END_STREAM"]))
    assert client.reply().body == b"hello"
    assert sizes[0] < 1000


def test_body_above_the_limit_is_refused(serve, connect):
    client = connect(serve(echo, limits=Limits(body=10)))
    client.post()
    client.data(b"a" * 11)
    assert client.reply().status == "413"


def test_body_that_does_not_come_is_refused(serve, connect):
    """T2."""
    client = connect(serve(echo, timeouts=Timeouts(body=0.02)))
    client.post()
    client.data(b"a")
    assert client.reply().status == "408"


def test_body_that_comes_too_slowly_is_refused(serve, connect, monkeypatch):
    from gevent.servers.http.http2 import body

    monkeypatch.setattr(body, "PATIENCE", 0.0)
    client = connect(serve(echo, timeouts=Timeouts(rate=10**9)))
    client.post()
    client.round_trip()
    client.data(b"a")
    assert client.reply().status == "408"


@pytest.mark.usefixtures("errors")
def test_kill_while_a_window_is_closed_resets(serve, connect):
    me = []

    def application(environ, start_response):
        me.append(gevent.getcurrent())
        start_response("200 OK", [])
        return [b"a" * 10]

    client = connect(serve(application), {INITIAL_WINDOW_SIZE: 4})
    client.get(stream_id=1)
    client.until(is_data)
    me[0].kill()
    assert client.reply(1).error_code == 2
    client.get(stream_id=3)
    client.open_window(10, 3)
    assert client.reply(3).body == b"a" * 10


def test_timeout_while_a_window_is_closed_cuts_the_reply(serve, connect):
    """Else the rest would pass for what was given up."""
    raised = []

    def application(environ, start_response):
        write = start_response("200 OK", [])
        with gevent.Timeout(0.02, False):
            write(b"a" * 10)
        try:
            write(b"b")
        except OSError as error:
            raised.append(error)
        return []

    client = connect(serve(application), {INITIAL_WINDOW_SIZE: 4})
    client.get()
    reply = client.reply()
    assert (reply.body, reply.error_code) == (b"aaaa", 2)
    client.round_trip()
    assert isinstance(raised[0], ConnectionResetError)


def test_timeout_before_the_head_leaves_room_for_another(serve, connect, monkeypatch):
    """The head is framed whole, or not at all."""
    rooms = [True]
    monkeypatch.setattr(output.Output, "has_room", lambda self: rooms[0])

    def application(environ, start_response):
        write = start_response("200 OK", [])
        rooms[0] = False
        with gevent.Timeout(0.02, False):
            write(b"lost")
        rooms[0] = True
        start_response("202 Later", [])
        return [b"b"]

    client = connect(serve(application))
    client.get()
    reply = client.reply()
    assert (reply.status, reply.body) == ("202", b"b")


def test_client_that_floods_and_does_not_read_is_cut(serve):
    """What answers it is bounded, too."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    timeouts, limits = Timeouts(write=0.05), Limits(resets=10**9)
    server = serve(hello, listener=listener, timeouts=timeouts, limits=limits)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(10)
    sock.connect(server.address)
    with closing(Client(server.address, sock=sock)) as client:
        client.round_trip()
        fields = [*GET, ("te", "a")]
        client.send(client.head(1, fields, "END_STREAM"))
        block = client.head(3, fields).data  # now it is in the table
        flags = ["END_HEADERS", "END_STREAM"]
        client.send(*(HeadersFrame(n, block, flags=flags) for n in range(3, 40_001, 2)))
        while "does not take its replies: timed out" not in server.errors.getvalue():
            gevent.sleep(0.01)
    assert not server._parking.connections
