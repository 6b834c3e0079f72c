"""Sockets that gevent opens and closes itself; the twin of ``base.pyx``.

Contract and invariants are there. Here the descriptor belongs to a ``_socket.socket``
from the beginning (FD3).
"""

from __future__ import annotations

import _socket
import warnings
from errno import EBADF

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._native.io.descriptor import Descriptor, cancel_wait_ex, error_of
from gevent._native.io.fd_table import claim, set_owner, tell_waiters

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from _typeshed import FileDescriptorLike


class Accepted:
    """What connections become that are accepted."""

    kind: type[BaseSocket]


class BaseSocket(Descriptor):
    """A socket whose descriptor is opened and closed here."""

    __slots__ = (
        "_closed",
        "_detached",
        "_family",
        "_io_refs",
        "proto",
        "raw",
        "type",
    )

    raw: _socket.socket | None

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Return one without a descriptor."""
        self = super().__new__(cls)
        self._set_zeroes()
        return self

    def _set_zeroes(self) -> None:
        Descriptor._set_zeroes(self)
        self._family = self.type = self.proto = 0
        self._io_refs = 0
        self._closed = self._detached = False
        self.raw = None

    def _open(self, family: int, kind: int, proto: int) -> None:
        """Make a new socket of the system; one that was open is closed."""
        self._real_close()
        raw = _socket.socket(family, kind, proto)
        claim(raw.fileno())
        self._adopt(raw)

    def _adopt(self, raw: _socket.socket) -> None:
        """Take over a ``_socket.socket``, which goes on to own the descriptor."""
        self._real_close()
        raw.settimeout(0.0)
        self.raw = raw
        self.fd = raw.fileno()
        set_owner(self.fd, self)
        self._family, self.type, self.proto = raw.family, raw.type, raw.proto

    def _take(self, fd: int, family: int, kind: int, proto: int) -> None:
        """Take over a bare descriptor."""
        self._adopt(_socket.socket(family, kind, proto, fd))

    @property
    def _sock(self) -> _socket.socket:
        """The interpreter's own socket object, which does not block.

        Raises:
            OSError: The socket was closed before anybody asked for it.
        """
        if self.raw is None:
            raise error_of(EBADF)
        return self.raw

    def fileno(self) -> int:
        """Return the number of the descriptor, or -1."""
        return self.fd

    def _real_close(self) -> None:
        """Close the descriptor now; greenlets that wait for it get EBADF."""
        fd = self.fd
        if fd >= 0:
            self.let_go(cancel_wait_ex)
            tell_waiters(fd)
            self._sock.close()

    def detach(self) -> int:
        """Give the descriptor away; return its number, -1 if there is none."""
        fd = self.fd
        self._closed = True
        if fd >= 0:
            self.let_go(cancel_wait_ex)
            self._detached = True
            self._sock.detach()
        return fd

    def _interrupt(self) -> None:
        """Somebody else is about to close the descriptor, or to replace its file."""
        self.end_waits(cancel_wait_ex)

    def _lose(self) -> None:
        """Somebody else closed the descriptor, and its number is another file's."""
        self._closed = True
        self.let_go(cancel_wait_ex)
        self._sock.detach()

    def __del__(self) -> None:
        # At the end of the interpreter the modules go first, and descriptors last.
        if self.fd >= 0 and "warn" in dir(warnings):
            warnings.warn(
                f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self
            )
            self._real_close()

    def shutdown(self, how: int) -> None:
        """Close one direction (0: reading, 1: writing) or both (2)."""
        self.demand_open()
        if how != 1 and self.reader is not None:
            self.reader.cancel(cancel_wait_ex())
        if how != 0 and self.writer is not None:
            self.writer.cancel(cancel_wait_ex())
        self._sock.shutdown(how)

    def setsockopt(self, *args: object) -> None:
        """Set an option; arguments as of the standard library."""
        cast("Callable[..., None]", self._sock.setsockopt)(*args)


def set_accepted_type(kind: type[BaseSocket]) -> None:
    """Name the subclass of BaseSocket that accepted connections get."""
    Accepted.kind = kind


def made_socket(fd: int, family: int, kind: int, proto: int) -> BaseSocket:
    """Return a socket of the accepted type, with the default time-out."""
    claim(fd)
    made = Accepted.kind.__new__(Accepted.kind)
    made._take(fd, family, kind, proto)
    made.settimeout(_socket.getdefaulttimeout())
    return made


def number_of(fileobj: FileDescriptorLike) -> int:
    """Return the descriptor of a number or of an object with a ``fileno``."""
    if not isinstance(fileobj, int) and not hasattr(fileobj, "fileno"):
        raise TypeError("argument must be an int, or have a fileno() method.")
    number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
    if number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return number
