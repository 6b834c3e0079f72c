"""What a fuzzer runs: heads of requests, and chunked bodies, made of octets alone.

The first octets of an input say how the others come, and what limits they meet::

    0      how many cuts there are (0 to 3)
    1-3    where, as parts of the whole
    4      which limits there are, by bits
    5      their number
    6      head: which relaxations, by bits; chunks: how the body is read
    7-     what is sent

Each target has a quick part for all inputs, which looks at the compiled form alone:
whatever the pieces, the outcome is the same. For a share of the inputs, which the input
alone decides, all that must hold is checked: see ``head_fuzz`` and ``body_fuzz``.
"""

from __future__ import annotations

import random
from zlib import crc32

from gevent.servers.http.limits import RELAXATIONS, Limits
from tests.servers.http import body_fuzz, head_fuzz
from tests.servers.http.head_forms import ALL

#: Octets in front of what is sent.
N_CONTROL = 7
#: One of so many inputs is held against all that must hold.
SHARE = 16
# What no client would send, and what takes long in the slow parts.
LONGEST = 4096

_HEAD_LIMITS = ("request_line", "head", "fields")
_BODY_LIMITS = ("body", "extensions", "trailers", "trailer_fields")
_RELAXATIONS = sorted(RELAXATIONS)
_USUAL = Limits()


def head(data: bytes, share: int = SHARE) -> bool:
    """Check an input that is the head of a request.

    Returns:
        Whether all was checked.
    """
    if not N_CONTROL < len(data) <= LONGEST:
        return False
    octets = data[N_CONTROL:]
    relax = [name for n, name in enumerate(_RELAXATIONS) if data[6] >> n & 1]
    each = head_fuzz.Input(
        octets,
        tuple(_cuts(data, len(octets))) or (0,),
        _limits(data, _HEAD_LIMITS, least=1),
        frozenset(relax),
    )
    if crc32(data) % share == 0:
        head_fuzz.check(each, head_fuzz.Counts())
        return True
    assert _parsed(each, each.cuts) == _parsed(each, ())
    return False


def _parsed(each: head_fuzz.Input, cuts: tuple[int, ...]) -> object:
    """Return what the compiled parser makes of an input."""
    form = ALL[0]
    parser = form.heads.HeadParser(relax=each.relax, **each.limits)
    buffer = bytearray()
    begin = 0
    try:
        for end in (*cuts, len(each.octets)):
            buffer += each.octets[begin:end]
            begin = end
            found = parser.feed(buffer)
            if found is not None:
                break
        else:
            return parser.started
        environ: dict[str, object] = {}
        found.fill(environ)
        found.fill_fields(environ)
        decision = form.policy.decide(found, _USUAL, each.relax)
    except form.heads.HeadError as error:
        return error.status, error.reason, error.offset
    return found.size, decision.length, decision.persistent, environ


def chunks(data: bytes, share: int = SHARE) -> bool:
    """Check an input that is a chunked body, with a request behind it.

    Returns:
        Whether all was checked.
    """
    if not N_CONTROL < len(data) <= LONGEST:
        return False
    octets = data[N_CONTROL:] + body_fuzz.BEHIND
    limits = _limits(data, _BODY_LIMITS, least=0)
    cuts = _cuts(data, len(octets))
    each = body_fuzz.Input(octets, cuts, limits, seed=data[6])
    if crc32(data) % share == 0:
        body_fuzz.check(each, body_fuzz.Counts())
        return True
    form = next(iter(body_fuzz.FORMS.values()))
    read = body_fuzz.READING[data[6] % len(body_fuzz.READING)]
    whole = body_fuzz.outcome(form, each, [], body_fuzz.read_all)
    assert body_fuzz.outcome(form, each, cuts, read) == whole
    return False


TARGETS = {"head": head, "chunks": chunks}


def _cuts(data: bytes, n: int) -> list[int]:
    return sorted(part * n // 255 for part in data[1 : 1 + data[0] % 4])


def _limits(data: bytes, names: tuple[str, ...], *, least: int) -> dict[str, int]:
    return {
        name: max(least, data[5]) for n, name in enumerate(names) if data[4] >> n & 1
    }


# -- inputs -------------------------------------------------------------------------


def framed(octets: bytes, chance: random.Random) -> bytes:
    """Return an input that sends these octets; most of them meet no limit."""
    control = [chance.randrange(256) for _ in range(N_CONTROL)]
    if chance.random() < 0.8:
        control[4] = 0
    if chance.random() < 0.6:
        control[6] = 0
    return bytes(control) + octets


def mutated(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Return an input that is another one changed, its control octets, too."""
    control, octets = bytearray(data[:N_CONTROL]), data[N_CONTROL:]
    if chance.random() < 0.5:
        control[chance.randrange(N_CONTROL)] = chance.randrange(256)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = int(chance.random() * (len(octets) + 1))
        to = at + chance.choice((0, 0, 1, 1, 2, 5, 20))
        how = chance.random()
        if how < 0.3:
            new = chance.choice(_WORDS)
        elif how < 0.5:
            new = bytes((int(chance.random() * 256),))
        elif how < 0.6:
            new = octets[at : at + 30] * 2
        elif how < 0.7:
            other = chance.choice(others)
            begin = int(chance.random() * (len(other) + 1))
            new = other[begin : begin + 40]
        else:
            new = b""
        octets = octets[:at] + new + octets[to:]
    return bytes(control) + octets


_WORDS = (*head_fuzz.WORDS, *body_fuzz.WORDS)
