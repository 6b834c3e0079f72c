"""Every signature of ``gevent.pywsgi``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, ItemsView, Iterable, Mapping
from http.client import HTTPMessage
from types import TracebackType
from typing import Any, Unpack, assert_type

from _typeshed.wsgi import WSGIApplication

from gevent.baseserver import _Listener, _Spawn
from gevent.pywsgi import (
    Environ,
    Input,
    Limits,
    LoggingLogAdapter,
    SecureEnviron,
    Timeouts,
    WSGIHandler,
    WSGIServer,
    _Decides,
    _Log,
    _Logger,
    _Readable,
    _Refusal,
    _Writable,
    software_name,
)
from gevent.server import _TLSArguments
from gevent.servers.http.connection import Connection
from gevent.servers.http.request_file import RequestFile
from gevent.socket import _PeerAddress
from gevent.socket import socket as _GeventSocket


def environ_copy(it: Environ) -> None:
    assert_type(it.copy(), Environ)


def environ_iteritems(it: Environ) -> None:
    assert_type(it.iteritems(), ItemsView[str, object])


def secureenviron_default_secure_repr(it: SecureEnviron) -> None:
    assert_type(it.default_secure_repr, bool)


def secureenviron_default_whitelist_keys(it: SecureEnviron) -> None:
    assert_type(it.default_whitelist_keys, Collection[object])


def secureenviron_default_print_masked_keys(it: SecureEnviron) -> None:
    assert_type(it.default_print_masked_keys, bool)


def secureenviron_secure_repr(it: SecureEnviron) -> None:
    assert_type(it.secure_repr, bool)


def secureenviron_whitelist_keys(it: SecureEnviron) -> None:
    assert_type(it.whitelist_keys, Collection[object])


def secureenviron_print_masked_keys(it: SecureEnviron) -> None:
    assert_type(it.print_masked_keys, bool)


def limits_request_line(it: Limits) -> None:
    assert_type(it.request_line, int)


def limits_head(it: Limits) -> None:
    assert_type(it.head, int)


def limits_fields(it: Limits) -> None:
    assert_type(it.fields, int)


def limits_body(it: Limits) -> None:
    assert_type(it.body, int | None)


def limits_extensions(it: Limits) -> None:
    assert_type(it.extensions, int)


def limits_trailers(it: Limits) -> None:
    assert_type(it.trailers, int)


def limits_trailer_fields(it: Limits) -> None:
    assert_type(it.trailer_fields, int)


def limits_drain(it: Limits) -> None:
    assert_type(it.drain, int)


def limits_connections(it: Limits) -> None:
    assert_type(it.connections, int | None)


def limits_per_address(it: Limits) -> None:
    assert_type(it.per_address, int | None)


def limits_pending_heads(it: Limits) -> None:
    assert_type(it.pending_heads, int)


def limits_websocket_message(it: Limits) -> None:
    assert_type(it.websocket_message, int)


def limits_streams(it: Limits) -> None:
    assert_type(it.streams, int)


def limits_resets(it: Limits) -> None:
    assert_type(it.resets, int)


def limits_control_frames(it: Limits) -> None:
    assert_type(it.control_frames, int)


def limits_stream_requests(it: Limits) -> None:
    assert_type(it.stream_requests, int)


def timeouts_handshake(it: Timeouts) -> None:
    assert_type(it.handshake, float | None)


def timeouts_head(it: Timeouts) -> None:
    assert_type(it.head, float | None)


def timeouts_idle(it: Timeouts) -> None:
    assert_type(it.idle, float | None)


def timeouts_body(it: Timeouts) -> None:
    assert_type(it.body, float | None)


def timeouts_write(it: Timeouts) -> None:
    assert_type(it.write, float | None)


def timeouts_rate(it: Timeouts) -> None:
    assert_type(it.rate, float | None)


def timeouts_linger(it: Timeouts) -> None:
    assert_type(it.linger, float | None)


def timeouts_stop(it: Timeouts) -> None:
    assert_type(it.stop, float | None)


def timeouts_websocket_ping(it: Timeouts) -> None:
    assert_type(it.websocket_ping, float | None)


def logginglogadapter_made(logger: _Logger, level: int) -> None:
    assert_type(LoggingLogAdapter(logger, level), LoggingLogAdapter)


def logginglogadapter_write(it: LoggingLogAdapter, msg: str) -> None:
    assert_type(it.write(msg), None)


def logginglogadapter_flush(it: LoggingLogAdapter) -> None:
    assert_type(it.flush(), None)


def logginglogadapter_writelines(it: LoggingLogAdapter, lines: Iterable[str]) -> None:
    assert_type(it.writelines(lines), None)


def of_software_name() -> None:
    assert_type(software_name(), str)


def wsgihandler_protocol_version(it: WSGIHandler) -> None:
    assert_type(it.protocol_version, str)


def wsgihandler_ignored_socket_errors(it: WSGIHandler) -> None:
    assert_type(it.ignored_socket_errors, tuple[int, ...])


def wsgihandler_applicationerror(it: WSGIHandler) -> None:
    assert_type(it.ApplicationError, type[Exception])


def wsgihandler_makes_websockets(it: WSGIHandler) -> None:
    assert_type(it.makes_websockets, bool)


def wsgihandler_requestline(it: WSGIHandler) -> None:
    assert_type(it.requestline, str | None)


def wsgihandler_command(it: WSGIHandler) -> None:
    assert_type(it.command, str | None)


def wsgihandler_path(it: WSGIHandler) -> None:
    assert_type(it.path, str | None)


def wsgihandler_request_version(it: WSGIHandler) -> None:
    assert_type(it.request_version, str | None)


def wsgihandler_headers(it: WSGIHandler) -> None:
    assert_type(it.headers, HTTPMessage)


def wsgihandler_content_length(it: WSGIHandler) -> None:
    assert_type(it.content_length, int | None)


def wsgihandler_environ(it: WSGIHandler) -> None:
    assert_type(it.environ, dict[str, Any] | None)


def wsgihandler_application(it: WSGIHandler) -> None:
    assert_type(it.application, Callable[..., object] | None)


def wsgihandler_wsgi_input(it: WSGIHandler) -> None:
    assert_type(it.wsgi_input, Input | None)


def wsgihandler_rfile(it: WSGIHandler) -> None:
    assert_type(it.rfile, RequestFile)


def wsgihandler_socket(it: WSGIHandler) -> None:
    assert_type(it.socket, _GeventSocket)


def wsgihandler_client_address(it: WSGIHandler) -> None:
    assert_type(it.client_address, _PeerAddress)


def wsgihandler_server(it: WSGIHandler) -> None:
    assert_type(it.server, WSGIServer)


def wsgihandler_made(
    sock: _GeventSocket,
    address: _PeerAddress,
    server: WSGIServer,
    rfile: _Readable | None,
) -> None:
    assert_type(WSGIHandler(sock, address, server, rfile), WSGIHandler)


def wsgihandler_handle(it: WSGIHandler) -> None:
    assert_type(it.handle(), None)


def wsgihandler_handle_one_request(it: WSGIHandler) -> None:
    assert_type(it.handle_one_request(), bool | _Refusal | None)


def wsgihandler_read_requestline(it: WSGIHandler) -> None:
    assert_type(it.read_requestline(), str)


def wsgihandler_read_request(it: WSGIHandler, raw_requestline: str) -> None:
    assert_type(it.read_request(raw_requestline), bool)


def wsgihandler_messageclass(it: WSGIHandler, *args: Any) -> None:
    assert_type(it.MessageClass(*args), HTTPMessage)


def wsgihandler_get_environ(it: WSGIHandler) -> None:
    assert_type(it.get_environ(), dict[str, Any])


def wsgihandler_handle_one_response(it: WSGIHandler) -> None:
    assert_type(it.handle_one_response(), None)


def wsgihandler_run_application(it: WSGIHandler) -> None:
    assert_type(it.run_application(), None)


def wsgihandler_handle_error(
    it: WSGIHandler,
    t: type[BaseException] | None,
    v: BaseException | None,
    tb: TracebackType | None,
) -> None:
    assert_type(it.handle_error(t, v, tb), None)


def wsgiserver_handler_class(it: WSGIServer) -> None:
    assert_type(it.handler_class, Callable[..., WSGIHandler])


def wsgiserver_environ_class(it: WSGIServer) -> None:
    assert_type(it.environ_class, type[dict[str, Any]])


def wsgiserver_base_env(it: WSGIServer) -> None:
    assert_type(it.base_env, dict[str, Any])


def wsgiserver_log(it: WSGIServer) -> None:
    assert_type(it.log, _Writable | None)


def wsgiserver_error_log(it: WSGIServer) -> None:
    assert_type(it.error_log, _Writable | None)


def wsgiserver_environ(it: WSGIServer) -> None:
    assert_type(it.environ, dict[str, Any])


def wsgiserver_application(it: WSGIServer) -> None:
    assert_type(it.application, Callable[..., object] | None)


def wsgiserver_made(
    listener: _Listener,
    application: WSGIApplication | None,
    backlog: int | None,
    spawn: _Spawn,
    log: _Log,
    error_log: _Log,
    handler_class: Callable[..., WSGIHandler] | str | None,
    environ: Mapping[str, Any] | None,
    *,
    limits: Limits | None,
    timeouts: Timeouts | None,
    relax: Iterable[str],
    websocket: bool | _Decides,
    websocket_origins: Iterable[str] | None,
    http2: bool,
    proxy_protocol: Iterable[str] | None,
    **ssl_args: Unpack[_TLSArguments],
) -> None:
    assert_type(
        WSGIServer(
            listener,
            application,
            backlog,
            spawn,
            log,
            error_log,
            handler_class,
            environ,
            limits=limits,
            timeouts=timeouts,
            relax=relax,
            websocket=websocket,
            websocket_origins=websocket_origins,
            http2=http2,
            proxy_protocol=proxy_protocol,
            **ssl_args,
        ),
        WSGIServer,
    )


def wsgiserver_set_environ(it: WSGIServer, environ: Mapping[str, Any] | None) -> None:
    assert_type(it.set_environ(environ), None)


def wsgiserver_set_max_accept(it: WSGIServer) -> None:
    assert_type(it.set_max_accept(), None)


def wsgiserver_get_environ(it: WSGIServer) -> None:
    assert_type(it.get_environ(), dict[str, Any])


def wsgiserver_update_environ(it: WSGIServer) -> None:
    assert_type(it.update_environ(), None)


def wsgiserver_makes_usual_environs(it: WSGIServer) -> None:
    assert_type(it.makes_usual_environs(), bool)


def wsgiserver_handle(
    it: WSGIServer, sock: _GeventSocket, address: _PeerAddress
) -> None:
    assert_type(it.handle(sock, address), None)


def wsgiserver_upgrading(
    it: WSGIServer, application: Callable[..., object], connection: Connection
) -> None:
    assert_type(it.upgrading(application, connection), Callable[..., object])
