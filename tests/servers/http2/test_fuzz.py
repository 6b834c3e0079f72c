"""HTTP/2: whatever octets come, a connection ends by the rules or goes on."""

from __future__ import annotations

import random

import pytest
from h2.exceptions import ProtocolError
from hpack.hpack import Encoder

from gevent._native.http.head import HeadError
from gevent.servers.http.http2.connection import _new_h2
from gevent.servers.http.http2.floods import Flood, Floods
from gevent.servers.http.http2.frames import PREFACE, FrameCutter
from gevent.servers.http.http2.heads import (
    FieldDecoder,
    Malformed,
    check_trailers,
    head_from,
    requestline_of,
)
from gevent.servers.http.limits import Limits
from gevent.servers.http.policy import decide
from tests.servers.http2.conftest import GET, POST

LIMITS = Limits(head=2000, fields=10, resets=50)
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def frame(kind, flags, stream_id, payload):
    return (
        len(payload).to_bytes(3, "big")
        + bytes([kind, flags])
        + stream_id.to_bytes(4, "big")
        + payload
    )


def some_frames(chance):
    """Make frames, most of them nearly right."""
    encoder = Encoder()
    made = []
    for _ in range(chance.randrange(1, 12)):
        stream_id = chance.choice([0, 1, 1, 3, 3, 5, 2])
        kind = chance.choice([0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 99])
        if kind in (1, 9):
            fields = list(chance.choice([GET, POST]))
            for _ in range(chance.randrange(3)):
                name = chance.choice(["x-a", "host", "te", "Cookie", ":path", "expect"])
                value = chance.choice(["a", "", "trailers", "a" * 300, "\0", "é"])
                fields.insert(chance.randrange(len(fields) + 1), (name, value))
            payload = encoder.encode(fields)
        else:
            size = chance.choice([0, 1, 4, 5, 6, 8, 12, 40])
            payload = chance.randbytes(size) if chance.random() < 0.5 else bytes(size)
        flags = chance.choice([0, 1, 4, 5, 5, 5, 8, 0x20, 0x2D, 255])
        made.append(frame(kind, flags, stream_id, payload))
    octets = bytearray(b"".join(made))
    for _ in range(chance.choice([0, 0, 1, 3])):
        octets[chance.randrange(len(octets))] = chance.randrange(256)
    return octets


def take_all(octets, cuts):
    """Do what a connection does, without its streams; return what came out."""
    floods = Floods(LIMITS, lambda: 0.0)
    cutter = FrameCutter(LIMITS, floods)
    decoder = FieldDecoder(LIMITS.head)
    h2 = _new_h2(decoder)
    h2.initiate_connection()
    h2.receive_data(PREFACE)
    seen = []
    buffer = bytearray(SETTINGS)
    try:
        for at, end in zip(cuts, [*cuts[1:], len(octets)], strict=True):
            buffer += octets[at:end]
            while (cut := cutter.cut(buffer)) is not None:
                for event in h2.receive_data(cut.octets):
                    name = type(event).__name__
                    seen.append(name)
                    if name == "RequestReceived":
                        seen.append(judged(decoder.fields))
                    elif name == "TrailersReceived":
                        check_trailers(decoder.fields, LIMITS)
    except (Flood, ProtocolError, Malformed) as error:
        seen.append(type(error).__name__)
    return seen


def judged(fields):
    requestline_of(fields)
    try:
        head = head_from(fields, LIMITS)
        decide(head, LIMITS, frozenset())
        environ = {}
        head.fill(environ)
        head.fill_fields(environ)
    except (HeadError, Malformed) as error:
        return type(error).__name__
    assert environ["REQUEST_METHOD"] in ("GET", "POST")
    return environ["PATH_INFO"]


@pytest.mark.parametrize("seed", range(20))
def test_octets_end_by_the_rules_however_they_are_cut(seed):
    chance = random.Random(seed)
    for _ in range(20):
        octets = some_frames(chance)
        whole = take_all(octets, [0])
        cuts = sorted({0, *(chance.randrange(len(octets)) for _ in range(4))})
        assert take_all(octets, cuts) == whole
