"""What handlers whose methods may be overridden say: logs, reports, events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gevent._hub.hub import get_hub
from gevent.servers.client_errors import peer_of
from gevent.servers.http.log import access_line

if TYPE_CHECKING:
    from types import TracebackType

    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.http.connection import Connection
    from gevent.servers.http.roles import Server


class Telling:
    """The part of :class:`gevent.pywsgi.WSGIHandler` that says what has happened."""

    socket: gevent_socket
    client_address: object
    server: Server
    _connection: Connection

    requestline: str | None = None
    environ: dict[str, object] | None = None
    status: bytes | str | None = None
    _orig_status: str | None = None
    response_length = 0
    time_start: float = 0
    time_finish: float = 0

    def _log_finished(self) -> None:
        if self.time_finish == 0:
            self.time_finish = time.time()
        self.log_request()

    def log_request(self) -> None:
        """Write a line about the request to the access log."""
        log = self.server.log
        if log is None:
            return
        try:
            log.write(self.format_request() + "\n")
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
        error_log = self.server.error_log
        if error_log is not None:
            error_log.write(
                f"{self.socket}: (from {peer_of(self.client_address)}) {msg}\n"
            )

    def _log_client_error(self, error: BaseException) -> None:
        text = str(error) or type(error).__name__
        if self._may_log(text):
            self.log_error("%s", text)

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
