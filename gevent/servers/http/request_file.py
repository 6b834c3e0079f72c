"""What a connection receives, as the buffered binary file that handlers read."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Protocol

from gevent._native.http.taking import Takes

if TYPE_CHECKING:
    from typing import Self

    from _typeshed import WriteableBuffer

__all__ = ("RequestFile", "Source")

# Octets. So much is welcome where nobody says how much is wanted.
SLICE = 65536
# Octets. Up to here what is missing is waited for in the source's buffer; more is moved
# out of it while it comes.
SMALL = 16384
# More than any size that can be read.
ENDLESS = (1 << 63) - 1


class Source(Protocol):
    """A connection, as far as its requests' bodies are concerned."""

    buffer: bytearray  # received and not taken, oldest first

    @property
    def socket(self) -> SendsAll:
        """The connection's socket."""

    def receive(self, size_hint: int, /) -> bool:
        """Wait until octets were added to the buffer.

        Args:
            size_hint: How many would be welcome.

        Returns:
            False at the end of the stream.

        Raises:
            OSError: As the system says; of class TimeoutError, when the deadline came.
        """

    # A source may have ``receive_into(view) -> int``, which waits and returns how many
    # octets it put into a memoryview, 0 at the end of the stream. It is asked when the
    # buffer is empty, for large parts of bodies: these are copied once less that way.


class SendsAll(Protocol):
    """A socket that a 100 can be sent to."""

    def sendall(self, data: bytes, /) -> object:
        """Send all of it."""

    def fileno(self) -> int:
        """Return the number of the descriptor."""


class RequestFile(Takes):
    """What a connection receives, as a buffered binary file that waits.

    It takes octets out of the source's buffer when it returns them; an exception that
    ends a wait leaves them there.
    """

    def __init__(self, source: Source):
        self._source = source
        self.closed = False

    # -- reading ------------------------------------------------------------------

    def read(self, size: int | None = -1) -> bytes:
        """Read *size* octets, fewer at the end of the stream; negative or None: all.

        Raises:
            ValueError: The file was closed.
            OSError: As the connection says.

        Blocking:
            Switches to the hub until there is as much.
        Cancellation:
            Nothing is taken.
        """
        return self.take(-1 if size is None else size)  # switches

    def take(self, n: int) -> bytes:
        """Read *n* octets; negative: all."""
        self._demand_open("read of closed file")
        buffer = self._source.buffer
        if 0 <= n <= len(buffer):
            return self.taken(buffer, n)
        return self._read_more(n)  # switches

    def _read_more(self, n: int) -> bytes:
        source = self._source
        if 0 <= n <= SMALL:
            while len(source.buffer) < n and source.receive(n):  # switches
                pass
            return self.taken(source.buffer, min(n, len(source.buffer)))
        missing = n if n >= 0 else ENDLESS
        if hasattr(source, "receive_into"):
            return self.received(source, missing)  # type: ignore[arg-type]  # has it
        out = BytesIO()
        try:
            while missing > 0:
                missing -= self._move(missing, out)
                if missing > 0 and not source.receive(min(missing, SLICE)):  # switches
                    break
        except BaseException:
            source.buffer[:0] = out.getvalue()
            raise
        return out.getvalue()

    def read1(self, size: int | None = -1) -> bytes:
        """Read what there is, at most *size* octets; wait only if there is nothing."""
        n = -1 if size is None else size
        self._demand_open("read of closed file")
        source = self._source
        if n == 0 or not (source.buffer or source.receive(SLICE)):  # switches
            return b""
        there = len(source.buffer)
        return self.taken(source.buffer, n if 0 <= n < there else there)

    def readinto(self, target: WriteableBuffer) -> int:
        """Fill *target*, or as much as comes before the end of the stream."""
        with memoryview(target) as given, given.cast("B") as view:
            data = self.read(len(view))  # switches
            view[: len(data)] = data
        return len(data)

    def readinto1(self, target: WriteableBuffer) -> int:
        """Put what there is into *target*; wait only if there is nothing."""
        with memoryview(target) as given, given.cast("B") as view:
            data = self.read1(len(view))  # switches
            view[: len(data)] = data
        return len(data)

    def peek(self, size: int = 0) -> bytes:
        """Return what there is and keep it; wait only if there is nothing."""
        self._demand_open("peek of closed file")
        source = self._source
        if not source.buffer:
            source.receive(SLICE)  # switches
        return bytes(source.buffer)

    def readline(self, size: int | None = -1) -> bytes:
        """Read a line, or *size* octets of it; negative or None: all of it."""
        return self.take_line(-1 if size is None else size)  # switches

    def take_line(self, limit: int) -> bytes:
        """Read a line, of *limit* octets at most; negative: of any length."""
        self._demand_open("readline of closed file")
        line = self.taken_line(self._source.buffer, limit)
        return self._readline_more(limit) if line is None else line  # switches

    def _readline_more(self, limit: int) -> bytes:
        """Read a line that is not in the buffer, and longer than that."""
        source = self._source
        out = BytesIO()
        missing = limit if limit >= 0 else ENDLESS
        try:
            while True:
                missing -= self._move(missing, out)
                if not source.receive(min(missing, SLICE)):  # switches
                    break
                line = self.taken_line(source.buffer, missing)
                if line is not None:
                    out.write(line)
                    break
        except BaseException:
            source.buffer[:0] = out.getvalue()
            raise
        return out.getvalue()

    def _move(self, limit: int, out: BytesIO) -> int:
        """Move octets from the buffer to *out*, all or *limit*; return how many."""
        buffer = self._source.buffer
        n = len(buffer)
        if n > limit:
            out.write(self.taken(buffer, limit))
            return limit
        out.write(buffer)
        buffer.clear()
        return n

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """Read lines to the end of the stream, or until they are *hint* octets."""
        stop = 0 if hint is None else hint
        lines: list[bytes] = []
        length = 0
        while stop <= 0 or length < stop:
            line = self.readline()  # switches
            if not line:
                break
            lines.append(line)
            length += len(line)
        return lines

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = self.readline()  # switches
        if not line:
            raise StopIteration
        return line

    # -- the rest of a buffered reader ----------------------------------------------

    @property
    def raw(self) -> Self:
        """What has the socket as ``_sock``: the file itself."""
        return self

    @property
    def rfile(self) -> Self:
        """The file itself, for who expects an :class:`Input`."""
        return self

    @property
    def _sock(self) -> SendsAll:
        return self._source.socket

    def fileno(self) -> int:
        """Return the descriptor of the connection."""
        self._demand_open("I/O operation on closed file")
        return self._source.socket.fileno()

    def readable(self) -> bool:
        """Return True."""
        self._demand_open("I/O operation on closed file")
        return True

    def writable(self) -> bool:
        """Return False."""
        self._demand_open("I/O operation on closed file")
        return False

    def seekable(self) -> bool:
        """Return False."""
        self._demand_open("I/O operation on closed file")
        return False

    def isatty(self) -> bool:
        """Return False."""
        self._demand_open("I/O operation on closed file")
        return False

    def flush(self) -> None:
        """Do nothing."""
        self._demand_open("flush of closed file")

    def close(self) -> None:
        """Read no more; the connection stays as it is."""
        self.closed = True

    def __enter__(self) -> Self:
        self._demand_open("I/O operation on closed file")
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _demand_open(self, otherwise: str) -> None:
        if self.closed:
            raise ValueError(otherwise)
