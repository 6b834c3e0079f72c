"""As much of the protocol of PostgreSQL (version 3) as the tests speak."""

from __future__ import annotations

import struct
from pathlib import Path
from types import TracebackType
from typing import Self

from gevent import socket

CANCEL = 80877102


class Failure(Exception):
    """What the server says is wrong."""


class Postgres:
    """A connection to a server that trusts everybody at its unix socket."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.key = b""
        self.notices: list[bytes] = []
        self.sock = socket.socket(socket.AF_UNIX)
        try:
            self._begin()
        except BaseException:
            self.sock.close()
            raise

    def _begin(self) -> None:
        self.sock.connect(str(self.place))
        words = b"user\0postgres\0database\0postgres\0\0"
        self.sock.sendall(struct.pack("!ii", 8 + len(words), 3 << 16) + words)
        self._until_ready()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.sock.close()

    def again(self) -> Postgres:
        """Return another connection to the same server."""
        return Postgres(self.place)

    def ask(self, query: str) -> list[bytes]:
        """Return the first column of what a query finds, or the rows it copies out."""
        text = query.encode() + b"\0"
        self.sock.sendall(b"Q" + struct.pack("!i", 4 + len(text)) + text)
        return self._until_ready()

    def cancel(self) -> None:
        """Ask the server, by another connection, to end what it does for this one."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self.place))
            sock.sendall(struct.pack("!ii", 16, CANCEL) + self.key)
            assert sock.recv(1) == b""

    def await_notice(self) -> bytes:
        """Wait for a NOTIFY of somebody."""
        while not self.notices:
            self._take(*self._receive())
        return self.notices.pop(0)

    def _until_ready(self) -> list[bytes]:
        rows: list[bytes] = []
        failure: Failure | None = None
        while True:
            kind, body = self._receive()
            if kind == b"D":
                size = struct.unpack_from("!i", body, 2)[0]
                rows.append(body[6 : 6 + size])
            elif kind == b"d":
                rows.append(body)
            elif kind == b"E":
                failure = Failure(body.decode())
            elif kind == b"Z":
                break
            self._take(kind, body)
        if failure is not None:
            raise failure
        return rows

    def _take(self, kind: bytes, body: bytes) -> None:
        if kind == b"K":
            self.key = body
        elif kind == b"A":
            self.notices.append(body[4:].split(b"\0")[0])

    def _receive(self) -> tuple[bytes, bytes]:
        head = self._exactly(5)
        return head[:1], self._exactly(struct.unpack("!i", head[1:])[0] - 4)

    def _exactly(self, size: int) -> bytes:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            got = self.sock.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]
        return bytes(data)
