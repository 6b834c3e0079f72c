"""A WSGI server on greenlets: the home of ``gevent.pywsgi``.

Here are the server and the handler whose hooks programs override; what HTTP demands is
in ``gevent.servers.http``. A request is served hook by hook::

    handle -> handle_one_request -> read_requestline, read_request, get_environ,
        handle_one_response -> run_application -> start_response, process_result, write
                                               -> finalize_headers
                            -> log_request -> format_request
"""

from __future__ import annotations

import errno
import os
import sys
import time
import warnings
from http.client import parse_headers
from typing import TYPE_CHECKING, ClassVar, cast

from greenlet import GreenletExit

from gevent._base.emission import listening
from gevent._base.publish import publish
from gevent._base.version import __version__ as gevent_version
from gevent._hub.hub import get_hub, getcurrent
from gevent._native.http import reply as http_reply
from gevent._native.http.head import Head, HeadError
from gevent.net.socket import getfqdn
from gevent.servers.http.body import BodyError, Input
from gevent.servers.http.connection import BUSY, Connection, rules_of
from gevent.servers.http.environs import Environ, SecureEnviron, WSGISecureEnviron
from gevent.servers.http.exchange import (
    SET,
    Exchange,
    asks_for_socket,
    is_drainable,
    remote_of,
)
from gevent.servers.http.files import FileWrapper, can_send_files, send_file
from gevent.servers.http.framing import (
    CHUNKED,
    has_no_body,
    length_of,
    size_of,
)
from gevent.servers.http.headers import MessageOfHead, OldMessage
from gevent.servers.http.hosting import Hosting
from gevent.servers.http.limits import Limits, Timeouts, checked_relaxations
from gevent.servers.http.log import LoggingLogAdapter, access_line, log_of
from gevent.servers.http.log import _NoopLog as SilentLog
from gevent.servers.http.parking import Parking
from gevent.servers.http.refusals import error_reply, refusal_of
from gevent.servers.http.request_file import RequestFile
from gevent.servers.http.sending import send_reply
from gevent.servers.server import StreamServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import TypeAlias

    from _typeshed import ReadableBuffer as Buffer

    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.http.connection import Handler, Readable
    from gevent.servers.http.policy import Decision

    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType]
    Refusal: TypeAlias = tuple[str, bytes]

__all__ = (
    "WSGIServer",
    "WSGIHandler",
    "LoggingLogAdapter",
    "Environ",
    "SecureEnviron",
    "WSGISecureEnviron",
    "Limits",
    "Timeouts",
)

MAX_REQUEST_LINE = 8192


class _InvalidClientRequest(ValueError):
    """A request that must be refused.

    Attributes:
        status: The number of the answer's status.
    """

    def __init__(self, reason: str, status: int = 400):
        ValueError.__init__(self, reason)
        self.status = status


# Names that programs know.
_InvalidClientInput = BodyError
_NoopLog = SilentLog


def _connection_of(server: object, sock: object) -> Connection | None:
    """Return the connection that a handler is made for; None: it is not parked."""
    begun: dict[object, Connection] = getattr(server, "_begun", {})
    # Not by the socket: a subclass may have wrapped it.
    connection = begun.get(getcurrent())
    if connection is None:
        parking: Parking | None = getattr(server, "_parking", None)
        if parking is not None:
            return parking.connections.get(sock)
    return connection


def software_name() -> str:
    """Return SERVER_SOFTWARE: our version, and the interpreter's."""
    version = ".".join(gevent_version.split(".")[:2])
    return f"gevent/{version} Python/{sys.version_info[0]}.{sys.version_info[1]}"


class WSGIHandler:
    """Serves the requests of one connection; its methods may be overridden.

    Args:
        sock: The connection.
        address: The client's address.
        server: The :class:`WSGIServer`.
        rfile: Deprecated: read from this file instead of *sock*.
    """

    protocol_version = "HTTP/1.1"
    #: Errors of a client that has gone away: nobody is told of them.
    ignored_socket_errors: tuple[int, ...] = (errno.EPIPE, errno.ECONNRESET)
    #: What wrong applications get.
    ApplicationError = AssertionError

    # Of the request.
    requestline: str | None = None
    command: str | None = None
    path: str | None = None
    request_version: str | None = None
    headers = OldMessage()
    content_length: int | None = 0
    environ: dict[str, object] | None = None
    application: Callable[..., object] | None = None
    wsgi_input: Input | None = None

    # Of the reply.
    status: bytes | str | None = None
    _orig_status: str | None = None
    code: int | None = None
    response_headers: list[tuple[bytes, bytes]] | None = None
    headers_sent = False
    provided_date: str | None = None
    provided_content_length: str | None = None
    response_use_chunked = False
    response_length = 0
    result: object = None
    close_connection = False
    connection_upgraded = False
    time_start: float = 0
    time_finish: float = 0

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

    def __init__(
        self,
        sock: gevent_socket,
        address: object,
        server: WSGIServer,
        rfile: Readable | None = None,
    ):
        self.socket = sock
        self.client_address = address
        self.server = server
        connection = _connection_of(server, sock)
        if connection is None:
            connection = Connection(rules_of(server), sock, address)
        self._connection: Connection = connection
        if rfile is not None:
            connection.read_from(rfile)
        connection.handler = self
        self.rfile = RequestFile(connection)

    # -- requests -----------------------------------------------------------------

    def handle(self) -> None:
        """Serve requests until the connection ends, or is given back.

        Blocking:
            Switches to the hub while it waits for the client.
        """
        try:
            while self.socket is not None:
                self.time_start = time.time()
                self.time_finish = 0
                result = self.handle_one_request()
                if result is None:
                    break
                if result is True:
                    continue
                self._orig_status = None
                self.status, answer = cast("Refusal", result)
                self._answer_refused(answer)
                break
        finally:
            connection = self._connection
            connection.leave()

    def _answer_refused(self, answer: bytes) -> None:
        try:
            self.socket.sendall(answer)
            self._connection.counts.octets_out += len(answer)
        except OSError as error:
            if error.args[0] not in self.ignored_socket_errors:
                self.log_error("%s", error)
        else:
            self._connection.linger("refused")
        self._log_finished()

    def handle_one_request(self) -> bool | Refusal | None:
        """Serve a request.

        Returns:
            True if the next may follow, None if it was the last, (status, octets) of
            the answer if it was refused.
        """
        if self.rfile.closed:
            return None
        try:
            self.requestline = self.read_requestline()
        except OSError:
            return None
        if not self.requestline:
            return None
        self.response_length = 0
        try:
            if not self.read_request(self.requestline):
                return refusal_of(400)
        except ValueError as error:
            status: int = getattr(error, "status", 400)
            if self._may_log(f"Invalid request: {error}"):
                self.log_error("Invalid request: %s", error)
            note_refused = getattr(self.server, "note_refused", None)
            if note_refused is not None:
                note_refused(self.client_address, status, str(error))
            return refusal_of(status)
        self.environ = self.get_environ()
        self.application = self.server.application
        self.handle_one_response()
        return self._end_request()

    def read_requestline(self) -> str:
        """Wait for a request and return its first line, "" if there is none.

        Blocking:
            Switches to the hub while nothing comes.
        """
        connection = self._connection
        try:
            if not connection.wait_for_head():  # switches
                return ""
        except HeadError as error:
            connection.refusal = error
            parser = connection.parser
            return (parser.requestline if parser is not None else "") + "\r\n"
        return connection.head.requestline + "\r\n"  # type: ignore[union-attr]  # waited for

    def read_request(self, raw_requestline: str) -> bool:
        """Take a request that begins with that line.

        Raises:
            ValueError: It must be refused; ``status`` says with which number.
        """
        connection = self._connection
        self.requestline = raw_requestline.rstrip("\r\n")
        refusal = connection.refusal
        if refusal is not None:
            connection.refusal = None
            raise _InvalidClientRequest(refusal.reason, refusal.status)
        head, decision = connection.head, connection.decision
        if head is None or decision is None:
            raise _InvalidClientRequest("there is no request")
        self._note_head(head, decision)
        self.headers = self.MessageClass(head)
        self._set_up_input()
        return True

    def _note_head(self, head: Head, decision: Decision) -> None:
        """Let the attributes say what is asked for."""
        self.requestline = head.requestline
        self.command = head.method
        self.path = head.target
        self.request_version = "HTTP/1.1" if head.minor else "HTTP/1.0"
        self.headers = MessageOfHead(head)
        self.close_connection = not decision.persistent
        self.content_length = decision.length if decision.length >= 0 else None

    def _note_refused(self, requestline: str, status: str) -> None:
        """Let the attributes say what was refused, on the fast path."""
        self.requestline = requestline
        self.status = status
        self._orig_status = None
        self.response_length = 0
        self.time_start = self.time_finish = time.time()

    def _note_reply(
        self,
        exchange: Exchange,
        environ: dict[str, object] | None,
        body: Input | None,
    ) -> None:
        """Let the attributes say what was answered, on the fast path."""
        line = exchange.line
        self.environ = environ
        self.wsgi_input = body
        self.application = self.server.application
        self.status = line
        self._orig_status = None if line is None else line.decode("latin-1")
        self.code = exchange.code or None
        self.response_headers = exchange.pairs
        self.headers_sent = exchange.state > SET
        self.response_length = exchange.n_sent
        self.response_use_chunked = exchange.framing == CHUNKED
        self._note_provided(exchange.flags)
        self.close_connection = exchange.is_closing
        self.connection_upgraded = exchange.is_switching
        self.time_start = exchange.began
        self.time_finish = time.time()

    def MessageClass(self, *args: object) -> OldMessage:
        """Return the fields of a head, or of one that is read from a file."""
        source = args[0]
        if not isinstance(source, Head):
            return parse_headers(source, _class=OldMessage)  # type: ignore[call-overload, no-any-return]  # API
        message = OldMessage()
        for name, value in source.fields:
            message[name] = value
        return message

    def _set_up_input(self) -> None:
        decision = self._connection.decision
        assert decision is not None
        self._asks_for_upgrade = asks_for_socket(decision)
        if self._asks_for_upgrade:
            self.socket.settimeout(None)
        self.wsgi_input = Input(
            self.rfile,
            max(decision.length, 0),
            self.socket if decision.expects_continue else None,
            decision.length < 0,
            limits=self._connection.rules.limits,
        )

    def get_environ(self) -> dict[str, object]:
        """Return the environ of the request."""
        head = self._connection.head
        assert head is not None
        environ: dict[str, object] = self.server.get_environ()
        head.fill(environ)
        host, port = remote_of(self.client_address)
        if host is not None:
            environ["REMOTE_ADDR"] = host
            environ["REMOTE_PORT"] = port
        head.fill_fields(environ)
        if self._asks_for_upgrade:
            # Whoever upgrades talks to the client itself.
            environ["wsgi.input"] = self.rfile
            environ["wsgi.input_terminated"] = False
        else:
            environ["wsgi.input"] = self.wsgi_input
            environ["wsgi.input_terminated"] = True
        return environ

    # -- replies ------------------------------------------------------------------

    def handle_one_response(self) -> None:
        """Run the application for ``environ``, and deal with its errors."""
        self.time_start = time.time()
        self._begin_reply()
        try:
            self.run_application()  # switches
        except BodyError as error:
            self.close_connection = True
            self._log_client_error(error)
            self._send_error_if_possible(getattr(error, "status", 400))
        except OSError as error:
            self._end_by_socket_error(error)
        except BaseException:  # last resort: the connection is closed, all is reported
            self.handle_error(*sys.exc_info())
        finally:
            self._held = None
            self._count()
            self._log_finished()
            if listening():
                self._tell_finished()

    def _count(self) -> None:
        counts = self._connection.counts
        counts.requests += 1
        counts.octets_out += self.response_length

    def _tell_finished(self) -> None:
        tell = getattr(self.server, "note_finished", None)
        if tell is not None:
            seconds = self.time_finish - self.time_start
            status = self._orig_status or self.status
            tell(self.environ, status, self.response_length, seconds)

    def _warn(self, text: str) -> None:
        """Tell that the application did what it should not."""
        warn = getattr(self.server, "warn_handler", None)
        if warn is not None:
            warn(self.environ, text)

    def _may_log(self, kind: str) -> bool:
        """Whether an error of that kind may be logged: only so many are."""
        ask = getattr(self.server, "may_log", None)
        return ask is None or ask(kind)

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

    def _end_by_socket_error(self, error: OSError) -> None:
        """The connection broke under a reply; or the application had such an error."""
        if error.args and error.args[0] in self.ignored_socket_errors:
            self.code = -error.args[0]
            self.close_connection = True
        else:
            self.handle_error(*sys.exc_info())

    def run_application(self) -> None:
        """Call the application and send what it returns."""
        if self.application is None:
            raise self.ApplicationError("the server has no application")
        try:
            self.result = self.application(self.environ, self.start_response)
            self.process_result()
        finally:
            close = getattr(self.result, "close", None)
            if close is not None:
                close()

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
        return any(getattr(mine, name) is not hook for name, hook in _WRITING_HOOKS)

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

    def _end_request(self) -> bool | None:
        """The reply is sent, or never will be: say whether another may follow."""
        connection = self._connection
        if connection.state != BUSY:
            return None
        if not self._is_complete:
            if self.headers_sent and not self._has_framing():
                # Only the end of the stream would tell that it is incomplete.
                connection.reset_at_end()
            return None
        if self.close_connection:
            connection.linger("last")
            return None
        body = self.wsgi_input
        if body is None or body.is_done:
            connection.on("replied")
            return True
        connection.on("unread")
        if connection.drain(body):
            connection.on("replied")
            return True
        connection.linger("last")
        return None

    def _has_framing(self) -> bool:
        """Whether the client can tell where the body ends."""
        return self.response_use_chunked or self._is_bodiless or self._owed is not None

    # -- errors -------------------------------------------------------------------

    def handle_error(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """The application failed: report it, and answer 500 if nothing was sent."""
        if t is None or not issubclass(t, GreenletExit):
            self._report(t, v, tb)
        del tb
        self._send_error_if_possible(500)

    def _report(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        context = self.environ
        if context is not None and not isinstance(
            context, self.server.secure_environ_class
        ):
            context = self.server.secure_environ_class(context)
        get_hub().handle_error(context, t, v, tb)  # type: ignore[arg-type]

    def _send_error_if_possible(self, status: int) -> None:
        self.close_connection = True
        self._held = None
        if self.headers_sent:
            return
        text, fields, body = error_reply(status)
        self.start_response(text, fields)
        try:
            self.write(body)
        except OSError as error:
            self.code = -(error.errno or errno.EPIPE)
        else:
            self._is_complete = True

    # -- logs ---------------------------------------------------------------------

    def _log_finished(self) -> None:
        if self.time_finish == 0:
            self.time_finish = time.time()
        self.log_request()

    def log_request(self) -> None:
        """Write a line about the request to the access log."""
        try:
            self.server.log.write(self.format_request() + "\n")
        except Exception as error:  # last resort: a log never breaks a reply
            self._report(type(error), error, error.__traceback__)

    def format_request(self) -> str:
        """Return the line of the access log."""
        status = self._orig_status or self.status
        seconds = self.time_finish - self.time_start if self.time_finish else None
        return access_line(
            self.client_address,
            self.requestline,
            status,
            self.response_length or None,
            seconds,
        )

    def log_error(self, msg: str, *args: object) -> None:
        """Write a line to the error log, with the socket in front."""
        if args:
            msg = msg % args
        self.server.error_log.write(
            f"{self.socket}: (from {self.client_address}) {msg}\n"
        )

    def _log_client_error(self, error: BaseException) -> None:
        text = str(error) or type(error).__name__
        if self._may_log(text):
            self.log_error("%s", text)


class WSGIServer(Hosting):
    """A server of HTTP/1.1 for a WSGI application.

    Args:
        listener: A listening socket or an address; see ``StreamServer``.
        application: The WSGI application.
        backlog: As ``StreamServer``.
        spawn: What runs the applications; see ``BaseServer``. A connection takes a
            place of a pool only while an application works for it, and shortly after.
        log: Where a line for each request goes: a file, a logger (at INFO), None for
            nowhere. By default ``sys.stderr``.
        error_log: Where errors of clients go, likewise (at ERROR); also
            ``wsgi.errors``.
        handler_class: Called with (socket, address, server) for a connection.
        environ: What each environ begins with, besides what the server knows.
        limits: What is refused; by default the attribute of the class.
        timeouts: How long is waited; by default the attribute of the class.
        relax: Names of rules that are not kept, each of them unsafe; see the docs.
        proxy_protocol: Addresses and networks, and ``"unix"`` for unix sockets, whose
            connections begin with a PROXY header of version 1 or 2, from which the
            client's address is taken: then they must. By default the class's attribute.
        ssl_args: With any further keyword it is a TLS server; see ``StreamServer``.

    Raises:
        TypeError: *application* cannot be called, or as ``StreamServer``.
        ValueError: *relax* has an unknown name.
    """

    handler_class: Callable[..., WSGIHandler] = WSGIHandler
    environ_class: type[dict[str, object]] = dict

    base_env: ClassVar[dict[str, object]] = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": software_name(),
        "SCRIPT_NAME": "",
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    environ: dict[str, object]
    application: Callable[..., object] | None = None
    # Greenlet -> connection that it makes a handler for.
    _begun: dict[object, Connection]

    def __init__(
        self,
        listener: object,
        application: Callable[..., object] | None = None,
        backlog: int | None = None,
        spawn: object = "default",
        log: object = "default",
        error_log: object = "default",
        handler_class: Callable[..., WSGIHandler] | None = None,
        environ: dict[str, object] | None = None,
        *,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        relax: Iterable[str] = (),
        proxy_protocol: Iterable[str] | None = None,
        **ssl_args: object,
    ):
        if application is not None and not callable(application):
            raise TypeError(f"the application must be callable, not {application!r}")
        if "handle" in ssl_args:
            warnings.warn(
                "handle= replaces the handling of HTTP; pass the application",
                DeprecationWarning,
                stacklevel=2,
            )
        if limits is not None:
            self.limits = limits
        if timeouts is not None:
            self.timeouts = timeouts
        self._signalled_timeout = self.timeouts.stop
        self.relax = checked_relaxations([*type(self).relax, *relax])
        if proxy_protocol is not None:
            self.proxy_protocol = proxy_protocol
        self._begun = {}
        Hosting.__init__(
            self,
            listener,
            backlog=backlog,
            spawn=spawn,
            handle=ssl_args.pop("handle", None),  # checked there
            **ssl_args,
        )
        if application is not None:
            self.application = application
        if handler_class is not None:
            self.handler_class = handler_class
        # Looked up now: a program may replace sys.stderr before.
        self.log = log_of(log, logging_level=20)
        self.error_log = log_of(error_log, logging_level=40)
        self.set_environ(environ)
        self.set_max_accept()

    # -- settings -----------------------------------------------------------------

    def set_environ(self, environ: dict[str, object] | None = None) -> None:
        """Make the environ that each request's begins with."""
        if environ is not None:
            self.environ = environ
        given = getattr(self, "environ", None)
        self.environ = self.environ_class(self.base_env)
        self.environ["wsgi.url_scheme"] = "https" if self.ssl_enabled else "http"
        if given is not None:
            self.environ.update(given)
        if self.environ.get("wsgi.errors") is None:
            self.environ["wsgi.errors"] = self.error_log

    def set_max_accept(self) -> None:
        """Accept one connection at a time if other processes do so, too."""
        if self.environ.get("wsgi.multiprocess"):
            self.max_accept = 1

    def get_environ(self) -> dict[str, object]:
        """Return a new environ for a request, with what the server knows."""
        return self.environ_class(self.environ)

    def makes_usual_environs(self) -> bool:
        """Whether ``get_environ`` does nothing but copy a dictionary."""
        return (
            type(self).get_environ is _OUR_GET_ENVIRON
            and "get_environ" not in self.__dict__
            and self.environ_class is dict
            and type(self.environ) is dict
        )

    def init_socket(self) -> None:
        """Listen, and note in ``environ`` where."""
        if self.socket is None:
            self._listening_process = os.getpid()
        Hosting.init_socket(self)
        self.update_environ()

    def update_environ(self) -> None:
        """Fill in SERVER_NAME and SERVER_PORT, unless they were given."""
        address = self.address
        if isinstance(address, tuple):
            if "SERVER_NAME" not in self.environ:
                self.environ["SERVER_NAME"] = getfqdn(str(address[0]))  # may switch
            self.environ.setdefault("SERVER_PORT", str(address[1]))
        else:
            self.environ.setdefault("SERVER_NAME", "")
            self.environ.setdefault("SERVER_PORT", "")

    # -- connections --------------------------------------------------------------

    def handle(self, sock: gevent_socket, address: object) -> None:
        """Serve a connection until it ends, in its own greenlet."""
        self.handler_class(sock, address, self).handle()

    def _serves_by_request(self) -> bool:
        """Whether nobody wants to have a connection for himself."""
        return (
            "handle" not in self.__dict__
            and getattr(self.handler_class, "handle", None) is _OUR_HANDLE
            and type(self).handle is WSGIServer.handle
            and type(self).wrap_socket_and_handle is StreamServer.wrap_socket_and_handle
        )

    def _handler_of(self, connection: Connection) -> Handler:
        """Return what serves the requests of a connection."""
        replaced = self._replaced_hooks()
        if not replaced:
            return Exchange(connection, self)
        me = getcurrent()
        self._begun[me] = connection
        try:
            handler = self.handler_class(connection.sock, connection.address, self)
        finally:
            del self._begun[me]
        if not replaced <= _LIGHT_HOOKS:
            return handler
        exchange = Exchange(
            connection,
            self,
            handler,
            "get_environ" in replaced,
            not replaced.isdisjoint(_LOG_HOOKS),
        )
        # As the handler is: one for all requests.
        connection.handler = exchange
        return exchange

    def _replaced_hooks(self) -> set[str]:
        """Return the names of the handlers' methods that somebody has replaced."""
        handler_class = self.handler_class
        return {
            name for name, hook in _HOOKS if getattr(handler_class, name) is not hook
        }

    def _has_hooks(self) -> bool:
        """Whether somebody has replaced a method of the handlers."""
        handler_class = self.handler_class
        for name, hook in _HOOKS:  # noqa: SIM110  # a generator takes longer
            if getattr(handler_class, name) is not hook:
                return True
        return False

    # -- life ---------------------------------------------------------------------


_OUR_HANDLE = WSGIHandler.handle
_OUR_GET_ENVIRON = WSGIServer.get_environ
# Who replaces one of these, in a subclass or here, has a handler for each connection.
_HOOKS = tuple(
    (name, getattr(WSGIHandler, name))
    for name in (
        "__init__",
        "MessageClass",
        "finalize_headers",
        "format_request",
        "get_environ",
        "handle_error",
        "handle_one_request",
        "handle_one_response",
        "log_error",
        "log_request",
        "process_result",
        "read_request",
        "read_requestline",
        "run_application",
        "start_response",
        "write",
        "_write",
        "_write_with_headers",
        "_sendall",
    )
)

_WRITING_HOOKS = tuple(
    (name, getattr(WSGIHandler, name))
    for name in ("write", "_write", "_write_with_headers", "_sendall", "_send_parts")
)
# Who replaces no others is asked by the fast path.
_LOG_HOOKS = frozenset(("format_request", "log_request"))
_LIGHT_HOOKS = frozenset((*_LOG_HOOKS, "get_environ"))

publish(__name__, "gevent.pywsgi")
