"""What the parts of an HTTP server ask of the server itself; for checkers only.

A server hands itself to what serves its connections and requests. That does not import
it: what it needs is said here. What one module alone asks of another is said there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._native.http.head import HeadError
    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.http.connection import Connection
    from gevent.servers.http.environs import SecureEnviron
    from gevent.servers.http.limits import Limits, Timeouts
    from gevent.servers.http.log import Writable


class Server(Protocol):
    """A WSGI server, for what serves its connections and requests."""

    limits: Limits
    timeouts: Timeouts
    relax: frozenset[str]
    environ: dict[str, object]
    log: Writable | None
    error_log: Writable | None
    _starter: Callable[..., object] | None

    @property
    def application(self) -> Callable[..., object] | None:
        """What is served."""

    @property
    def secure_environ_class(self) -> type[SecureEnviron]:
        """What environs are printed as."""

    @property
    def ssl_enabled(self) -> bool:
        """Whether connections are encrypted."""

    @property
    def handler_class(self) -> Callable[..., object]:
        """What serves a connection, if it overrides anything."""

    @property
    def wrap_socket(self) -> Callable[..., object]:
        """What makes the TLS handshake."""

    def get_environ(self) -> dict[str, object]:
        """Return a new environ, with what the server knows."""

    def makes_usual_environs(self) -> bool:
        """Whether ``get_environ`` does nothing but copy a dictionary."""

    def upgrading(
        self, application: Callable[..., object], connection: Connection
    ) -> Callable[..., object]:
        """Return what to call for a request that asks for an upgrade."""

    def warn_handler(self, environ: object, text: str) -> None:
        """Tell of what an application has done wrong, and nobody need suffer from."""

    def limit_reached(self, name: str) -> None:
        """Tell that a limit was reached."""

    def note_finished(
        self, environ: object, status: object, n_octets: int, seconds: float
    ) -> None:
        """Tell of a request that was served."""

    def note_refused(self, address: object, code: int, reason: str) -> None:
        """Count and tell of a request that was not served."""

    def report(self, environ: dict[str, object] | None, error: BaseException) -> None:
        """Report an error of the application."""

    def log_client_error(
        self, sock: object, address: object, text: str, kind: str | None = None
    ) -> None:
        """Write a line to the error log, if it is the first of its kind now."""

    def log_refused(
        self, connection: Connection, status: str, error: HeadError
    ) -> None:
        """Count, tell and log what was no request; works in the hub."""

    def _log_refused(
        self,
        sock: gevent_socket,
        address: object,
        requestline: str,
        status: str,
        error: HeadError,
    ) -> None: ...

    def write_log(self, line: str) -> None:
        """Write a line to the access log."""

    def _has_hooks(self) -> bool:
        """Whether somebody has replaced a method of the handlers."""

    def _serves_by_request(self) -> bool:
        """Whether connections are parked between requests."""

    def _serve_connection(self, connection: Connection) -> None:
        """Serve requests; the body of a greenlet."""
