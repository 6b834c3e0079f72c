"""HTTP/2: what a client may not send; the sections are those of RFC 9113, as in h2spec.

A fault of a stream resets it, and the connection goes on; a fault of the connection
ends it, and names the last stream that was served.
"""

from __future__ import annotations

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from gevent.event import Event
from tests.servers.http2.conftest import GET, POST, PREFACE, echo, hello

PROTOCOL_ERROR, FLOW_CONTROL_ERROR = 1, 3
STREAM_CLOSED, FRAME_SIZE_ERROR = 5, 6
COMPRESSION_ERROR, CALM = 9, 11


def octets(kind, flags, stream_id, payload=b"", *, length=None):
    """Make a frame, right or wrong."""
    n = len(payload) if length is None else length
    head = n.to_bytes(3, "big") + bytes([kind, flags])
    return head + stream_id.to_bytes(4, "big") + payload


# What ends the connection: name -> (what is sent, code).
VIOLATIONS = {
    "4.2 frame above the limit": (octets(0, 0, 1, length=16385), FRAME_SIZE_ERROR),
    "4.2 ping of another size": (octets(6, 0, 0, b"1234567"), FRAME_SIZE_ERROR),
    "4.3 undecodable fields": (octets(1, 5, 1, b"\xff\xff\xff"), COMPRESSION_ERROR),
    "4.3 table above its limit": (octets(1, 5, 1, b"\x3f\xe2\x1f"), COMPRESSION_ERROR),
    "4.3 index of nothing": (octets(1, 5, 1, b"\xbf"), COMPRESSION_ERROR),
    "4.3 huge integer": (octets(1, 5, 1, b"\xff" + b"\xff" * 50), COMPRESSION_ERROR),
    "5.1 data on an idle stream": (octets(0, 1, 1, b"a"), None),
    "5.1 reset of an idle stream": (octets(3, 0, 1, b"\0\0\0\0"), None),
    "5.1 window of an idle stream": (octets(8, 0, 1, b"\0\0\0\1"), None),
    "5.1 continuation of an idle stream": (octets(9, 4, 1, b"a"), None),
    "5.1.1 even stream": (octets(1, 5, 2, b"\x82\x86\x84"), PROTOCOL_ERROR),
    "6.1 data on no stream": (octets(0, 1, 0, b"a"), PROTOCOL_ERROR),
    "6.2 head on no stream": (octets(1, 5, 0, b"\x82"), PROTOCOL_ERROR),
    "6.2 padding of more than all": (octets(1, 13, 1, b"\x09\x82"), PROTOCOL_ERROR),
    "6.3 priority on no stream": (octets(2, 0, 0, b"\0" * 5), PROTOCOL_ERROR),
    "6.3 priority of another size": (octets(2, 0, 1, b"\0" * 4), None),
    "6.3 stream after itself": (PriorityFrame(1, depends_on=1), PROTOCOL_ERROR),
    "6.4 reset of no stream": (octets(3, 0, 0, b"\0\0\0\0"), PROTOCOL_ERROR),
    "6.4 reset of another size": (octets(3, 0, 1, b"\0\0\0"), FRAME_SIZE_ERROR),
    "6.5 answer with settings": (octets(4, 1, 0, b"\0" * 6), None),
    "6.5 settings of a stream": (octets(4, 0, 1), PROTOCOL_ERROR),
    "6.5 settings of another size": (octets(4, 0, 0, b"\0" * 5), None),
    "6.5.2 push neither on nor off": (SettingsFrame(settings={2: 2}), PROTOCOL_ERROR),
    "6.5.2 window too large": (SettingsFrame(settings={4: 2**31}), FLOW_CONTROL_ERROR),
    "6.5.2 frame too small": (SettingsFrame(settings={5: 16383}), PROTOCOL_ERROR),
    "6.5.2 frame too large": (SettingsFrame(settings={5: 2**24}), PROTOCOL_ERROR),
    "6.6 push": (PushPromiseFrame(1, promised_stream_id=2), PROTOCOL_ERROR),
    "6.7 ping of a stream": (octets(6, 0, 1, b"12345678"), PROTOCOL_ERROR),
    "6.8 goaway of a stream": (octets(7, 0, 1, b"\0" * 8), PROTOCOL_ERROR),
    "6.8 short goaway": (octets(7, 0, 0, b"\0" * 7), PROTOCOL_ERROR),
    "6.9 window by nothing": (octets(8, 0, 0, b"\0" * 4), PROTOCOL_ERROR),
    "6.9 window of another size": (octets(8, 0, 0, b"\0" * 3), FRAME_SIZE_ERROR),
    "6.9.1 window too large": (
        WindowUpdateFrame(0, window_increment=2**31 - 1),
        FLOW_CONTROL_ERROR,
    ),
    "6.10 another frame in a block": (
        octets(1, 0, 1, b"\x82") + octets(6, 0, 0, b"12345678"),
        PROTOCOL_ERROR,
    ),
    "6.10 goaway in a block": (
        octets(1, 0, 1, b"\x82") + octets(7, 0, 0, b"\0" * 8),
        PROTOCOL_ERROR,
    ),
    "6.10 unknown frame in a block": (
        octets(1, 0, 1, b"\x82") + octets(99, 0, 0, b"a"),
        PROTOCOL_ERROR,
    ),
    "6.10 another stream in a block": (
        octets(1, 0, 1, b"\x82") + octets(9, 4, 3, b"\x86"),
        PROTOCOL_ERROR,
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violation_ends_the_connection(serve, connect, name):
    sent, code = VIOLATIONS[name]
    client = connect(serve(hello))
    client.send(sent)
    goaway = client.goaway()
    assert goaway.error_code != 0
    if code is not None:
        assert goaway.error_code == code
    assert goaway.last_stream_id in (0, 1)
    assert client.rest() == []


def test_nothing_is_taken_after_a_violation(serve, connect):
    """CVE-2026-48937."""
    seen = []

    def application(environ, start_response):
        seen.append(environ["PATH_INFO"])
        return hello(environ, start_response)

    client = connect(serve(application))
    get = client.head(1, GET, "END_STREAM")
    client.send(octets(8, 0, 0, b"\0" * 4), get)
    assert client.goaway().error_code == PROTOCOL_ERROR
    client.rest()
    assert seen == []


@pytest.mark.parametrize(
    "first", [PingFrame(0, opaque_data=b"12345678"), SettingsFrame(flags=["ACK"])]
)
def test_first_frame_must_be_settings(serve, connect, first):
    """3.4."""
    client = connect(serve(hello), says_hello=False)
    client.send(PREFACE, first)
    assert client.goaway().error_code == PROTOCOL_ERROR


def test_settings_come_first_and_are_answered(serve, connect):
    client = connect(serve(hello))
    first = client.frame()
    assert isinstance(first, SettingsFrame)
    assert first.settings == {3: 100, 4: 65536, 6: 65536}
    client.until(lambda frame: isinstance(frame, SettingsFrame) and frame.flags)


def test_ping_is_answered(serve, connect):
    connect(serve(hello)).round_trip()


@pytest.mark.parametrize(
    "sent",
    [
        octets(99, 255, 7, b"what"),
        SettingsFrame(settings={99: 1}),
        PriorityFrame(1, depends_on=3),
        octets(6, 1, 0, b"12345670"),
        octets(1, 0x80 | 5, 1, b"\x82\x86\x84\x01\x01a"),  # reserved flag
    ],
    ids=["frame", "setting", "priority", "answer", "flag"],
)
def test_what_is_not_known_is_passed_over(serve, connect, sent):
    client = connect(serve(hello))
    client.send(sent)
    client.get(stream_id=3)
    assert client.reply(3).body == b"hello"


def test_head_in_parts_and_padded_is_whole(serve, connect):
    client = connect(serve(hello))
    block = client.encoder.encode(GET)
    client.send(
        HeadersFrame(1, block[:1], flags=["END_STREAM", "PADDED"], pad_length=3),
        ContinuationFrame(1, block[1:2]),
        ContinuationFrame(1, block[2:], flags=["END_HEADERS"]),
    )
    assert client.reply().body == b"hello"


def test_padding_is_given_back(serve, connect):
    """6.9.1: else a window would stay closed."""
    client = connect(serve(echo))
    client.post()
    for _ in range(600):
        client.send(DataFrame(1, b"a", flags=["PADDED"], pad_length=255))
    client.data(b"", ends=True)
    assert client.reply().body == b"a" * 600


# -- streams that are over ----------------------------------------------------------


@pytest.mark.parametrize("ended_by", ["end", "reset"])
@pytest.mark.parametrize("kind", ["data", "head"])
def test_frame_after_the_end_of_a_request(serve, connect, ended_by, kind):
    """5.1: STREAM_CLOSED; the connection may end, or go on."""
    blocked = Event()

    def application(environ, start_response):
        blocked.wait()
        return hello(environ, start_response)

    client = connect(serve(application))
    client.get()
    if ended_by == "reset":
        client.reset(1)
    client.send(DataFrame(1, b"a") if kind == "data" else client.head(1, GET))
    frame = client.until(lambda frame: frame.type in (3, 7))
    assert frame.error_code == STREAM_CLOSED
    blocked.set()


def test_stream_id_must_grow(serve, connect):
    """5.1.1."""
    client = connect(serve(hello))
    client.get(stream_id=5)
    client.reply(5)
    client.get(stream_id=3)
    assert client.goaway().error_code == PROTOCOL_ERROR


def test_second_head_must_end_the_request(serve, connect):
    """8.1."""
    client = connect(serve(echo))
    client.post()
    client.send(client.head(1, [("x-a", "b")]))
    assert client.goaway().error_code == PROTOCOL_ERROR


def test_window_of_a_stream_too_large_resets_it(serve, connect):
    """6.9.1."""
    blocked = Event()

    def application(environ, start_response):
        blocked.wait()
        return hello(environ, start_response)

    client = connect(serve(application))
    client.get()
    client.open_window(2**31 - 1, 1)
    assert client.reply().error_code == FLOW_CONTROL_ERROR
    blocked.set()
    client.round_trip()


# -- heads --------------------------------------------------------------------------

METHOD, SCHEME, AUTHORITY, PATH = GET

# What resets the stream: 8.1.1, 8.2, 8.3.
MALFORMED = {
    "upper case": [*GET, ("X-A", "b")],
    "no name": [*GET, ("", "b")],
    "space in a name": [*GET, ("x a", "b")],
    "colon in a name": [*GET, ("x:a", "b")],
    "line end in a name": [*GET, ("x\r\na", "b")],
    "line end in a value": [*GET, ("x-a", "b\r\nx: y")],
    "bare LF in a value": [*GET, ("x-a", "b\nc")],
    "nul in a value": [*GET, ("x-a", "b\0c")],
    "space before a value": [*GET, ("x-a", " b")],
    "tab behind a value": [*GET, ("x-a", "b\t")],
    "connection": [*GET, ("connection", "close")],
    "keep-alive": [*GET, ("keep-alive", "a")],
    "proxy-connection": [*GET, ("proxy-connection", "keep-alive")],
    "transfer-encoding": [*POST, ("transfer-encoding", "chunked")],
    "upgrade": [*GET, ("upgrade", "h2c")],
    "te": [*GET, ("te", "trailers, deflate")],
    "unknown pseudo-header": [*GET, (":test", "a")],
    "pseudo-header of a reply": [*GET, (":status", "200")],
    "pseudo-header of a tunnel": [*GET, (":protocol", "websocket")],
    "pseudo-header behind": [METHOD, SCHEME, AUTHORITY, ("x-a", "b"), PATH],
    "second method": [METHOD, *GET],
    "second path": [*GET, PATH],
    "second authority": [*GET, AUTHORITY],
    "no method": GET[1:],
    "empty method": [(":method", ""), *GET[1:]],
    "no scheme": [METHOD, AUTHORITY, PATH],
    "unknown scheme": [METHOD, (":scheme", "ftp"), AUTHORITY, PATH],
    "no path": GET[:3],
    "empty path": [*GET[:3], (":path", "")],
    "whole uri as a path": [*GET[:3], (":path", "http://a/")],
    "path without a slash": [*GET[:3], (":path", "a")],
    "asterisk for get": [*GET[:3], (":path", "*")],
    "empty authority": [METHOD, SCHEME, (":authority", ""), PATH],
    "tunnel with a path": [(":method", "CONNECT"), *GET[1:]],
    "tunnel to nowhere": [(":method", "CONNECT")],
}

# What HTTP/1 would refuse, too.
REFUSED = {
    "space in a path": ([*GET[:3], (":path", "/a b")], "400"),
    "line in a path": ([*GET[:3], (":path", "/ HTTP/1.1\r\nx: y")], "400"),
    "fragment": ([*GET[:3], (":path", "/a#b")], "400"),
    "nul in a path": ([*GET[:3], (":path", "/%00")], "400"),
    "method that is no token": ([(":method", "G T"), *GET[1:]], "400"),
    "no host at all": ([METHOD, SCHEME, PATH], "400"),
    "another host": ([*GET, ("host", "b")], "400"),
    "host twice": ([METHOD, SCHEME, PATH, ("host", "a"), ("host", "a")], "400"),
    "equal hosts": ([*GET, ("host", "a"), ("host", "a")], "400"),
    "user in an authority": (
        [METHOD, SCHEME, (":authority", "u@a"), PATH],
        "400",
    ),
    "length that is none": ([*POST, ("content-length", "+1")], "400"),
    "length twice": (
        [*POST, ("content-length", "1"), ("content-length", "1")],
        "400",
    ),
    "content-type twice": (
        [*GET, ("content-type", "a"), ("content-type", "b")],
        "400",
    ),
    "unknown expectation": ([*GET, ("expect", "a")], "417"),
    "tunnel": ([(":method", "CONNECT"), (":authority", "a:1")], "501"),
    "length above the limit": ([*POST, ("content-length", "9" * 18)], "413"),
    "long path": ([*GET[:3], (":path", "/" + "a" * 8192)], "414"),
    "large head": ([*GET, *[("x-a", "a" * 8000)] * 9], "431"),
    "many fields": ([*GET, *[("x-a", "a")] * 101], "431"),
    "many crumbs": ([*GET, *[("cookie", "a")] * 401], "431"),
}

SERVED = {
    "trailers": [*GET, ("te", "trailers")],
    "host instead": [METHOD, SCHEME, PATH, ("host", "a")],
    "equal host": [*GET, ("host", "A")],
    "https": [METHOD, (":scheme", "https"), AUTHORITY, PATH],
    "asterisk": [(":method", "OPTIONS"), SCHEME, AUTHORITY, (":path", "*")],
    "empty value": [*GET, ("x-a", "")],
    "crumbs": [*GET, *[("cookie", "a=b")] * 400],
    "h2c": [*GET, ("http2-settings", "a")],
}


def send_head(client, fields):
    """Send a head as it is; large ones in parts."""
    block = client.encoder.encode(fields)
    parts = [block[at : at + 16000] for at in range(0, len(block), 16000)]
    client.send(HeadersFrame(1, parts[0], flags=["END_STREAM"]))
    for part in parts[1:]:
        client.send(ContinuationFrame(1, part))
    client.send(ContinuationFrame(1, b"", flags=["END_HEADERS"]))


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_head_resets_its_stream_alone(serve, connect, name):
    client = connect(serve(hello))
    send_head(client, MALFORMED[name])
    reply = client.reply()
    assert (reply.error_code, reply.fields) == (PROTOCOL_ERROR, {})
    client.get(stream_id=3)
    assert client.reply(3).body == b"hello"


@pytest.mark.parametrize("name", REFUSED)
def test_head_that_http_1_refuses_gets_the_same_answer(serve, connect, name):
    fields, status = REFUSED[name]
    server = serve(hello)
    client = connect(server)
    send_head(client, fields)
    reply = client.reply()
    assert (reply.status, reply.body) == (status, b"")
    client.get(stream_id=3)
    assert client.reply(3).body == b"hello"
    assert f'" {status} - -' in server.access.getvalue()
    assert "Invalid request: " in server.errors.getvalue()


@pytest.mark.parametrize("name", SERVED)
def test_head_that_is_right_is_served(serve, connect, name):
    client = connect(serve(hello))
    send_head(client, SERVED[name])
    assert client.reply().body == b"hello"


@pytest.mark.parametrize(
    "trailers",
    [
        [(":path", "/")],
        [("X-A", "b")],
        [("content-length", "1")],
        [("x-a", "b\r\nc")],
        [("connection", "close")],
        [("x-a", "b")] * 33,
    ],
)
def test_malformed_trailers_reset(serve, connect, trailers):
    client = connect(serve(echo))
    client.post()
    client.data(b"a")
    client.send(client.head(1, trailers, "END_STREAM"))
    assert client.reply().error_code == PROTOCOL_ERROR
    client.get(stream_id=3)
    assert client.reply(3).status == "200"


def test_relaxation_holds_for_http_2(serve, connect):
    client = connect(serve(hello, relax=("nul",)))
    client.get("/%00")
    assert client.reply().body == b"hello"


def test_last_stream_that_was_served_is_named(serve, connect):
    client = connect(serve(hello))
    client.get(stream_id=5)
    client.reply(5)
    client.send(octets(3, 0, 0, b"\0" * 4))
    goaway = client.goaway()
    assert isinstance(goaway, GoAwayFrame)
    assert goaway.last_stream_id == 5
