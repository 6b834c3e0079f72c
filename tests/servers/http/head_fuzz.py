"""Mutated heads, and what must hold for each: the engine of the fuzzing of heads.

``test_fuzz_heads.py`` runs it for seconds, ``tools/fuzz_http_head.py`` for as long as
wanted. A run is one seed number; each input is made of its number alone, so that any of
them can be run again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial

import h11

from gevent.servers.http.limits import RELAXATIONS, Limits
from tests.servers.http.head_forms import ALL, Form
from tests.servers.http.raw_cases import CASES

LONGEST = 3000
USUAL = Limits()
SHORT_CASES = [case.raw for case in CASES if len(case.raw) <= LONGEST]
# Shapes that the cases do not have.
MORE_SEEDS = (
    (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n"
        b"Upgrade: x\r\n\r\n"
    ),
    b"GET https://a.b:80/c?d HTTP/1.0\r\nConnection: Keep-Alive\r\nX_A: 1\r\n\r\n",
    b"GET /%2fa%zz%41?%00 HTTP/1.1\nHost: [::ffff:1.2.3.4]:1\nX-A: 1\nx-a: 2\n\n",
    (
        b"POST /%00 HTTP/1.1\r\nHost: a%41\r\nCookie: a=b\r\nCookie: c=d\r\n"
        b"X: \r\n y\r\n\r\n"
    ),
    b"CONNECT [::1]:443 HTTP/1.1\r\nHost: x\r\nReferer: y\r\nReferer: z\r\n\r\n",
    (
        b"\r\n\r\n\r\n\r\nPUT /\xe9 HTTP/1.1\r\nHost: a,b\r\nExpect: 100-Continue\r\n"
        b"Content-Length: 0009223372036854775807\r\n\r\n"
    ),
)
SEEDS = (*SHORT_CASES, *MORE_SEEDS)
WORDS = (
    *(
        bytes((octet,))
        for octet in b'\r\n\t\x0b\x0c\x00\x7f\x85\xa0\xff :;,"%?#/[]@_-0'
    ),
    b"\r\n",
    b"\r\n ",
    b"\r\n\r\n",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"http://",
    b"%00",
    b"Host: a\r\n",
    b"Host: [::1]:80\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: upgrade\r\n",
    b"Expect: 100-continue\r\n",
    b"Upgrade: b\r\n",
    b"Cookie: a\r\n",
    b"User-Agent: b\r\n",
    b"Proxy: c\r\n",
    b"chunked",
    b"18446744073709551615",
    b"9223372036854775807",
    b"9223372036854775808",
)

# Where h11 says no to what is right here, by the words with which it does.
H11_DIFFERS = {
    # It takes an empty line for a request line, RFC 9112 2.2 wants it ignored.
    "an empty line before a request": lambda head, error: head.startswith(b"\r\n"),
}


@dataclass
class Input:
    """What a connection sends, in which pieces, and what it meets."""

    octets: bytes
    cuts: tuple[int, ...]
    limits: dict[str, int]
    relax: frozenset[str]


@dataclass
class Counts:
    """What came of many inputs."""

    n_run: int = 0
    n_accepted: int = 0
    n_compared_with_h11: int = 0
    differences: dict[str, int] = field(default_factory=dict)


def make(number: int) -> Input:
    """Return the input of a number."""
    chance = random.Random(number)
    octets = chance.choice(SEEDS)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
        octets = chance.choice(MUTATIONS)(chance, octets)
    n_cuts = chance.choice((1, 1, 2, 5, 20))
    cuts = sorted(chance.randrange(len(octets) + 1) for _ in range(n_cuts))
    limits = {}
    if chance.random() < 0.1:
        limits["request_line"] = chance.randrange(1, 80)
    if chance.random() < 0.1:
        limits["head"] = chance.randrange(1, 200)
    if chance.random() < 0.1:
        limits["fields"] = chance.randrange(1, 6)
    names = sorted(RELAXATIONS)
    n_names = chance.choice((0, 0, 0, 0, 1, 2, len(names)))
    relax = frozenset(chance.sample(names, n_names))
    return Input(octets, tuple(cuts), limits, relax)


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
    wanted = outcome(ALL[0], each, ())
    counts.n_run += 1
    for form in ALL:
        assert outcome(form, each, ()) == wanted, str(form)
        pieces = outcome(form, each, each.cuts)
        assert pieces == in_pieces(wanted), f"{form}, in pieces"
    if "fields" not in wanted:
        return
    if not each.relax and "status" not in wanted:
        counts.n_accepted += 1
        compare_with_h11(each.octets, wanted, counts)
    rest = Input(each.octets[wanted["size"] :], (), each.limits, each.relax)
    assert outcome(ALL[0], rest, ()) == outcome_behind(ALL[0], each)


def outcome(form: Form, each: Input, cuts: tuple[int, ...]) -> dict[str, object]:
    """Return all that can be seen of what is made of an input."""
    parser = form.heads.HeadParser(relax=each.relax, **each.limits)
    buffer = bytearray()
    head = None
    try:
        for start, end in zip((0, *cuts), (*cuts, len(each.octets)), strict=True):
            buffer += each.octets[start:end]
            head = parser.feed(buffer)
            if head is not None:
                break
    except form.heads.HeadError as error:
        # In pieces, less of the line may be known.
        line = "" if cuts else parser.requestline
        return refusal(error) | {"started": parser.started, "requestline": line}
    if head is None:
        return {"started": parser.started}
    return facts(form, each, head)


def in_pieces(seen: dict[str, object]) -> dict[str, object]:
    """Return an outcome without what may differ if it comes in pieces."""
    if "size" in seen or "status" not in seen:
        return seen
    return seen | {"requestline": ""}


def outcome_behind(form: Form, each: Input) -> dict[str, object]:
    """Return what is made of what follows the first head, by the same parser."""
    parser = form.heads.HeadParser(relax=each.relax, **each.limits)
    buffer = bytearray(each.octets)
    del buffer[: parser.feed(buffer).size]
    try:
        head = parser.feed(buffer)
    except form.heads.HeadError as error:
        line = parser.requestline
        return refusal(error) | {"started": parser.started, "requestline": line}
    if head is None:
        return {"started": parser.started}
    return facts(form, each, head)


def refusal(error: Exception) -> dict[str, object]:
    """Return what an error says."""
    return {name: getattr(error, name) for name in ("status", "reason", "offset")}


FACTS = (
    "size",
    "method",
    "target",
    "version",
    "minor",
    "requestline",
    "n_fields",
    "fields",
    "raw",
    "n_host",
    "n_content_length",
    "n_transfer_encoding",
    "host",
    "content_length",
    "transfer_encoding",
    "connection",
    "expect",
    "upgrade",
    "length",
    "is_connect",
    "is_options",
    "is_origin",
    "is_absolute",
    "is_asterisk",
    "is_tunnel",
    "has_nul",
    "has_valid_authority",
    "has_valid_host",
    "has_valid_length",
    "has_valid_coding",
    "is_chunked",
    "repeats_single",
    "expects_continue",
    "expects_other",
    "wants_close",
    "wants_keep_alive",
    "wants_upgrade",
)


def facts(form: Form, each: Input, head) -> dict[str, object]:
    """Return what a head says, and what is decided of it."""
    seen = {name: getattr(head, name) for name in FACTS}
    environ: dict[str, object] = {}
    head.fill(environ)
    head.fill_fields(environ)
    seen["environ"] = list(environ.items())
    try:
        decision = form.policy.decide(head, USUAL, each.relax)
    except form.heads.HeadError as error:
        return seen | refusal(error)
    for name in ("length", "persistent", "expects_continue", "upgrade"):
        seen[f"decided {name}"] = getattr(decision, name)
    return seen


def compare_with_h11(octets: bytes, seen: dict[str, object], counts: Counts) -> None:
    """What we accept h11 accepts, and it finds the same in it."""
    counts.n_compared_with_h11 += 1
    octets = octets[: seen["size"]]
    peer = h11.Connection(h11.SERVER, max_incomplete_event_size=2**20)
    peer.receive_data(octets)
    try:
        request = peer.next_event()
        assert isinstance(request, h11.Request), "h11 wants more"
    except h11.RemoteProtocolError as error:
        for name, explains in H11_DIFFERS.items():
            if explains(octets, str(error)):
                counts.differences[name] = counts.differences.get(name, 0) + 1
                return
        raise
    assert request.method.decode() == seen["method"]
    assert request.target.decode() == seen["target"]
    assert (request.http_version == b"1.0") == (seen["minor"] == 0)
    assert h11_fields(request) == [
        (name.lower(), value.lower() if name.lower() in LOWERED else value)
        for name, value in seen["fields"]
    ]
    assert h11_length(peer, seen["decided length"]) == seen["decided length"]


# h11 has these values in small letters.
LOWERED = ("transfer-encoding",)


def h11_fields(request: h11.Request) -> list[tuple[str, str]]:
    """Return the fields as h11 has them."""
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in request.headers
    ]


def h11_length(peer: h11.Connection, length: int) -> int:
    """Return how long h11 takes the body for; it is told what should end it."""
    event = peer.next_event()
    if isinstance(event, h11.EndOfMessage):
        return 0
    assert event is h11.NEED_DATA
    if length < 0:
        peer.receive_data(b"1\r\nx\r\n0\r\n\r\n")
        assert isinstance(peer.next_event(), h11.Data)
        return -1 if isinstance(peer.next_event(), h11.EndOfMessage) else 0
    if length > 2**16:
        return length
    if length > 1:
        peer.receive_data(b"x" * (length - 1))
    while isinstance(event := peer.next_event(), h11.Data):
        pass
    assert event is h11.NEED_DATA
    peer.receive_data(b"x")
    assert isinstance(peer.next_event(), h11.Data)
    return length if isinstance(peer.next_event(), h11.EndOfMessage) else 0


# -- mutations


def _place(chance: random.Random, octets: bytes) -> int:
    return chance.randrange(len(octets) + 1)


def _insert(chance: random.Random, octets: bytes) -> bytes:
    at = _place(chance, octets)
    return octets[:at] + chance.choice(WORDS) + octets[at:]


def _overwrite(chance: random.Random, octets: bytes) -> bytes:
    at = _place(chance, octets)
    return octets[:at] + bytes((chance.randrange(256),)) + octets[at + 1 :]


def _flip(chance: random.Random, octets: bytes) -> bytes:
    if not octets:
        return octets
    at = chance.randrange(len(octets))
    flipped = octets[at] ^ (1 << chance.randrange(8))
    return octets[:at] + bytes((flipped,)) + octets[at + 1 :]


def _delete(chance: random.Random, octets: bytes) -> bytes:
    at = _place(chance, octets)
    return octets[:at] + octets[at + chance.choice((1, 1, 2, 5, 30)) :]


def _repeat(chance: random.Random, octets: bytes) -> bytes:
    at = _place(chance, octets)
    piece = octets[at : at + chance.choice((1, 2, 5, 30))]
    return octets[:at] + piece * chance.choice((2, 3, 10)) + octets[at + len(piece) :]


def _of_lines(change, chance: random.Random, octets: bytes) -> bytes:
    lines = octets.split(b"\r\n")
    change(lines, chance.randrange(len(lines)), chance.randrange(len(lines)))
    return b"\r\n".join(lines)


def _swap(lines: list[bytes], one: int, other: int) -> None:
    lines[one], lines[other] = lines[other], lines[one]


def _copy(lines: list[bytes], one: int, other: int) -> None:
    lines.insert(one, lines[other])


def _insert_word(chance: random.Random, octets: bytes) -> bytes:
    def insert(lines: list[bytes], one: int, other: int) -> None:
        lines.insert(one, chance.choice(WORDS).rstrip(b"\r\n"))

    return _of_lines(insert, chance, octets)


def _splice(chance: random.Random, octets: bytes) -> bytes:
    other = chance.choice(SEEDS)
    return octets[: _place(chance, octets)] + other[_place(chance, other) :]


def _case(chance: random.Random, octets: bytes) -> bytes:
    at = _place(chance, octets)
    return octets[:at] + octets[at : at + 10].swapcase() + octets[at + 10 :]


MUTATIONS = (
    _insert,
    _insert,
    _overwrite,
    _flip,
    _delete,
    _repeat,
    _insert_word,
    _splice,
    _case,
    partial(_of_lines, _swap),
    partial(_of_lines, _copy),
)
