"""Frames, by the cases of the Autobahn test suite (their numbers are in the ids)."""

from __future__ import annotations

from struct import pack

import pytest

from gevent.pywsgi import Limits
from tests.servers.websocket.conftest import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    echo,
    frame,
    in_parts,
)

SIZES = [0, 125, 126, 127, 128, 65535, 65536]
RESERVED = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
KAPPA = "κόσμε".encode()


# -- 1: messages -------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("opcode", "octet"), [(TEXT, b"*"), (BINARY, b"\xfe")])
def test_message_is_sent_back(echoing, opcode, octet, size):
    """1.1.1-1.1.7, 1.2.1-1.2.7."""
    echoing.send(opcode, octet * size)
    assert echoing.read() == (opcode, octet * size)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_message_that_comes_in_chops_is_whole(echoing, opcode):
    """1.1.8, 1.2.8."""
    echoing.octets(frame(opcode, b"*" * 65536), 997)
    assert echoing.read() == (opcode, b"*" * 65536)


def test_message_that_comes_octet_by_octet_is_whole(echoing):
    echoing.octets(frame(TEXT, KAPPA * 30), 1)
    assert echoing.read() == (TEXT, KAPPA * 30)


# -- 2: pings and pongs ------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125],
    ids=["2.1", "2.2", "2.3", "2.4"],
)
def test_ping_is_answered_with_its_payload(echoing, payload):
    echoing.send(PING, payload)
    assert echoing.read() == (PONG, payload)


def test_ping_of_more_than_125_octets_is_a_fault(echoing):
    """2.5."""
    echoing.send(PING, b"\xfe" * 126)
    assert echoing.closing()[0] == 1002


def test_ping_that_comes_octet_by_octet_is_answered(echoing):
    """2.6."""
    echoing.octets(frame(PING, b"\xfe" * 125), 1)
    assert echoing.read() == (PONG, b"\xfe" * 125)


@pytest.mark.parametrize("payload", [b"", b"unsolicited"], ids=["2.7", "2.8"])
def test_pong_that_nobody_asked_for_is_ignored(echoing, payload):
    """2.9, too."""
    echoing.send(PONG, payload)
    echoing.send(PING, b"ping")
    assert echoing.read() == (PONG, b"ping")


@pytest.mark.parametrize("size", [None, 1], ids=["2.10", "2.11"])
def test_many_pings_are_answered_in_order(echoing, size):
    pings = [b"ping %d" % n for n in range(10)]
    echoing.octets(b"".join(frame(PING, ping) for ping in pings), size)
    assert [echoing.read() for _ in pings] == [(PONG, ping) for ping in pings]


# -- 3, 4: reserved bits and opcodes -----------------------------------------------


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_reserved_bit_is_a_fault(echoing, opcode, rsv):
    """3.1-3.7."""
    echoing.send(opcode, b"", rsv=rsv)
    assert echoing.closing()[0] == 1002


def test_message_before_a_fault_is_sent_back(echoing):
    """3.2, 4.1.3."""
    echoing.octets(frame(TEXT, b"good") + frame(TEXT, b"bad", rsv=2))
    assert echoing.read() == (TEXT, b"good")
    assert echoing.closing()[0] == 1002


@pytest.mark.parametrize("payload", [b"", b"reserved"])
@pytest.mark.parametrize("opcode", RESERVED)
def test_reserved_opcode_is_a_fault(echoing, opcode, payload):
    """4.1.1-4.2.5."""
    echoing.send(opcode, payload)
    assert echoing.closing()[0] == 1002


def test_frame_without_a_mask_is_a_fault(echoing):
    echoing.send(TEXT, b"naked", masked=False)
    assert echoing.closing()[0] == 1002


@pytest.mark.parametrize("form", [126, 127])
def test_length_in_more_octets_than_it_needs_is_a_fault(echoing, form):
    length = pack("!H", 5) if form == 126 else pack("!Q", 5)
    echoing.octets(bytes((0x81, 0x80 | form)) + length + b"\0\0\0\0hello")
    assert echoing.closing()[0] == 1002


def test_length_of_64_bits_is_a_fault(echoing):
    echoing.octets(b"\x82\xff" + b"\xff" * 8 + b"\0\0\0\0")
    assert echoing.closing()[0] == 1002


# -- 5: fragments ------------------------------------------------------------------


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frame_in_fragments_is_a_fault(echoing, opcode):
    """5.1, 5.2."""
    echoing.send(opcode, b"", fin=False)
    assert echoing.closing()[0] == 1002


@pytest.mark.parametrize("size", [None, 1], ids=["at once", "octets"])
def test_fragments_become_one_message(echoing, size):
    """5.3-5.5."""
    echoing.octets(
        frame(TEXT, b"fragment1", fin=False) + frame(CONTINUATION, b"fragment2"), size
    )
    assert echoing.read() == (TEXT, b"fragment1fragment2")


@pytest.mark.parametrize("size", [None, 1], ids=["at once", "octets"])
def test_ping_between_fragments_is_answered_first(echoing, size):
    """5.6-5.8, 5.19, 5.20."""
    echoing.octets(
        frame(TEXT, b"fragment1", fin=False)
        + frame(PING, b"ping")
        + frame(CONTINUATION, b"fragment2", fin=False)
        + frame(PING, b"pang")
        + frame(CONTINUATION, b"fragment3"),
        size,
    )
    assert echoing.read() == (PONG, b"ping")
    assert echoing.read() == (PONG, b"pang")
    assert echoing.read() == (TEXT, b"fragment1fragment2fragment3")


@pytest.mark.parametrize("fin", [True, False])
def test_continuation_of_nothing_is_a_fault(echoing, fin):
    """5.9-5.14."""
    echoing.send(CONTINUATION, b"non-continuation", fin=fin)
    assert echoing.closing()[0] == 1002


def test_continuation_of_what_has_ended_is_a_fault(echoing):
    """5.15."""
    echoing.octets(
        frame(TEXT, b"1", fin=False)
        + frame(CONTINUATION, b"2")
        + frame(CONTINUATION, b"3", fin=False)
        + frame(TEXT, b"4")
    )
    assert echoing.read() == (TEXT, b"12")
    assert echoing.closing()[0] == 1002


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_message_inside_another_is_a_fault(echoing, opcode, fin):
    """5.16-5.18."""
    echoing.octets(frame(TEXT, b"1", fin=False) + frame(opcode, b"2", fin=fin))
    assert echoing.closing()[0] == 1002


def test_empty_fragments_add_nothing(echoing):
    """6.1.2, 6.1.3."""
    for payload in (b"", b"middle"):
        echoing.send(TEXT, b"", fin=False)
        echoing.send(CONTINUATION, payload, fin=False)
        echoing.send(CONTINUATION, b"")
        assert echoing.read() == (TEXT, payload)


# -- 6: UTF-8 ----------------------------------------------------------------------

VALID = [
    "Hello-µ@ßöäüàá-UTF-8!!",
    "κόσμε",
    "\x00",
    "\x80",
    "ࠀ",
    "\U00010000",
    "\x7f",
    "߿",
    "￿",
    "\U0010ffff",
    "퟿",
    "�",
    "￾",
    "﷐﷯",
    "\U0001fffe\U0010fffe",
]
INVALID = [
    "cebae1bdb9cf83cebcceb5eda080656469746564",  # 6.3: a surrogate in the middle
    "f8888080",
    "80",
    "bf",
    "80bf",
    "80bf80bf80bf",
    "c020",
    "e02020",
    "f0202020",
    "f8",
    "fc",
    "c0",
    "e080",
    "f08080",
    "df",
    "efbf",
    "f7bfbf",
    "c0e080f08080",
    "fe",
    "ff",
    "fefeffff",
    "c0af",
    "e080af",
    "f08080af",
    "f8808080af",
    "c1bf",
    "e09fbf",
    "f08fbfbf",
    "c080",
    "e08080",
    "f0808080",
    "f4908080",
    "f7bfbfbf",
    "eda080",
    "edafbf",
    "edb080",
    "eda080edb080",
    "edafbfedbfbf",
]


@pytest.mark.parametrize("text", VALID, ids=ascii)
@pytest.mark.parametrize("size", [100, 1], ids=["whole", "octets"])
def test_text_in_utf_8_is_sent_back(echoing, text, size):
    """6.2, 6.5, 6.7, 6.9, 6.11, 6.13, 6.22, 6.23: each fragment of *size* octets."""
    parts = in_parts(text.encode(), [size])
    for n, part in enumerate(parts):
        is_last = n == len(parts) - 1
        echoing.send(CONTINUATION if n else TEXT, part, fin=is_last)
    assert echoing.read() == (TEXT, text.encode())


@pytest.mark.parametrize("octets", INVALID)
def test_text_that_is_no_utf_8_is_a_fault(echoing, octets):
    """6.3, 6.6, 6.8, 6.10, 6.12, 6.14-6.21."""
    echoing.send(TEXT, bytes.fromhex(octets))
    assert echoing.closing()[0] == 1007


@pytest.mark.parametrize("octets", INVALID[:1] + INVALID[-5:])
def test_fault_in_text_is_seen_before_the_message_ends(echoing, octets):
    """6.4."""
    echoing.send(TEXT, bytes.fromhex(octets), fin=False)
    assert echoing.closing()[0] == 1007


def test_fault_in_text_is_seen_before_the_frame_ends(echoing):
    """6.4.3."""
    payload = KAPPA + b"\xf4\x90" + b"\x80\x80edited"
    echoing.octets(frame(TEXT, payload)[: 6 + len(KAPPA) + 2])
    assert echoing.closing()[0] == 1007


# -- 7: closing --------------------------------------------------------------------


def test_close_is_answered_with_its_code(echoing):
    """7.1.1, 7.1.2."""
    echoing.send(TEXT, b"Hello World!")
    echoing.send(CLOSE, pack("!H", 1000) + b"bye")
    assert echoing.read() == (TEXT, b"Hello World!")
    assert echoing.closing() == (1000, b"")


@pytest.mark.parametrize(
    "after",
    [frame(CLOSE), frame(PING), frame(TEXT, b"late"), b"\xff" * 30],
    ids=["close 7.1.2", "ping 7.1.3", "text 7.1.4", "nonsense"],
)
def test_what_comes_after_close_is_ignored(echoing, after):
    echoing.octets(frame(CLOSE, b"\x03\xe8") + after)
    assert echoing.closing() == (1000, b"")


def test_close_inside_a_message_ends_it(echoing):
    """7.1.5."""
    echoing.send(TEXT, b"fragment1", fin=False)
    echoing.send(CLOSE, b"\x03\xe8")
    assert echoing.closing() == (1000, b"")


def test_close_without_a_code_is_answered_without_one(echoing):
    """7.3.1."""
    echoing.send(CLOSE)
    assert echoing.closing() == (0, b"")


def test_close_with_half_a_code_is_a_fault(echoing):
    """7.3.2."""
    echoing.send(CLOSE, b"a")
    assert echoing.closing()[0] == 1002


@pytest.mark.parametrize("size", [0, 5, 123], ids=["7.3.3", "7.3.4", "7.3.5"])
def test_close_may_have_a_reason(echoing, size):
    echoing.send(CLOSE, b"\x03\xe8" + b"*" * size)
    assert echoing.closing() == (1000, b"")


def test_close_with_too_long_a_reason_is_a_fault(echoing):
    """7.3.6."""
    echoing.send(CLOSE, b"\x03\xe8" + b"*" * 124)
    assert echoing.closing()[0] == 1002


def test_reason_that_is_no_utf_8_is_a_fault(echoing):
    """7.5.1."""
    echoing.send(CLOSE, b"\x03\xe8" + bytes.fromhex(INVALID[0]))
    assert echoing.closing()[0] == 1007


@pytest.mark.parametrize(
    "code",
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999],
)
def test_code_that_may_be_sent_is_answered(echoing, code):
    """7.7."""
    echoing.send(CLOSE, pack("!H", code))
    assert echoing.closing() == (code, b"")


@pytest.mark.parametrize(
    "code", [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535]
)
def test_code_that_must_not_be_sent_is_a_fault(echoing, code):
    """7.9, 7.13."""
    echoing.send(CLOSE, pack("!H", code))
    assert echoing.closing()[0] == 1002


# -- 9: large messages -------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_octets", "n_fragments"),
    [(2**20, 1), (2**22, 1), (2**20, 64), (2**20, 2**12)],
    ids=["9.1.3", "9.1.4", "9.3", "9.3.4"],
)
def test_large_message_is_sent_back(serve, open_peer, n_octets, n_fragments):
    """Also 9.2, 9.4-9.6."""
    limits = Limits(websocket_message=n_octets)
    peer = open_peer(serve(echo, websocket=True, limits=limits))
    part = bytes(range(256)) * (n_octets // n_fragments // 256)
    for n in range(n_fragments):
        is_last = n == n_fragments - 1
        peer.send(CONTINUATION if n else BINARY, part, fin=is_last)
    opcode, payload = peer.read()
    assert opcode == BINARY
    assert payload == part * n_fragments


def test_message_above_the_limit_is_refused_by_its_header(serve, open_peer):
    peer = open_peer(serve(echo, websocket=True, limits=Limits(websocket_message=99)))
    peer.send(BINARY, b"*" * 99)
    assert peer.read() == (BINARY, b"*" * 99)
    peer.send(BINARY, b"", length=100)
    assert peer.closing()[0] == 1009


def test_fragments_are_added_up_for_the_limit(serve, open_peer):
    peer = open_peer(serve(echo, websocket=True, limits=Limits(websocket_message=99)))
    peer.send(TEXT, b"*" * 60, fin=False)
    peer.send(PING)
    assert peer.read() == (PONG, b"")
    peer.send(CONTINUATION, b"", fin=False, length=40)
    assert peer.closing()[0] == 1009
