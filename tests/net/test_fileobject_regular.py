"""Regular files: large operations run in threads, at positions of their own."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gevent
from gevent.fileobject import FileObjectBlock, FileObjectPosix
from gevent.net.files import raw
from tests.support.schedule import no_switches, switches

Kind = type[FileObjectPosix] | type[FileObjectBlock]
LARGE = 3 * raw.WRITTEN_AT_ONCE + 17

pytestmark = pytest.mark.pure

each_kind = pytest.mark.parametrize("kind", [FileObjectPosix, FileObjectBlock])


@pytest.fixture
def data() -> bytes:
    return os.urandom(LARGE)


@pytest.fixture
def file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


class Gate:
    """Holds the threads that call a function of ``os`` until it is opened."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self.entered = threading.Event()
        self._open = threading.Event()

    def __call__(self, *args: object) -> object:
        self.entered.set()
        assert self._open.wait(60)
        return self._function(*args)

    def let_pass(self) -> None:
        self._open.set()

    def await_somebody(self) -> None:
        """Let greenlets run until a thread is here."""
        while not self.entered.is_set():
            gevent.sleep(0)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Gate]]:
    made: list[Gate] = []

    def put(name: str) -> Gate:
        made.append(Gate(getattr(os, name)))
        monkeypatch.setattr(os, name, made[-1])
        return made[-1]

    yield put
    for each in made:
        each.let_pass()


@each_kind
def test_large_reads_let_others_run(kind: Kind, file: Path, data: bytes) -> None:
    with kind(file, "rb") as opened:
        with switches():
            assert opened.read() == data
        opened.seek(5)
        with switches():
            assert opened.read(LARGE // 2) == data[5 : 5 + LARGE // 2]
        assert opened.tell() == 5 + LARGE // 2


@each_kind
@pytest.mark.usefixtures("virtual_loop")  # whose clock stands still: never overdue
def test_small_reads_do_not_switch(kind: Kind, file: Path, data: bytes) -> None:
    with kind(file, "rb", 0) as opened, no_switches():
        assert opened.read(100) == data[:100]
        buffer = bytearray(100)
        assert opened.readinto(buffer) == 100
        assert buffer == data[100:200]


@each_kind
@pytest.mark.parametrize("mode", ["wb", "ab"])
@pytest.mark.parametrize("buffering", [0, -1])
def test_large_writes_let_others_run(
    kind: Kind, mode: str, buffering: int, file: Path, data: bytes
) -> None:
    with kind(file, mode, buffering) as opened:
        opened.write(b"before")
        with switches():
            opened.write(data)
        opened.write(b"after")
    before = data if mode == "ab" else b""
    assert file.read_bytes() == before + b"before" + data + b"after"


def test_flushing_a_large_buffer_lets_others_run(file: Path, data: bytes) -> None:
    with FileObjectPosix(file, "wb", 1 << 24) as opened:
        with no_switches():
            opened.write(data)
        with switches():
            opened.flush()
        assert file.read_bytes() == data


def test_reading_without_a_hub_to_switch_to(file: Path, data: bytes) -> None:
    """In a callback of the loop, and in a thread without a hub."""
    results: list[bytes] = []

    def read() -> None:
        with FileObjectPosix(file, "rb", 0) as opened:
            results.append(opened.read())

    gevent.get_hub().loop.run_callback(read)
    gevent.sleep(0)
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert results == [data, data]


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(
    file: Path, data: bytes, gate: Callable[[str], Gate]
) -> None:
    held = gate("pread")
    with FileObjectPosix(file, "rb", 0) as opened:
        reading = gevent.spawn(opened.read)
        held.await_somebody()
        with file.open("ab") as more:
            more.write(data)
        held.let_pass()
        assert reading.get() == data + data


def test_a_killed_read_leaves_the_position(
    file: Path, data: bytes, gate: Callable[[str], Gate]
) -> None:
    held = gate("pread")
    with FileObjectPosix(file, "rb", 0) as opened:
        reading = gevent.spawn(opened.read)
        held.await_somebody()
        reading.kill(block=False)
        gevent.sleep(0)
        held.let_pass()
        reading.join()
        assert isinstance(reading.value, gevent.GreenletExit)
        assert opened.tell() == 0
        assert opened.read(10) == data[:10]


@pytest.mark.parametrize(
    ("mode", "size"),
    [("rb", -1), ("rb", LARGE - 20), ("r+b", -1), ("r+b", LARGE - 20), ("r", -1)],
)
def test_a_killed_read_with_a_buffer_takes_nothing(
    mode: str, size: int, file: Path, data: bytes, gate: Callable[[str], Gate]
) -> None:
    encoding = "latin-1" if mode == "r" else None
    with FileObjectPosix(file, mode, encoding=encoding) as opened:
        start = opened.read(10)
        held = gate("pread")
        reading = gevent.spawn(opened.read, size)
        held.await_somebody()
        reading.kill(block=False)
        gevent.sleep(0)
        held.let_pass()
        reading.join()
        assert isinstance(reading.value, gevent.GreenletExit)
        rest = opened.read()
    with open(file, mode, encoding=encoding) as whole:
        assert start + rest == whole.read()


def test_a_killed_write_is_repeated_at_its_place(
    file: Path, data: bytes, gate: Callable[[str], Gate]
) -> None:
    held = gate("pwrite")
    opened = FileObjectPosix(file, "wb", 1 << 24)
    opened.write(data)
    flushing = gevent.spawn(opened.flush)
    held.await_somebody()
    flushing.kill(block=False)
    gevent.sleep(0)
    held.let_pass()
    flushing.join()
    opened.close()
    assert file.read_bytes() == data


def test_closing_waits_for_a_write(
    file: Path, data: bytes, gate: Callable[[str], Gate]
) -> None:
    held = gate("pwrite")
    opened = FileObjectPosix(file, "wb", 0)
    writing = gevent.spawn(opened.write, data)
    held.await_somebody()
    closing = gevent.spawn(opened.close)
    gevent.sleep(0)
    assert not closing.dead
    held.let_pass()
    closing.join()
    assert writing.get() == LARGE
    assert file.read_bytes() == data


def test_a_raw_file_closed_while_a_thread_writes_does_no_harm(
    file: Path, tmp_path: Path, data: bytes, gate: Callable[[str], Gate]
) -> None:
    """The next file of the same number must not get the bytes."""
    held = gate("pwrite")
    opened = FileObjectPosix(file, "wb", 0)
    number = opened.fileno()
    writing = gevent.spawn(_outcome, opened.write, data)
    held.await_somebody()
    opened.fileio.close()
    other = os.open(tmp_path / "other", os.O_RDWR | os.O_CREAT)
    assert other == number
    held.let_pass()
    assert isinstance(writing.get(), ValueError)
    assert os.fstat(other).st_size == 0
    os.close(other)


@each_kind
@pytest.mark.parametrize("buffering", [0, -1])
def test_greenlets_take_turns(
    kind: Kind, buffering: int, file: Path, data: bytes
) -> None:
    """A buffer refuses a second greenlet, and programs know of no first one."""
    with kind(file, "wb", buffering) as opened:
        pieces = [bytes([number]) * LARGE for number in range(3)]
        gevent.joinall([gevent.spawn(opened.write, each) for each in pieces])
    assert file.read_bytes() == b"".join(pieces)


def _outcome(function: Callable[..., object], *args: object) -> object:
    try:
        return function(*args)
    except Exception as error:  # the test looks at it
        return error


def test_an_error_in_a_thread_is_printed_nowhere(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", fail)
    opened = FileObjectPosix(file, "wb", 0)
    with pytest.raises(OSError, match="No space"):
        opened.write(bytes(LARGE))
    opened.close()
    assert capsys.readouterr().err == ""


@each_kind
def test_the_wrong_direction_is_an_unsupported_operation(
    kind: Kind, file: Path, data: bytes
) -> None:
    with kind(file, "ab", 0) as writing, pytest.raises(io.UnsupportedOperation):
        writing.read()
    with kind(file, "rb", 0) as reading, pytest.raises(io.UnsupportedOperation):
        reading.write(data)
