"""Buffered reading: whatever interrupts a reader, nothing that came is lost."""

from __future__ import annotations

import gc
import io
import os
import re
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gevent
from gevent import socket
from gevent.fileobject import FileObjectPosix
from gevent.net.files import raw
from gevent.net.files.buffered import BufferedRandom, BufferedReader, BufferedRWPair
from tests.support.form import IS_PYPY
from tests.support.schedule import no_switches, switches

File: TypeAlias = io.BufferedReader
Opened = tuple[File, Callable[[bytes], object], Callable[[], None]]
Opener = Callable[[int], Opened]

pytestmark = pytest.mark.pure


# -- files that wait, and the other ends of them --------------------------------------


@pytest.fixture(params=["pipe", "rb", "rwb"])
def opener(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Give a function that opens a file with a buffer of a size.

    It returns the file, what sends to it, and what ends its input.
    """
    closing: list[Callable[[], None]] = []

    def open_pipe(size: int) -> Opened:
        fd, other = os.pipe()
        # 1 would stand for the default here.
        file = FileObjectPosix(fd, "rb", max(size, 2) if size > 0 else -1)
        sender = FileObjectPosix(other, "wb", 0)
        closing.extend((file.close, sender.close))
        return file, sender.write, sender.close

    def open_socket(size: int) -> Opened:
        first, second = socket.socketpair()
        with first:
            file = first.makefile(request.param, size if size > 0 else None)
        closing.extend((file.close, second.close))
        return file, second.sendall, second.close

    yield open_pipe if request.param == "pipe" else open_socket
    for close in closing:
        close()


sizes = pytest.mark.parametrize("size", [1, 16, -1], ids=["1", "16", "default"])

Call = Callable[[File], object]
# What comes first, and calls that wait for more.
GREEDY: dict[str, tuple[bytes, Call]] = {
    "read": (b"one\ntw", lambda file: file.read()),
    "read of a size": (b"one\ntw", lambda file: file.read(10)),
    "read of a large size": (b"one\ntw", lambda file: file.read(100_000)),
    "readline": (b"tw", lambda file: file.readline()),
    "readline with a limit": (b"tw", lambda file: file.readline(5)),
    "readlines": (b"one\ntw", lambda file: file.readlines()),
    "readlines with a hint": (b"one\ntw", lambda file: file.readlines(5)),
    "readinto": (b"one\ntw", lambda file: file.readinto(bytearray(10))),
    "readinto a large buffer": (
        b"one\ntw",
        lambda file: file.readinto(bytearray(100_000)),
    ),
    "next": (b"tw", lambda file: next(iter(file))),
}
# What waits only while there is nothing.
MODEST: dict[str, Call] = {
    "read1": lambda file: file.read1(3),
    "read1 of a large size": lambda file: file.read1(100_000),
    "readinto1": lambda file: file.readinto1(bytearray(3)),
    "peek": lambda file: file.peek(),
}


def kill(call: Callable[[], object]) -> None:
    killed = gevent.spawn(call)
    for _ in range(3):  # a receiving call may let others run before it waits
        gevent.sleep(0)
    assert not killed.dead
    killed.kill()


def time_out(call: Callable[[], object]) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        call()


interruptions = pytest.mark.parametrize("interrupt", [kill, time_out])


@sizes
@interruptions
@pytest.mark.parametrize("name", GREEDY)
def test_an_interrupted_call_takes_nothing(
    name: str,
    interrupt: Callable[[Callable[[], object]], None],
    size: int,
    opener: Opener,
) -> None:
    file, send, end = opener(size)
    part, call = GREEDY[name]
    send(part)
    interrupt(lambda: call(file))
    send(b"o\nthree")
    end()
    assert file.read() == part + b"o\nthree"
    assert file.read() == b""


@interruptions
@pytest.mark.parametrize("name", MODEST)
def test_a_call_interrupted_in_its_first_wait_takes_nothing(
    name: str,
    interrupt: Callable[[Callable[[], object]], None],
    opener: Opener,
) -> None:
    file, send, end = opener(-1)
    interrupt(lambda: MODEST[name](file))
    send(b"line\n")
    end()
    assert file.readline() == b"line\n"


@sizes
@interruptions
def test_a_line_survives_many_interruptions(
    interrupt: Callable[[Callable[[], object]], None], size: int, opener: Opener
) -> None:
    file, send, _end = opener(size)
    for piece in (b"a", b"bc", b"", b"def"):
        if piece:
            send(piece)
        interrupt(file.readline)
    send(b"\nnext\n")
    assert [file.readline(), file.readline()] == [b"abcdef\n", b"next\n"]


@sizes
@pytest.mark.parametrize("mode", ["rb", "rwb"])
@pytest.mark.parametrize("name", GREEDY)
def test_what_came_before_a_time_out_of_the_socket_is_still_there(
    name: str, mode: str, size: int
) -> None:
    """Then a file asks its socket for no more, as in the standard library."""
    first, second = socket.socketpair()
    with first, second, first.makefile(mode, size if size > 0 else None) as file:
        first.settimeout(0.001)
        part, call = GREEDY[name]
        second.sendall(part)
        with pytest.raises(TimeoutError):
            call(file)
        assert file.read(len(part)) == part
        with pytest.raises(OSError, match="timed out object"):
            file.read(1)


# -- what the methods do --------------------------------------------------------------


@sizes
def test_the_methods_read_on_where_another_one_stopped(
    size: int, opener: Opener
) -> None:
    file, send, end = opener(size)
    send(b"one\ntwo\nthree\nfour and more\nfive\nsix\nseven")
    end()
    buffer = bytearray(4)
    assert file.readline() == b"one\n"
    assert file.readinto(buffer) == 4
    assert buffer == b"two\n"
    assert file.peek()[:1] == b"t"
    assert file.read(6) == b"three\n"
    assert file.readline(4) == b"four"
    assert file.readlines(11) == [b" and more\n", b"five\n"]
    assert b"six\n".startswith(file.read1(2))
    assert next(file).endswith(b"\n")
    assert file.read(0) == b""
    assert file.readline(0) == b""
    assert file.read1(0) == b""
    assert list(file) == [b"seven"]
    assert file.readinto1(buffer) == 0
    assert [file.read(1), file.read1(), file.peek()] == [b"", b"", b""]
    assert file.readlines() == []


def test_what_is_in_the_buffer_does_not_switch(opener: Opener) -> None:
    file, send, _end = opener(-1)
    send(b"one\ntwo\nthree\nfour")
    with no_switches():
        assert [file.readline(), next(file), file.read(6)] == [
            b"one\n",
            b"two\n",
            b"three\n",
        ]
        assert file.peek() == b"four"
        assert file.read1() == b"four"
    gevent.spawn(send, b"five\n")
    with switches():
        assert file.readline() == b"five\n"


def test_large_sizes_are_read_in_pieces(opener: Opener) -> None:
    file, send, end = opener(-1)
    data = os.urandom(300_000)

    def send_all() -> None:
        send(b"head\n" + data + b"tail")
        end()

    sending = gevent.spawn(send_all)
    assert file.readline() == b"head\n"
    assert file.read(100_000) == data[:100_000]
    buffer = bytearray(200_000)
    assert file.readinto(buffer) == 200_000
    assert buffer == data[100_000:]
    assert file.read(100_000) == b"tail"
    sending.get()


def test_wrong_arguments_are_refused(opener: Opener) -> None:
    file, _send, _end = opener(-1)
    with pytest.raises(ValueError, match="non-negative"):
        file.read(-2)
    for wrong in (lambda: file.read(1.5), lambda: file.readline("1")):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(TypeError, match="read-write bytes-like object, not bytes"):
        file.readinto(b"text")


def test_sockets_that_do_not_wait_give_what_there_is() -> None:
    first, second = socket.socketpair()
    first.setblocking(False)
    with first, second, first.makefile("rb") as file:
        assert file.read() is None
        assert file.read(1) is None
        assert file.readinto(bytearray(1)) is None
        assert [file.readline(), file.read1(), file.peek()] == [b"", b"", b""]
        second.sendall(b"te")
        assert file.readline() == b"te"
        second.sendall(b"xt")
        assert file.read() == b"xt"


def test_they_are_what_isinstance_expects(tmp_path: Path) -> None:
    first, second = socket.socketpair()
    with first, second, first.makefile("rb") as file, second.makefile("rwb") as pair:
        assert isinstance(file, io.BufferedReader)
        assert isinstance(file.raw, socket.SocketIO)
        assert isinstance(pair, io.BufferedRWPair)
    with FileObjectPosix(tmp_path / "file", "w+b") as random:
        assert isinstance(random.io, io.BufferedRandom)


# -- ends -----------------------------------------------------------------------------


def test_a_closed_file_refuses(opener: Opener) -> None:
    file, send, _end = opener(-1)
    send(b"one\ntwo\n")
    assert file.readline() == b"one\n"
    inner = file.io if isinstance(file, FileObjectPosix) else file
    file.close()
    file.close()
    calls = (*(call for _, call in GREEDY.values()), *MODEST.values())
    for call in calls:
        with pytest.raises(ValueError, match="closed file"):
            call(inner)
    with pytest.raises(ValueError, match="closed file"):
        inner.read(0)


def test_a_detached_buffer_refuses() -> None:
    first, second = socket.socketpair()
    with first, second:
        file = first.makefile("rb")
        raw = file.detach()
        with pytest.raises(ValueError, match="detached"):
            file.readline()
        raw.close()


def test_a_dropped_file_is_freed_at_once() -> None:
    first, second = socket.socketpair()
    with first, second:
        for mode in ("rb", "rwb"):
            file = first.makefile(mode)
            second.sendall(b"x\n")
            assert file.readline() == b"x\n"
            gone = weakref.ref(file)
            del file
            if IS_PYPY:
                gc.collect()
            assert gone() is None
        assert first._io_refs == 0


def test_a_second_reader_is_refused(opener: Opener) -> None:
    file, send, _end = opener(-1)
    send(b"be")
    waiting = gevent.spawn(file.readline)
    for _ in range(3):
        gevent.sleep(0)
    for call in (file.readline, file.peek, lambda: file.read(1)):
        with pytest.raises(RuntimeError, match="reentrant"):
            call()
    send(b"gin\n")
    assert waiting.get() == b"begin\n"


def test_closing_is_refused_while_a_greenlet_waits() -> None:
    first, second = socket.socketpair()
    with first, second, first.makefile("rb") as file:
        waiting = gevent.spawn(file.readline)
        for _ in range(3):
            gevent.sleep(0)
        with pytest.raises(RuntimeError, match="reentrant"):
            file.close()
        second.sendall(b"line\n")
        assert waiting.get() == b"line\n"


def test_a_reader_of_another_thread_waits_for_its_turn(opener: Opener) -> None:
    file, send, _end = opener(-1)
    waiting = gevent.spawn(file.readline)
    for _ in range(3):
        gevent.sleep(0)
    inner = file.io if isinstance(file, FileObjectPosix) else file
    other = gevent.get_hub().threadpool.spawn(inner.readline)
    gevent.sleep(0)
    send(b"one\ntwo\n")
    assert {waiting.get(), other.get()} == {b"one\n", b"two\n"}
    gevent.get_hub().threadpool.kill()


# -- every order of pieces, interruptions and calls -----------------------------------


class Interrupted(BaseException):
    """What a test throws into a reader."""


class Script(io.RawIOBase):
    """Gives what it is told: bytes, nothing yet (None), or an exception."""

    def __init__(self, steps: list[bytes | type[Interrupted] | None]) -> None:
        self.steps = steps

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:
        if not self.steps:
            return 0
        step = self.steps.pop(0)
        if step is None:
            return None
        if isinstance(step, type):
            buffer[:1] = b"?"  # of no meaning
            raise step
        n = min(len(step), len(buffer))
        buffer[:n] = step[:n]
        if step[n:]:
            self.steps.insert(0, step[n:])
        return n


def read_into(file: File, n: int) -> bytes:
    buffer = bytearray(n)
    got = file.readinto(buffer)
    return bytes(buffer[: got or 0])


def read_into_once(file: File, n: int) -> bytes:
    buffer = bytearray(n)
    got = file.readinto1(buffer)
    return bytes(buffer[: got or 0])


def peek(file: File, _n: int) -> bytes:
    file.peek()
    return b""


READS: list[Callable[[File, int], bytes]] = [
    lambda file, n: file.read(n) or b"",
    lambda file, n: file.read() or b"",
    lambda file, n: file.read1(n),
    lambda file, n: file.readline(),
    lambda file, n: file.readline(n),
    lambda file, n: b"".join(file.readlines(n)),
    lambda file, n: next(file, b""),
    read_into,
    read_into_once,
    peek,
]

pieces = st.text("a\n", min_size=1, max_size=40).map(str.encode)
steps = st.lists(st.one_of(pieces, pieces, st.just(Interrupted), st.none()))
reads = st.lists(st.tuples(st.sampled_from(READS), st.integers(0, 40)))


@given(steps=steps, reads=reads, size=st.sampled_from([1, 2, 16, 8192]))
def test_what_calls_returned_is_what_was_sent(
    steps: list[bytes | type[Interrupted] | None],
    reads: list[tuple[Callable[[File, int], bytes], int]],
    size: int,
) -> None:
    sent = b"".join(step for step in steps if isinstance(step, bytes))
    script = Script(steps)
    file = BufferedReader(script, size)
    got = b""
    for read, n in reads:
        try:
            got += read(file, n)
        except Interrupted:
            pass
        assert sent.startswith(got)
    while script.steps:
        try:
            got += file.read() or b""
        except Interrupted:
            pass
    got += file.read()
    assert got == sent


@given(data=st.text("ab\n", max_size=200).map(str.encode), reads=reads)
def test_undisturbed_calls_return_what_io_returns(
    data: bytes, reads: list[tuple[Callable[[File, int], bytes], int]]
) -> None:
    ours = BufferedReader(Script([data]), 16)
    theirs = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]  # it will do
    for read, n in reads:
        if read in (READS[2], read_into_once, peek):  # how much is their own choice
            theirs.read(len(read(ours, n)))
        elif read is read_into:
            assert read_into(ours, n) == theirs.read(n)
        else:
            assert read(ours, n) == read(theirs, n)
    assert ours.read() == theirs.read()


# -- regular files --------------------------------------------------------------------


class Flaky(raw.PlainFile):
    """A regular file, reading which is interrupted when it is told so."""

    interrupts = False

    def readinto(self, buffer: memoryview, /) -> int:
        self._interrupt()
        return io.FileIO.readinto(self, buffer)

    def readall(self) -> bytes:
        self._interrupt()
        return io.FileIO.readall(self)

    def _interrupt(self) -> None:
        interrupts, self.interrupts = self.interrupts, False
        if interrupts:
            raise Interrupted


USES: list[Callable[[io.BufferedRandom | io.FileIO, int], object]] = [
    lambda file, n: file.read(n),
    lambda file, n: file.read(),
    lambda file, n: file.readline(),
    lambda file, n: file.readline(n),
    lambda file, n: next(file, None),
    lambda file, n: file.write(b"x" * n),
    lambda file, n: file.seek(n),
    lambda file, n: file.seek(0, 2),
    lambda file, n: file.seek(0, 1),
    lambda file, n: file.tell(),
    lambda file, n: file.flush(),
    lambda file, n: file.truncate(n),
    lambda file, n: file.truncate(),
]


@given(
    data=st.text("ab\n", max_size=60).map(str.encode),
    uses=st.lists(
        st.tuples(st.sampled_from(USES), st.integers(0, 40), st.booleans()),
        max_size=12,
    ),
    size=st.sampled_from([1, 4, 8192]),
)
def test_a_file_for_both_stays_at_one_position(
    data: bytes,
    uses: list[tuple[Callable[..., object], int, bool]],
    size: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """It does what one without a buffer does."""
    path = tmp_path_factory.getbasetemp() / "random"
    path.write_bytes(data)
    other = path.with_name("model")
    other.write_bytes(data)
    raw = Flaky(path, "r+")
    with BufferedRandom(raw, size) as file, io.FileIO(other, "r+") as model:
        for use, n, interrupts in uses:
            raw.interrupts = interrupts
            try:
                got = use(file, n)
            except Interrupted:
                assert file.tell() == model.tell()
                continue
            raw.interrupts = False
            expected = use(model, n)
            assert got == expected
            assert file.tell() == model.tell()
    assert path.read_bytes() == other.read_bytes()


def test_seeking_forgets_what_was_read_ahead(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with FileObjectPosix(path, "rb") as file:
        assert file.read(2) == b"01"
        assert file.tell() == 2
        assert file.seek(2, 1) == 4
        assert file.read(1) == b"4"
        with pytest.raises(OSError, match="Invalid argument"):
            file.seek(-1)
        assert file.read(1) == b"5"
        assert file.seek(0) == 0
        assert file.read() == b"0123456789"


def test_a_pair_writes_too() -> None:
    first, second = socket.socketpair()
    with first, second, first.makefile("rwb") as file:
        assert isinstance(file, BufferedRWPair)
        file.write(b"question")
        file.flush()
        assert second.recv(100) == b"question"
        second.sendall(b"answer\n")
        assert file.readline() == b"answer\n"


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("read", (), "read of closed file"),
        ("read1", (), "read of closed file"),
        ("peek", (), "peek of closed file"),
        ("readline", (), "of closed file"),
        ("readinto", (bytearray(1),), "readinto of closed file"),
        ("readlines", (), "I/O operation on closed file."),
    ],
)
def test_a_closed_file_names_the_call(
    name: str, arguments: tuple[object, ...], text: str
) -> None:
    """In the words of ``io``."""
    one, other = socket.socketpair()
    with one, other:
        file = one.makefile("rb")
        file.close()
        with pytest.raises(ValueError, match=re.escape(text)):
            getattr(file, name)(*arguments)
