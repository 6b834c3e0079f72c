"""Replies of handlers whose methods may be overridden: head, framing, blocks.

:mod:`gevent.servers.http.exchange` does the same without hooks; that both answer alike
is what the fuzzing of replies looks at. Methods without an underscore may be
overridden, and those that the list of hooks in :mod:`gevent.servers.pywsgi` names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gevent._native.http import reply as http_reply
from gevent.servers.http.exchange import is_drainable
from gevent.servers.http.files import FileWrapper, can_send_files, send_file
from gevent.servers.http.framing import has_no_body, length_of, size_of
from gevent.servers.http.sending import send_reply
from gevent.servers.http.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import TypeAlias

    from _typeshed import ReadableBuffer as Buffer

    from gevent.servers.http.body import Input

    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType]

# Whoever replaces one of these wants to see each block.
_WRITING = ("write", "_write", "_write_with_headers", "_sendall", "_send_parts")


class Replying(Telling):
    """The part of :class:`gevent.pywsgi.WSGIHandler` that makes and sends a reply."""

    status: bytes | str | None

    response_length: int

    # Of the request.
    command: str | None = None
    request_version: str | None = None
    wsgi_input: Input | None = None

    # Of the reply.
    code: int | None = None
    response_headers: list[tuple[bytes, bytes]] | None = None
    headers_sent: bool = False
    provided_date: str | None = None
    provided_content_length: str | None = None
    response_use_chunked: bool = False
    result: object = None
    close_connection: bool = False
    connection_upgraded: bool = False

    # Octets of the body that the reply's head promises and that are not sent; None:
    # the head promises no number.
    _owed: int | None = None
    # What is to be sent with one call, while `result` is known as a whole.
    _held: list[Buffer] | None = None
    _is_bodiless = False
    # It has ended, and no block of it was sent.
    _is_empty = False
    _says_close = False
    _asks_for_upgrade = False
    # The client can tell from what was sent that the reply is complete.
    _is_complete = False

    def _begin_reply(self) -> None:
        self.status = None
        self._orig_status = None
        self.code = None
        self.headers_sent = False
        self.response_headers = None
        self.provided_date = None
        self.provided_content_length = None
        self.result = None
        self.response_use_chunked = False
        self.connection_upgraded = False
        self.response_length = 0
        self._owed = None
        self._held = None
        self._is_complete = False
        self._is_empty = False
        self._is_bodiless = self.command == "HEAD"

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
            ValueError: A status or a field that HTTP does not allow.
            AssertionError: The head has been sent.
        """
        if exc_info:
            try:
                if self.headers_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # no circle through the traceback
        elif self.headers_sent:
            raise AssertionError("the headers have been sent already")
        elif self.status is not None:
            self._warn("start_response() called twice")
        line = http_reply.status_line(status)
        code = int(line[:3])
        pairs, flags = http_reply.checked_headers(headers, keep_hop_by_hop=code == 101)
        if flags & http_reply.DROPPED:
            self._warn("fields of the connection dropped")
        self.status = line
        self._orig_status = status
        self.code = code
        self.response_headers = pairs
        self._note_provided(flags)
        self._is_bodiless = has_no_body(code, self.command == "HEAD")
        if code == 101:
            self.connection_upgraded = True
        return self.write

    def _note_provided(self, flags: int) -> None:
        self.provided_date = self.provided_content_length = None
        if flags & (http_reply.HAS_DATE | http_reply.HAS_LENGTH):
            for name, value in self.response_headers or ():
                lowered = name.lower()
                if lowered == b"date":
                    self.provided_date = value.decode("latin-1")
                elif lowered == b"content-length":
                    self.provided_content_length = value.decode("latin-1")
        self._says_close = bool(flags & http_reply.HAS_CLOSE)
        if self._says_close:
            self.close_connection = True

    def process_result(self) -> None:
        """Send ``result``, the iterable that the application returned."""
        result = self.result
        if type(result) is FileWrapper and self._sends_file(result):
            return
        if type(result) in (list, tuple):
            # Known as a whole: head and blocks leave in one call.
            self._held = []
        for data in cast("Iterable[bytes]", result):
            if data:
                self.write(data)
        if not self.headers_sent:
            if self._asks_for_upgrade and not self.status:
                # It has answered by itself, on the client's socket.
                self._connection.on("upgraded")
                return
            self._is_empty = True
            self.write(b"")
        self._end_reply()

    def _sends_file(self, file: FileWrapper) -> bool:
        """Let the kernel send a file; False: it has to be read, as far as it counts."""
        if self.headers_sent or self.status is None:
            if self._owed is not None:
                file.limit(self._owed)
            return False
        part = file.part()
        if self.provided_content_length is not None:
            file.limit(int(self.provided_content_length))
        if self._is_bodiless:
            self._write_with_headers(b"")
            self._end_reply()
            return True
        if part is None or not can_send_files(self.socket) or self._has_own_writing():
            return False
        self._write_with_headers(b"")
        connection = self._connection
        n = min(self._owed or 0, part.size)
        try:
            n = send_file(self.socket, part, n, connection.rules.timeouts)  # switches
        except OSError as error:
            raise connection.broken_by(error) from None
        if n < 0:
            return False
        self._owed = (self._owed or 0) - n
        self.response_length += n
        self._end_reply()
        return True

    def _has_own_writing(self) -> bool:
        """Whether a subclass wants to see each block."""
        mine = type(self)
        return any(
            getattr(mine, name) is not getattr(Replying, name) for name in _WRITING
        )

    def _end_reply(self) -> None:
        """All blocks are written: tell the client where the body ends."""
        if self.response_use_chunked:
            self._sendall(b"0\r\n\r\n")
        self._flush()
        if not self._owed or self._is_bodiless:
            self._is_complete = True
        elif self._may_log("the application sent less than its Content-Length"):
            self.log_error(
                "the application sent %d octets less than its Content-Length",
                self._owed,
            )

    def write(self, data: bytes) -> None:
        """Send a block of the body, as PEP 3333 says; the head before the first.

        Raises:
            TypeError: *data* is not bytes.
            AssertionError: The application has not called ``start_response``.

        Blocking:
            Switches to the hub while the client does not take it.
        """
        size_of(data)  # or it is refused, while there can be another answer
        if self._is_complete:
            raise AssertionError("the reply has ended")
        if self.headers_sent:
            self._write(data)
            return
        if not self.status:
            raise AssertionError("The application did not call start_response()")
        self._write_with_headers(data)

    def _write_with_headers(self, data: bytes) -> None:
        self.headers_sent = True
        self.finalize_headers()
        status = self.status
        assert isinstance(status, bytes)
        head = http_reply.head(status, self.response_headers or [])
        if self.connection_upgraded:
            self._connection.on("upgraded")
        self._send_parts([head, *self._framed(data)])

    def _write(self, data: bytes) -> None:
        parts = self._framed(data)
        if parts:
            self._send_parts(parts)

    def _framed(self, data: bytes) -> list[Buffer]:
        """Return what is to be sent for a block of the body."""
        if not data or (self._is_bodiless and not self.connection_upgraded):
            return []
        if self.response_use_chunked:
            return http_reply.chunk(data)
        owed = self._owed
        if owed is None:
            return [data]
        size = size_of(data)
        if size <= owed:
            self._owed = owed - size
            return [data]
        self.close_connection = True
        self._owed = 0
        text = "the application sent more than its Content-Length"
        if self._may_log(text):
            self.log_error(text)
        return [memoryview(data).cast("B")[:owed]] if owed else []

    def _sendall(self, data: bytes) -> None:
        self._send_parts([data])

    def _send_parts(self, parts: list[Buffer]) -> None:
        if self._held is not None:
            self._held += parts
            return
        connection = self._connection
        try:
            self.response_length += send_reply(  # switches
                self.socket, parts, connection.rules.timeouts
            )
        except OSError as error:
            raise connection.broken_by(error) from None

    def _flush(self) -> None:
        held, self._held = self._held, None
        if held:
            self._send_parts(held)

    def finalize_headers(self) -> None:
        """Complete ``response_headers``: Connection, Date, and what ends the body."""
        framing = self._decide_framing()
        headers = self.response_headers
        assert headers is not None
        if self.connection_upgraded:
            pass
        elif self.close_connection or not self._can_go_on():
            self.close_connection = True
            if not self._says_close:
                headers.append((b"Connection", b"close"))
        elif self.request_version == "HTTP/1.0":
            headers.append((b"Connection", b"keep-alive"))
        if self.provided_date is None:
            headers.append((b"Date", http_reply.date()))
        if framing is not None:
            headers.append(framing)

    def _decide_framing(self) -> tuple[bytes, bytes] | None:
        """Decide how the client learns the body's end; return a field that says so."""
        if self._is_bodiless:
            if self.code not in (304, None) and self.command != "HEAD":
                self._drop_length()
            return None
        if self.provided_content_length is not None:
            self._owed = int(self.provided_content_length)
            return None
        length = 0 if self._is_empty else length_of(self.result)
        if length >= 0:
            self._owed = length
            return b"Content-Length", b"%d" % self._owed
        if self.request_version == "HTTP/1.1":
            self.response_use_chunked = True
            return b"Transfer-Encoding", b"chunked"
        self.close_connection = True
        return None

    def _drop_length(self) -> None:
        if self.provided_content_length is not None:
            self.response_headers = [
                pair
                for pair in self.response_headers or ()
                if pair[0].lower() != b"content-length"
            ]

    def _can_go_on(self) -> bool:
        """Whether the next request can be found behind this one's body."""
        body = self.wsgi_input
        if self._asks_for_upgrade or self._connection.is_stopping:
            return False
        if body is None or body.is_done:
            return True
        return is_drainable(body, self._connection.rules.limits.drain)

    def _has_framing(self) -> bool:
        """Whether the client can tell where the body ends."""
        return self.response_use_chunked or self._is_bodiless or self._owed is not None
