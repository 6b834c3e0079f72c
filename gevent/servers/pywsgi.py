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
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, ClassVar, cast

from greenlet import GreenletExit

from gevent._base.emission import listening
from gevent._base.publish import publish
from gevent._base.version import __version__ as gevent_version
from gevent._hub.hub import getcurrent
from gevent._native.http.head import Head, HeadError
from gevent.net.socket import getfqdn
from gevent.servers.http.body import BodyError, Input
from gevent.servers.http.connection import BUSY, Connection, rules_of
from gevent.servers.http.environs import Environ, SecureEnviron, WSGISecureEnviron
from gevent.servers.http.exchange import Exchange, asks_for_socket, remote_of
from gevent.servers.http.files import FileWrapper
from gevent.servers.http.framing import (
    CHUNKED,
)
from gevent.servers.http.headers import MessageOfHead, OldMessage
from gevent.servers.http.hosting import Hosting
from gevent.servers.http.limits import Limits, Timeouts, checked_relaxations
from gevent.servers.http.log import LoggingLogAdapter, log_of
from gevent.servers.http.log import _NoopLog as SilentLog
from gevent.servers.http.parking import Parking
from gevent.servers.http.refusals import error_reply, refusal_of
from gevent.servers.http.reply_state import SET
from gevent.servers.http.replying import Replying
from gevent.servers.http.request_file import RequestFile
from gevent.servers.server import StreamServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import TypeAlias

    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.http.connection import Handler, Readable
    from gevent.servers.http.http2.service import Http2
    from gevent.servers.http.log import Writable
    from gevent.servers.http.policy import Decision
    from gevent.servers.http.websocket.upgrades import Upgrades

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


class WSGIHandler(Replying):
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
    #: Whether servers with this class make WebSockets, as their ``websocket`` says.
    makes_websockets = False

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
        application = self.application
        # What only looks like a server knows of none.
        if self._asks_for_upgrade and hasattr(self.server, "upgrading"):
            application = self.server.upgrading(application, self._connection)
        try:
            self.result = application(self.environ, self.start_response)
            self.process_result()
        finally:
            close = getattr(self.result, "close", None)
            if close is not None:
                close()

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
        handler_class: Called with (socket, address, server) for a connection; or the
            dotted name of such a class.
        environ: What each environ begins with, besides what the server knows.
        limits: What is refused; by default the attribute of the class.
        timeouts: How long is waited; by default the attribute of the class.
        relax: Names of rules that are not kept, each of them unsafe; see the docs.
        websocket: Whether requests can become WebSockets; see ``gevent.websocket``. A
            function of the environ decides with True, False or a subprotocol.
        websocket_origins: Where their pages may come from: origins, or "same" for the
            host that is asked; by default from everywhere.
        http2: Whether HTTP/2 is served, too: over TLS by ALPN, which needs an
            ``ssl_context``, else to clients that begin with it. Needs
            ``gevent[http2]``, and a *handler_class* that overrides nothing.
        proxy_protocol: Addresses and networks, and ``"unix"`` for unix sockets, whose
            connections begin with a PROXY header of version 1 or 2, from which the
            client's address is taken: then they must. By default the class's attribute.
        ssl_args: With any further keyword it is a TLS server; see ``StreamServer``.

    Raises:
        TypeError: *application* cannot be called, *http2* does not go with the rest,
            or as ``StreamServer``.
        ImportError: *http2* is asked for and not installed.
        ValueError: *relax* has an unknown name.
        ImportError: wsproto, which *websocket* needs, is not installed.
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
    _websocket_origins: Iterable[str] | None = None

    def __init__(
        self,
        listener: object,
        application: Callable[..., object] | None = None,
        backlog: int | None = None,
        spawn: object = "default",
        log: object = "default",
        error_log: object = "default",
        handler_class: Callable[..., WSGIHandler] | str | None = None,
        environ: dict[str, object] | None = None,
        *,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        relax: Iterable[str] = (),
        websocket: bool | Callable[[dict[str, Any]], bool | str | None] = False,
        websocket_origins: Iterable[str] | None = None,
        http2: bool = False,
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
        if isinstance(handler_class, str):
            handler_class = cast("type[WSGIHandler]", resolve_name(handler_class))
        if handler_class is not None:
            self.handler_class = handler_class
        self._websocket_origins = websocket_origins
        if websocket is not False or self._has_websocket_handlers():
            self._websockets = self._upgrades(websocket)
        # Looked up now: a program may replace sys.stderr before.
        self.log: Writable | None = log_of(log, logging_level=20)
        self.error_log: Writable | None = log_of(error_log, logging_level=40)
        self.set_environ(environ)
        self.set_max_accept()
        if http2:
            self.http2 = self._new_http2()

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

    def _new_http2(self) -> Http2:
        # Not at the top: few servers need it, and few installations have it.
        try:
            from gevent.servers.http.http2.service import Http2
        except ModuleNotFoundError as error:
            if error.name not in ("h2", "hpack", "hyperframe"):
                raise
            raise ImportError(
                f"http2=True needs the package {error.name}: install gevent[http2]",
                name=error.name,
            ) from error
        return Http2(self)

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

    def upgrading(
        self, application: Callable[..., object], connection: Connection
    ) -> Callable[..., object]:
        """Return what to call for a request that asks for an upgrade."""
        if self._websockets is None:
            if not self._has_websocket_handlers():
                return application
            self._websockets = self._upgrades(True)
        return self._websockets.serving(application, connection)  # type: ignore[arg-type]

    def _has_websocket_handlers(self) -> bool:
        return bool(getattr(self.handler_class, "makes_websockets", False))

    def _upgrades(self, decide: object) -> Upgrades:
        try:
            from gevent.servers.http.websocket.upgrades import Upgrades
        except ImportError as error:
            raise ImportError(
                f"WebSockets need wsproto: install gevent[websocket] ({error})",
                name=error.name,
            ) from error
        return Upgrades(decide, self._websocket_origins)

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

# Who replaces no others is asked by the fast path.
_LOG_HOOKS = frozenset(("format_request", "log_request"))
_LIGHT_HOOKS = frozenset((*_LOG_HOOKS, "get_environ"))

publish(__name__, "gevent.pywsgi")
