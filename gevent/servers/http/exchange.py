"""The requests of a connection, served without hooks: the fast path.

:class:`gevent.servers.pywsgi.WSGIHandler` does the same step by step, with a method for
each that a program may override. Here no Python code runs but the application's.
"""

from __future__ import annotations

import sys
import time
from errno import ECONNRESET, EPIPE
from typing import TYPE_CHECKING, cast

from gevent._base.emission import follow
from gevent._native.http.head import HeadError
from gevent._native.http.reply import (
    DROPPED,
    HAS_CLOSE,
    HAS_DATE,
    HAS_LENGTH,
    LAST_CHUNK,
    checked_fields,
    chunk,
    code_of,
    date,
    status_line,
)
from gevent._native.http.reply import (
    head as reply_head,
)
from gevent.servers.http.body import BodyError, has_ended, new_input
from gevent.servers.http.connection import BUSY
from gevent.servers.http.files import FileWrapper, can_send_files, send_file
from gevent.servers.http.framing import (
    CHUNKED,
    CLOSE,
    LENGTH,
    NO_BODY,
    has_no_body,
    length_of,
    size_of,
)
from gevent.servers.http.log import _NoopLog, access_line
from gevent.servers.http.refusals import error_reply, refusal_of
from gevent.servers.http.reply_state import ENDED, SENT, SET, UNSENT
from gevent.servers.http.request_file import RequestFile
from gevent.servers.http.sending import send_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import Protocol, TypeAlias

    from _typeshed import ReadableBuffer as Buffer

    from gevent._native.http.head import Head
    from gevent.servers.http.body import Input
    from gevent.servers.http.connection import Connection
    from gevent.servers.http.policy import Decision
    from gevent.servers.http.roles import Server

    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType]

    class Hooks(Protocol):
        """A handler, for the fast path that asks it what its class overrides."""

        wsgi_input: Input | None
        close_connection: bool
        _asks_for_upgrade: bool

        def get_environ(self) -> dict[str, object]:
            """Return the environ of the request."""

        def log_request(self) -> None:
            """Write a line about the request."""

        def _set_up_input(self) -> None: ...

        def _note_head(self, head: Head, decision: Decision) -> None: ...

        def _note_refused(self, requestline: str, status: str) -> None: ...

        def _note_reply(
            self,
            exchange: Exchange,
            environ: dict[str, object] | None,
            body: Input | None,
        ) -> None: ...


_CLOSE_FIELD = (b"Connection", b"close")
_KEEP_ALIVE_FIELD = (b"Connection", b"keep-alive")
_CHUNKED_FIELD = (b"Transfer-Encoding", b"chunked")
_LENGTH = b"content-length"
# In the environ of each request, before anything is known of it.
_PLACES = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL")
_modules = sys.modules
#: Errors of a client that has gone away: nobody is told of them.
GONE = (EPIPE, ECONNRESET)


class Exchange:
    """Serves the requests of one connection.

    Args:
        connection: It is READY.
        server: Whose application is called.
        hooks: What is asked for environs, if *has_environ_hook*, and has each request
            logged, if *has_log_hook*; its attributes say what they may ask.
    """

    is_usual_environ: bool
    is_logging: bool
    remote_address: str | None
    remote_port: str | None

    # Of the request.
    environ: dict[str, object] | None
    body: Input | None
    is_head: bool
    is_1_1: bool
    asks_for_upgrade: bool
    began: float
    # Of the reply.
    state: int
    code: int
    line: bytes | None
    pairs: list[tuple[bytes, bytes]]
    flags: int
    # Of Content-Length, as the application gave it; -1: it did not.
    length: int
    framing: int
    # Octets that Content-Length promises and that are not sent.
    owed: int
    n_sent: int
    # What the application returned, if it is a file.
    file: FileWrapper | None
    # What is to be sent with one call, when the reply is complete.
    held: list[Buffer] | None
    is_closing: bool
    is_switching: bool

    def __init__(
        self,
        connection: Connection,
        server: Server,
        hooks: Hooks | None = None,
        has_environ_hook: bool = False,
        has_log_hook: bool = False,
    ):
        self.connection = connection
        self.server = server
        self.hooks = hooks
        self.has_environ_hook = has_environ_hook
        self.has_log_hook = has_log_hook
        self.is_usual_environ = server.makes_usual_environs()
        is_silent = server.log is None or isinstance(server.log, _NoopLog)
        self.is_logging = has_log_hook or not is_silent
        self.remote_address, self.remote_port = remote_of(connection.address)
        self.rfile: RequestFile | None = None
        self.start: Callable[..., object] = self.start_response
        # What all environs of this connection begin as; None while it is idle.
        self.template: dict[str, object] | None = None

    def handle(self) -> None:
        """Serve requests until the connection ends, or is given back.

        Blocking:
            Switches to the hub while it waits for the client.
        """
        connection = self.connection
        try:
            while connection.wait_for_head():  # switches
                self.serve(connection)  # switches
                if not self.end(connection):  # switches
                    break
        except HeadError as error:
            self.refuse(error)  # switches
        finally:
            self.template = None
            connection.leave()

    def refuse(self, error: HeadError) -> None:
        """Answer what is no request."""
        connection = self.connection
        status, answer = refusal_of(error.status)
        try:
            connection.sock.sendall(answer)  # switches
            connection.counts.octets_out += len(answer)
        except OSError:
            return
        finally:
            self.log_refused(status, error)
        connection.linger("refused")

    def log_refused(self, status: str, error: HeadError) -> None:
        """Write to both logs that something was no request."""
        connection = self.connection
        if not self.has_log_hook:
            self.server.log_refused(connection, status, error)
            return
        assert self.hooks is not None
        self.server.note_refused(connection.address, error.status, error.reason)
        self.log_error(f"Invalid request: {error.reason}")
        self.hooks._note_refused(connection.requestline, status)
        self.call_log_hook()

    # -- a request ----------------------------------------------------------------

    def serve(self, connection: Connection) -> int:
        """Run the application for the head that was read, and send its reply."""
        head = connection.head
        decision = connection.decision
        assert head is not None
        assert decision is not None
        self.state = UNSENT
        self.code = 0
        self.line = None
        self.pairs = []
        self.n_sent = 0
        self.owed = -1
        self.framing = CLOSE
        self.is_head = head.is_head
        self.is_1_1 = head.minor == 1
        self.is_closing = not decision.persistent
        self.is_switching = False
        self.asks_for_upgrade = False
        self.held = None
        self.file = None
        self.flags = 0
        self.length = -1
        heard = is_heard()
        self.began = time.time() if self.is_logging or heard else 0.0
        self.environ = environ = self.make_environ(head)
        try:
            self.run(environ)  # switches
        except BodyError as error:
            self.log_error(str(error))
            self.fail(error.status)  # switches
        except BaseException as error:  # last resort: reported, and the client told
            self.end_by(error)  # switches
        counts = connection.counts
        counts.requests += 1
        counts.octets_out += self.n_sent
        if self.is_logging:
            self.log_request(head)
        if heard:
            seconds = time.time() - self.began
            self.server.note_finished(environ, self.line, self.n_sent, seconds)
        return 0

    def make_environ(self, head: Head) -> dict[str, object]:
        """Return the environ of a request."""
        connection = self.connection
        decision = connection.decision
        assert decision is not None
        server = self.server
        if self.hooks is not None:
            self.hooks._note_head(head, decision)
            if self.has_environ_hook:
                return self.ask_for_environ(self.hooks)
        if self.is_usual_environ:
            template = self.template
            if template is None:
                self.template = template = self.make_template()
            environ = template.copy()
        else:
            environ = server.get_environ()
            self.add_client(environ)
        head.fill(environ)
        head.fill_fields(environ)
        rfile = self.rfile
        if rfile is None:
            self.rfile = rfile = RequestFile(connection)
        length = decision.length
        if decision.upgrade is not None and asks_for_socket(decision):
            self.asks_for_upgrade = True
            self.body = None
            connection.sock.settimeout(None)
            environ["wsgi.input"] = rfile
            environ["wsgi.input_terminated"] = False
            return environ
        self.body = body = new_input(
            rfile,
            length,
            connection.sock if decision.expects_continue else None,
            connection.limits,
        )
        environ["wsgi.input"] = body
        environ["wsgi.input_terminated"] = True
        return environ

    def make_template(self) -> dict[str, object]:
        """Return what is the same in all environs of this connection.

        With a place for what each has, too: a copy that grows costs more than one that
        is changed.
        """
        environ = self.server.environ.copy()
        self.add_client(environ)
        environ.update(dict.fromkeys(_PLACES, ""))
        environ["wsgi.input"] = None
        environ["wsgi.input_terminated"] = True
        return environ

    def add_client(self, environ: dict[str, object]) -> int:
        """Say who the client is, unless it is at a unix socket."""
        if self.remote_address is not None:
            environ["REMOTE_ADDR"] = self.remote_address
            environ["REMOTE_PORT"] = self.remote_port
        return 0

    def ask_for_environ(self, hooks: Hooks) -> dict[str, object]:
        """Let a hook make the environ of a request."""
        hooks._set_up_input()
        environ = hooks.get_environ()
        self.body = hooks.wsgi_input
        self.asks_for_upgrade = hooks._asks_for_upgrade
        if hooks.close_connection:
            self.is_closing = True
        return environ

    def run(self, environ: dict[str, object]) -> int:
        """Call the application and send what it returns."""
        application = self.server.application
        if application is None:
            raise AssertionError("the server has no application")
        if self.asks_for_upgrade:
            application = self.server.upgrading(application, self.connection)
        result = application(environ, self.start)  # switches
        if type(result) is list or type(result) is tuple:
            self.send_whole(cast("Sequence[bytes]", result))  # switches
            return 0
        try:
            if type(result) is FileWrapper:
                self.send_file(result)  # switches
            else:
                self.send_each(cast("Iterable[bytes]", result))  # switches
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        return 0

    def send_whole(self, result: Sequence[bytes]) -> int:
        """Send a reply whose blocks are all there: with one call."""
        if not result and self.has_taken_over():
            return 0
        self.held = []
        if self.state < SENT:
            self.send_head(result, b"")
        for block in result:
            self.send_block(block)
        self.finish()  # switches
        return 0

    def send_each(self, result: Iterable[bytes]) -> int:
        """Send each block when it is there."""
        for block in result:
            if block:
                self.write(block)  # switches
        if self.has_taken_over():
            return 0
        if self.state < SENT:
            self.send_head((), b"")  # switches
        self.finish()  # switches
        return 0

    def send_file(self, file: FileWrapper) -> int:
        """Send a file: the kernel does, if it can, else it is read."""
        part = file.part()
        sock = self.connection.sock
        if self.state != SET:
            if self.state == SENT and self.framing == LENGTH:
                file.limit(self.owed)
            return self.send_each(file)  # switches
        if has_no_body(self.code, self.is_head):
            self.send_head(file, b"")  # switches
            self.finish()
            return 0
        if self.flags & HAS_LENGTH:
            file.limit(self.length)
        self.file = file
        if part is None or not can_send_files(sock):
            return self.send_each(file)  # switches
        self.send_head(file, b"")  # switches
        n = min(self.owed, part.size)
        try:
            n = send_file(sock, part, n, self.connection.timeouts)  # switches
        except OSError as error:
            raise self.connection.broken_by(error) from None
        if n < 0:
            return self.send_each(file)  # switches
        self.owed -= n
        self.n_sent += n
        self.finish()
        return 0

    def has_taken_over(self) -> bool:
        """Whether the application has answered by itself, on the client's socket.

        So do WebSocket libraries that take it from ``wsgi.input``.
        """
        if not self.asks_for_upgrade or self.line is not None:
            return False
        self.connection.on("upgraded")
        return True

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
            ValueError: A status or a field that HTTP does not allow.
            AssertionError: The head has been sent.
        """
        if self.state >= SENT:
            if exc_info:
                try:
                    raise exc_info[1].with_traceback(exc_info[2])
                finally:
                    exc_info = None  # no circle through the traceback
            raise AssertionError("the headers have been sent already")
        self.set_reply(status, headers, bool(exc_info))
        return self.write

    def set_reply(
        self, status: str, headers: Iterable[tuple[str, str]], may_be_set: bool
    ) -> int:
        """Check the status and the fields of the reply, and keep them."""
        line = status_line(status)
        code = code_of(line)
        fields = checked_fields(headers, code == 101)
        flags = fields.flags
        if self.state == SET and not may_be_set:
            self.server.warn_handler(self.environ, "start_response() called twice")
        if flags & DROPPED:
            self.server.warn_handler(self.environ, "fields of the connection dropped")
        self.state = SET
        self.line = line
        self.code = code
        self.pairs = fields.pairs
        self.flags = flags
        self.length = fields.length
        self.is_switching = code == 101
        if flags & HAS_CLOSE:
            self.is_closing = True
        return 0

    def write(self, data: bytes) -> None:
        """Send a block of the body, as PEP 3333 says; the head before the first.

        Raises:
            TypeError: *data* is not bytes.
            AssertionError: The application has not called ``start_response``, or the
                reply has ended.

        Blocking:
            Switches to the hub while the client does not take it.
        """
        if self.state < SENT:
            if type(data) is not bytes:
                size_of(data)  # or it is refused, while there can be another answer
            self.send_head(self.file, data)  # switches
            return
        if self.state == ENDED:
            raise AssertionError("the reply has ended")
        self.send_block(data)  # switches

    def send_head(self, result: object, data: bytes) -> int:
        """Send the head, and the first block of the body, if there is one."""
        line = self.line
        if line is None:
            raise AssertionError("The application did not call start_response()")
        self.framing, field = self.decide_framing(result)
        pairs = self.pairs
        if self.is_switching:
            self.connection.on("upgraded")
        elif self.is_closing or not self.can_go_on():
            self.is_closing = True
            if not self.flags & HAS_CLOSE:
                pairs.append(_CLOSE_FIELD)
        elif not self.is_1_1:
            pairs.append(_KEEP_ALIVE_FIELD)
        if not self.flags & HAS_DATE:
            pairs.append((b"Date", date()))
        if field is not None:
            pairs.append(field)
        self.state = SENT
        held = self.held
        parts: list[Buffer] = [] if held is None else held
        parts.append(reply_head(line, pairs))
        self.frame(parts, data)
        if held is None:
            self.send(parts)  # switches
        return 0

    def decide_framing(self, result: object) -> tuple[int, tuple[bytes, bytes] | None]:
        """Decide how the client learns the body's end; with a field that says so."""
        if has_no_body(self.code, self.is_head):
            if self.flags & HAS_LENGTH and not self.is_head and self.code != 304:
                self.pairs = [pair for pair in self.pairs if pair[0].lower() != _LENGTH]
            return NO_BODY, None
        if self.flags & HAS_LENGTH:
            self.owed = self.length
            return LENGTH, None
        length = length_of(result)
        if length >= 0:
            self.owed = length
            return LENGTH, (b"Content-Length", b"%d" % length)
        if self.is_1_1:
            return CHUNKED, _CHUNKED_FIELD
        self.is_closing = True
        return CLOSE, None

    def can_go_on(self) -> bool:
        """Whether the next request can be found behind this one's body."""
        body = self.body
        if self.asks_for_upgrade or self.connection.is_stopping:
            return False
        if body is None or has_ended(body):
            return True
        return is_drainable(body, self.connection.limits.drain)

    def send_block(self, data: bytes) -> int:
        """Send a block of the body, or hold it until the reply is complete."""
        held = self.held
        if held is not None:
            return self.frame(held, data)
        parts: list[Buffer] = []
        self.frame(parts, data)
        if parts:
            self.send(parts)  # switches
        return 0

    def frame(self, parts: list[Buffer], data: bytes) -> int:
        """Add to *parts* what is to be sent for a block of the body."""
        framing = self.framing
        size = len(data) if type(data) is bytes else size_of(data)
        if not size or (framing == NO_BODY and not self.is_switching):
            return 0
        if framing == CHUNKED:
            parts += chunk(data)
            return 0
        owed = self.owed
        if framing != LENGTH:
            parts.append(data)
        elif size <= owed:
            self.owed = owed - size
            parts.append(data)
        else:
            self.is_closing = True
            self.owed = 0
            self.log_error("the application sent more than its Content-Length")
            if owed:
                parts.append(memoryview(data).cast("B")[:owed])
        return 0

    def send(self, parts: list[Buffer]) -> int:
        """Send parts of the reply."""
        connection = self.connection
        try:
            self.n_sent += send_reply(  # switches
                connection.sock, parts, connection.timeouts
            )
        except OSError as error:
            raise connection.broken_by(error) from None
        return 0

    def finish(self) -> int:
        """All blocks are sent: tell the client where the body ends."""
        held = self.held
        self.held = None
        if self.framing == CHUNKED:
            if held is None:
                held = []
            held.append(LAST_CHUNK)
        if held:
            self.send(held)  # switches
        if self.framing == LENGTH and self.owed > 0:
            self.log_error(
                f"the application sent {self.owed} octets less than its Content-Length",
                "the application sent less than its Content-Length",
            )
            return 0
        self.state = ENDED
        return 0

    def end(self, connection: Connection) -> bool:
        """The reply is sent, or never will be: whether another request may follow."""
        if connection.state != BUSY:
            return False
        if self.state != ENDED:
            if self.state == SENT and self.framing == CLOSE:
                # Only the end of the stream would tell that it is incomplete.
                connection.reset_at_end()
            return False
        if self.is_closing:
            connection.linger("last")  # switches without parking
            return False
        body = self.body
        if body is None or has_ended(body):
            connection.on("replied")
            return True
        connection.on("unread")
        if connection.drain(body):  # switches
            connection.on("replied")
            return True
        connection.linger("last")
        return False

    # -- errors -------------------------------------------------------------------

    def end_by(self, error: BaseException) -> int:
        """The application failed, or the connection under it."""
        self.held = None
        if isinstance(error, OSError) and error.args and error.args[0] in GONE:
            return 0
        self.server.report(self.environ, error)
        self.fail(500)  # switches
        return 0

    def fail(self, code: int) -> int:
        """Answer in the application's place, unless its reply has begun."""
        self.is_closing = True
        self.held = None
        if self.state >= SENT:
            return 0
        status, fields, body = error_reply(code)
        self.start_response(status, fields)
        try:
            self.send_whole([body])  # switches
        except OSError:
            self.state = SENT
        return 0

    def log_error(self, text: str, kind: str | None = None) -> None:
        """Write a line to the error log, if it is the first of its kind now."""
        connection = self.connection
        self.server.log_client_error(connection.sock, connection.address, text, kind)

    def log_request(self, head: Head) -> None:
        """Write a line about the request to the access log."""
        if self.has_log_hook:
            assert self.hooks is not None
            self.hooks._note_reply(self, self.environ, self.body)
            self.call_log_hook()
            return
        self.server.write_log(
            access_line(
                self.connection.address,
                head.requestline,
                self.line,
                self.n_sent or None,
                time.time() - self.began,
            )
        )

    def call_log_hook(self) -> None:
        """Have a request logged; what fails there never touches the reply."""
        assert self.hooks is not None
        try:
            self.hooks.log_request()
        except Exception as error:  # last resort: reported
            self.server.report(self.environ, error)


# Whether anybody subscribed to the class of the event.
_tells_finished = False


def _follow_finished(is_wanted: bool) -> None:
    global _tells_finished
    _tells_finished = is_wanted


def is_heard() -> bool:
    """Whether anybody wants to hear of requests: ``listening``, without a call."""
    if _tells_finished:
        return True
    zope_event = _modules.get("zope.event")
    return zope_event is not None and bool(zope_event.subscribers)


def remote_of(address: object) -> tuple[str | None, str | None]:
    """Return (host, port) of a client's address; None for a unix socket's."""
    if not isinstance(address, tuple):
        return None, None
    host, port = cast("tuple[object, object]", address[:2])
    return str(host), str(port)


def asks_for_socket(decision: Decision) -> bool:
    """Whether an upgrade is asked for whose user will talk to the client itself.

    Not h2c, which browsers' libraries offer with each request and nobody has to take.
    """
    upgrade = decision.upgrade
    return upgrade is not None and decision.length == 0 and upgrade.lower() != "h2c"


def is_drainable(body: Input, limit: int) -> bool:
    """Whether the rest of a request body may be dropped to keep the connection."""
    if body.error is not None or body.owes_continue:
        return False
    if body.chunked_input:
        return True
    return (body.content_length or 0) - body.position <= limit


follow("RequestFinished", _follow_finished)
