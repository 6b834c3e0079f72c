"""RequestFile: what a connection receives, read as a buffered file."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gevent
from gevent import socket
from gevent.servers.http.request_file import SMALL, RequestFile
from tests.servers.http.conftest import Pieces, PiecesInto, in_pieces

pytestmark = pytest.mark.pure

BIG = SMALL * 3 + 7


def test_read_returns_exactly_as_much_as_was_asked_for(file_of):
    file = file_of(b"ab", b"cde", b"fg")
    assert [file.read(n) for n in (1, 3, 0, 3)] == [b"a", b"bcd", b"", b"efg"]


def test_read_at_the_end_of_the_stream_returns_what_there_is(file_of):
    file = file_of(b"ab", b"c")
    assert [file.read(5), file.read(5)] == [b"abc", b""]


@pytest.mark.parametrize("size", [-1, None, BIG])
def test_large_read_returns_all_of_it(file_of, cut, size):
    data = bytes(range(256)) * (BIG // 256 + 1)
    assert file_of(*cut(data, 1000)).read(size) == data[: size if size == BIG else None]


def test_large_read_leaves_what_is_behind_in_the_buffer(pieces):
    source = pieces(b"x" * BIG + b"next")
    assert RequestFile(source).read(BIG) == b"x" * BIG
    assert source.buffer == b"next"


def test_large_read_moves_octets_out_of_the_buffer_while_it_waits(pieces, cut):
    source = pieces(*cut(b"x" * BIG, 1000))
    RequestFile(source).read(BIG)
    assert source.largest == 0


def test_line_without_end_is_moved_out_of_the_buffer_while_it_waits(pieces, cut):
    source = pieces(*cut(b"x" * BIG, 1000))
    assert RequestFile(source).readline() == b"x" * BIG
    assert source.largest == 0


def test_read_of_what_is_there_does_not_wait(pieces):
    source = pieces(b"abcd")
    file = RequestFile(source)
    file.read(1)
    assert (file.read(3), file.read(0), source.n_waits) == (b"bcd", b"", 1)


@pytest.mark.parametrize("read", ["read", "readline"])
@pytest.mark.parametrize("size", [5, BIG, -1])
@pytest.mark.parametrize("error", [TimeoutError("late"), gevent.Timeout(), KeyError()])
def test_interrupted_read_loses_nothing(file_of, read, size, error):
    file = file_of(b"ab", error, b"c\n")
    with pytest.raises(type(error)) as caught:
        getattr(file, read)(size)
    assert caught.value is error
    assert file.read(4) == b"abc\n"


def test_readline_returns_lines(file_of):
    file = file_of(b"a\n", b"bc", b"\nd", b"\n\ne")
    assert list(file) == [b"a\n", b"bc\n", b"d\n", b"\n", b"e"]


@pytest.mark.parametrize(
    ("size", "lines"),
    [
        (0, [b"", b""]),
        (1, [b"a", b"b"]),
        (3, [b"abc", b"d\n"]),
        (4, [b"abcd", b"\n"]),
        (5, [b"abcd\n", b"e"]),
        (6, [b"abcd\n", b"e"]),
        (None, [b"abcd\n", b"e"]),
        (-1, [b"abcd\n", b"e"]),
    ],
)
@pytest.mark.parametrize("size_of_piece", [1, 2, 3, 6])
def test_readline_takes_no_more_than_the_limit(size, lines, size_of_piece):
    file = RequestFile(Pieces(*in_pieces(b"abcd\ne", size_of_piece)))
    assert [file.readline(size), file.readline(size)] == lines


def test_readlines_stops_at_the_hint(file_of):
    file = file_of(b"a\nb\nc\n")
    assert file.readlines(3) == [b"a\n", b"b\n"]
    assert file.readlines() == [b"c\n"]


def test_read1_returns_what_there_is(file_of):
    file = file_of(b"ab", b"cd")
    assert [file.read1(), file.read1(1), file.read1(9)] == [b"ab", b"c", b"d"]
    assert file.read1() == b""


def test_read1_of_nothing_does_not_wait(pieces):
    source = pieces(b"ab")
    assert RequestFile(source).read1(0) == b""
    assert source.n_waits == 0


def test_peek_keeps_what_it_returns(file_of):
    file = file_of(b"ab", b"cd")
    assert [file.peek(1), file.peek(9), file.read(4)] == [b"ab", b"ab", b"abcd"]


def test_readinto_fills_the_target(file_of):
    file = file_of(b"ab", b"cd")
    target = bytearray(3)
    assert (file.readinto(target), target) == (3, b"abc")
    assert (file.readinto(target), target) == (1, b"dbc")


def test_readinto1_waits_only_once(file_of):
    target = bytearray(3)
    assert file_of(b"ab", b"cd").readinto1(target) == 2
    assert target == b"ab\0"


def test_text_wrapper_reads_it(file_of):
    text = io.TextIOWrapper(file_of("ä\nö".encode()), encoding="utf-8")
    assert text.readlines() == ["ä\n", "ö"]


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("read", ()),
        ("read1", ()),
        ("readline", ()),
        ("readinto", (bytearray(1),)),
        ("peek", ()),
        ("readlines", ()),
        ("__next__", ()),
        ("fileno", ()),
        ("readable", ()),
        ("flush", ()),
    ],
)
def test_closed_file_raises(file_of, method, args):
    file = file_of(b"a\n")
    assert not file.closed
    file.close()
    file.close()
    assert file.closed
    with pytest.raises(ValueError, match="closed file"):
        getattr(file, method)(*args)


def test_with_statement_closes_it(file_of):
    with file_of(b"a") as file:
        assert file.read() == b"a"
    assert file.closed


@pytest.mark.parametrize("size", [1.0, "1", b"1"])
@pytest.mark.parametrize("method", ["read", "read1", "readline"])
def test_size_that_is_no_number_is_a_type_error(file_of, method, size):
    with pytest.raises(TypeError):
        getattr(file_of(b"a\n"), method)(size)


def test_websocket_libraries_find_the_socket(pieces):
    left, right = socket.socketpair()
    with left, right:
        file = RequestFile(pieces(socket=left))
        assert file.raw._sock is left
        assert file.rfile.raw._sock is left
        assert file.fileno() == left.fileno()


@pytest.mark.parametrize("cut", [1000, 100_000, 3_000_000])
@pytest.mark.parametrize("ahead", [0, 500, BIG])
def test_large_read_goes_past_the_buffer(cut, ahead):
    data = bytes(range(256)) * 12_000
    source = PiecesInto(*in_pieces(data[ahead:], cut))
    source.buffer += data[:ahead]
    file = RequestFile(source)
    assert file.read(len(data) - 100) == data[:-100]
    assert source.largest == 0
    assert file.read(200) == data[-100:]


@pytest.mark.parametrize("size", [BIG, -1, 1 << 62])
def test_read_past_the_buffer_stops_at_the_end_of_the_stream(size):
    file = RequestFile(PiecesInto(*in_pieces(b"x" * 9000, 1000)))
    assert file.read(size) == b"x" * 9000
    assert file.read(size) == b""


def test_interrupted_read_past_the_buffer_loses_nothing():
    source = PiecesInto(b"ab", b"cd", gevent.Timeout(), b"ef")
    source.buffer += b"-"
    file = RequestFile(source)
    with pytest.raises(gevent.Timeout):
        file.read(BIG)
    assert source.buffer == b"-abcd"
    assert file.read() == b"-abcdef"


def test_source_that_claims_too_much_is_an_error():
    class Liar(PiecesInto):
        def receive_into(self, view):
            return len(view) + 1

    with pytest.raises(ValueError, match="room"):
        RequestFile(Liar(b"")).read(BIG)


@pytest.mark.compiled
def test_view_that_was_kept_stays_valid():
    class Keeper(PiecesInto):
        def receive_into(self, view):
            self.kept = view[:]
            return super().receive_into(view)

    source = Keeper(b"abc")
    with pytest.raises(BufferError):
        RequestFile(source).read(BIG)
    source.kept[0] = 1
    source.kept.release()


@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"bc", b"xyz\n"])).map(b"".join),
    cut=st.integers(1, 9),
    calls=st.lists(
        st.tuples(
            st.sampled_from(["read", "readline"]),
            st.one_of(st.integers(0, 9), st.just(-1)),
        ),
        max_size=9,
    ),
)
def test_it_reads_as_the_standard_library_does(data, cut, calls):
    ours = RequestFile(Pieces(*in_pieces(data, cut)))
    theirs = io.BufferedReader(io.BytesIO(data))
    for name, size in calls:
        assert getattr(ours, name)(size) == getattr(theirs, name)(size)
