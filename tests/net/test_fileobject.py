"""``gevent.fileobject``: opening, reading, writing, closing, in all three classes."""

from __future__ import annotations

import errno
import gc
import io
import os
import socket as stdlib_socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gevent
from gevent import fileobject
from gevent.fileobject import FileObjectBlock, FileObjectPosix, FileObjectThread
from gevent.lock import DummySemaphore, Semaphore
from tests.support.schedule import no_switches, switches

Kind = type[FileObjectPosix] | type[FileObjectBlock] | type[FileObjectThread]
KINDS: list[Kind] = [FileObjectPosix, FileObjectThread, FileObjectBlock]
Pipe = tuple[int, int]

pytestmark = pytest.mark.pure

each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe; whatever of it is still open in the end is closed."""
    ends = os.pipe()
    made = [os.fstat(fd) for fd in ends]
    yield ends
    for fd, then in zip(ends, made, strict=True):
        # The number may be another file by now, of the loop perhaps.
        try:
            is_same = os.path.samestat(os.fstat(fd), then)
        except OSError:
            continue
        if is_same:
            os.close(fd)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"first\r\nsecond\n")
    return path


# -- opening --------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize(
    "mode", ["r", "rt", "U", "rU", "rb", "w", "wb", "a", "ab", "x"]
)
def test_modes_of_open_are_understood(kind: Kind, mode: str, pipe: Pipe) -> None:
    end = pipe[0] if mode in ("r", "rt", "U", "rU", "rb") else pipe[1]
    with kind(end, mode) as opened:
        assert isinstance(opened.io, io.TextIOBase) == ("b" not in mode)


@each_kind
@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("", "exactly one of"),
        ("rw", "at once"),
        ("rbt", "text and binary"),
        ("wU", "mode U"),
        ("rr", "invalid mode"),
        ("q", "invalid mode"),
    ],
)
def test_wrong_modes_are_refused(kind: Kind, mode: str, text: str, pipe: Pipe) -> None:
    with pytest.raises(ValueError, match=text):
        kind(pipe[0], mode)


@each_kind
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"mode": "rb", "encoding": "utf-8"}, ValueError),
        ({"mode": "rb", "errors": "strict"}, ValueError),
        ({"mode": "rb", "newline": ""}, ValueError),
        ({"newline": "x"}, ValueError),
        ({"buffering": -2}, ValueError),
        ({"encoding": "no-such"}, LookupError),
        ({"mode": 3}, TypeError),
        ({"encoding": 3}, TypeError),
        ({"buffering": "3"}, TypeError),
        ({"buffering": 0, "bufsize": 0}, TypeError),
        ({"closefd": True, "close": True}, TypeError),
        ({"what": 1}, TypeError),
        ({"mode": "r+b"}, io.UnsupportedOperation),
    ],
)
def test_wrong_arguments_are_refused(
    kind: Kind, arguments: dict[str, object], error: type[Exception], pipe: Pipe
) -> None:
    with pytest.raises(error):
        kind(pipe[0], **arguments)


@each_kind
@pytest.mark.parametrize("what", [None, object(), 1.5])
def test_what_cannot_be_opened_is_a_type_error(kind: Kind, what: object) -> None:
    with pytest.raises(TypeError):
        kind(what)


@each_kind
def test_descriptors_are_checked(kind: Kind) -> None:
    with pytest.raises(ValueError, match="negative"):
        kind(-1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        kind(999)
    with pytest.raises(TypeError, match="fobj"):
        kind()
    with pytest.raises(TypeError, match="at most"):
        kind(0, "r", -1, True, None, None, None, None)


@each_kind
def test_paths_are_opened(kind: Kind, file: Path) -> None:
    for path in (file, str(file), bytes(file)):
        with kind(path, "rb") as opened:
            assert opened.read() == b"first\r\nsecond\n"
    with pytest.raises(FileNotFoundError):
        kind(file.with_name("missing"))
    with pytest.raises(FileExistsError):
        kind(file, "x")


@each_kind
def test_line_buffering_in_binary_mode_is_a_warning(kind: Kind, file: Path) -> None:
    with pytest.warns(RuntimeWarning, match="line buffering") as seen:
        kind(file, "rb", 1).close()
    assert seen[0].filename == __file__


@each_kind
def test_old_argument_names_work(kind: Kind, pipe: Pipe) -> None:
    with kind(pipe[0], "rb", bufsize=0, close=False) as opened:
        assert isinstance(opened.io, io.RawIOBase)
    os.fstat(pipe[0])


@each_kind
def test_unbuffered_text_has_the_usual_buffer(kind: Kind, pipe: Pipe) -> None:
    with kind(pipe[0], "r", 0) as opened:
        assert isinstance(opened.io, io.TextIOWrapper)


def test_the_setting_chooses_the_class() -> None:
    assert fileobject.FileObject is FileObjectPosix


def test_classes_can_be_subscripted() -> None:
    assert FileObjectPosix[str].__origin__ is FileObjectPosix


# -- reading and writing --------------------------------------------------------------


@each_kind
def test_what_is_written_is_read(kind: Kind, pipe: Pipe) -> None:
    with kind(pipe[1], "w", encoding="utf-8") as writer:
        writer.write("first\nß\n")
        writer.writelines(["last"])
    with kind(pipe[0], "r", encoding="utf-8") as reader:
        assert list(reader) == ["first\n", "ß\n", "last"]
        assert reader.read() == ""


@each_kind
def test_newlines_are_translated_in_text_mode(kind: Kind, file: Path) -> None:
    with kind(file, "rU") as opened:
        assert opened.next() == "first\n"
        assert opened.readline() == "second\n"
        with pytest.raises(StopIteration):
            next(opened)


@each_kind
def test_files_are_updated_in_place(kind: Kind, file: Path) -> None:
    with kind(file, "r+b") as opened:
        assert opened.read(2) == b"fi"
        opened.seek(0)
        opened.write(b"FI")
        opened.seek(0, 2)
        assert opened.tell() == 14
        opened.truncate(5)
    assert file.read_bytes() == b"FIrst"


def test_reading_waits_for_data(pipe: Pipe) -> None:
    with FileObjectPosix(pipe[0], "rb") as reader:
        gevent.spawn(os.write, pipe[1], b"line\nrest")
        with switches():
            assert reader.readline() == b"line\n"
        with no_switches():
            assert reader.read1() == b"rest"


def test_writing_waits_for_room(pipe: Pipe) -> None:
    data = os.urandom(1 << 20)
    reader, writer = FileObjectPosix(pipe[0], "rb"), FileObjectPosix(pipe[1], "wb")

    def write() -> None:
        with writer:
            writer.write(data)

    writing = gevent.spawn(write)
    with reader:
        assert reader.read() == data
    writing.get()


def test_an_unbuffered_write_writes_everything(pipe: Pipe) -> None:
    with (
        FileObjectPosix(pipe[1], "wb", 0) as writer,
        FileObjectPosix(pipe[0], "rb", 0) as reader,
    ):
        writing = gevent.spawn(writer.write, bytes(1 << 20))
        got = 0
        while got < 1 << 20:
            got += len(reader.read(1 << 20))
        assert writing.get() == 1 << 20


def test_a_killed_writer_has_written_what_was_read(pipe: Pipe) -> None:
    """A buffer writes what is left over, and nothing twice."""
    data = bytes(range(256)) * 1024
    reader, writer = FileObjectPosix(pipe[0], "rb", 0), FileObjectPosix(pipe[1], "wb")
    writer.write(data[:5000])
    writing = gevent.spawn(writer.write, data[5000:])
    gevent.sleep(0)
    first = reader.read(1 << 20)
    writing.kill()
    closing = gevent.spawn(writer.close)
    rest = reader.readall()
    closing.get()
    reader.close()
    assert data.startswith(first)
    assert (first + rest)[: len(first) + len(rest)] == data[: len(first) + len(rest)]


def test_a_killed_reader_takes_nothing(pipe: Pipe) -> None:
    with FileObjectPosix(pipe[0], "rb") as reader:
        waiting = gevent.spawn(reader.readline)
        gevent.sleep(0)
        waiting.kill()
        os.write(pipe[1], b"kept\n")
        assert reader.readline() == b"kept\n"


def test_reading_what_is_always_there_lets_others_run() -> None:
    """A reader that never waits must not starve the loop."""
    ticks: list[int] = []

    def tick() -> None:
        while True:
            ticks.append(1)
            gevent.sleep(0.001)  # of the real clock: the reader never lets it jump

    ticking = gevent.spawn(tick)
    with FileObjectPosix("/dev/zero", "rb", 0) as zeros:
        while len(ticks) < 3:
            zeros.read(512)
    ticking.kill()


def test_a_socket_can_be_a_file() -> None:
    first, second = stdlib_socket.socketpair()
    with FileObjectPosix(first, "rb") as reader:
        gevent.spawn(second.sendall, b"data\n")
        assert reader.readline() == b"data\n"
    assert first.fileno() == -1
    second.close()


def test_modes_are_enforced_without_a_buffer(pipe: Pipe) -> None:
    with (
        FileObjectPosix(pipe[0], "rb", 0) as reader,
        FileObjectPosix(pipe[1], "wb", 0) as writer,
    ):
        for refused in (writer.read, writer.readall, lambda: writer.readinto(b"")):
            with pytest.raises(io.UnsupportedOperation):
                refused()
        with pytest.raises(io.UnsupportedOperation):
            reader.write(b"x")
        assert not reader.seekable()
        assert not reader.isatty()


def test_two_readers_without_a_buffer_are_refused(pipe: Pipe) -> None:
    from gevent.exceptions import ConcurrentObjectUseError

    with FileObjectPosix(pipe[0], "rb", 0) as reader:
        waiting = gevent.spawn(reader.read, 1)
        gevent.sleep(0)
        with pytest.raises(ConcurrentObjectUseError):
            reader.read(1)
        waiting.kill()


# -- closing --------------------------------------------------------------------------


@each_kind
def test_closing_is_repeatable_and_shows(kind: Kind, pipe: Pipe) -> None:
    opened = kind(pipe[0], "rb")
    assert not opened.closed
    opened.close()
    opened.close()
    assert opened.closed
    assert opened
    assert "closed_fobj" in repr(opened)
    assert opened.name == pipe[0]
    for use in (lambda: opened.read, lambda: opened.fileno(), lambda: next(opened)):
        with pytest.raises(OSError, match="FileObject was closed") as raised:
            use()
        assert raised.value.errno == errno.EBADF


@each_kind
def test_closefd_is_honoured(kind: Kind, pipe: Pipe, file: Path) -> None:
    kind(pipe[0], "rb", closefd=False).close()
    os.fstat(pipe[0])
    with file.open("r+b") as given:
        with kind(given, "wb", closefd=False) as opened:
            opened.write(b"x")
        assert not given.closed
    assert file.read_bytes().startswith(b"x")
    given = file.open("rb")
    kind(given, "rb").close()
    assert given.closed


@each_kind
def test_a_failing_flush_closes_nevertheless(kind: Kind, pipe: Pipe) -> None:
    opened = kind(pipe[1], "wb")
    os.close(pipe[0])
    opened.write(b"x")
    with pytest.raises(BrokenPipeError):
        opened.close()
    assert opened.closed
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(pipe[1])


@pytest.mark.parametrize("buffering", [0, -1])
def test_closing_wakes_a_reader(
    buffering: int, pipe: Pipe, parked: Callable[..., gevent.Greenlet]
) -> None:
    """In the reference a buffered one could not be closed, and waited for ever."""
    reader = FileObjectPosix(pipe[0], "rb", buffering)
    waiting = parked(reader.read, 1)
    reader.close()
    outcome = waiting.get()
    assert isinstance(outcome, OSError)
    assert outcome.errno == errno.EBADF
    assert reader.closed


def test_closing_wakes_a_writer(
    pipe: Pipe, parked: Callable[..., gevent.Greenlet]
) -> None:
    writer = FileObjectPosix(pipe[1], "wb")
    waiting = parked(writer.write, bytes(1 << 20))
    writer.close()
    assert waiting.get().errno == errno.EBADF


def test_the_number_is_free_when_it_is_closed(
    pipe: Pipe, parked: Callable[..., gevent.Greenlet]
) -> None:
    reader = FileObjectPosix(pipe[0], "rb")
    waiting = parked(reader.read, 1)
    reader.close()
    assert os.dup(pipe[1]) == pipe[0]
    assert isinstance(waiting.get(), OSError)


def test_a_descriptor_closed_underneath_is_no_end_of_file(pipe: Pipe) -> None:
    reader = FileObjectPosix(pipe[0], "rb")
    os.close(pipe[0])
    with pytest.raises(OSError, match="Bad file descriptor"):
        reader.read(1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        reader.close()


def test_closing_underneath_wakes_a_reader(
    pipe: Pipe, parked: Callable[..., gevent.Greenlet]
) -> None:
    reader = FileObjectPosix(pipe[0], "rb", closefd=False)
    waiting = parked(reader.read, 1)
    gevent.os.close(pipe[0])
    assert waiting.get().errno == errno.EBADF
    reader.close()


def test_a_collected_file_closes_its_descriptor(pipe: Pipe) -> None:
    opened = FileObjectPosix(pipe[0], "rb")
    del opened
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(pipe[0])


# -- what it wraps --------------------------------------------------------------------


def test_methods_are_those_of_the_wrapped_object(pipe: Pipe) -> None:
    with FileObjectPosix(pipe[0], "r") as opened:
        assert opened.buffer.raw is opened.fileio
        assert opened.encoding.lower() == "utf-8"
        assert not hasattr(opened, "writeall")
    assert opened.fileio is None


def test_the_wrapped_object_can_be_replaced(pipe: Pipe) -> None:
    opened = FileObjectPosix(pipe[0], "rb")
    assert opened.readable()
    before = opened.io
    opened.io = io.BytesIO(b"other")
    assert opened.read() == b"other"
    opened.close()
    assert before.closed


@pytest.mark.parametrize("kind", [FileObjectThread, FileObjectBlock])
def test_any_file_is_accepted(
    kind: type[FileObjectThread] | type[FileObjectBlock],
) -> None:
    assert kind(io.BytesIO(b"x"), "rb").read() == b"x"
    assert kind(io.BytesIO(b"x"), "r").read() == "x"
    assert kind(io.StringIO("x"), "r").read() == "x"
    with pytest.raises(ValueError, match="binary"):
        kind(io.StringIO("x"), "rb")


def test_only_files_with_a_descriptor_can_be_waited_for() -> None:
    with pytest.raises(io.UnsupportedOperation):
        FileObjectPosix(io.BytesIO(b"x"), "rb")


# -- threads --------------------------------------------------------------------------


def test_operations_run_in_threads(pipe: Pipe) -> None:
    with FileObjectThread(pipe[0], "rb") as reader:
        gevent.spawn(os.write, pipe[1], b"line\n")
        with switches():
            assert reader.readline() == b"line\n"
        assert "threadpool=" in repr(reader)


def test_the_descriptor_is_told_while_a_thread_reads(pipe: Pipe) -> None:
    with FileObjectThread(pipe[0], "rb") as reader:
        reading = gevent.spawn(reader.readline)
        gevent.sleep(0)
        with no_switches():
            assert reader.fileno() == pipe[0]
            assert reader.readable()
        os.write(pipe[1], b"line\n")
        assert reading.get() == b"line\n"


def test_operations_in_threads_take_turns(pipe: Pipe) -> None:
    with FileObjectThread(pipe[0], "rb") as reader:
        reading = [gevent.spawn(reader.readline) for _ in range(2)]
        os.write(pipe[1], b"first\nsecond\n")
        assert [each.get() for each in reading] == [b"first\n", b"second\n"]


def test_the_lock_can_be_chosen(file: Path) -> None:
    own = Semaphore()
    for lock, kind in ((True, Semaphore), (False, DummySemaphore), (own, Semaphore)):
        with FileObjectThread(file, "rb", lock=lock) as opened:
            assert isinstance(opened.lock, kind)
    with pytest.raises(TypeError, match="Semaphore or boolean"):
        FileObjectThread(file, "rb", lock=1)


def test_the_pool_can_be_chosen(file: Path) -> None:
    from gevent.threadpool import ThreadPool

    pool = ThreadPool(1)
    with FileObjectThread(file, "rb", threadpool=pool) as opened:
        assert opened.threadpool is pool
        assert opened.read(5) == b"first"
    pool.kill()


@pytest.mark.parametrize("kind", [FileObjectPosix, FileObjectThread, FileObjectBlock])
def test_an_object_without_a_name_gives_none_to_its_file(kind):
    """The number is the name only of what was opened by its number."""
    reading, writing = os.pipe()
    os.close(writing)

    class Numbered:
        fileno = staticmethod(lambda: reading)
        close = staticmethod(lambda: os.close(reading))

    file = kind(Numbered(), "rb")
    with pytest.raises(AttributeError, match="name"):
        file.name  # noqa: B018 - the look is what is tested
    assert "Numbered" not in repr(file)
    file.close()
    with pytest.raises(AttributeError, match="name"):
        file.name  # noqa: B018 - likewise


@pytest.mark.parametrize("kind", [FileObjectPosix, FileObjectBlock])
def test_a_size_that_is_no_number_is_refused_before_the_direction(
    kind: Kind, pipe: Pipe
) -> None:
    """As in ``io.FileIO``."""
    with kind(pipe[1], "wb", 0) as file, pytest.raises(TypeError):
        file.read("x")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("kind", [FileObjectPosix, FileObjectBlock])
def test_an_unbuffered_write_of_a_buffer_with_gaps_is_a_buffer_error(
    kind: Kind, pipe: Pipe
) -> None:
    """As in ``io.FileIO``."""
    with kind(pipe[1], "wb", 0) as file, pytest.raises(BufferError):
        file.write(memoryview(b"abcd")[::2])


def test_a_method_of_a_regular_file_keeps_its_name(tmp_path: Path) -> None:
    """Errors and logs tell it."""
    with FileObjectPosix(tmp_path / "file", "w") as file:
        assert file.write.__name__ == "write"
