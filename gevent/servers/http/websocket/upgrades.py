"""The WebSockets of a server: who gets one, and what runs for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gevent.servers.http.request_file import RequestFile
from gevent.servers.http.websocket.handshake import (
    VERSION,
    Refused,
    asks_for_websocket,
    check,
    checked_origins,
)
from gevent.servers.http.websocket.socket import PENDING, WebSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from gevent.servers.http.connection import Connection

    Application: TypeAlias = Callable[..., Iterable[bytes]]
    StartResponse: TypeAlias = Callable[..., Callable[[bytes], object]]

__all__ = ("Upgrades", "WebSocket")


class Upgrades:
    """Makes WebSockets of requests that ask for it.

    Args:
        decide: Called with the environ of a valid handshake: False refuses it, True or
            a subprotocol accepts it, before the application is called. If it cannot be
            called, the application decides.
        origins: From where handshakes may come; None: from everywhere.

    Raises:
        TypeError: *decide* is neither a bool nor callable; *origins* are no strings.
    """

    def __init__(self, decide: object, origins: Iterable[str] | None):
        if not callable(decide) and not isinstance(decide, bool):
            raise TypeError(f"websocket must be a bool or callable, not {decide!r}")
        self._decide = decide if callable(decide) else None
        self._origins = checked_origins(origins)
        self._open: dict[WebSocket, None] = {}  # for its order

    def serving(self, application: Application, connection: Connection) -> Application:
        """Return what to call for a request that asks for an upgrade."""
        head, decision = connection.head, connection.decision
        assert head is not None
        assert decision is not None
        if not asks_for_websocket(head.method, decision.upgrade):
            return application

        def handshake(
            environ: dict[str, object], start_response: StartResponse
        ) -> Iterable[bytes]:
            return self._serve(application, connection, environ, start_response)

        return handshake

    def go_away(self) -> None:
        """The server stops: tell all clients; does not switch."""
        for websocket in self._open:
            websocket.go_away()

    def _serve(
        self,
        application: Application,
        connection: Connection,
        environ: dict[str, object],
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        try:
            check(environ, self._origins)
        except Refused as refusal:
            return _refuse(refusal, start_response)
        websocket = WebSocket(environ, connection, start_response, self._leave)
        if self._decide is not None:
            answer = self._decide(environ)  # may switch
            if answer is None or answer is False:
                return _refuse(Refused("403 Forbidden"), start_response)
            websocket.accept(None if answer is True else cast("str", answer))
        self._open[websocket] = None
        call = _Call(websocket, _Input.into(environ, connection), start_response)
        call.has_other_socket = "gunicorn.socket" in environ
        environ["wsgi.websocket"] = websocket
        environ["wsgi.websocket_version"] = VERSION
        return call.run(application, environ)  # switches

    def _leave(self, websocket: WebSocket) -> None:
        self._open.pop(websocket, None)
        # A circle otherwise.
        websocket.environ.pop("wsgi.websocket", None)


class _Call:
    """A call of the application for a request that may become a WebSocket."""

    def __init__(
        self, websocket: WebSocket, input: _Input | None, start_response: StartResponse
    ):
        self.websocket = websocket
        self.input = input
        # Whether the environ has the client's socket elsewhere, too.
        self.has_other_socket = False
        self.is_answered = False
        # Answered otherwise; it cannot be accepted any more.
        self.is_rejected = False
        self._start_response = start_response

    def run(
        self, application: Application, environ: dict[str, object]
    ) -> Iterable[bytes]:
        """Call the application; return what is sent as the reply, if it is one."""
        websocket = self.websocket
        try:
            result = application(environ, self.start_response)  # switches
        except BaseException:
            websocket.end_by_error()
            raise
        if websocket.state == PENDING and self.is_answered and type(result) is list:
            # Its length can be told.
            self._reject()
            return cast("list[bytes]", result)
        return self._iterate(result)

    def start_response(
        self, status: str, headers: Iterable[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        """What the application calls; a WebSocket has been answered already."""
        if self.websocket.state != PENDING and not self.is_rejected:
            return _drop
        self.is_answered = True
        write = self._start_response(status, headers, exc_info)

        def write_unless_accepted(data: bytes) -> None:
            if self.websocket.state == PENDING:
                self._reject()
            if self.is_rejected:
                write(data)

        return write_unless_accepted

    def _iterate(self, result: Iterable[bytes]) -> Iterator[bytes]:
        """Give the blocks of an answer; those of a WebSocket say nothing to anybody."""
        websocket = self.websocket
        try:
            for block in result:  # switches
                if websocket.state == PENDING and block:
                    self._reject()
                if self.is_rejected:
                    yield block
            if websocket.state == PENDING:
                self._end_unused()  # switches
        except BaseException:
            websocket.end_by_error()
            raise
        else:
            websocket.end()  # switches
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _end_unused(self) -> None:
        """The application has returned, and neither answered nor used it."""
        is_taken = self.input is None or self.input.is_taken or self.has_other_socket
        if self.is_answered or is_taken:
            self._reject()
        else:
            self.websocket.accept()  # switches

    def _reject(self) -> None:
        self.is_rejected = True
        self.websocket.refuse()


class _Input(RequestFile):
    """``wsgi.input`` that knows when the socket was taken out of it.

    So do libraries that speak WebSocket themselves: then the request is theirs.
    """

    is_taken = False

    @classmethod
    def into(cls, environ: dict[str, object], connection: Connection) -> _Input | None:
        """Put one into an environ in the place of the usual file."""
        if type(environ.get("wsgi.input")) is not RequestFile:
            return None
        environ["wsgi.input"] = mine = cls(connection)
        return mine

    @property
    def raw(self) -> _Input:
        """What has the socket as ``_sock``: the file itself."""
        self.is_taken = True
        return self


def _refuse(refusal: Refused, start_response: StartResponse) -> list[bytes]:
    start_response(refusal.status, refusal.fields)
    return []


def _drop(data: bytes) -> None:
    """What the application answers besides its WebSocket is for nobody."""
