"""Buffers of files that wait: what interrupts a reader loses nothing.

The buffered readers of ``io`` take bytes out of their buffers while they wait for more,
and drop these if an exception ends the wait: good enough where only signal handlers
raise, not where a time-out or a ``kill`` may end any wait. These are the same classes
to their users; what they read is in a :class:`ReadAhead`, and the buffer of ``io``
below stays empty.
"""

from __future__ import annotations

import io
from operator import index

from gevent._base.checking import TYPE_CHECKING
from gevent._native.memory.byte_queue import ByteQueue
from gevent._native.scheduling.scheduler import Scheduler
from gevent.sync.event import Event

if TYPE_CHECKING:
    from typing import Self

    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ("BufferedRandom", "BufferedReader", "BufferedRWPair")

# From here on bytes do not go through the buffer.
LARGE = 65536

# What the reason of a file that was closed is: each call has words of its own.
_CLOSED = "closed"
_DETACHED = "raw stream has been detached"


class ReadAhead:
    """What was read from a raw file and not returned, and how more is read.

    Invariants:

    * BUF1  ``queue``, followed by what ``raw`` gives next, is what comes after the last
      byte that a call returned.
    * BUF2  What ``raw`` gives is in the queue at once: nothing between switches.
    * BUF3  A call takes bytes out of the queue when it returns them. One that has to
      take them earlier puts them back, whatever ends it.
    * BUF4  While a call may wait, from ``enter`` to ``leave``, no other one touches the
      queue: ``is_free`` is false then.

    Args:
        raw: What is read; its ``readinto`` takes nothing if it raises.
        size: How many bytes are read at a time.
    """

    def __init__(self, raw: io.RawIOBase, size: int):
        self.raw = raw
        self.queue = ByteQueue()
        self.size = size
        self.has_whole_readall = isinstance(raw, io.FileIO)
        self.is_free = True
        self.is_busy = False
        self.owner: Scheduler | None = None
        self.waiting: list[Event] = []
        self.ended: str | None = None

    # -- reading ------------------------------------------------------------------

    def readline(self, size: int | None = -1) -> bytes:
        """Read a line; see :class:`Reads`."""
        limit = -1 if size is None else size
        if self.is_free:
            line = self.queue.line(limit)
            if line is not None:
                return line
        limit = index(limit)
        self.enter("readline of closed file")
        try:
            return self.next_line(limit)  # switches
        finally:
            self.leave()

    def next_line(self, limit: int) -> bytes:
        """Read a line; what there is if nothing more comes."""
        while True:
            line = self.queue.line(limit)
            if line is not None:
                return line
            if self.fill(self.size) <= 0:  # switches
                return self.queue.take(-1)

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """Read lines; see :class:`Reads`."""
        stop = 0 if hint is None else hint
        lines: list[bytes] = []
        length = 0
        self.enter("I/O operation on closed file.")
        try:
            while stop <= 0 or length <= stop:
                line = self.next_line(-1)  # switches
                if not line:
                    break
                lines.append(line)
                length += len(line)
            return lines
        except BaseException:
            self.queue.put_back(b"".join(lines))  # BUF3
            raise
        finally:
            self.leave()

    def read(self, size: int | None = -1) -> bytes | None:
        """Read *size* bytes; see :class:`Reads`."""
        n = -1 if size is None else size
        if self.is_free and 0 <= n <= self.queue.count():
            return self.queue.take(n)
        n = index(n)
        if n < -1:
            raise ValueError("read length must be non-negative or -1")
        self.enter("read of closed file")
        try:
            return self.read_up_to(n)  # switches
        finally:
            self.leave()

    def read_up_to(self, n: int) -> bytes | None:
        """Read *n* bytes, or to the end if it is negative; None: would block."""
        got = 1
        while got > 0:
            missing = n - self.queue.count()
            if n < 0 or (missing >= LARGE and missing >= self.size):
                return self.read_large(n)  # switches
            if missing <= 0:
                break
            got = self.fill(max(missing, self.size))  # switches
        if got < 0 and not self.queue.count():
            return None
        return self.queue.take(n)

    def read_large(self, n: int) -> bytes | None:
        """Read without copying through the queue."""
        pieces = [self.queue.take(-1)]
        try:
            return self.read_pieces(pieces, n)  # switches
        except BaseException:
            self.queue.put_back(b"".join(pieces))  # BUF3
            raise

    def read_pieces(self, pieces: list[bytes], n: int) -> bytes | None:
        """Add to *pieces* until they are *n* bytes, or to the end; return all."""
        missing = -1 if n < 0 else n - len(pieces[0])
        piece: bytes | None = None
        while missing:
            if self.has_whole_readall:
                piece = self.raw.read(missing)  # switches
            else:
                at_once = LARGE if missing < 0 else min(missing, LARGE)
                piece = self.raw.read(at_once)  # switches
            if not piece:
                break
            pieces.append(piece)
            if missing > 0:
                missing -= len(piece)
            elif self.has_whole_readall:
                break
        if not pieces[0]:
            del pieces[0]
        if len(pieces) == 1:
            return pieces[0]
        return b"".join(pieces) if pieces or piece is not None else None

    def read1(self, size: int = -1) -> bytes:
        """Read what there is; see :class:`Reads`."""
        n = self.size if size < 0 else index(size)
        if not (self.is_free and self.queue.count()):
            self.enter("read of closed file")
            try:
                if n >= LARGE and not self.queue.count():
                    return self.raw.read(n) or b""  # switches
                if n and not self.queue.count():
                    self.fill(n)  # switches
            finally:
                self.leave()
        return self.queue.take(n)

    def peek(self) -> bytes:
        """Return what comes next, at least a byte unless it is the end."""
        if not (self.is_free and self.queue.count()):
            self.enter("peek of closed file")
            try:
                if not self.queue.count():
                    self.fill(self.size)  # switches
            finally:
                self.leave()
        return self.queue.all_of_it()

    def readinto(self, buffer: WriteableBuffer, once: bool = False) -> int | None:
        """Read into *buffer*; see :class:`Reads`.

        Args:
            buffer: Is filled.
            once: Whether something is enough.
        """
        with memoryview(buffer) as view, view.cast("B") as target:
            if view.readonly:
                raise TypeError(
                    "readinto() argument must be read-write bytes-like object, not "
                    + type(buffer).__name__
                )
            self.enter("readinto of closed file")
            try:
                return self.fill_target(target, once)  # switches
            finally:
                self.leave()

    def fill_target(self, target: memoryview, once: bool) -> int | None:
        """Fill *target* as far as something comes; None: would block."""
        total = target.nbytes
        taken = self.queue.take_into(target)
        try:
            while taken < total and not (once and taken):
                with target[taken:] as rest:
                    got = self.fill_rest(rest)  # switches
                if not got:
                    return taken if taken or got is not None else None
                taken += got
        except BaseException:
            self.queue.put_back(target[:taken])  # BUF3
            raise
        return taken

    def fill_rest(self, rest: memoryview) -> int | None:
        """Fill some of *rest*, while the queue is empty."""
        if rest.nbytes >= self.size:
            return self.raw.readinto(rest)  # switches
        if self.fill(self.size) < 0:  # switches
            return None
        return self.queue.take_into(rest)

    def fill(self, n: int) -> int:
        """Read up to *n* bytes into the queue.

        Returns:
            How many; 0: it is the end; -1: it would block, which the caller allows.
        """
        room = self.queue.room(n)
        try:
            got = self.raw.readinto(room)  # switches
        finally:
            # Nobody else has it; for interpreters without reference counts.
            room.release()
        if got is None:
            return -1
        self.queue.add(got)  # BUF2
        return got

    # -- who reads ----------------------------------------------------------------

    def enter(self, when_closed: str) -> None:
        """Keep other calls out; wait for one in another thread (BUF4).

        Raises:
            RuntimeError: A greenlet of this thread is inside.
            ValueError: There is no more to read; *when_closed* is the text for a file
                that was closed.
        """
        while self.is_busy:
            self.demand_free()
            left = Event()
            self.waiting.append(left)
            if self.is_busy:
                left.wait()  # switches
        if self.ended is not None:
            raise ValueError(when_closed if self.ended is _CLOSED else self.ended)
        self.is_busy = True
        self.is_free = False
        self.owner = Scheduler.of_thread_or_none()

    def leave(self) -> None:
        """Let others in."""
        self.owner = None
        self.is_busy = False
        self.is_free = self.ended is None
        while self.waiting:
            self.waiting.pop().set()

    def demand_free(self) -> None:
        """Refuse if a greenlet of this thread is inside.

        Raises:
            RuntimeError: There is one.
        """
        if self.is_busy and self.owner is Scheduler.of_thread_or_none():
            raise RuntimeError(f"reentrant call inside the buffer of {self.raw!r}")

    # -- what else happens to the file --------------------------------------------

    def count(self) -> int:
        """Return how many bytes were read and not returned."""
        return self.queue.count()

    def skip(self) -> None:
        """Forget what was read: the file goes on elsewhere."""
        self.demand_free()
        self.queue.clear()

    def end(self, reason: str) -> None:
        """Refuse from now on, with *reason*."""
        if self.ended is None:
            self.ended = reason
            self.is_free = False


def line_of(ahead: ReadAhead, size: int | None) -> bytes:
    """Read a line: a call that needs no look-up."""
    return ahead.readline(size)  # switches


def bytes_of(ahead: ReadAhead, size: int | None) -> bytes:
    """Read *size* bytes: a call that needs no look-up."""
    return ahead.read(size)  # type: ignore[return-value]  # switches; None as in io


class Reads:
    """The reading half of a buffered file.

    Whatever ends a call but its return, the next one starts with the first byte that
    no call has returned.

    Blocking:
        Each method switches to the hub until there is enough, or the end; one that
        finds it in the buffer does not.
    Cancellation:
        Nothing was read.
    Thread safety:
        A greenlet that comes while another one waits gets a RuntimeError; calls of
        other threads wait for it.
    """

    _ahead: ReadAhead

    def read(self, size: int | None = -1, /) -> bytes:
        """Read *size* bytes; to the end if it is negative or None."""
        return bytes_of(self._ahead, size)  # switches

    def read1(self, size: int = -1, /) -> bytes:
        """Read what there is, at most *size* bytes, by at most one call below."""
        return self._ahead.read1(size)  # switches

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill *buffer*; return how many bytes."""
        return self._ahead.readinto(buffer)  # type: ignore[return-value]  # switches

    def readinto1(self, buffer: WriteableBuffer, /) -> int:
        """Read what there is into *buffer*; return how many bytes."""
        return self._ahead.readinto(buffer, True)  # type: ignore[return-value]  # switches

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line, of at most *size* bytes unless that is negative or None."""
        return line_of(self._ahead, size)  # switches

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """Read all lines, or as many as have more than *hint* bytes if that is set."""
        return self._ahead.readlines(hint)  # switches

    def peek(self, size: int = 0, /) -> bytes:
        """Return what comes next without taking it; *size* does not matter."""
        return self._ahead.peek()  # switches

    def __repr__(self) -> str:
        kind = f"_io.{type(self).__name__}"
        try:
            name: object = self.name  # type: ignore[attr-defined]  # of the class of io
        except (AttributeError, ValueError):
            return f"<{kind}>"
        return f"<{kind} name={name!r}>"

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = line_of(self._ahead, -1)  # switches
        if not line:
            raise StopIteration
        return line


class BufferedReader(Reads, io.BufferedReader):
    """A buffer for reading.

    Args:
        raw: What is read.
        buffer_size: How many bytes are read at a time.
    """

    def __init__(self, raw: io.RawIOBase, buffer_size: int = io.DEFAULT_BUFFER_SIZE):
        io.BufferedReader.__init__(self, raw, min(buffer_size, 1))
        self._ahead = ReadAhead(raw, buffer_size)

    def tell(self) -> int:
        """Return the position."""
        return io.BufferedReader.tell(self) - self._ahead.count()

    def seek(self, target: int, whence: int = 0, /) -> int:
        """Move the position; return it."""
        self._ahead.demand_free()
        if whence == 1:
            target -= self._ahead.count()
        position = io.BufferedReader.seek(self, target, whence)
        self._ahead.skip()
        return position

    def detach(self) -> io.RawIOBase:
        """Give the raw file away; what was read ahead is lost."""
        self._ahead.demand_free()
        raw = io.BufferedReader.detach(self)
        self._ahead.end(_DETACHED)
        return raw

    def close(self) -> None:
        """Close it and the raw file; repeatable.

        Raises:
            RuntimeError: A greenlet waits inside it.
        """
        if not self.closed:
            self._ahead.demand_free()
            self._ahead.end(_CLOSED)
        io.BufferedReader.close(self)


class BufferedRWPair(Reads, io.BufferedRWPair):
    """A buffer for reading and one for writing, of what has no position.

    Args:
        reader: What is read.
        writer: What is written.
        buffer_size: How many bytes are read or written at a time.
    """

    def __init__(
        self,
        reader: io.RawIOBase,
        writer: io.RawIOBase,
        buffer_size: int = io.DEFAULT_BUFFER_SIZE,
    ):
        io.BufferedRWPair.__init__(self, reader, writer, buffer_size)
        self._ahead = ReadAhead(reader, buffer_size)

    def close(self) -> None:
        """Write what is left, and close both; repeatable."""
        self._ahead.end(_CLOSED)
        io.BufferedRWPair.close(self)


class BufferedRandom(Reads, io.BufferedRandom):
    """A buffer for reading and writing at one position.

    Either bytes were read ahead, or bytes are to be written: what does one of them
    settles the other before.

    Args:
        raw: A file with a position.
        buffer_size: How many bytes are read or written at a time.
    """

    _has_written = False

    def __init__(self, raw: io.RawIOBase, buffer_size: int = io.DEFAULT_BUFFER_SIZE):
        io.BufferedRandom.__init__(self, raw, buffer_size)
        self._reading = ReadAhead(raw, buffer_size)

    @property
    def _ahead(self) -> ReadAhead:  # type: ignore[override]  # nobody assigns to it
        """What reads, after all was written."""
        if self._has_written:
            io.BufferedRandom.flush(self)  # switches
            self._has_written = False
        return self._reading

    def _stop_reading(self) -> None:
        """Move the raw file to where the caller is."""
        n_ahead = self._reading.count()
        self._reading.demand_free()
        if not self._has_written:
            # The buffer below does not know how far the raw file was read.
            io.BufferedRandom.seek(self, -n_ahead, 1)
        self._reading.skip()

    def write(self, data: ReadableBuffer, /) -> int:
        """Write *data*; return how many bytes."""
        if not self._has_written:
            self._stop_reading()
            self._has_written = True
        return io.BufferedRandom.write(self, data)  # switches

    def flush(self) -> None:
        """Write what is to be written, and move the raw file to where the caller is."""
        if not self.closed:
            self._stop_reading()
        io.BufferedRandom.flush(self)  # switches
        self._has_written = False

    def tell(self) -> int:
        """Return the position."""
        return io.BufferedRandom.tell(self) - self._reading.count()

    def seek(self, target: int, whence: int = 0, /) -> int:
        """Move the position; return it."""
        self._reading.demand_free()
        if whence == 1:
            target -= self._reading.count()
        position = io.BufferedRandom.seek(self, target, whence)  # switches
        self._reading.skip()
        return position

    def truncate(self, size: int | None = None, /) -> int:
        """Cut it off, here or at *size*; return its size."""
        self._stop_reading()
        return io.BufferedRandom.truncate(self, size)  # switches

    def detach(self) -> io.RawIOBase:
        """Give the raw file away, at the position of the caller."""
        self._stop_reading()
        raw = io.BufferedRandom.detach(self)  # switches
        self._reading.end(_DETACHED)
        return raw

    def close(self) -> None:
        """Write what is left, and close the raw file, too; repeatable."""
        if not self.closed:
            self._reading.demand_free()
            self._reading.end(_CLOSED)
        io.BufferedRandom.close(self)  # switches
