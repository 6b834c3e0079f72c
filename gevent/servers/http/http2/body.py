"""Bodies of requests on a stream: what applications read.

States; the last two are for good::

    OPEN --END_STREAM, after as many octets as promised--> ENDED
    OPEN --too much, a reset, the connection's end, a deadline--> BROKEN
"""

from __future__ import annotations

import time
from errno import ECONNRESET
from operator import index
from typing import TYPE_CHECKING

from gevent.servers.http.body import BodyError, BodyTimeout
from gevent.servers.http.sending import PATIENCE
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, Self

    from gevent.servers.http.limits import Timeouts

    class Windows(Protocol):
        """What lets a client send more."""

        def open_window(self, n: int) -> None:
            """Octets of the body were taken."""

        def send_continue(self) -> None:
            """The application wants the body, which waits for that."""

        def note_late(self) -> None:
            """The body did not come in time."""


def gone() -> OSError:
    """Return the error of a client that has gone away."""
    return ConnectionResetError(ECONNRESET, "the client has gone")


class StreamInput:
    """``wsgi.input`` of a stream.

    Args:
        windows: Of the stream.
        length: What ``Content-Length`` says; None: nothing.
        limit: Octets that there may be; None: any number.
        timeouts: The server's.

    Invariants:

    * B1  Octets in ``_buffer`` are still owed to the client's windows, but for the
      first ``_n_opened``, which a read had taken that was interrupted.
    """

    has_ended: bool
    owes_continue: bool

    def __init__(
        self,
        windows: Windows,
        length: int | None,
        limit: int | None,
        timeouts: Timeouts,
    ):
        self._windows = windows
        self._length = length
        self._limit = limit
        self._timeouts = timeouts
        self._buffer = bytearray()
        self._changed = Event()
        self._failure: Callable[[], OSError] | None = None
        self._n_opened = 0
        self._n_received = 0
        self._waited = 0.0
        #: Whether all of it has come.
        self.has_ended = False
        #: Whether the client waits for a 100.
        self.owes_continue = False

    # -- what the reader of the connection says -----------------------------------

    def feed(self, data: bytes) -> bool:
        """Add octets that have come; False: the body is not what was promised."""
        if self._failure is not None:
            self._windows.open_window(len(data))
            return True
        self._n_received += len(data)
        if self._length is not None and self._n_received > self._length:
            self._windows.open_window(len(data))
            return False
        if self._limit is not None and self._n_received > self._limit:
            self._windows.open_window(len(data))
            self.fail(lambda: BodyError("body above the limit", 413))
            return True
        self._buffer += data
        self._changed.set()
        return True

    def end(self) -> bool:
        """All has come; False: it is less than was promised."""
        if self._length is not None and self._n_received < self._length:
            return False
        self.has_ended = True
        self._changed.set()
        return True

    def fail(self, failure: Callable[[], OSError]) -> None:
        """Let each read from now on raise what *failure* returns."""
        if self._failure is None and not self.has_ended:
            self._failure = failure
            self._drop()
            self._changed.set()

    def close(self) -> None:
        """The stream is over: nothing can be read any more."""
        self._failure = gone
        self._drop()
        self._changed.set()

    def _drop(self) -> None:
        """Give the windows back what nobody will read."""
        n = len(self._buffer) - self._n_opened
        self._buffer = bytearray()
        self._n_opened = 0
        if n:
            self._windows.open_window(n)

    # -- what the application asks ------------------------------------------------

    def read(self, length: int | None = None) -> bytes:
        """Read *length* octets, fewer at the end of the body; None or negative: all.

        Raises:
            BodyError: The body is not as its head promised, too large, or late.
            OSError: The client has gone.

        Blocking:
            Switches to the hub until there is as much.
        Cancellation:
            Nothing is lost: the next read goes on.
        """
        n = -1 if length is None else index(length)
        return self._gather(n, is_line=False) if n else b""  # switches

    def readline(self, size: int | None = None) -> bytes:
        """Read a line, or *size* octets of it; None or negative: all of it."""
        n = -1 if size is None else index(size)
        return self._gather(n, is_line=True) if n else b""  # switches

    def _gather(self, n: int, *, is_line: bool) -> bytes:
        """Take *n* octets, negative: all, or what there is of them in a line."""
        found = bytearray()
        try:
            while (n < 0 or len(found) < n) and self._await_octets():  # switches
                here = len(self._buffer) if n < 0 else n - len(found)
                end = self._buffer.find(b"\n", 0, here) if is_line else -1
                found += self._take(here if end < 0 else end + 1)
                if end >= 0:
                    break
        except BaseException:
            self._n_opened += len(found)
            self._buffer[:0] = found
            raise
        return bytes(found)

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """Read all lines; *hint* is not looked at."""
        return list(self)

    def next(self) -> bytes:
        """Return the next line."""
        line = self.readline()  # switches
        if not line:
            raise StopIteration
        return line

    __next__ = next

    def __iter__(self) -> Self:
        return self

    def _take(self, n: int) -> bytes:
        data = bytes(self._buffer[:n])
        del self._buffer[:n]
        n_opened = min(self._n_opened, len(data))
        self._n_opened -= n_opened
        if len(data) > n_opened:
            self._windows.open_window(len(data) - n_opened)
        return data

    def _await_octets(self) -> bool:
        """Wait until there are octets; False: there will be none."""
        while not self._buffer:
            if self._failure is not None:
                raise self._failure()
            if self.has_ended:
                return False
            if self.owes_continue:
                self.owes_continue = False
                self._windows.send_continue()
            self._wait()  # switches
        return True

    def _wait(self) -> None:
        began = time.monotonic()
        self._changed.clear()
        if not self._changed.wait(self._timeouts.body):  # switches
            self._windows.note_late()
            raise BodyTimeout("the body did not come in time")
        self._waited += time.monotonic() - began
        rate = self._timeouts.rate
        if rate and self._waited > PATIENCE and self._n_received < rate * self._waited:
            self._windows.note_late()
            raise BodyTimeout("the body comes too slowly")
