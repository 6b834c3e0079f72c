"""Mutated chunked bodies, and what must hold for each: the engine of their fuzzing.

An input is made of its number alone. It is read in both forms, in any pieces, in
several ways; what is accepted h11 accepts, with the same octets and the same end.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

import h11

from gevent.servers.http.limits import Limits
from tests.support.twins import forms_of

FORMS: dict[str, tuple[ModuleType, ...]] = forms_of(
    "gevent._native.http.taking",
    "gevent.servers.http.request_file",
    "gevent.servers.http.body",
)
SEEDS = (
    b"5\r\nhello\r\n0\r\n\r\n",
    b"1\r\na\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
    b'5;a\r\nhello\r\n3;a=b;c="d;\\" e"\r\n\n\r\n\r\n0;x\r\n\r\n',
    b"00000005\r\nhello\r\n000\r\nX-A: b\r\nX-C:\td e\t\r\n\r\n",
    b"0\r\nX-Checksum: abc\r\n\r\n",
    b"aA\r\n" + bytes(range(170)) + b"\r\n0\r\n\r\n",
    b"3\r\n0\r\n\r\n3\r\n\r\n0\r\n0\r\n\r\n",
    b"0\r\n\r\n",
)
WORDS = (
    *(
        bytes((octet,))
        for octet in b'\r\n\t\x00\x0b\x0c\x7f\x85\xa0\xff ;:,="\\0159afxG-+_'
    ),
    b"\r\n",
    b"0\r\n\r\n",
    b"\r\n\r\n",
    b"ffffffffffffffff",
    b"7fffffffffffffff",
    b"10000000000000000",
    b"0x5",
    b"5\r\nhello\r\n",
    b";a=b",
    b';a="\\"',
    b"X: y\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
)
BEHIND = b"GET /behind HTTP/1.1\r\n"


@dataclass
class Input:
    """A body, where it is cut, and what is allowed of it."""

    octets: bytes
    cuts: list[int]
    limits: dict[str, int]
    seed: int


@dataclass
class Counts:
    """What came of many inputs."""

    n_run: int = 0
    n_accepted: int = 0


def make(number: int) -> Input:
    """Return the input of a number."""
    chance = random.Random(number)
    octets = chance.choice(SEEDS)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        octets = mutate(chance, octets)
    octets += BEHIND
    cuts = sorted(
        chance.randrange(len(octets) + 1) for _ in range(chance.choice((1, 3, 20)))
    )
    limits = {}
    for name, most in (
        ("body", 40),
        ("extensions", 20),
        ("trailers", 40),
        ("trailer_fields", 3),
    ):
        if chance.random() < 0.1:
            limits[name] = chance.randrange(most)
    return Input(octets, cuts, limits, number)


def mutate(chance: random.Random, octets: bytes) -> bytes:
    """Change something."""
    at = chance.randrange(len(octets) + 1)
    to = min(len(octets), at + chance.choice((1, 1, 2, 5)))
    kind = chance.randrange(5)
    if kind == 0:
        return octets[:at] + octets[to:]
    if kind == 1:
        return octets[:at] + chance.choice(WORDS) + octets[at:]
    if kind == 2:
        return octets[:at] + chance.choice(WORDS) + octets[to:]
    if kind == 3:
        return octets[:at] + octets[at:to] + octets[at:]
    return octets[:at] + bytes((chance.randrange(256),)) + octets[at + 1 :]


class Pieces:
    """A source of a body in pieces."""

    def __init__(self, pieces: list[bytes]):
        self.buffer = bytearray()
        self.pieces = pieces
        self.socket = None

    def receive(self, size_hint: int) -> bool:
        while self.pieces:
            piece = self.pieces.pop(0)
            if piece:
                self.buffer += piece
                return True
        return False

    def rest(self) -> bytes:
        return bytes(self.buffer) + b"".join(self.pieces)


def read_all(body, _chance):
    yield body.read()


def read_some(body, chance):
    while data := body.read(chance.choice((1, 2, 7, 100))):
        yield data


def read_lines(body, _chance):
    yield from body


def read_short_lines(body, chance):
    while data := body.readline(chance.choice((1, 3, 50))):
        yield data


def read_mixed(body, chance):
    while data := chance.choice((body.read, body.readline))(chance.choice((1, 5, 30))):
        yield data


def drop(body, _chance):
    if not body.discard(1 << 30) and body.error is not None:
        raise body.error
    return
    yield


READING = (read_all, read_some, read_lines, read_short_lines, read_mixed)


@lru_cache
def limits_of(items: tuple[tuple[str, int], ...]) -> Limits:
    """Return limits; to make them takes longer than to read a body."""
    return Limits(**dict(items))


def outcome(form: tuple[ModuleType, ...], each: Input, cuts: list[int], read):
    """Return (octets, status and text of the error, what is left)."""
    ends = [*cuts, len(each.octets)]
    source = Pieces([each.octets[a:b] for a, b in zip([0, *cuts], ends, strict=True)])
    home = form[-1]
    limits = limits_of(tuple(each.limits.items()))
    body = home.Input(form[1].RequestFile(source), None, None, True, limits=limits)
    got: list[bytes] = []
    try:
        got.extend(read(body, random.Random(each.seed)))
    except home.BodyError as error:
        return None, (error.status, str(error)), None
    assert body.is_done
    return b"".join(got), None, source.rest()


def run(numbers: range) -> Counts:
    """Run the inputs of these numbers; an assertion says which one is wrong."""
    counts = Counts()
    for number in numbers:
        try:
            check(make(number), counts)
        except Exception as error:
            error.add_note(f"input {number}: {make(number)}")
            raise
    return counts


def check(each: Input, counts: Counts) -> None:
    """Hold an input against all that must hold."""
    counts.n_run += 1
    forms = list(FORMS.values())
    wanted = outcome(forms[0], each, [], read_all)
    for form in forms:
        for read in READING:
            for cuts in ([], each.cuts):
                seen = outcome(form, each, cuts, read)
                assert seen == wanted, (read.__name__, cuts, seen, wanted)
        dropped = outcome(form, each, each.cuts, drop)
        assert dropped[1:] == wanted[1:], (dropped, wanted)
    data, error, rest = wanted
    if error is not None:
        assert error[0] in (400, 413)
        return
    counts.n_accepted += 1
    n = len(each.octets) - len(rest)
    assert each.octets[n:] == rest
    compare_with_h11(each.octets[:n], data)


def compare_with_h11(octets: bytes, data: bytes) -> None:
    """It ends for h11 where it does for us, and has the same octets."""
    peer = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    peer.receive_data(head + octets)
    got = b""
    while True:
        event = peer.next_event()
        assert event is not h11.NEED_DATA, "h11 wants more"
        if isinstance(event, h11.Data):
            got += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
    assert got == data
    assert peer.trailing_data == (b"", False)
