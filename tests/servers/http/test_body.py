"""Input: bodies over a length and over chunks, with their limits."""

from __future__ import annotations

import gc
import io
import itertools
import weakref
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gevent
from gevent.servers.http.body import BodyError, BodyTimeout, Input
from gevent.servers.http.limits import Limits
from gevent.servers.http.request_file import RequestFile
from tests.servers.http.conftest import Pieces, in_pieces

pytestmark = pytest.mark.pure

HELLO = b"5\r\nhello\r\n6\r\n\nworld\r\n0\r\n\r\n"


class Peer:
    """A socket that keeps what was sent."""

    def __init__(self, error: BaseException | None = None):
        self.sent: list[bytes] = []
        self.error = error

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)
        if self.error is not None:
            raise self.error


def over_pieces(data: bytes, size: int) -> RequestFile:
    """Return a connection's file of data that comes in pieces."""
    return RequestFile(Pieces(*in_pieces(data, size)))


FILES: dict[str, Callable[[bytes], object]] = {
    "BytesIO": io.BytesIO,
    "BufferedReader": lambda data: io.BufferedReader(io.BytesIO(data)),
    "one piece": lambda data: over_pieces(data, len(data) or 1),
    "octets": lambda data: over_pieces(data, 1 + len(data) // 5000),
}


@pytest.fixture(params=["BytesIO", "octets"])
def length(request: pytest.FixtureRequest) -> Callable[..., Input]:
    """Make a body with a length."""
    return lambda data, *args, **kw: Input(FILES[request.param](data), *args, **kw)


@pytest.fixture(params=["BytesIO", "octets"])
def chunks(request: pytest.FixtureRequest) -> Callable[..., Input]:
    """Make a chunked body."""
    return lambda data, *args, **kw: Input(
        FILES[request.param](data), None, *args, chunked_input=True, **kw
    )


# -- with a length --


def test_read_stops_at_the_length(length):
    body = length(b"hello world", 5)
    assert [body.read(), body.read(), body.position] == [b"hello", b"", 5]


@pytest.mark.parametrize("size", [None, -1, -5, 5, 6, 2**70])
def test_read_of_all_of_it(length, size):
    assert length(b"hello world", 5).read(size) == b"hello"


def test_read_in_parts(length):
    body = length(b"hello world", 5)
    assert [body.read(n) for n in (2, 0, 2, 2, 2)] == [b"he", b"", b"ll", b"o", b""]


@pytest.mark.parametrize("size", [None, 0])
def test_body_without_length_is_empty(length, size):
    body = length(b"GET / HTTP/1.1", size)
    assert body.is_done
    assert [body.read(), body.readline(), body.readlines()] == [b"", b"", []]


def test_lines(length):
    body = length(b"a\nbc\n\nd\nnext", 7)
    assert list(body) == [b"a\n", b"bc\n", b"\n", b"d"]
    assert body.is_done


def test_readline_stops_at_its_size(length):
    body = length(b"abc\nd", 5)
    assert [body.readline(n) for n in (2, 0, 1, 9, 9, 9)] == [
        b"ab",
        b"",
        b"c",
        b"\n",
        b"d",
        b"",
    ]


def test_readlines_does_not_look_at_the_hint(length):
    assert length(b"a\nb\nc", 5).readlines(1) == [b"a\n", b"b\n", b"c"]


def test_next_returns_a_line(length):
    body = length(b"a\nb", 3)
    assert iter(body) is body
    assert [next(body), body.next()] == [b"a\n", b"b"]
    with pytest.raises(StopIteration):
        next(body)
    with pytest.raises(StopIteration):
        body.next()


@pytest.mark.parametrize("read", [Input.read, Input.readline, Input.readlines])
def test_short_body_is_an_error(length, read):
    body = length(b"abc", 5)
    for _ in range(2):
        with pytest.raises(BodyError) as caught:
            read(body)
        assert str(caught.value) == (
            "unexpected end of file while reading request at position 3"
        )
        assert caught.value.status == 400
    assert not body.is_done


def test_short_body_gives_what_is_there_first(length):
    body = length(b"abc", 5)
    assert body.read(2) == b"ab"
    with pytest.raises(BodyError, match="at position 3"):
        body.read(2)


@pytest.mark.parametrize("read", [Input.read, Input.readline])
@pytest.mark.parametrize("size", ["1", 1.0, b"1"])
def test_size_that_is_no_number_is_a_type_error(length, read, size):
    with pytest.raises(TypeError):
        read(length(b"hello", 5), size)


def test_length_must_be_a_number_from_0_up():
    with pytest.raises(TypeError):
        Input(io.BytesIO(), "5")
    with pytest.raises(ValueError, match="-1"):
        Input(io.BytesIO(), -1)


def test_other_file_may_be_set(length):
    body = length(b"hello", 5)
    body.rfile = io.BytesIO(b"HELLO")
    assert body.read() == b"HELLO"


def test_length_may_be_set(length):
    body = length(b"hello", 5)
    body.content_length = 3
    assert body.read() == b"hello"[:3]


# -- chunked --


def test_chunks_are_joined(chunks):
    body = chunks(HELLO)
    assert [body.read(), body.is_done, body.read()] == [b"hello\nworld", True, b""]


@pytest.mark.parametrize("size", range(1, 14))
def test_chunks_are_cut_where_the_reader_wants(chunks, size):
    body = chunks(HELLO)
    assert list(iter(lambda: body.read(size), b"")) == in_pieces(b"hello\nworld", size)
    assert body.is_done


def test_chunked_lines(chunks):
    data = b"3\r\na\nb\r\n2\r\nc\n\r\n1\r\n\n\r\n1\r\nd\r\n0\r\n\r\n"
    assert list(chunks(data)) == [b"a\n", b"bc\n", b"\n", b"d"]


@pytest.mark.parametrize(
    ("size", "line"),
    [(3, b"hello"[:3]), (5, b"hello"), (6, b"hello\n"), (9, b"hello\n")],
)
def test_chunked_readline_stops_at_its_size(chunks, size, line):
    assert chunks(HELLO).readline(size) == line


def test_chunked_wins_over_a_length():
    assert Input(io.BytesIO(HELLO), 3, None, True).read() == b"hello\nworld"


def test_fields_tell_of_the_chunk(chunks):
    body = chunks(HELLO)
    assert (body.position, body.chunk_length, body.chunked_input) == (0, -1, True)
    body.read(7)
    assert (body.position, body.chunk_length) == (2, 6)
    body.read()
    assert (body.position, body.chunk_length) == (0, 0)


def test_what_is_behind_the_chunks_stays_in_the_file():
    file = io.BytesIO(HELLO + b"GET /")
    Input(file, None, None, True).read()
    assert file.read() == b"GET /"


def test_read_needs_no_more_than_its_data(pieces):
    source = pieces(b"5\r\nhello")
    body = Input(RequestFile(source), None, None, True)
    assert body.read(5) == b"hello"
    assert source.n_waits == 1


GOOD = {
    "capitals": b"A\r\n0123456789\r\n000\r\n\r\n",
    "16 digits": b"000000000000000a\r\n0123456789\r\n0000000000000000\r\n\r\n",
    "extension": b"a;x=y;z\r\n0123456789\r\n0;x\r\n\r\n",
    "quoted extension": b'a;x="\\" ;\xff"\r\n0123456789\r\n0\r\n\r\n',
    "trailers": b"a\r\n0123456789\r\n0\r\nX-T: y\r\nx:\t\xff \r\nz:\r\n\r\n",
}


@pytest.mark.parametrize("data", GOOD.values(), ids=list(GOOD))
def test_good_chunks(chunks, data):
    body = chunks(data)
    assert (body.read(), body.is_done) == (b"0123456789", True)


BAD = {
    "no size": b"\r\nhello",
    "prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "minus": b"-5\r\nhello\r\n0\r\n\r\n",
    "underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "blank before": b" 5\r\nhello\r\n0\r\n\r\n",
    "blank behind": b"5 \r\nhello\r\n0\r\n\r\n",
    "tab behind": b"5\t\r\nhello\r\n0\r\n\r\n",
    "no digit": b"G\r\nhello\r\n0\r\n\r\n",
    "other digit": b"\xd9\xa5\r\nhello\r\n0\r\n\r\n",
    "17 digits": b"00000000000000005\r\nhello\r\n0\r\n\r\n",
    "many digits": b"0" * 200000 + b"5\r\nhello\r\n0\r\n\r\n",
    "bare LF": b"5\nhello\r\n0\r\n\r\n",
    "bare CR": b"5\rhello\r\n0\r\n\r\n",
    "CR twice": b"5\r\r\nhello\r\n0\r\n\r\n",
    "vertical tab": b"5\x0b\r\nhello\r\n0\r\n\r\n",
    "NUL": b"5\x00\r\nhello\r\n0\r\n\r\n",
    "data too long": b"5\r\nhello!\r\n0\r\n\r\n",
    "data without end": b"5\r\nhelloXX0\r\n\r\n",
    "bare LF behind data": b"5\r\nhello\n0\r\n\r\n",
    "bare CR behind data": b"5\r\nhello\r0\r\n\r\n",
    "extension without name": b"5;\r\nhello\r\n0\r\n\r\n",
    "extension without value": b"5;a=\r\nhello\r\n0\r\n\r\n",
    "extension with blanks": b"5 ; a = b\r\nhello\r\n0\r\n\r\n",
    "extension with a blank": b"5; a\r\nhello\r\n0\r\n\r\n",
    "bare LF in an extension": b"5;a\nhello\r\n0\r\n\r\n",
    "bare CR in an extension": b"5;a\r;b\r\nhello\r\n0\r\n\r\n",
    "open quotes": b'5;a="b\r\nhello\r\n0\r\n\r\n',
    "quotes behind a token": b'5;a=b"c"\r\nhello\r\n0\r\n\r\n',
    "control character in quotes": b'5;a="\x01"\r\nhello\r\n0\r\n\r\n',
    "trailer without colon": b"0\r\nXXGET /EVIL HTTP/1.1\r\nHost: a\r\n\r\n",
    "request in the trailers": b"0\r\nGET /EVIL HTTP/1.1\r\nHost: a\r\n\r\n",
    "length in the trailers": b"0\r\nContent-Length: 9\r\n\r\n",
    "framing in the trailers": b"0\r\ntRANSFER-eNCODING: chunked\r\n\r\n",
    "host in the trailers": b"0\r\nHOST: a\r\n\r\n",
    "trailer with a blank": b"0\r\nX : y\r\n\r\n",
    "trailer without name": b"0\r\n: y\r\n\r\n",
    "folded trailer": b"0\r\nX: y\r\n z\r\n\r\n",
    "NUL in a trailer": b"0\r\nX: \x00\r\n\r\n",
    "DEL in a trailer": b"0\r\nX: \x7f\r\n\r\n",
    "bare LF in the trailers": b"0\r\nX: y\n\r\n",
    "bare CR in the trailers": b"0\r\nX: y\rz\r\n\r\n",
    "bare LF at the end": b"0\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "large trailer": b"0\r\nX: " + b"a" * 200000 + b"\r\n\r\n",
    "many trailers": b"0\r\n" + b"X: y\r\n" * 33 + b"\r\n",
    "long trailers": b"0\r\n" + (b"X: " + b"y" * 3000 + b"\r\n") * 3 + b"\r\n",
    "large extension": b"5;" + b"a" * 20000 + b"\r\nhello\r\n0\r\n\r\n",
    "many extensions": (b"1;" + b"a" * 100 + b"\r\nx\r\n") * 200 + b"0\r\n\r\n",
    "end at once": b"",
    "end in the size": b"5",
    "end in the CRLF": b"5\r",
    "end in the data": b"5\r\nhel",
    "end behind the data": b"5\r\nhello",
    "end in the CRLF behind the data": b"5\r\nhello\r",
    "end before the last chunk": b"5\r\nhello\r\n",
    "end in the last chunk": b"5\r\nhello\r\n0\r\n",
    "end in the trailers": b"0\r\nX: y",
    "end behind a trailer": b"0\r\nX: y\r\n",
    "end in the last line": b"0\r\nX: y\r\n\r",
    "size beyond all limits": b"7FFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    "larger size": b"FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
}


READS: list[Callable[[Input], object]] = [
    Input.read,
    Input.readlines,
    lambda body: [*iter(lambda: body.read(3), b"")],
]


@pytest.mark.parametrize("data", BAD.values(), ids=list(BAD))
@pytest.mark.parametrize("limits", [None, Limits()])
def test_bad_chunks_are_an_error_for_good(data, limits):
    for make, read in itertools.product(FILES.values(), READS):
        body = Input(make(data), None, chunked_input=True, limits=limits)
        seen = []
        for _ in range(3):
            with pytest.raises(BodyError) as caught:
                read(body)
            seen.append((type(caught.value), str(caught.value), caught.value.status))
        assert len(set(seen)) == 1
        assert seen[0][2] in (400, 413)
        assert not body.is_done
        assert not body.discard(1 << 20)


@pytest.mark.parametrize("data", BAD.values(), ids=list(BAD))
def test_bad_chunks_are_not_discarded(data):
    for make in FILES.values():
        body = Input(make(data), None, chunked_input=True, limits=Limits())
        assert not body.discard(1 << 20)
        assert isinstance(body.error, BodyError)


def test_texts_of_a_stream_that_ends(chunks):
    with pytest.raises(BodyError) as caught:
        chunks(b"5\r\nhel").read()
    assert str(caught.value) == "unexpected end of file while parsing chunked data"


# -- limits --


def test_chunks_may_add_up_to_the_limit(chunks):
    assert chunks(HELLO, limits=Limits(body=11)).read() == b"hello\nworld"


def test_chunks_that_add_up_to_more_are_refused(chunks):
    body = chunks(HELLO, limits=Limits(body=10))
    assert body.read(5) == b"hello"
    with pytest.raises(BodyError, match="too large") as caught:
        body.read(1)
    assert caught.value.status == 413


def test_chunk_beyond_the_limit_is_refused_before_its_data(pieces):
    source = pieces(b"b\r\n")
    body = Input(RequestFile(source), None, None, True, limits=Limits(body=10))
    with pytest.raises(BodyError) as caught:
        body.read()
    assert (caught.value.status, source.n_waits) == (413, 1)


def test_body_of_any_size_without_a_limit(chunks):
    data = b"%x\r\n%b\r\n0\r\n\r\n" % (100_000, b"x" * 100_000)
    assert len(chunks(data, limits=Limits(body=None)).read()) == 100_000


def test_extensions_may_add_up_to_the_limit(chunks):
    data = b"1;a=b\r\nx\r\n" * 3 + b"0;a=b\r\n\r\n"
    assert chunks(data, limits=Limits(extensions=16)).read() == b"xxx"
    with pytest.raises(BodyError, match="extensions are too large"):
        chunks(data, limits=Limits(extensions=15)).read()


def test_trailers_may_add_up_to_the_limit(chunks):
    data = b"0\r\nA: b\r\nC: d\r\n\r\n"
    assert chunks(data, limits=Limits(trailers=12, trailer_fields=2)).read() == b""
    with pytest.raises(BodyError, match="trailers are too large"):
        chunks(data, limits=Limits(trailers=11)).read()
    with pytest.raises(BodyError, match="too many trailer fields"):
        chunks(data, limits=Limits(trailer_fields=1)).read()


def test_huge_length_takes_no_memory_ahead():
    body = Input(over_pieces(b"abc", 1), 1 << 50)
    with pytest.raises(BodyError, match="at position 3"):
        body.read()


# -- 100 Continue --


@pytest.mark.parametrize(
    "read",
    [
        Input.read,
        Input.readline,
        Input.readlines,
        next,
        Input.next,
        lambda body: body.read(1),
        lambda body: body.readline(1),
    ],
)
@pytest.mark.parametrize(
    "args", [(5, None, False), (None, None, True)], ids=["length", "chunked"]
)
def test_first_read_sends_100_once(read, args):
    peer = Peer()
    body = Input(io.BytesIO(HELLO), args[0], peer, args[2])
    assert (body.owes_continue, body.is_done) == (True, False)
    read(body)
    body.read()
    assert peer.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    assert (body.owes_continue, body.is_done) == (False, True)


def test_100_goes_out_before_the_file_is_read():
    peer = Peer()

    class File(io.BytesIO):
        def read(self, size):
            assert peer.sent
            return super().read(size)

    assert Input(File(b"hello"), 5, peer).read() == b"hello"


def test_read_of_nothing_sends_no_100(length):
    peer = Peer()
    body = length(b"hello", 5, peer)
    assert body.read(0) == body.readline(0) == b""
    assert peer.sent == []


@pytest.mark.parametrize("size", [None, 0])
def test_empty_body_owes_no_100(length, size):
    peer = Peer()
    body = length(b"", size, peer)
    assert body.read() == b""
    assert peer.sent == []
    assert body.is_done
    assert not body.owes_continue
    assert body.discard(0)


def test_no_100_is_sent_where_it_must_not_be(length):
    peer = Peer()
    body = length(b"hello", 5, peer)
    body.send_100_continue_enabled = False
    assert body.read(1) == b"h"
    assert body.owes_continue
    assert body.read() == b"ello"
    assert not body.owes_continue
    assert peer.sent == []


def test_body_whose_100_is_owed_is_not_discarded(length):
    peer = Peer()
    body = length(b"hello", 5, peer)
    assert not body.discard(100)
    assert body.rfile.read(5) == b"hello"
    assert peer.sent == []


def test_100_that_cannot_be_sent_breaks_the_body(length):
    body = length(b"hello", 5, Peer(BrokenPipeError(32, "Broken pipe")))
    for _ in range(2):
        with pytest.raises(BrokenPipeError):
            body.read()
    assert not body.discard(10)


def test_100_that_was_interrupted_breaks_the_body(length):
    body = length(b"hello", 5, Peer(gevent.GreenletExit()))
    with pytest.raises(gevent.GreenletExit):
        body.read()
    with pytest.raises(BodyError, match="100 Continue"):
        body.read()


# -- dropping what is left --


@pytest.mark.parametrize("n_read", range(6))
def test_rest_is_discarded(length, n_read):
    body = length(b"hello", 5)
    body.read(n_read)
    assert body.discard(5 - n_read)
    assert body.is_done


def test_rest_beyond_the_limit_stays(length):
    body = length(b"hello", 5)
    body.read(1)
    assert not body.discard(3)
    assert body.read() == b"ello"


@pytest.mark.parametrize("n_read", range(12))
def test_rest_of_chunks_is_discarded(chunks, n_read):
    body = chunks(HELLO)
    body.read(n_read)
    assert body.discard(len(HELLO))
    assert body.is_done


def test_end_of_chunks_is_read_whatever_the_limit(chunks):
    body = chunks(HELLO)
    body.read(11)
    assert not body.is_done
    assert body.discard(0)


def test_chunks_are_discarded_up_to_the_limit():
    file = io.BytesIO(b"1\r\nx\r\n" * 1000 + b"0\r\n\r\n")
    assert not Input(file, None, None, True).discard(100)
    assert 100 <= file.tell() <= 110


def test_chunk_beyond_the_limit_is_not_read():
    file = io.BytesIO(b"ff\r\n" + b"x" * 255)
    assert not Input(file, None, None, True).discard(254)
    assert file.tell() == 4


def test_short_body_is_not_discarded(length):
    assert not length(b"abc", 5).discard(100)


def test_large_rest_is_discarded(length):
    assert length(b"x" * 200_000, 200_000).discard(200_000)


# -- interruptions, errors of the connection --


@pytest.mark.parametrize("kind", [TimeoutError, lambda: TimeoutError("timed out")])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("read", [Input.read, Input.readline])
def test_deadline_breaks_the_body_with_408(pieces, kind, chunked, read):
    begin = b"5\r\nhe" if chunked else b"he"
    body = Input(RequestFile(pieces(begin, kind())), 9, None, chunked)
    for _ in range(2):
        with pytest.raises(BodyTimeout) as caught:
            read(body)
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.status == 408
    assert not body.discard(100)


def test_own_error_of_the_source_stays_as_it_is(pieces):
    body = Input(RequestFile(pieces(BodyError("too slow", 408))), 9)
    for _ in range(2):
        with pytest.raises(BodyError, match=r"^too slow$") as caught:
            body.read()
        assert (type(caught.value), caught.value.status) == (BodyError, 408)


def test_error_of_the_connection_stays_as_it_is(pieces):
    body = Input(RequestFile(pieces(ConnectionResetError(104, "reset"))), 9)
    for _ in range(2):
        with pytest.raises(ConnectionResetError) as caught:
            body.read()
        assert caught.value.args == (104, "reset")


def test_error_that_cannot_be_copied_breaks_the_body_too(pieces):
    class Odd(OSError):
        def __init__(self, a, b, c):
            super().__init__("odd")

    body = Input(RequestFile(pieces(Odd(1, 2, 3))), 9)
    with pytest.raises(Odd):
        body.read()
    with pytest.raises(OSError, match="odd"):
        body.read()


@pytest.mark.parametrize("size", [None, 5, 11])
@pytest.mark.parametrize("read", [Input.read, Input.readline])
def test_interrupted_read_loses_nothing(pieces, size, read):
    for at in range(len(HELLO)):
        source = pieces(HELLO[:at], gevent.Timeout(), HELLO[at:])
        body = Input(RequestFile(source), None, None, True)
        got = b""
        while not body.is_done:
            try:
                got += read(body, size)
            except gevent.Timeout:
                source.pieces.insert(0, b"")
        assert got == b"hello\nworld"


def test_body_that_was_kept_counts_as_the_next_data(pieces):
    source = pieces(
        b"1\r\na\r\n3\r\nb\nc\r\n", gevent.Timeout(), b"1\r\nd\r\n0\r\n\r\n"
    )
    body = Input(RequestFile(source), None, None, True)
    with pytest.raises(gevent.Timeout):
        body.read()
    assert [body.readline(1), body.readline(), body.read(1)] == [b"a", b"b\n", b"c"]
    assert [body.readline(), body.read()] == [b"d", b""]


def test_error_keeps_nobody_alive(pieces):
    class Application:
        """Whose frame the traceback has."""

    def run():
        application = Application()
        body = Input(RequestFile(pieces(b"")), 5)
        seen.append(weakref.ref(application))
        try:
            body.read()
        except OSError:
            pass

    seen: list[weakref.ref[Application]] = []
    gc.collect()
    gc.disable()
    try:
        run()
        assert seen[0]() is None
    finally:
        gc.enable()


# -- the class --


def test_it_may_be_subclassed_and_its_class_changed(monkeypatch):
    class Mine(Input):
        def __init__(self, rfile):
            super().__init__(rfile, 5)
            self.mine = True

    assert (Mine(io.BytesIO(b"hello")).read(), Mine(io.BytesIO()).mine) == (
        b"hello",
        True,
    )
    monkeypatch.setattr(Input, "read", lambda self, size=None: b"patched")
    assert Mine(io.BytesIO()).read() == b"patched"


def test_keywords():
    body = Input(
        rfile=io.BytesIO(b"hello"), content_length=5, socket=None, chunked_input=False
    )
    assert (body.read(length=1), body.readline(size=1)) == (b"h", b"e")
    assert body.readlines(hint=None) == [b"llo"]


@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"bc", b"xyz\n"])).map(b"".join),
    chunk=st.integers(1, 7),
    cut=st.integers(1, 9),
    calls=st.lists(
        st.tuples(
            st.sampled_from(["read", "readline"]),
            st.one_of(st.integers(0, 9), st.just(-1)),
        ),
        max_size=9,
    ),
)
def test_chunks_read_as_if_they_were_one(data, chunk, cut, calls):
    coded = b"".join(b"%x\r\n%b\r\n" % (len(x), x) for x in in_pieces(data, chunk))
    body = Input(over_pieces(coded + b"0\r\n\r\n", cut), None, None, True)
    model = io.BytesIO(data)
    for name, size in calls:
        assert getattr(body, name)(size) == getattr(model, name)(size)
    body.read()
    assert body.is_done
