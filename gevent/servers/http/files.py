"""Replies out of files: ``wsgi.file_wrapper``, and the part the kernel can send."""

from __future__ import annotations

import io
import os
import sys
import time
from errno import EINVAL, ENOSYS, ENOTSOCK, EOPNOTSUPP
from stat import S_ISREG
from typing import TYPE_CHECKING, NamedTuple, cast

from gevent._hub.hub import get_hub, getcurrent, sleep
from gevent.net.socket import socket as gevent_socket
from gevent.servers.http.sending import PATIENCE, TooSlow

if TYPE_CHECKING:
    from typing import Any, Protocol, Self

    from gevent.servers.http.limits import Timeouts

    class Readable(Protocol):
        """What an application wraps."""

        def read(self, size: int, /) -> bytes:
            """Read so much, or to the end."""


__all__ = ("FileWrapper",)

# Octets that the kernel is asked to send at once: reading them may take a disk's time,
# in which nothing else runs.
SLICE = 256 * 1024
# Errors of files that it cannot send, though they are regular.
_NOT_SENDABLE = frozenset((EINVAL, ENOSYS, ENOTSOCK, EOPNOTSUPP))


class Part(NamedTuple):
    """What is left of a regular file."""

    fd: int
    at: int
    size: int


class FileWrapper:
    """A file as the blocks of a reply: ``environ["wsgi.file_wrapper"]``.

    A regular file that an application returns so is sent by the kernel if there is no
    TLS, from its position, as far as Content-Length says.

    Args:
        filelike: Has ``read(size)``, and ``close()`` if there is something to close.
        block_size: Octets to read at a time, where it is read.
    """

    filelike: Readable

    # What may still be read; None: all. Set by the server.
    _left: int | None = None
    _part: Part | None = None
    _is_measured = False

    def __init__(self, filelike: Readable, block_size: int = 8192):
        self.filelike = filelike
        self.block_size = block_size

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        left = self._left
        block = b""
        if left != 0:
            size = self.block_size if left is None else min(self.block_size, left)
            block = self.filelike.read(size)
        if not block:
            raise StopIteration
        if left is not None:
            self._left = left - len(block)
        return block

    def close(self) -> None:
        """Close the file; repeatable."""
        filelike, self.filelike = self.filelike, cast("Readable", _CLOSED)
        close = getattr(filelike, "close", None)
        if close is not None:
            close()

    # -- for the server -------------------------------------------------------------

    def part(self) -> Part | None:
        """Return what is left of a regular file, as it was when first asked for."""
        if not self._is_measured:
            self._part = part_of(self.filelike)
            self._is_measured = True
        return self._part

    def limit(self, n: int) -> None:
        """Let no more than *n* octets be read."""
        self._left = n


class _Closed:
    """Stands for the file that was closed."""

    def read(self, size: int) -> bytes:
        raise ValueError("I/O operation on closed file")


_CLOSED = _Closed()


def part_of(file: object) -> Part | None:
    """Return what is left of a regular file; None: only reading tells.

    Many files have a descriptor that does not say what is read from them, like those of
    ``gzip``: only those of :mod:`io` are believed.
    """
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None and type(file) is tempfile._TemporaryFileWrapper:
        file = cast("object", cast("Any", file).file)
    raw = file
    if type(file) is io.BufferedReader or type(file) is io.BufferedRandom:
        raw = cast("object", file.raw)
    if type(raw) is not io.FileIO:
        return None
    known = cast("io.BufferedRandom", file)
    try:
        if type(file) is io.BufferedRandom:
            known.flush()
        found = os.fstat(known.fileno())
        if not S_ISREG(found.st_mode):
            return None
        at = known.tell()
    except (OSError, ValueError):
        return None  # reading it will tell
    return Part(known.fileno(), at, max(0, found.st_size - at))


def can_send_files(sock: object) -> bool:
    """Whether the kernel may write to a socket directly: there is no TLS."""
    return type(sock) is gevent_socket and hasattr(os, "sendfile")


def send_file(sock: gevent_socket, part: Part, n: int, timeouts: Timeouts) -> int:
    """Send the first *n* octets of a part, and return how many there were.

    Returns:
        Fewer than *n* if the file has become shorter; -1: nothing was sent, because it
        is a file that has to be read.

    Raises:
        TooSlow: The client took nothing for ``timeouts.write`` seconds, or less than
            ``timeouts.rate`` octets a second.

    Blocking:
        Switches to the hub while the client does not take it, and after each slice.
    """
    n_sent = 0
    rate = timeouts.rate or 0.0
    began = time.monotonic()
    is_in_hub = getcurrent() is get_hub()
    while n_sent < n:
        try:
            taken = os.sendfile(
                sock.fileno(), part.fd, part.at + n_sent, min(SLICE, n - n_sent)
            )
        except BlockingIOError:
            if not sock.wait_writable(timeouts.write or None):  # switches
                raise TooSlow("the client does not read") from None
            continue
        except OSError as error:
            if n_sent == 0 and error.errno in _NOT_SENDABLE:
                return -1
            raise
        if taken == 0:
            break
        n_sent += taken
        seconds = time.monotonic() - began
        if seconds > PATIENCE and n_sent < rate * seconds:
            raise TooSlow("the client reads too slowly")
        if not is_in_hub:
            sleep(0)  # switches
    return n_sent
