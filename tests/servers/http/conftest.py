"""What the tests of HTTP's parts share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gevent.servers.http.request_file import RequestFile


class Pieces:
    """A source of octets that come in pieces; an exception among them is raised."""

    def __init__(self, *pieces: bytes | BaseException, socket: object = None):
        self.buffer = bytearray()
        self.pieces = list(pieces)
        self.socket = socket
        self.n_waits = 0
        self.largest = 0

    def receive(self, size_hint: int) -> bool:
        assert size_hint > 0
        self.n_waits += 1
        self.largest = max(self.largest, len(self.buffer))
        if not self.pieces:
            return False
        piece = self.pieces.pop(0)
        if isinstance(piece, BaseException):
            raise piece
        self.buffer += piece
        return True


class PiecesInto(Pieces):
    """A source that can receive into other memory."""

    def receive_into(self, view: memoryview) -> int:
        assert not self.buffer
        assert len(view)
        before = self.n_waits
        if not self.receive(len(view)):
            return 0
        self.n_waits = before + 1
        n = min(len(view), len(self.buffer))
        view[:n] = self.buffer[:n]
        if len(self.buffer) > n:
            self.pieces.insert(0, bytes(self.buffer[n:]))
        self.buffer.clear()
        return n


def in_pieces(data: bytes, size: int) -> list[bytes]:
    """Cut data."""
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.fixture
def pieces() -> type[Pieces]:
    """Give the class of sources that come in pieces."""
    return Pieces


@pytest.fixture
def cut() -> Callable[[bytes, int], list[bytes]]:
    """Give the function that cuts data."""
    return in_pieces


@pytest.fixture
def file_of() -> Callable[..., RequestFile]:
    """Make a file of pieces."""
    return lambda *pieces: RequestFile(Pieces(*pieces))
