"""What heads are served, and how; in both forms."""

from __future__ import annotations

import pytest

from gevent.servers.http.limits import RELAXATIONS, Limits
from tests.servers.http.head_forms import Form, each_form

pytestmark = each_form

CHUNKED = b"Transfer-Encoding: chunked"


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> None:
    """Nothing here comes near the hub."""


def head(*lines: bytes, start: bytes = b"GET / HTTP/1.1", host: bytes = b"a") -> bytes:
    return b"\r\n".join((start, b"Host: " + host, *lines, b"", b""))


def old(*lines: bytes) -> bytes:
    return b"\r\n".join((b"GET / HTTP/1.0", *lines, b"", b""))


# What is refused, with which status, and which relaxations let it pass.
REFUSED = {
    "CONNECT": (head(start=b"CONNECT a:1 HTTP/1.1"), 501, {"connect"}),
    "CONNECT to a path": (head(start=b"CONNECT / HTTP/1.1"), 501, set()),
    "CONNECT without a port": (head(start=b"CONNECT a HTTP/1.1"), 501, set()),
    "CONNECT with a length": (
        head(b"Content-Length: 1", start=b"CONNECT a:1 HTTP/1.1"),
        501,
        set(),
    ),
    "CONNECT with chunks": (head(CHUNKED, start=b"CONNECT a:1 HTTP/1.1"), 501, set()),
    "GET *": (head(start=b"GET * HTTP/1.1"), 400, set()),
    "GET a:1": (head(start=b"GET a:1 HTTP/1.1"), 400, set()),
    "OPTIONS a": (head(start=b"OPTIONS a HTTP/1.1"), 400, set()),
    "ftp": (head(start=b"GET ftp://a/ HTTP/1.1"), 400, set()),
    "no authority": (head(start=b"GET http:///x HTTP/1.1"), 400, {"loose_host"}),
    "user": (head(start=b"GET http://u@a/ HTTP/1.1"), 400, {"loose_host"}),
    "nul": (head(start=b"GET /a%00b HTTP/1.1"), 400, {"nul"}),
    "nul in a whole URI": (head(start=b"GET http://a/%00 HTTP/1.1"), 400, {"nul"}),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, set()),
    "no host beside a whole URI": (b"GET http://a/ HTTP/1.1\r\n\r\n", 400, set()),
    "bad host": (head(host=b"a b"), 400, {"loose_host"}),
    "bad host in 1.0": (old(b"Host: a b"), 400, {"loose_host"}),
    "bad host beside a whole URI": (
        head(start=b"GET http://a/ HTTP/1.1", host=b"a,b"),
        400,
        {"loose_host"},
    ),
    "two hosts": (head(b"host: a"), 400, {"repeated_fields"}),
    "two hosts in 1.0": (old(b"Host: a", b"Host: a"), 400, {"repeated_fields"}),
    "two types": (
        head(b"Content-Type: a/b", b"content-type: a/b"),
        400,
        {"repeated_fields"},
    ),
    "two authorizations": (
        head(b"Authorization: a", b"Authorization: a"),
        400,
        {"repeated_fields"},
    ),
    "two agents": (head(b"User-Agent: a", b"User-Agent:"), 400, {"repeated_fields"}),
    "two of Referer": (head(b"Referer: a", b"Referer: a"), 400, {"repeated_fields"}),
    "two origins": (head(b"Origin: a", b"Origin: a"), 400, {"repeated_fields"}),
    "two lengths": (head(b"Content-Length: 1", b"Content-Length: 1"), 400, set()),
    "bad length": (head(b"Content-Length: 1,1"), 400, set()),
    "no length": (head(b"Content-Length:"), 400, set()),
    "length of 20 digits": (head(b"Content-Length: " + b"0" * 20), 400, set()),
    "length above the limit": (head(b"Content-Length: 1073741825"), 413, set()),
    "length of more than 63 bits": (
        head(b"Content-Length: 9999999999999999999"),
        413,
        set(),
    ),
    "length and coding": (head(CHUNKED, b"Content-Length: 1"), 400, set()),
    "bad length and coding": (head(b"Content-Length: x", CHUNKED), 400, set()),
    "two codings": (head(CHUNKED, CHUNKED), 400, set()),
    "coding in 1.0": (old(CHUNKED), 400, set()),
    "coding with a parameter": (head(CHUNKED + b";q=1"), 400, set()),
    "chunked not last": (head(CHUNKED + b", gzip"), 400, set()),
    "unknown coding": (head(b"Transfer-Encoding: gzip"), 501, set()),
    "identity": (head(b"Transfer-Encoding: identity"), 501, set()),
    "unknown expectation": (head(b"Expect: x"), 417, set()),
    "empty expectation": (head(b"Expect:"), 417, set()),
    "one expectation more": (head(b"Expect: 100-continue", b"Expect: x"), 417, set()),
    "list of expectations": (head(b"Expect: 100-continue, x"), 417, set()),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_has_its_status(form: Form, what: str) -> None:
    raw, status, _ = REFUSED[what]
    assert form.status(raw) == status


@pytest.mark.parametrize("what", [name for name in REFUSED if REFUSED[name][2]])
def test_what_is_relaxed_passes(form: Form, what: str) -> None:
    raw, _, relaxations = REFUSED[what]
    form.decide(raw, tuple(relaxations))


@pytest.mark.parametrize("what", REFUSED)
def test_other_relaxations_change_nothing(form: Form, what: str) -> None:
    raw, _, relaxations = REFUSED[what]
    others = RELAXATIONS - relaxations
    assert form.status(raw, tuple(others)) in (400, 413, 417, 501)


@pytest.mark.parametrize(
    "raw",
    [
        head(start=b"OPTIONS * HTTP/1.1"),
        head(start=b"GET https://b:1?q HTTP/1.1"),
        head(start=b"GET /?%00 HTTP/1.1"),
        head(host=b""),
        old(),
        old(b"Expect: x"),
        head(b"Accept: a", b"Accept: b", b"Cookie: c", b"Cookie: d"),
        head(b"Content-Length: 0000000000000000001"),
        head(b"Content-Length: 1073741824"),
        head(b"Expect: 100-CONTINUE"),
    ],
)
def test_what_is_right_passes(form: Form, raw: bytes) -> None:
    form.decide(raw)


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ((), 0),
        ((b"Content-Length: 0",), 0),
        ((b"Content-Length: 0042",), 42),
        ((CHUNKED,), -1),
    ],
)
def test_the_length_of_the_body_is_decided(
    form: Form, lines: tuple[bytes, ...], length: int
) -> None:
    assert form.decide(head(*lines))[1].length == length


@pytest.mark.parametrize(("limit", "length"), [(5, 5), (0, 0), (None, 2**63 - 1)])
def test_a_body_may_be_as_long_as_the_limit(
    form: Form, limit: int | None, length: int
) -> None:
    raw = head(b"Content-Length: %d" % length)
    assert form.decide(raw, limits=Limits(body=limit))[1].length == length


@pytest.mark.parametrize(("limit", "length"), [(5, 6), (0, 1), (None, 2**63)])
def test_a_body_may_not_be_longer(form: Form, limit: int | None, length: int) -> None:
    raw = head(b"Content-Length: %d" % length)
    with pytest.raises(form.heads.HeadError) as caught:
        form.decide(raw, limits=Limits(body=limit))
    assert caught.value.status == 413


def test_chunks_have_no_limit_before_they_come(form: Form) -> None:
    assert form.decide(head(CHUNKED), limits=Limits(body=0))[1].length == -1


@pytest.mark.parametrize(
    ("raw", "is_persistent"),
    [
        (head(), True),
        (head(b"Connection: keep-alive"), True),
        (head(b"Connection: close"), False),
        (head(b"Connection: keep-alive, close"), False),
        (head(b"Connection: close", b"Connection: keep-alive"), False),
        (old(), False),
        (old(b"Connection: keep-alive"), True),
        (old(b"Connection: keep-alive, close"), False),
        (head(b"Content-Length: 1", b"Connection: close"), False),
        (head(b"Content-Length: 1"), True),
    ],
)
def test_persistence_is_decided(form: Form, raw: bytes, is_persistent: bool) -> None:
    assert form.decide(raw)[1].persistent is is_persistent


@pytest.mark.parametrize(
    ("raw", "expects"),
    [
        (head(b"Expect: 100-continue", b"Content-Length: 1"), True),
        (head(b"Expect: 100-Continue", CHUNKED), True),
        (head(b"Expect: 100-continue", b"Content-Length: 0"), False),
        (head(b"Expect: 100-continue"), False),
        (head(b"Content-Length: 1"), False),
        (old(b"Expect: 100-continue", b"Content-Length: 1"), False),
    ],
)
def test_a_100_is_owed_to_who_has_a_body(form: Form, raw: bytes, expects: bool) -> None:
    assert form.decide(raw)[1].expects_continue is expects


@pytest.mark.parametrize(
    ("raw", "upgrade"),
    [
        (head(b"Connection: Upgrade", b"Upgrade: WebSocket"), "WebSocket"),
        (head(b"Connection: upgrade", b"Upgrade: a", b"Upgrade: b"), "a,b"),
        (head(b"Connection: upgrade, close", b"Upgrade: a", CHUNKED), "a"),
        (head(b"Upgrade: a"), None),
        (head(b"Connection: upgrade"), None),
        (old(b"Connection: upgrade", b"Upgrade: a"), None),
    ],
)
def test_an_upgrade_is_offered_by_two_fields_in_1_1(
    form: Form, raw: bytes, upgrade: str | None
) -> None:
    assert form.decide(raw)[1].upgrade == upgrade


def test_behind_connect_comes_no_second_request(form: Form) -> None:
    raw = head(start=b"CONNECT a:1 HTTP/1.1")
    decision = form.decide(raw, ("connect",))[1]
    assert not decision.persistent
    assert decision.length == 0


def test_heads_from_elsewhere_are_judged_alike(form: Form) -> None:
    made = form.heads.head_of(b"GET", b"/", [(b"host", b"a"), (b"host", b"b")])
    with pytest.raises(form.heads.HeadError) as caught:
        form.policy.decide(made, Limits(), frozenset())
    assert caught.value.status == 400
