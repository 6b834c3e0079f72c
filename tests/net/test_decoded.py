"""Text of what has no position: whatever interrupts a reader, nothing is lost."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gevent import socket
from gevent.fileobject import FileObjectPosix
from gevent.net.files import raw
from gevent.net.files.buffered import BufferedReader
from gevent.net.files.decoded import TextStream
from tests.net.test_buffered import Interrupted, Script, kill, time_out
from tests.support.schedule import no_switches

Opened = tuple[io.TextIOWrapper, Callable[[bytes], object], Callable[[], None]]
Opener = Callable[[], Opened]
Interrupt: TypeAlias = Callable[[Callable[[], object]], None]

pytestmark = pytest.mark.pure


@pytest.fixture(params=["pipe", "r", "rw"])
def opener(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Give a function that opens a text file.

    It returns the file, what sends to it, and what ends its input.
    """
    closing: list[Callable[[], None]] = []

    def open_pipe() -> Opened:
        fd, other = os.pipe()
        file = FileObjectPosix(fd, "r", encoding="utf-8")
        sender = FileObjectPosix(other, "wb", 0)
        closing.extend((file.close, sender.close))
        return file, sender.write, sender.close

    def open_socket() -> Opened:
        first, second = socket.socketpair()
        with first:
            file = first.makefile(request.param, encoding="utf-8")
        closing.extend((file.close, second.close))
        return file, second.sendall, second.close

    yield open_pipe if request.param == "pipe" else open_socket
    for close in closing:
        close()


# What comes first, and calls that wait for more: half of "ß" comes, too.
GREEDY: dict[str, tuple[str, Callable[[io.TextIOWrapper], object]]] = {
    "read": ("one\ntw", lambda file: file.read()),
    "read of a size": ("one\ntw", lambda file: file.read(10)),
    "readline": ("tw", lambda file: file.readline()),
    "readline with a limit": ("tw", lambda file: file.readline(5)),
    "readlines": ("one\ntw", lambda file: file.readlines()),
    "next": ("tw", lambda file: next(file)),
    "nothing yet": ("", lambda file: file.readline()),
}


@pytest.mark.parametrize("interrupt", [kill, time_out])
@pytest.mark.parametrize("name", GREEDY)
def test_an_interrupted_call_takes_nothing(
    name: str, interrupt: Interrupt, opener: Opener
) -> None:
    file, send, end = opener()
    part, call = GREEDY[name]
    send(part.encode() + "ß".encode()[:1])
    interrupt(lambda: call(file))
    send("ß".encode()[1:] + b"\nthree")
    end()
    assert file.read() == part + "ß\nthree"
    assert file.read() == ""


def test_the_methods_read_on_where_another_one_stopped(opener: Opener) -> None:
    file, send, end = opener()
    send(b"one\r\ntwo\rthree\nfour and more\nfive\nsix\nseven")
    end()
    assert file.readline() == "one\n"
    assert next(file) == "two\n"
    with no_switches():
        assert file.read(2) == "th"
    assert file.readline(2) == "re"
    assert file.readline(0) == ""
    assert file.readline() == "e\n"
    assert file.readlines(14) == ["four and more\n", "five\n"]
    assert file.read(1) == "s"
    assert file.newlines == ("\r", "\n", "\r\n")
    assert list(file) == ["ix\n", "seven"]
    assert [file.read(), file.read(1), file.readline(), file.readlines()] == [
        "",
        "",
        "",
        [],
    ]


def test_writing_does_not_disturb_reading() -> None:
    """In the standard library it drops what was read ahead."""
    first, second = socket.socketpair()
    with first, second, first.makefile("rw", encoding="utf-8") as file:
        second.sendall(b"one\ntwo\n")
        assert file.readline() == "one\n"
        file.write("three\n")
        file.flush()
        assert second.recv(100) == b"three\n"
        assert file.readline() == "two\n"


def test_there_is_no_position(opener: Opener) -> None:
    file, _send, _end = opener()
    assert not file.seekable()
    for call in (file.tell, lambda: file.seek(0)):
        with pytest.raises(io.UnsupportedOperation):
            call()


def test_an_encoding_can_be_changed_before_the_first_read(opener: Opener) -> None:
    file, send, _end = opener()
    send(b"\xdf\r\n\n")
    file.reconfigure(encoding="latin-1", newline="\r\n")
    assert file.readline() == "\xdf\r\n"
    assert file.newlines is None
    with pytest.raises(io.UnsupportedOperation, match="first read"):
        file.reconfigure(encoding="utf-8")
    file.reconfigure(line_buffering=True)
    assert file.line_buffering


def test_a_closed_file_refuses(opener: Opener) -> None:
    file, send, _end = opener()
    send(b"one\ntwo\n")
    assert file.readline() == "one\n"
    inner = file.io if isinstance(file, FileObjectPosix) else file
    file.close()
    file.close()
    for _, call in GREEDY.values():
        with pytest.raises(ValueError, match="closed file"):
            call(inner)


def test_a_detached_file_refuses() -> None:
    first, second = socket.socketpair()
    with first, second:
        file = first.makefile("r")
        with file.detach():
            for _, call in GREEDY.values():
                with pytest.raises(ValueError, match="detached"):
                    call(file)


def test_what_cannot_be_decoded_is_an_error(opener: Opener) -> None:
    file, send, _end = opener()
    send(b"\xff\n")
    with pytest.raises(UnicodeDecodeError):
        file.readline()
    send(b"more\n")
    assert file.readline() == "more\n"


def test_it_is_what_isinstance_expects(opener: Opener) -> None:
    file, _send, _end = opener()
    inner = file.io if isinstance(file, FileObjectPosix) else file
    assert isinstance(inner, io.TextIOWrapper)
    assert repr(inner).startswith("<_io.TextIOWrapper ")


# -- every order of pieces, interruptions and calls -----------------------------------

READS: list[Callable[[io.TextIOBase, int], str]] = [
    lambda file, n: file.read(n),
    lambda file, n: file.read(),
    lambda file, n: file.readline(),
    lambda file, n: file.readline(n),
    lambda file, n: "".join(file.readlines(n)),
    lambda file, n: next(file, ""),
]

reads = st.lists(st.tuples(st.sampled_from(READS), st.integers(0, 20)))
newlines = st.sampled_from([None, "", "\n", "\r", "\r\n"])
encodings = st.sampled_from(["utf-8", "utf-16", "utf-7", "iso2022_jp", "shift_jis"])
texts = st.text("aあ\r\n", max_size=60)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut *data* into pieces that have a length."""
    ends = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(ends) if a < b]


@given(
    text=texts,
    places=st.lists(st.integers(0, 300), max_size=12),
    interruptions=st.lists(st.integers(0, 30), max_size=8),
    reads=reads,
    newline=newlines,
    encoding=encodings,
)
def test_what_calls_returned_is_what_was_sent(
    text: str,
    places: list[int],
    interruptions: list[int],
    reads: list[tuple[Callable[[io.TextIOBase, int], str], int]],
    newline: str | None,
    encoding: str,
) -> None:
    """Each call that returns does what it does on the whole text in ``io``."""
    data = text.encode(encoding)
    steps: list[bytes | type[Interrupted] | None] = [*cut(data, places)]
    for place in interruptions:
        steps.insert(place % (len(steps) + 1), Interrupted)
    ours = TextStream(BufferedReader(Script(steps), 16), encoding, None, newline)
    theirs = io.TextIOWrapper(io.BytesIO(data), encoding, None, newline)
    for read, n in [*reads, (READS[1], 0)]:
        while True:
            try:
                got = read(ours, n)
            except Interrupted:
                continue
            break
        assert got == read(theirs, n)


# -- regular files --------------------------------------------------------------------


def test_nothing_switches_below_the_text_of_a_regular_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There ``io`` would lose what it holds; what is overdue is done before."""
    path = tmp_path / "file"
    path.write_text("one\ntwo\n" * 10_000)
    n_yields = []
    monkeypatch.setattr(raw, "yield_if_overdue", lambda: n_yields.append(1))
    with FileObjectPosix(path, "r", raw.LARGE) as file, no_switches():
        assert file.readline() == "one\n"
        assert len(n_yields) == 1
        assert len(file.read(70_000)) == 70_000
        assert len(n_yields) == 2


def test_a_closed_text_file_says_so_in_the_words_of_io() -> None:
    """Not in those of the buffer below."""
    one, other = socket.socketpair()
    with one, other:
        file = one.makefile("r")
        file.close()
        for call in (file.read, file.readline, file.readlines):
            with pytest.raises(ValueError, match=r"^I/O operation on closed file\.$"):
                call()
