"""permessage-deflate: cases 12 and 13 of the Autobahn test suite, and its limits."""

from __future__ import annotations

import zlib

import pytest
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate

from gevent.pywsgi import Limits
from gevent.servers.http.websocket.payloads import Payloads, agreed
from tests.servers.websocket.conftest import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    echo,
    frame,
)

OFFER = "Sec-WebSocket-Extensions: permessage-deflate"
ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
# Of RFC 7692, 7.2.3: "Hello" in one block; in two; not compressed; in a last block.
HELLOS = {
    "one block": "f248cdc9c90700",
    "stored": "000500faff48656c6c6f00",
    "last block": "f348cdc9c9070000",
    "two blocks": "f248050000 00ffffcac9c90700".replace(" ", ""),
}


def deflated(data: bytes) -> bytes:
    """Return a message, compressed."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


@pytest.fixture
def deflating(serve, open_peer):
    """A client of a server that sends back what comes; they have agreed to deflate."""
    return open_peer(serve(echo, websocket=True), "/", OFFER)


# -- what is agreed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ("", (0, "")),
        ("permessage-deflate", (12, ANSWER)),
        ("permessage-deflate; client_max_window_bits", (12, ANSWER)),
        ("permessage-deflate;client_max_window_bits=8", (12, ANSWER)),
        ('permessage-deflate; client_max_window_bits="10"', (12, ANSWER)),
        ("permessage-deflate; client_no_context_takeover", (12, ANSWER)),
        (
            "permessage-deflate; server_max_window_bits=10",
            (10, f"{ANSWER}; server_max_window_bits=10"),
        ),
        (
            "permessage-deflate; server_max_window_bits=15",
            (12, f"{ANSWER}; server_max_window_bits=12"),
        ),
        ("x-unknown; a=b, permessage-deflate", (12, ANSWER)),
        ("permessage-deflate; mystery, permessage-deflate", (12, ANSWER)),
    ],
)
def test_offer_that_is_taken(offers, expected):
    assert agreed(offers) == expected


@pytest.mark.parametrize(
    "parameter",
    [
        "server_max_window_bits",
        "server_max_window_bits=8",
        "server_max_window_bits=16",
        "server_max_window_bits=09",
        "server_max_window_bits=-9",
        "server_max_window_bits=٩",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits=7",
        "client_max_window_bits=1_0",
        "client_max_window_bits=",
        "server_no_context_takeover=1",
        "unknown",
        "",
    ],
)
def test_offer_that_is_declined(parameter):
    assert agreed(f"permessage-deflate; {parameter}") == (0, "")


def test_agreement_is_in_the_handshake(deflating):
    assert f"Sec-WebSocket-Extensions: {ANSWER}\r\n" in deflating.head


def test_nothing_is_agreed_that_was_not_offered(echoing):
    assert "Extensions" not in echoing.head


# -- messages ----------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 16, 64, 256, 1024, 4096, 8192, 16384, 131072])
@pytest.mark.parametrize("kind", [TextMessage, BytesMessage])
def test_compressed_message_is_sent_back(serve, open_peer, kind, size):
    """12.1, 12.2, 13.1-13.7, with wsproto as the client."""
    peer = open_peer(serve(echo, websocket=True), "/", OFFER)
    extension = PerMessageDeflate()
    extension.finalize(ANSWER)
    client = Connection(ConnectionType.CLIENT, [extension])
    text = ("{'key': [1, 2, 3], 'µ': 'value'} " * (size // 30 + 1))[:size]
    for n in range(3):
        data = f"{n}{text}" if kind is TextMessage else f"{n}{text}".encode()
        peer.octets(client.send(kind(data)))
        received = []
        while not (received and received[-1].message_finished):
            client.receive_data(peer.sock.recv(65536))
            received += client.events()
        assert data[:0].join(event.data for event in received) == data


@pytest.mark.parametrize("packed", HELLOS.values(), ids=HELLOS)
def test_forms_of_compressed_data(deflating, packed):
    deflating.send(TEXT, bytes.fromhex(packed), rsv=4)
    assert deflating.read() == (TEXT, b"Hello")


@pytest.mark.parametrize("size", [None, 1], ids=["at once", "octets"])
def test_compressed_message_comes_in_fragments_with_pings_between(deflating, size):
    packed = deflated(b"Hello" * 10)
    deflating.octets(
        frame(TEXT, packed[:3], fin=False, rsv=4)
        + frame(PING, b"ping")
        + frame(CONTINUATION, packed[3:5], fin=False)
        + frame(PING, b"pang")
        + frame(CONTINUATION, packed[5:]),
        size,
    )
    assert deflating.read() == (PONG, b"ping")
    assert deflating.read() == (PONG, b"pang")
    assert deflating.read() == (TEXT, b"Hello" * 10)


def test_message_may_come_as_it_is(deflating):
    deflating.send(BINARY, b"as it is")
    deflating.send(TEXT, deflated(b"Hello"), rsv=4)
    assert deflating.read() == (BINARY, b"as it is")
    assert deflating.read() == (TEXT, b"Hello")


def test_long_message_is_sent_compressed(serve, open_peer):
    def send(environ, start_response):
        environ["wsgi.websocket"].send("long" * 1000)
        return []

    first, payload = open_peer(serve(send, websocket=True), "/", OFFER).read_frame()
    assert first == 0xC0 | TEXT
    assert zlib.decompressobj(-12).decompress(payload) == b"long" * 1000


def test_message_that_would_not_shrink_is_sent_as_it_is(serve, open_peer):
    noise = b"".join(zlib.crc32(b"%d" % n).to_bytes(4, "big") for n in range(99))

    def send(environ, start_response):
        environ["wsgi.websocket"].send(noise)
        return []

    assert open_peer(serve(send, websocket=True), "/", OFFER).read() == (BINARY, noise)


# -- faults ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "packed",
    [b"\xff\xff\xff", bytes.fromhex(HELLOS["last block"]) + b"more"],
    ids=["nonsense", "behind the last block"],
)
def test_data_that_cannot_be_inflated_is_a_fault(deflating, packed):
    deflating.send(TEXT, packed, rsv=4)
    assert deflating.closing()[0] == 1007


@pytest.mark.parametrize(
    "octets",
    [
        frame(PING, b"", rsv=4),
        frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b", rsv=4),
        frame(TEXT, b"a", rsv=2),
        frame(TEXT, deflated(b"a"), rsv=4, fin=False) + frame(TEXT, b"b", rsv=4),
    ],
    ids=["control", "continuation", "another bit", "inside a message"],
)
def test_mark_of_compression_in_the_wrong_place_is_a_fault(deflating, octets):
    deflating.octets(octets)
    assert deflating.closing()[0] == 1002


def test_message_that_inflates_above_the_limit_is_refused(serve, open_peer):
    limits = Limits(websocket_message=999)
    peer = open_peer(serve(echo, websocket=True, limits=limits), "/", OFFER)
    peer.send(TEXT, deflated(b"*" * 999), rsv=4)
    assert peer.read_frame()[0] == 0xC1
    peer.send(TEXT, deflated(b"*" * 1000), rsv=4)
    assert peer.closing()[0] == 1009


def test_bomb_is_inflated_up_to_the_limit_and_one_octet(monkeypatch):
    from wsproto.frame_protocol import FrameProtocol, ParseFailed

    inflated = []

    class Watched:
        def __init__(self, inflater):
            self.inflater = inflater
            self.eof = False

        def decompress(self, data, most):
            inflated.append(self.inflater.decompress(data, most))
            return inflated[-1]

    real = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda bits: Watched(real(bits)))
    decoder = FrameProtocol(client=False, extensions=[Payloads(1000, 12)])
    decoder.receive_bytes(frame(BINARY, deflated(bytes(10**7)), rsv=4))
    with pytest.raises(ParseFailed) as failure:
        list(decoder.received_frames())
    assert failure.value.code == 1009
    assert sum(map(len, inflated)) == 1001


def test_compressed_octets_that_are_nothing_come_to_an_end(monkeypatch):
    from wsproto.frame_protocol import FrameProtocol, ParseFailed

    decoder = FrameProtocol(client=False, extensions=[Payloads(10, 12)])
    nothing = b"\x00\x00\x00\xff\xff" * 20000
    decoder.receive_bytes(frame(BINARY, nothing, fin=False, rsv=4))
    with pytest.raises(ParseFailed) as failure:
        list(decoder.received_frames())
    assert failure.value.code == 1009


def test_client_that_pings_is_answered_while_it_deflates(serve, open_peer):
    peer = open_peer(serve(echo, websocket=True), "/", OFFER)
    client = Connection(ConnectionType.CLIENT)
    peer.octets(client.send(Ping(b"a")) + client.send(CloseConnection(1000)))
    assert peer.read() == (PONG, b"a")
    assert peer.closing()[0] == 1000
