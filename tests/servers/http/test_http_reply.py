"""Replies: what applications give is checked, heads are made, parts are sent."""

from __future__ import annotations

import email.utils
import importlib.util
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gevent
from gevent import socket
from gevent._native.http import reply as http_reply

pytestmark = pytest.mark.pure


def load_twin() -> ModuleType:
    """Return the plain form, whichever is in use."""
    source = Path(http_reply.__file__).parent / "reply.py"
    spec = importlib.util.spec_from_file_location("http_reply_twin", source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FORMS = {"installed": http_reply, "twin": load_twin()}


@pytest.fixture(params=list(FORMS))
def reply(request: pytest.FixtureRequest) -> Any:
    """Give both forms."""
    return FORMS[request.param]


class Text(str):
    """A str of another class."""

    def __str__(self):
        return "evil\r\n"

    __repr__ = __str__

    def encode(self, *args):
        return b"evil\r\n"


# -- status --


@pytest.mark.parametrize(
    "status",
    ["200 OK", "204 ", "599 \t x", "999 \xe4\xff", "100 Continue", "418 " + "x" * 999],
)
def test_good_status(reply, status):
    assert reply.status_line(status) == status.encode("latin-1")
    assert reply.status_line(Text(status)) == status.encode("latin-1")


@pytest.mark.parametrize(
    "status",
    [
        *(
            "",
            "200",
            "20",
            "20 OK",
            "2000 OK",
            "099 X",
            "99 X",
            "abc",
            "+20 OK",
            " 200 OK",
        ),
        *(
            "200 OK\r\nX: y",
            "200 O\nK",
            "200 OK\r",
            "200 O\0K",
            "200 \x7f",
            "200\tOK",
            "2_0 OK",
        ),
        *("\xb2\xb2\xb2 OK", "200\xa0OK", "200 \x1b"),
    ],
)
def test_bad_status_is_a_value_error(reply, status):
    for _ in range(2):
        with pytest.raises(ValueError, match="three digits") as caught:
            reply.status_line(status)
        assert not isinstance(caught.value, UnicodeError)


@pytest.mark.parametrize(
    "status", ["200 \u20ac", "\u0662\u0660\u0660 OK", "200 \ud800"]
)
def test_status_beyond_latin_1_is_a_unicode_error(reply, status):
    with pytest.raises(UnicodeError):
        reply.status_line(status)


@pytest.mark.parametrize("status", [b"200 OK", 200, None, bytearray(b"200 OK"), []])
@pytest.mark.parametrize("kind", [TypeError, UnicodeError])
def test_status_that_is_no_text_is_a_type_and_a_unicode_error(reply, status, kind):
    with pytest.raises(kind, match="status must be str"):
        reply.status_line(status)


# -- headers --


def test_headers_keep_order_and_case(reply):
    given = [("X-b", "1"), ["x-A", "\xe4 \t"], ("X-b", ""), ("!#$%&'*+-.^_`|~0", "z")]
    pairs, flags = reply.checked_headers(given)
    assert pairs == [
        (b"X-b", b"1"),
        (b"x-A", b"\xe4 \t"),
        (b"X-b", b""),
        (b"!#$%&'*+-.^_`|~0", b"z"),
    ]
    assert flags == 0


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_headers_may_be_any_iterable_of_pairs(reply, kind):
    assert reply.checked_headers(kind([("a", "b")])) == ([(b"a", b"b")], 0)
    assert reply.checked_headers({"a": "b"}.items())[0] == [(b"a", b"b")]


def test_texts_of_other_classes_are_taken_for_what_they_hold(reply):
    assert reply.checked_headers([(Text("a"), Text("b"))])[0] == [(b"a", b"b")]
    with pytest.raises(ValueError, match="control"):
        reply.checked_headers([("a", Text("b\n"))])


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "a:",
        "a\r",
        "a\n",
        "a\0",
        "\xe4",
        "a\tb",
        "(",
        "a/b",
        "a\x7f",
        '"',
        "a=",
    ],
)
def test_name_that_is_no_token_is_a_value_error(reply, name):
    with pytest.raises(ValueError, match="no token") as caught:
        reply.checked_headers([("ok", "ok"), (name, "value")])
    assert not isinstance(caught.value, UnicodeError)


def test_control_character_in_a_value_is_a_value_error(reply):
    for code in (*range(9), *range(10, 32), 127):
        for value in (
            f"a{chr(code)}b",
            chr(code),
            f"{chr(code)}\u00e4",
            "x" * 9 + chr(code),
            "x" * 21 + chr(code) + "\xe4" * 9,
        ):
            with pytest.raises(ValueError, match="control character") as caught:
                reply.checked_headers([("name", value)])
            assert not isinstance(caught.value, UnicodeError)


def test_all_other_characters_may_be_in_a_value(reply):
    text = "".join(map(chr, (9, *range(32, 127), *range(128, 256))))
    for start in range(9):
        pairs, _ = reply.checked_headers([("name", text[start:])])
        assert pairs == [(b"name", text[start:].encode("latin-1"))]


@pytest.mark.parametrize("pair", [("\u20ac", "x"), ("x", "\u20ac"), ("x", "\ud800")])
def test_header_beyond_latin_1_is_a_unicode_error(reply, pair):
    with pytest.raises(UnicodeError):
        reply.checked_headers([pair])


@pytest.mark.parametrize(
    "pair", [(b"a", "b"), ("a", b"b"), ("a", 1), (None, "b"), ([], "b")]
)
@pytest.mark.parametrize("kind", [TypeError, UnicodeError])
def test_header_that_is_no_text_is_a_type_and_a_unicode_error(reply, pair, kind):
    with pytest.raises(kind, match="must be str"):
        reply.checked_headers([pair])


@pytest.mark.parametrize(
    "headers",
    [None, {"a": "b"}, "ab", b"ab", 5, ["ab"], [("a",)], [("a", "b", "c")], [None]],
)
def test_headers_that_are_no_pairs_are_a_type_error(reply, headers):
    with pytest.raises(TypeError):
        reply.checked_headers(headers)


def test_flags(reply):
    assert reply.checked_headers([("dATE", "x")])[1] == reply.HAS_DATE
    assert reply.checked_headers([("content-LENGTH", "5")])[1] == reply.HAS_LENGTH
    assert reply.checked_headers([("Connection", "close")])[1] == reply.HAS_CLOSE
    assert reply.checked_headers([("TE", "x")])[1] == reply.DROPPED
    assert reply.checked_headers([("Date", ""), ("Content-Length", "0")])[1] == (
        reply.HAS_DATE | reply.HAS_LENGTH
    )


def test_a_reply_without_content_length_has_none(reply):
    assert reply.checked_fields([("Date", "")], False).length == -1


def test_the_code_of_a_status_is_its_number(reply):
    assert reply.code_of(reply.status_line("404 Not Found")) == 404


@pytest.mark.parametrize("value", ["0", "00", "5", str(2**63 - 1)])
def test_good_length(reply, value):
    assert reply.checked_fields([("Content-Length", value)], False).length == int(value)
    assert reply.checked_headers([("Content-Length", value)])[0][0][1] == value.encode()


@pytest.mark.parametrize(
    "value",
    ["", " 5", "5 ", "+5", "-5", "5_0", "5,5", "0x5", "\xb2", "1" * 20, "a"]
    + [str(2**63)],
)
def test_length_that_is_not_digits_is_a_value_error(reply, value):
    with pytest.raises(ValueError, match="Content-Length must be digits"):
        reply.checked_headers([("Content-Length", value)])


def test_second_length_is_a_value_error(reply):
    with pytest.raises(ValueError, match="once"):
        reply.checked_headers([("Content-Length", "5"), ("content-length", "5")])


@pytest.mark.parametrize("value", ["close", "CLOSE", "Close"])
def test_close_stays_where_it_is(reply, value):
    assert reply.checked_headers([("a", "b"), ("connection", value), ("c", "d")]) == (
        [(b"a", b"b"), (b"connection", value.encode()), (b"c", b"d")],
        reply.HAS_CLOSE,
    )


@pytest.mark.parametrize(
    "value", ["x, close", "close,x", " close ", "x,\tCLOSE\t,y", "close, close"]
)
def test_close_among_other_options_is_what_stays(reply, value):
    assert reply.checked_headers([("Connection", value)]) == (
        [(b"Connection", b"close")],
        reply.HAS_CLOSE,
    )


@pytest.mark.parametrize(
    "value", ["", "keep-alive", "Upgrade", "closed", "x close", "a-close"]
)
def test_other_options_are_not_heard(reply, value):
    assert reply.checked_headers([("Connection", value), ("a", "b")]) == (
        [(b"a", b"b")],
        0,
    )


def test_close_is_said_once(reply):
    given = [("Connection", "close"), ("connection", "close")]
    assert reply.checked_headers(given)[0] == [(b"Connection", b"close")]


@pytest.mark.parametrize(
    "name", ["Transfer-Encoding", "keep-alive", "TE", "Trailer", "UPGRADE"]
)
def test_what_the_server_says_itself_is_dropped(reply, name):
    assert reply.checked_headers([(name, "x"), ("a", "b")]) == (
        [(b"a", b"b")],
        reply.DROPPED,
    )
    with pytest.raises(ValueError, match="control"):
        reply.checked_headers([(name, "x\r\n")])


def test_all_is_kept_where_the_protocol_is_another_one(reply):
    given = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("TE", "x")]
    assert reply.checked_headers(given, keep_hop_by_hop=True) == (
        [(b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"), (b"TE", b"x")],
        0,
    )
    pairs, flags = reply.checked_headers(
        [("Connection", "a, close")], keep_hop_by_hop=True
    )
    assert (pairs, flags) == ([(b"Connection", b"a, close")], reply.HAS_CLOSE)


def test_many_names_are_no_more_memory(reply):
    for n in range(2000):
        assert reply.checked_headers([(f"X-{n}", "")])[0] == [(f"X-{n}".encode(), b"")]
        assert reply.status_line(f"200 {n}") == f"200 {n}".encode()
    assert reply.checked_headers([("Content-Length", "1")])[1] == reply.HAS_LENGTH


@given(
    st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3),
    st.booleans(),
)
def test_both_forms_are_alike(headers, keep):
    outcomes = []
    for form in FORMS.values():
        try:
            outcomes.append(form.checked_headers(headers, keep_hop_by_hop=keep))
        except (ValueError, TypeError) as error:
            outcomes.append((type(error).__name__, str(error)))
    assert outcomes[0] == outcomes[1]


# -- heads, dates, chunks --


def test_head(reply):
    assert reply.head(b"200 OK", [(b"A", b"b"), (b"c", b"")]) == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nc: \r\n\r\n"
    )
    assert reply.head(b"200 OK", ()) == b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize("pair", [("a", "b"), (b"a", "b"), ("a", b"b"), (b"a", None)])
def test_head_is_made_of_bytes(reply, pair):
    with pytest.raises(TypeError):
        reply.head(b"200 OK", [pair])
    with pytest.raises(TypeError):
        reply.head(None, [])
    with pytest.raises(TypeError):
        reply.head("200 OK", [])


def test_date_is_now(reply):
    first = email.utils.formatdate(time.time() - 1, usegmt=True).encode()
    now = reply.date()
    dates = [
        email.utils.formatdate(time.time() + shift, usegmt=True).encode()
        for shift in range(-2, 1)
    ]
    assert now in (first, *dates)


def test_date_is_one_object_a_second(reply):
    made = [reply.date() for _ in range(100)]
    assert len({id(each) for each in made}) == len(set(made)) <= 2


@pytest.mark.parametrize("second", [0, 951782400, 1_000_000_000, 2**32, 4107542399])
def test_date_of(reply, second):
    expected = email.utils.formatdate(second, usegmt=True).encode()
    assert reply.date_of(second) == expected


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"x", b"1"),
        (b"x" * 255, b"ff"),
        (bytearray(16), b"10"),
        (memoryview(b"abc"), b"3"),
        (memoryview(bytes(8)).cast("I"), b"8"),
    ],
)
def test_chunk(reply, data, size):
    assert b"".join(reply.chunk(data)) == size + b"\r\n" + bytes(data) + b"\r\n"
    assert reply.chunk(data)[1] is data


@pytest.mark.parametrize("data", [b"", bytearray(), memoryview(b"")])
def test_no_data_is_no_chunk(reply, data):
    assert reply.chunk(data) == []


@pytest.mark.parametrize("data", ["x", None, 5])
def test_chunk_that_is_no_bytes_is_a_type_error(reply, data):
    with pytest.raises(TypeError):
        reply.chunk(data)


def test_last_chunk(reply):
    assert reply.LAST_CHUNK == b"0\r\n\r\n"


# -- sending --


class Counted(socket.socket):
    """A socket that says what was called."""

    calls: list[str]

    def sendall(self, *args):
        self.calls.append("sendall")
        return super().sendall(*args)


class Fake:
    """A socket that keeps what was sent."""

    def __init__(self):
        self.sent = []

    def sendall(self, data):
        self.sent.append(bytes(data))


PARTS = {
    "small": [b"head", bytearray(b"body"), memoryview(b"tail")],
    "empty": [b"", b"x", b""],
    "one": [b"x" * 100_000],
    "large": [b"head", b"x" * 1_000_000, memoryview(b"y" * 50_000), b"", b"tail"],
    "many": [b"%d" % n for n in range(5000)],
    "many large": [b"x" * 1000 for n in range(3000)],
}


def received(peer: socket.socket) -> bytes:
    """Receive until the end."""
    return b"".join(iter(lambda: peer.recv(65536), b""))


@pytest.mark.parametrize("parts", PARTS.values(), ids=list(PARTS))
def test_parts_arrive_in_order(reply, parts):
    ours, peer = socket.socketpair()
    with ours, peer:
        reader = gevent.spawn(received, peer)
        assert reply.send_parts(ours, parts) == sum(map(len, parts))
        ours.close()
        assert reader.get() == b"".join(parts)


@pytest.mark.parametrize("parts", PARTS.values(), ids=list(PARTS))
def test_other_sockets_get_by_sendall(reply, parts):
    fake = Fake()
    assert reply.send_parts(fake, iter(parts)) == sum(map(len, parts))
    assert b"".join(fake.sent) == b"".join(parts)
    assert len(fake.sent) <= 4 + sum(map(len, parts)) // 10_000


def test_small_reply_is_one_call(reply):
    fake = Fake()
    reply.send_parts(fake, [b"head", *reply.chunk(b"body"), reply.LAST_CHUNK])
    assert fake.sent == [b"head4\r\nbody\r\n0\r\n\r\n"]


@pytest.mark.parametrize("parts", [[], [b""], [b"", b""]])
def test_nothing_is_sent_of_nothing(reply, parts):
    fake = Fake()
    assert reply.send_parts(fake, parts) == 0
    assert b"".join(fake.sent) == b""


def test_replaced_sendall_is_called(reply):
    left, right = socket.socketpair()
    counted = Counted(fileno=left.detach())
    counted.calls = []
    with counted, right:
        reader = gevent.spawn(received, right)
        reply.send_parts(counted, PARTS["large"])
        counted.close()
        assert reader.get() == b"".join(PARTS["large"])
    assert counted.calls


@pytest.mark.parametrize("bad", ["x", None, 5])
def test_part_that_is_no_bytes_is_a_type_error(reply, bad):
    fake = Fake()
    with pytest.raises(TypeError):
        reply.send_parts(fake, [b"head", bad])
    assert fake.sent == []


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_closed_socket_raises(reply, size):
    left, right = socket.socketpair()
    left.close()
    right.close()
    with pytest.raises(OSError, match=r"\[Errno 9\]"):
        reply.send_parts(left, [b"head", b"x" * size])


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_peer_that_is_gone_raises(reply, size):
    left, right = socket.socketpair()
    right.close()
    with left, pytest.raises(BrokenPipeError):
        reply.send_parts(left, [b"head", b"x" * size])


def test_time_out_of_the_socket_is_honoured(reply):
    left, right = socket.socketpair()
    with left, right:
        left.settimeout(0.01)
        with pytest.raises(TimeoutError):
            reply.send_parts(left, [b"head", b"x" * 10_000_000])
        left.settimeout(0)
        with pytest.raises(BlockingIOError):
            reply.send_parts(left, [b"head", b"x" * 10_000_000])


def test_killed_sender_lets_go_of_the_parts(reply):
    left, right = socket.socketpair()
    body = bytearray(10_000_000)
    with left, right:
        sender = gevent.spawn(reply.send_parts, left, [b"head", body])
        gevent.sleep(0)
        assert not sender.ready()
        with pytest.raises(BufferError):
            body.append(1)
        sender.kill()
        body.append(1)


def test_close_while_it_waits_raises(reply):
    left, right = socket.socketpair()
    with right:
        sender = gevent.spawn(reply.send_parts, left, [b"head", bytes(10_000_000)])
        gevent.sleep(0)
        left.close()
        with pytest.raises(OSError, match=r"\[Errno 9\]"):
            sender.get()


def test_waiting_sender_lets_others_run(reply):
    left, right = socket.socketpair()
    with left, right:
        sender = gevent.spawn(reply.send_parts, left, [b"head", bytes(10_000_000)])
        gevent.sleep(0)
        assert not sender.ready()
        n = 0
        while n < 10_000_004:
            n += len(right.recv(1 << 20))
        assert sender.get() == n
