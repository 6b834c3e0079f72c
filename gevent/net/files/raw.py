"""Raw file objects: what reads and writes a descriptor without blocking the thread.

Two kinds, because the system has two: what can be waited for (pipes, terminals,
sockets: :class:`RawFile`) and regular files, which are always "ready" and take as
long as the disk does (:class:`PlainFile`).
"""

from __future__ import annotations

import io
import os
import stat
from operator import index

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, Protocol, cast
from gevent._hub.hub import get_hub_if_exists, getcurrent
from gevent._native.io.fd_table import claim, closing
from gevent._native.io.files import FileDescriptor, yield_if_overdue
from gevent.net.files.blocking import block_again, forget, stop_blocking
from gevent.net.in_pool import call_in_pool, hub_pool
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from _typeshed import ReadableBuffer, WriteableBuffer

    _T = TypeVar("_T")
    _Data = TypeVar("_Data")
    _File = TypeVar("_File", bound=io.FileIO)

__all__ = ("PlainFile", "RawFile", "open_plain", "open_raw", "open_simple")

# From here on an operation on a regular file goes through the thread pool, in
# bytes: copying as much from the page cache takes about as long as the detour.
LARGE = 65536
# How many bytes a thread writes at a time: they are copied in the hub's thread.
WRITTEN_AT_ONCE = 1 << 20
# How many bytes are read at a time when all are wanted: what pipes hold.
READ_AT_ONCE = 65536


class HasFileno(Protocol):
    """An open file of somebody else."""

    def fileno(self) -> int:
        """Its descriptor."""

    def close(self) -> None:
        """Close it."""


class Shared:
    """What both kinds have in common."""

    # Closed together with the raw file.
    given: HasFileno | None = None
    # Greenlets that are inside an operation, waiting or about to run again.
    n_calls: int = 0
    # Whether a write goes on until all is written: without a buffer above.
    writes_all = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write *data*; return how many bytes of it.

        Blocking:
            Switches to the hub until there is room, or while a thread writes.
        Cancellation:
            What is written by then stays written.
        """
        # Each view is let go of by hand: until then the caller cannot resize the data.
        with memoryview(data) as given, _bytes_of(given) as source:
            written = self._write_some(source)  # switches
            while self.writes_all and written < source.nbytes:
                with source[written:] as rest:
                    written += self._write_some(rest)  # switches
        return written

    def _write_some(self, data: memoryview) -> int:
        raise NotImplementedError

    def _close_given(self) -> None:
        given, self.given = self.given, None
        if given is not None:
            given.close()


class PlainFile(Shared, io.FileIO):
    """A file whose operations block, but for large ones if ``uses_threads``.

    Those run in the thread pool. Small ones run at once, as whatever else uses the page
    cache. A thread works with a descriptor and a position of its own: closing the file
    meanwhile does no harm, and a cancelled operation leaves the position where it was.
    """

    n_calls: int

    # Only for regular files, which have positions.
    uses_threads = False
    # Whether a text file of io is above, which would lose what it holds if something
    # interrupted it: then only readall() switches, before which nothing is held.
    is_decoded = False
    # Set when nobody is inside an operation any more; None while nobody waits for that.
    turn: Event | None = None

    def await_turn(self) -> None:
        """Wait until no greenlet is inside an operation.

        Programs use regular files as if they never switched; buffers refuse a second
        greenlet.

        Blocking:
            Switches to the hub until then; not where that is impossible.
        """
        while self.n_calls and _may_wait():
            if self.turn is None:
                self.turn = Event()
            self.turn.wait()  # switches

    def _leave(self) -> None:
        self.n_calls -= 1
        if not self.n_calls and self.turn is not None:
            turn, self.turn = self.turn, None
            turn.set()

    def let_others_run(self) -> None:
        """Yield if the loop is overdue: before anything is taken.

        Blocking:
            May switch to the hub.
        """
        self.n_calls += 1
        try:
            yield_if_overdue()  # switches
        finally:
            self._leave()

    def close(self) -> None:
        """Close it; repeatable."""
        if not self.closed and (self.closefd or self.given is not None):
            closing(self.fileno())
        try:
            io.FileIO.close(self)
        finally:
            self._close_given()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into *buffer*; return how many bytes.

        Blocking:
            Switches to the hub if *buffer* is large, or the hub is overdue.
        """
        if self.is_decoded:
            return io.FileIO.readinto(self, buffer)
        with memoryview(buffer) as view, view.cast("B") as target:
            if not self._is_large(target.nbytes):
                self.let_others_run()  # switches
                return io.FileIO.readinto(self, buffer)
            data = self._read_in_thread(target.nbytes)  # switches
            target[: len(data)] = data
        return len(data)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most *size* bytes; all if it is negative or None.

        Blocking:
            As :meth:`readinto`.
        """
        size = -1 if size is None else index(size)
        if not self.readable():
            raise io.UnsupportedOperation("File not open for reading")
        if size < 0:
            return self.readall()  # switches
        if self.is_decoded:
            return io.FileIO.read(self, size)
        if not self._is_large(size):
            self.let_others_run()  # switches
            return io.FileIO.read(self, size)
        return self._read_in_thread(size)  # switches

    def readall(self) -> bytes:
        """Read to the end.

        Blocking:
            As :meth:`readinto`.
        Cancellation:
            Nothing was read.
        """
        rest = self._rest() if self.uses_threads else 0
        if not self._is_large(rest):
            self.let_others_run()  # switches
            return io.FileIO.readall(self)
        position = self.tell()
        try:
            return self._read_rest_in_thread(rest)  # switches
        except BaseException:
            if not self.closed:
                self.seek(position)
            raise

    def _read_rest_in_thread(self, rest: int) -> bytes:
        # One byte more than there is: less will come unless the file has grown.
        data = piece = self._read_in_thread(rest + 1)  # switches
        pieces = [data]
        while len(piece) > rest:
            rest = WRITTEN_AT_ONCE
            piece = self._read_in_thread(rest + 1)  # switches
            pieces.append(piece)
        return data if len(pieces) == 1 else b"".join(pieces)

    def _is_large(self, size: int) -> bool:
        return size >= LARGE and self.uses_threads and _may_wait()

    def _rest(self) -> int:
        return os.fstat(self.fileno()).st_size - self.tell()

    def _read_in_thread(self, size: int) -> bytes:
        position = self.tell()
        data = self._in_thread(os.pread, size, position)  # switches
        self.seek(position + len(data))
        return data

    def _write_some(self, data: memoryview) -> int:
        if not self._is_large(data.nbytes):
            return io.FileIO.write(self, data)
        if not self.writable():
            raise io.UnsupportedOperation("File not open for writing")
        # The thread may outlive the caller's memory.
        piece = bytes(data[:WRITTEN_AT_ONCE])
        if "a" in self.mode:
            return self._in_thread(_append, piece, 0)  # switches
        position = self.tell()
        written = self._in_thread(os.pwrite, piece, position)  # switches
        self.seek(position + written)
        return written

    def _in_thread(
        self, function: Callable[[int, _Data, int], _T], data: _Data, position: int
    ) -> _T:
        """Call ``function(fd, data, position)`` in a thread, to its end."""
        duplicate = Duplicate(self.fileno())
        self.n_calls += 1
        try:
            # To its end: what is repeated must not overtake the thread.
            result: _T = call_in_pool(  # switches
                hub_pool(), duplicate.use, (function, data, position), to_its_end=True
            )
            return result
        finally:
            self._leave()


def _append(fd: int, data: bytes, _position: int) -> int:
    written: int = originals.get("os", "write")(fd, data)
    return written


class Duplicate:
    """A descriptor of the same open file, for one call in a thread."""

    _fd = -1

    def __init__(self, fd: int):
        self._fd = os.dup(fd)

    def use(
        self, function: Callable[[int, _Data, int], _T], data: _Data, position: int
    ) -> _T:
        """Call ``function(fd, data, position)``."""
        try:
            return function(self._fd, data, position)
        finally:
            self._close()

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            originals.get("os", "close")(fd)

    def __del__(self) -> None:
        # The call was never made.
        self._close()


def _bytes_of(given: memoryview) -> memoryview:
    """Return a view of the bytes of another."""
    if not given.c_contiguous:
        # As io has it.
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return given.cast("B")


def _may_wait() -> bool:
    """Whether the caller can switch: there is a hub, and this is not it."""
    hub = get_hub_if_exists()
    return hub is not None and hub is not getcurrent()


class RawFile(Shared, io.RawIOBase):
    """A descriptor that can be waited for.

    Args:
        file: Its owner, who knows mode and name, and closes it.
    """

    n_calls: int

    def __init__(self, file: PlainFile):
        self._file = file
        self._reads = file.readable()
        self._writes = file.writable()
        fd = file.fileno()
        stop_blocking(fd)
        self._descriptor = FileDescriptor(fd)
        if hasattr(file, "name"):
            self.name: object = file.name

    @property
    def mode(self) -> str:
        """What it was opened for."""
        return self._file.mode

    @property
    def closefd(self) -> bool:
        """Whether the descriptor is closed with it."""
        return self._file.closefd

    def __repr__(self) -> str:
        state = "[closed]"
        if not self.closed:
            name: object = getattr(self, "name", None)
            state = f"fd={self.fileno()}" if name is None else f"name={name!r}"
        return f"<{type(self).__name__} at 0x{id(self):x} {state} mode={self.mode!r}>"

    def readable(self) -> bool:
        """Whether it was opened for reading."""
        return self._reads

    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self._writes

    def seekable(self) -> bool:
        """Whether it has a position."""
        return self._file.seekable()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._file.fileno()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move the position; return it."""
        return self._file.seek(offset, whence)

    def truncate(self, size: int | None = None, /) -> int:
        """Cut it off; return its size."""
        return self._file.truncate(size)

    def close(self) -> None:
        """Close it now; greenlets inside an operation get EBADF. Repeatable."""
        if self.closed:
            return
        self._descriptor.release()
        if self._file.closefd or self._file.given is not None:
            forget(self._file.fileno())
        else:
            block_again(self._file.fileno())
        try:
            io.RawIOBase.close(self)
        finally:
            self._file.close()

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most *size* bytes; to the end if it is negative or None.

        Blocking:
            Switches to the hub until there is something.
        """
        size = -1 if size is None else index(size)
        if size < 0:
            return self.readall()  # switches
        if not self._reads:
            raise io.UnsupportedOperation("File not open for reading")
        self.n_calls += 1
        try:
            return self._descriptor.read(size)  # switches
        finally:
            self.n_calls -= 1

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into *buffer*; return how many bytes, 0 at the end.

        Blocking:
            Switches to the hub until there is something.
        """
        if not self._reads:
            raise io.UnsupportedOperation("File not open for reading")
        self.n_calls += 1
        try:
            return self._descriptor.read_into(buffer)  # switches
        finally:
            self.n_calls -= 1

    def readall(self) -> bytes:
        """Read to the end.

        Blocking:
            Switches to the hub until the end.
        """
        pieces: list[bytes] = []
        while piece := self.read(READ_AT_ONCE):  # switches
            pieces.append(piece)
        return b"".join(pieces)

    def _write_some(self, data: memoryview) -> int:
        if not self._writes:
            raise io.UnsupportedOperation("File not open for writing")
        self.n_calls += 1
        try:
            return self._descriptor.write(data)  # switches
        finally:
            self.n_calls -= 1


def open_raw(fobj: object, mode: str, closefd: bool) -> RawFile | PlainFile:
    """Open a raw file that does not block the thread, or hardly so.

    Args:
        fobj: A descriptor, a path, or an object with a descriptor.
        mode: As of ``io.FileIO``.
        closefd: Whether closing it closes the descriptor or the object, too.

    Raises:
        TypeError: *fobj* is none of these.
        ValueError: A negative descriptor.
        OSError: As the system says.
    """
    file = open_plain(fobj, mode, closefd, uses_threads=True)
    if file.uses_threads:
        return file
    try:
        return RawFile(file)
    except BaseException:
        file.close()
        raise


def open_plain(fobj: object, mode: str, closefd: bool, uses_threads: bool) -> PlainFile:
    """Open a raw file that blocks; see :func:`open_raw`.

    Args:
        fobj: A descriptor, a path, or an object with a descriptor.
        mode: As of ``io.FileIO``.
        closefd: Whether closing it closes the descriptor or the object, too.
        uses_threads: Whether a regular one does large operations in threads.
    """
    file = _open_file(fobj, mode, closefd)
    if uses_threads:
        file.uses_threads = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    return file


def open_simple(fobj: object, mode: str, closefd: bool) -> io.FileIO:
    """Open a descriptor or a path as the standard library does; see :func:`open_raw`.

    Args:
        fobj: A descriptor or a path.
        mode: As of ``io.FileIO``.
        closefd: Whether closing it closes the descriptor, too.
    """
    return _open_as(io.FileIO, fobj, mode, closefd)


def _open_as(kind: type[_File], fobj: object, mode: str, closefd: bool) -> _File:
    if isinstance(fobj, int):
        if fobj < 0:
            raise ValueError(f"file descriptor cannot be a negative integer ({fobj!r})")
        return kind(fobj, mode, closefd)
    file = kind(os.fspath(cast("os.PathLike[str]", fobj)), mode)
    claim(file.fileno())
    return file


def _open_file(fobj: object, mode: str, closefd: bool) -> PlainFile:
    if isinstance(fobj, int) or not hasattr(fobj, "fileno"):
        return _open_as(PlainFile, fobj, mode, closefd)
    given = cast("HasFileno", fobj)
    file = PlainFile(given.fileno(), mode, closefd=False)
    file.given = given if closefd else None
    # The number stands for a name only where it is what was opened.
    del file.name
    name: object = getattr(given, "name", None)
    if name is not None:
        file.name = name
    return file
