"""A request on a stream, served: the application is called, its reply is sent.

As :mod:`gevent.servers.http.exchange` does for a connection of HTTP/1, with the same
states of a reply. What is cut short resets the stream, so that the client sees it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from h2.errors import ErrorCodes

from gevent._base.emission import listening
from gevent._native.http.reply import (
    DROPPED,
    HAS_DATE,
    HAS_LENGTH,
    checked_headers,
    date,
    status_line,
)
from gevent.servers.http.body import BodyError
from gevent.servers.http.exchange import GONE, remote_of
from gevent.servers.http.framing import has_no_body, length_of, size_of
from gevent.servers.http.log import access_line
from gevent.servers.http.refusals import error_reply
from gevent.servers.http.reply_state import ENDED, SENT, SET, UNSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import TypeAlias

    from gevent.servers.http.http2.stream import Stream
    from gevent.servers.http.roles import Server

    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType]

_NOTHING = memoryview(b"")


class StreamExchange:
    """Serves the request of one stream.

    Args:
        stream: It has a head and a body.
        server: Whose application is called.
    """

    is_head: bool
    state: int
    code: int

    def __init__(self, stream: Stream, server: Server):
        self.stream = stream
        self.server = server
        head = stream.head
        assert head is not None
        self.is_head = head.method == "HEAD"
        self.environ: dict[str, object] | None = None
        self.state = UNSENT
        self.code = 0
        self.line: bytes | None = None
        self._pairs: list[tuple[bytes, bytes]] = []
        self._flags = 0
        self._is_bodiless = False
        # Octets that Content-Length promises and that are not sent; None: no number.
        self._owed: int | None = None
        self._n_sent = 0
        # A reply whose blocks are all there ends with the last of them.
        self._n_left: int | None = None

    @property
    def has_begun(self) -> bool:
        """Whether something of the reply has been sent."""
        return self.state >= SENT

    def serve(self) -> None:
        """Run the application and send its reply.

        Blocking:
            Switches to the hub while the client does not take the reply.
        """
        began = time.time()
        self.environ = environ = self._make_environ()
        try:
            self._run(environ)  # switches
        except BodyError as error:
            self._log_error(str(error))
            self._fail(error.status)  # switches
        except BaseException as error:  # last resort: reported, and the client told
            self._end_by(error)  # switches
        self._tell(environ, time.time() - began)

    def _tell(self, environ: dict[str, object], seconds: float) -> None:
        """Count, log and tell of a request whose reply has ended."""
        stream = self.stream
        connection = stream.connection.connection
        connection.counts.requests += 1
        self.server.write_log(
            access_line(
                connection.address,
                stream.requestline,
                self.line,
                self._n_sent or None,
                seconds,
            )
        )
        if listening():
            self.server.note_finished(environ, self.line, self._n_sent, seconds)

    def end(self) -> None:
        """Nothing more will be sent; a reply that has not ended is cut."""
        self.stream.reset(ErrorCodes.INTERNAL_ERROR)

    def _make_environ(self) -> dict[str, object]:
        stream = self.stream
        head = stream.head
        assert head is not None
        environ = self.server.get_environ()
        head.fill(environ)
        environ["SERVER_PROTOCOL"] = "HTTP/2"
        host, port = remote_of(stream.connection.connection.address)
        if host is not None:
            environ["REMOTE_ADDR"] = host
            environ["REMOTE_PORT"] = port
        head.fill_fields(environ)
        environ["wsgi.input"] = stream.input
        environ["wsgi.input_terminated"] = True
        return environ

    def _run(self, environ: dict[str, object]) -> None:
        application = self.server.application
        if application is None:
            raise AssertionError("the server has no application")
        result = application(environ, self.start_response)  # switches
        try:
            if type(result) in (list, tuple):
                self._send_whole(cast("Sequence[bytes]", result))  # switches
            else:
                self._send_each(cast("Iterable[bytes]", result))  # switches
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _send_whole(self, result: Sequence[bytes]) -> None:
        total = length_of(result)
        if self.state < SENT:
            self._n_left = total
            self._send_head(total)  # switches
        for block in result:
            self._send_block(block)  # switches
        self._finish()  # switches

    def _send_each(self, result: Iterable[bytes]) -> None:
        for block in result:
            if block:
                self.write(block)  # switches
        if self.state < SENT:
            self._n_left = 0
            self._send_head(0)  # switches
        self._finish()  # switches

    # -- the reply ----------------------------------------------------------------

    def start_response(
        self,
        status: str,
        headers: Iterable[tuple[str, str]],
        exc_info: ExcInfo | None = None,
    ) -> Callable[[bytes], None]:
        """Set the status and the fields of the reply, as PEP 3333 says.

        Returns:
            ``write``.

        Raises:
            TypeError: Something is of the wrong type.
            ValueError: A status or a field that HTTP/2 does not allow.
            AssertionError: The head has been sent.
        """
        if self.state >= SENT:
            if exc_info:
                try:
                    raise exc_info[1].with_traceback(exc_info[2])
                finally:
                    exc_info = None  # no circle through the traceback
            raise AssertionError("the headers have been sent already")
        line = status_line(status)
        code = (line[0] - 48) * 100 + (line[1] - 48) * 10 + line[2] - 48
        if code < 200:
            raise ValueError(f"status {status!r} is no answer in HTTP/2")
        pairs, flags = checked_headers(headers)
        if self.state == SET and not exc_info:
            self.server.warn_handler(self.environ, "start_response() called twice")
        if flags & DROPPED:
            self.server.warn_handler(self.environ, "fields of the connection dropped")
        self.state = SET
        self.line = line
        self.code = code
        self._pairs = pairs
        self._flags = flags
        return self.write

    def write(self, data: bytes) -> None:
        """Send a block of the body, as PEP 3333 says; the head before the first.

        Raises:
            TypeError: *data* is not bytes.
            AssertionError: The application has not called ``start_response``, or the
                reply has ended.
            OSError: The client has gone.

        Blocking:
            Switches to the hub while the client does not take it.
        """
        size_of(data)  # or it is refused, while there can be another answer
        if self.state == ENDED:
            raise AssertionError("the reply has ended")
        if self.state < SENT:
            self._send_head(-1)  # switches
        self._send_block(data)  # switches

    def _send_head(self, length: int) -> None:
        """Send the head; *length* is the body's, -1: it is not known."""
        line = self.line
        if line is None:
            raise AssertionError("The application did not call start_response()")
        self._is_bodiless = has_no_body(self.code, self.is_head)
        pairs = self._framed_pairs(line, length)
        is_last = self._is_bodiless or (self._n_left == 0 and not self._owed)
        self.stream.send_head(pairs, is_last=is_last)  # switches
        self.state = SENT  # all of it, or nothing

    def _framed_pairs(self, line: bytes, length: int) -> list[tuple[bytes, bytes]]:
        """Return the fields to be sent, and note what the body's length must be."""
        pairs = [(b":status", line[:3])]
        keeps_length = not self._is_bodiless or self.is_head or self.code == 304
        for name, value in self._pairs:
            lowered = name.lower()
            if lowered == b"connection":
                continue
            if lowered == b"content-length":
                if not keeps_length:
                    continue
                if not self._is_bodiless:
                    self._owed = int(value)
            # Octets that HTTP/2 does not have at the ends of a value.
            pairs.append((lowered, value.strip(b" \t")))
        if not self._flags & HAS_DATE:
            pairs.append((b"date", date()))
        if not self._flags & HAS_LENGTH and not self._is_bodiless and length >= 0:
            self._owed = length
            pairs.append((b"content-length", b"%d" % length))
        return pairs

    def _send_block(self, data: bytes) -> None:
        size = size_of(data)
        if not size or self._is_bodiless:
            return
        view = memoryview(data).cast("B")
        if self._n_left is not None:
            self._n_left -= size
        owed = self._owed
        if owed is not None:
            if size > owed:
                self._log_error("the application sent more than its Content-Length")
                view = view[:owed]
                if not owed:
                    return
            self._owed = owed - len(view)
        is_last = (
            self._n_left is not None and self._n_left <= 0 and not self._owed
        ) or (self._owed == 0)
        self.stream.send(view, is_last=is_last)  # switches
        self._n_sent += len(view)

    def _finish(self) -> None:
        """All blocks are sent: tell the client that the body ends."""
        if self._owed:
            self._log_error(
                f"the application sent {self._owed} octets less than its Content-Length"
            )
            return
        if not self.stream.is_reply_whole:
            self.stream.send(_NOTHING, is_last=True)  # switches
        self.state = ENDED

    # -- errors -------------------------------------------------------------------

    def _end_by(self, error: BaseException) -> None:
        """The application failed, or the connection under it."""
        if isinstance(error, OSError) and error.args and error.args[0] in GONE:
            return
        self.server.report(self.environ, error)
        self._fail(500)  # switches

    def _fail(self, code: int) -> None:
        """Answer in the application's place, unless its reply has begun."""
        if self.state >= SENT:
            return
        status, fields, body = error_reply(code)
        self.start_response(status, fields)
        self._owed = self._n_left = None
        try:
            self._send_whole([body])  # switches
        except OSError:
            pass  # it has gone

    def _log_error(self, text: str) -> None:
        connection = self.stream.connection.connection
        self.server.log_client_error(connection.sock, connection.address, text)
