"""Reading and writing descriptors of which nobody said that they do not block."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

import gevent
from gevent.net.files import blocking
from gevent.net.files.blocking import read, write
from tests.support.schedule import no_switches

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="RWF_NOWAIT is of Linux"),
]

Ends = tuple[int, int]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Return a pipe; both ends have been used once, so it is known that they block."""
    gevent.get_hub()
    reader, writer = os.pipe()
    write(writer, b"x")
    assert read(reader, 1) == b"x"
    yield reader, writer
    os.close(reader)
    os.close(writer)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    fd = os.open(path, os.O_RDWR)
    yield fd
    os.close(fd)


class _Only:
    """The system's calls, of which no others may be made."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __getattr__(self, name: str) -> object:
        assert name in self._names, f"{name} is one call too many"
        return getattr(os, name)


def test_a_known_pipe_is_read_and_written_with_one_call_of_the_system(
    monkeypatch: pytest.MonkeyPatch, ends: Ends
) -> None:
    reader, writer = ends
    monkeypatch.setattr(blocking, "os", _Only("preadv", "pwritev"))
    with no_switches():
        assert write(writer, b"four") == 4
        assert read(reader, 4) == b"four"


def test_less_than_was_asked_for_takes_one_look_more(
    monkeypatch: pytest.MonkeyPatch, ends: Ends
) -> None:
    reader, writer = ends
    write(writer, b"four")
    monkeypatch.setattr(blocking, "os", _Only("preadv", "fstat"))
    assert read(reader, 100) == b"four"


def test_an_empty_known_pipe_is_waited_for(ends: Ends) -> None:
    reader, writer = ends
    gevent.spawn(os.write, writer, b"data")
    assert read(reader, 100) == b"data"


def test_a_known_pipe_without_room_is_waited_for(ends: Ends) -> None:
    reader, writer = ends
    reading = gevent.spawn(lambda: [len(read(reader, 65536)) for _ in range(4)])
    assert write(writer, b"x" * 65536 * 4) == 65536 * 4
    assert sum(reading.get()) == 65536 * 4


def test_a_pipe_whose_program_says_that_it_does_not_block_does_not(ends: Ends) -> None:
    reader, writer = ends
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    with no_switches():
        with pytest.raises(BlockingIOError):
            read(reader, 10)
        written = write(writer, b"x" * 1_000_000)
        assert 0 < written < 1_000_000
        with pytest.raises(BlockingIOError):
            write(writer, b"x")


def test_a_file_that_got_the_number_is_read_whole(
    monkeypatch: pytest.MonkeyPatch, ends: Ends, file: int
) -> None:
    """The system has half of it in memory, and the call gives no more than that."""
    reader, _ = ends
    os.dup2(file, reader)
    preadv = os.preadv

    def read_half(fd: int, buffers: list[bytearray], *args: int) -> int:
        return preadv(fd, [memoryview(buffers[0])[:5]], *args)

    monkeypatch.setattr(os, "preadv", read_half)
    assert read(reader, 100) == b"0123456789"
    assert read(reader, 100) == b""


def test_a_file_that_got_the_number_is_written_whole(
    monkeypatch: pytest.MonkeyPatch, ends: Ends, file: int
) -> None:
    _, writer = ends
    os.dup2(file, writer)
    pwritev = os.pwritev

    def write_half(fd: int, buffers: list[memoryview], *args: int) -> int:
        return pwritev(fd, [buffers[0][:2]], *args)

    monkeypatch.setattr(os, "pwritev", write_half)
    assert write(writer, b"abcd") == 4
    assert os.pread(file, 100, 0) == b"abcd456789"


def test_a_terminal_that_got_the_number_is_waited_for(ends: Ends) -> None:
    reader, _ = ends
    master, slave = os.openpty()
    os.dup2(slave, reader)
    gevent.spawn(os.write, master, b"line\n")
    assert read(reader, 100) == b"line\n"
    os.close(master)
    os.close(slave)


def test_a_number_that_is_not_open_any_more_is_ebadf(file: int) -> None:
    reader, writer = os.pipe()
    gevent.get_hub()
    write(writer, b"xy")
    read(reader, 1)
    os.close(reader)
    with pytest.raises(OSError, match="Bad file descriptor"):
        read(reader, 1)
    os.close(writer)
    with pytest.raises(OSError, match="Bad file descriptor"):
        write(writer, b"x")


def test_an_error_of_a_known_socket_is_raised_once() -> None:
    gevent.get_hub()
    ours, peer = socket.socketpair()
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    served, _ = listener.accept()
    with ours, peer, listener, client, served:
        write(served.fileno(), b"x")
        assert read(client.fileno(), 1) == b"x"
        linger = struct.pack("ii", 1, 0)
        served.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        served.close()
        with pytest.raises(ConnectionResetError):
            read(client.fileno(), 1)
        assert read(client.fileno(), 1) == b""


def test_a_known_pipe_that_is_always_ready_lets_others_run(
    monkeypatch: pytest.MonkeyPatch, ends: Ends
) -> None:
    reader, writer = ends
    yields: list[int] = []
    monkeypatch.setattr(blocking, "yield_if_overdue", lambda: yields.append(1))
    write(writer, b"xx")
    read(reader, 1)
    read(reader, 1)
    assert yields == [1, 1]
