"""As much of the protocol of Redis as the tests speak."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from gevent import socket


class Redis:
    """A connection to a server at a unix socket."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(place))
        self._stream = self.sock.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.close()
        self.sock.close()

    def again(self) -> Redis:
        """Return another connection to the same server."""
        return Redis(self.place)

    def send(self, *words: object) -> None:
        """Send a command."""
        encoded = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        parts = [b"*%d\r\n" % len(encoded)]
        parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded]
        self.sock.sendall(b"".join(parts))

    def reply(self) -> object:
        """Read an answer; EOFError when the server has ended the connection."""
        line = self._stream.readline()
        if not line:
            raise EOFError
        kind, rest = line[:1], line[1:-2]
        if kind in b"+-":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        size = int(rest)
        return None if size < 0 else self._stream.read(size + 2)[:-2]

    def ask(self, *words: object) -> object:
        """Send a command and read the answer."""
        self.send(*words)
        return self.reply()
