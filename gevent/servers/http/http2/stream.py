"""A stream: a request, a greenlet for it, and the windows of both directions.

Life, in the words of :mod:`gevent.servers.http.connection`, so that it can wait for a
slot as connections do::

    READY --slot--> BUSY --> CLOSED
    READY --a reset, its connection ends, a kill--> CLOSED
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from h2.errors import ErrorCodes

from gevent.servers.http.connection import BUSY, CLOSED, READY
from gevent.servers.http.http2.body import StreamInput, gone
from gevent.servers.http.sending import PATIENCE, TooSlow
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from greenlet import greenlet as raw_greenlet

    from gevent._native.http.head import Head
    from gevent.servers.http.connection import Connection
    from gevent.servers.http.limits import Timeouts
    from gevent.servers.http.policy import Decision

    class Serves(Protocol):
        """What serves the request of a stream."""

        @property
        def has_begun(self) -> bool:
            """Whether the head of the reply was sent."""

        def serve(self) -> None:
            """Call the application, and send its reply."""

        def end(self) -> None:
            """Nothing more is sent."""

    class Queues(Protocol):
        """What frames of all streams wait in."""

        def has_room(self) -> bool:
            """Whether more may be added."""

        def note_crowded(self, stream: Stream) -> None:
            """A stream waits for room."""

        def frame_soon(self, stream: Stream) -> None:
            """A stream has something to send."""

    class Carries(Protocol):
        """The connection that streams are of."""

        timeouts: Timeouts

        @property
        def connection(self) -> Connection:
            """The one below it."""

        @property
        def output(self) -> Queues:
            """What is to be sent."""

        def send_head(
            self, stream: Stream, pairs: list[tuple[bytes, bytes]], *, is_last: bool
        ) -> None:
            """Send a head."""

        def open_window(self, stream: Stream, n: int) -> None:
            """Let the client send more."""

        def note_late(self) -> None:
            """A client ran into a time-out."""

        def reset(self, stream: Stream, code: ErrorCodes) -> None:
            """Reset a stream."""

        def forget(self, stream: Stream) -> None:
            """A stream has ended."""


class Stream:
    """One request of a client; see the module.

    Args:
        connection: Which it is a stream of.
        stream_id: Its number.
        requestline: What logs show of it.

    Invariants:

    * S1  ``pending`` belongs to ``Output`` while it is not None; who put it
      there takes it away again, if it does not wait any more.
    """

    state: str
    ends_with_pending: bool
    progress: Event
    is_reply_whole: bool

    def __init__(self, connection: Carries, stream_id: int, requestline: str):
        self.connection = connection
        self.stream_id = stream_id
        self.requestline = requestline
        self.state = READY
        self.greenlet: raw_greenlet | None = None
        self.head: Head | None = None
        self.decision: Decision | None = None
        self.input: StreamInput | None = None
        self.exchange: Serves | None = None
        #: Octets of the reply that wait for a window or for room.
        self.pending: memoryview | None = None
        self.ends_with_pending = False
        self.progress = Event()
        # Whether the client has sent all, and whether we have.
        self.is_request_whole = False
        self.is_reply_whole = False
        self._failure: Callable[[], OSError] | None = None
        self._waited = 0.0
        self._n_sent = 0

    # -- as a member of the queue for slots ---------------------------------------

    @property
    def handler(self) -> Stream:
        """What serves it."""
        return self

    def handle(self) -> None:
        """Serve it; the body of its greenlet."""
        self.state = BUSY
        exchange = self.exchange
        assert exchange is not None
        try:
            exchange.serve()  # switches
        finally:
            exchange.end()

    def leave(self) -> None:
        """Its greenlet ends."""
        self.greenlet = None
        self.close()

    def close_unbegun(self, _greenlet: object) -> None:
        """Its greenlet has ended; it may have been killed before it began."""
        if self.state == READY:
            self.close()

    def close(self) -> None:
        """Forget it; what is open of it is reset; repeatable."""
        if self.state == CLOSED:
            return
        self.state = CLOSED
        self.greenlet = None
        self.reset(ErrorCodes.INTERNAL_ERROR)
        if self.input is not None:
            self.input.close()
        self.exchange = None
        self.connection.forget(self)

    # -- what the connection says -------------------------------------------------

    @property
    def has_failed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._failure is not None

    def fail(self, failure: Callable[[], OSError] = gone) -> None:
        """The stream, or its connection, has ended: reads and writes raise that."""
        if self._failure is None:
            self._failure = failure
        if self.input is not None:
            self.input.fail(failure)
        self.progress.set()

    def abandon(self) -> None:
        """The client has gone, or does not want the reply: need not begin any more."""
        self.fail()
        if self.state == READY:
            self.close()

    def check(self) -> None:
        """Raise what the stream has failed with."""
        if self._failure is not None:
            raise self._failure()

    # -- the request --------------------------------------------------------------

    def open_window(self, n: int) -> None:
        """The application took octets of the body: let the client send as many."""
        self.connection.open_window(self, n)

    def send_continue(self) -> None:
        """Send a 100, unless the reply has begun."""
        exchange = self.exchange
        if exchange is not None and not exchange.has_begun and not self.has_failed:
            self.connection.send_head(self, [(b":status", b"100")], is_last=False)

    def note_late(self) -> None:
        """The client ran into a time-out."""
        self.connection.note_late()

    # -- the reply ----------------------------------------------------------------

    def send_head(self, pairs: list[tuple[bytes, bytes]], *, is_last: bool) -> None:
        """Send the head of the reply.

        Blocking:
            Switches to the hub while the client does not take what was sent before.
        """
        output = self.connection.output
        while not output.has_room():
            self.check()
            self._await_progress(output.note_crowded)  # switches
        self.check()
        self.connection.send_head(self, pairs, is_last=is_last)
        self.is_reply_whole = is_last

    def send(self, data: memoryview, *, is_last: bool) -> None:
        """Send a block of the body.

        Raises:
            OSError: The client has gone, or did not open its window for too long.

        Blocking:
            Switches to the hub while a window is closed, or the client does not take
            what was sent before.
        Cancellation:
            The stream is reset: a part of the block may have been sent.
        """
        while self.pending is not None:  # of another greenlet
            self.check()
            self._await_progress(None)  # switches
        self.check()
        self.pending = data
        self.ends_with_pending = is_last
        try:
            self.connection.output.frame_soon(self)
            while self.pending is not None:
                self._await_progress(None)  # switches
                self.check()
        except BaseException:
            self.pending = None
            # What might follow would not be what the client takes it for.
            self.reset(ErrorCodes.INTERNAL_ERROR)
            raise

    def _await_progress(self, ask: Callable[[Stream], None] | None) -> None:
        """Wait until octets were framed, or something else happened to the stream."""
        timeouts = self.connection.timeouts
        if ask is not None:
            ask(self)
        self.progress.clear()
        began = time.monotonic()
        if not self.progress.wait(timeouts.write):  # switches
            raise self._too_slow("the client does not open its window")
        self._waited += time.monotonic() - began
        rate = timeouts.rate
        if rate and self._waited > PATIENCE and self._n_sent < rate * self._waited:
            raise self._too_slow("the client takes too little")

    def _too_slow(self, text: str) -> TooSlow:
        """Give the reply up; return what to raise."""
        self.reset(ErrorCodes.CANCEL)
        self.note_late()
        return TooSlow(text)

    @property
    def is_pending(self) -> bool:
        """Whether octets wait to be framed."""
        return self.pending is not None

    def note_framed(self, n: int, *, is_all: bool) -> None:
        """The first *n* octets of ``pending`` were framed."""
        pending = self.pending
        assert pending is not None
        self.pending = None if is_all else pending[n:]
        self.is_reply_whole = is_all and self.ends_with_pending
        self._n_sent += n
        self.progress.set()

    def reset(self, code: ErrorCodes) -> None:
        """Reset what is open of the stream; repeatable."""
        if self.has_failed or (self.is_request_whole and self.is_reply_whole):
            return
        if self.is_reply_whole:
            # The client need not send the rest (RFC 9113, 8.1).
            code = ErrorCodes.NO_ERROR
        self.connection.reset(self, code)
        self.fail()
