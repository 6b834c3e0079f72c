"""A server whose connections have a greenlet only while a request is served.

:class:`gevent.servers.pywsgi.WSGIServer` adds what an application sees.
"""

from __future__ import annotations

import os
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from typing import TYPE_CHECKING, cast

from greenlet import GreenletExit

from gevent._base.emission import listening
from gevent._hub.greenlet import killall
from gevent._hub.hub import get_hub, getcurrent, spawn_raw
from gevent.servers.ending import Deadline
from gevent.servers.http.connection import CLOSED
from gevent.servers.http.environs import WSGISecureEnviron
from gevent.servers.http.limits import Limits, Timeouts
from gevent.servers.http.log import access_line
from gevent.servers.http.parking import Parking
from gevent.servers.http.refusals import refusal_of
from gevent.servers.server import StreamServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._native.http.head import HeadError
    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.http.connection import Connection, Handler
    from gevent.servers.http.environs import SecureEnviron
    from gevent.servers.http.http2.service import Http2
    from gevent.servers.http.log import Writable
    from gevent.servers.http.websocket.upgrades import Upgrades

# Errors of accepting that go away when something is closed, and how many connections
# are closed then.
_EXHAUSTED = frozenset((EMFILE, ENFILE, ENOBUFS, ENOMEM))
_N_EVICTED = 16
# Seconds until a pool that cannot tell is asked again whether it is full.
_FULL_DELAY = 0.1


class Hosting(StreamServer):
    """What a server of requests does about its connections; see the module.

    Subclasses say by ``_serves_by_request`` whether connections come here at all, and
    by ``_handler_of`` what serves one; ``_has_hooks`` tells that the answer to what is
    no request is for that to give.
    """

    secure_environ_class: type[SecureEnviron] = WSGISecureEnviron
    log: Writable = None  # type: ignore[assignment]  # set by the constructor
    error_log: Writable = None  # type: ignore[assignment]
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    relax: frozenset[str] = frozenset()

    #: What serves connections that begin as HTTP/2; None: nothing does.
    http2: Http2 | None = None
    _parking: Parking | None = None
    _websockets: Upgrades | None = None
    # What starts greenlets for connections: `_spawn`, which `close` forgets.
    _starter: Callable[..., object] | None = None
    # The process that made the listener, for itself; None: it was given.
    _listening_process: int | None = None

    def _serves_by_request(self) -> bool:
        """Whether nobody wants to have a connection for himself."""
        raise NotImplementedError

    def _handler_of(self, connection: Connection) -> Handler:
        """Return what serves the requests of a connection."""
        raise NotImplementedError

    def _has_hooks(self) -> bool:
        """Whether somebody has replaced a method of the handlers."""
        raise NotImplementedError

    # -- accepting ------------------------------------------------------------------

    def start(self) -> None:
        """Begin to accept; see ``BaseServer``."""
        if not self.started:
            self._parking = Parking(self)
        StreamServer.start(self)

    def do_handle(self, *args: object) -> None:
        """Take a connection: it waits for its request without a greenlet."""
        parking = self._parking
        if parking is None or not self._serves_by_request():
            StreamServer.do_handle(self, *args)
            return
        if listening():
            self._tell("ConnectionAccepted", args)
        sock, address = args
        parking.admit(cast("gevent_socket", sock), address, self.ssl_enabled)

    def _close_or_pause(self, error: BaseException) -> None:
        if isinstance(error, OSError) and error.errno in _EXHAUSTED and self._parking:
            self._parking.evict(_N_EVICTED)
        StreamServer._close_or_pause(self, error)

    def full(self) -> bool:
        """Return whether nothing may be accepted now: requests wait for a slot."""
        parking = self._parking
        if parking is None or not self._serves_by_request():
            return not self.has_slot()
        return parking.is_full()

    def _wait_for_slot(self) -> None:
        self._pause(_FULL_DELAY)

    def resume(self) -> None:
        """Accept again, if that was stopped because nothing could be served."""
        self._start_accepting_if_started()

    # -- greenlets for connections --------------------------------------------------

    def set_spawn(self, spawn: object) -> None:
        """Say what runs the applications; see ``BaseServer``."""
        StreamServer.set_spawn(self, spawn)
        self._starter = self._spawn
        # The pool's own says that greenlets have to wait; connections need none.
        self.__dict__.pop("full", None)

    def has_slot(self) -> bool:
        """Return whether a greenlet may be started for a connection."""
        full = getattr(self.pool, "full", None)
        return full is None or not full()

    def when_slot(self, callback: Callable[[], None]) -> None:
        """Call back once, when there may be a slot."""
        slots = getattr(self.pool, "_semaphore", None)
        if slots is not None:
            slots.rawlink(_without_arguments(callback))
        else:
            # Nothing tells when there is room: ask again.
            self.loop.timer(_FULL_DELAY).start(callback)

    def begin(self, connection: Connection) -> None:
        """Start the greenlet of a connection that is READY."""
        spawn = self._starter
        try:
            if spawn is None:
                self._serve_connection(connection)
                return
            greenlet = spawn(self._serve_connection, connection)
            rawlink = getattr(greenlet, "rawlink", None)
            if rawlink is not None:
                rawlink(connection.close_unbegun)
        except BaseException:
            connection.close()
            raise

    def _serve_connection(self, connection: Connection) -> None:
        """Serve requests of a connection; the body of its greenlet."""
        if connection.state == CLOSED:
            return  # before this greenlet could start
        try:
            connection.greenlet = getcurrent()
            handler = connection.handler
            if handler is None:
                handler = self._handler_of(connection)
            handler.handle()  # switches
        finally:
            connection.leave()

    def refuse(self, connection: Connection, error: HeadError) -> bool:
        """Answer what is no request, in the hub; False: a handler is to do so."""
        if self._has_hooks():
            return False
        status, answer = refusal_of(error.status)
        try:
            connection.sock.settimeout(0.0)
            connection.sock.send(answer)
        except OSError:
            pass  # it has gone, or does not read: there is nobody to tell
        self.log_refused(connection, status, error)
        return True

    def shake_hands(self, connection: Connection) -> None:
        """Make the TLS handshake of a new connection."""
        connection.sock.settimeout(self.timeouts.handshake or None)
        connection.sock = self.wrap_socket(  # switches
            connection.sock, **(self.ssl_args or {})
        )

    def end(self, connection: Connection) -> None:
        """A connection has ended: close its socket."""
        self.do_close(connection.sock, connection.address)
        if listening():
            self._tell("ConnectionClosed", (connection.sock, connection.address), None)

    # -- logs -----------------------------------------------------------------------

    def log_refused(
        self, connection: Connection, status: str, error: HeadError
    ) -> None:
        """Write to both logs that something was no request; works in the hub."""
        # Logs may switch.
        spawn_raw(
            self._log_refused,
            connection.sock,
            connection.address,
            connection.requestline,
            status,
            error,
        )

    def _log_refused(
        self,
        sock: gevent_socket,
        address: object,
        requestline: str,
        status: str,
        error: HeadError,
    ) -> None:
        self.log_client_error(sock, address, f"Invalid request: {error.reason}")
        self.write_log(access_line(address, requestline, status, None, None))

    def log_client_error(self, sock: object, address: object, text: str) -> None:
        """Write a line to the error log."""
        try:
            self.error_log.write(f"{sock}: (from {address}) {text}\n")
        except Exception as error:  # last resort: a log never breaks a reply
            self.report(None, error)

    def write_log(self, line: str) -> None:
        """Write a line to the access log."""
        try:
            self.log.write(line + "\n")
        except Exception as error:  # last resort: a log never breaks a reply
            self.report(None, error)

    def report(self, environ: dict[str, object] | None, error: BaseException) -> None:
        """Report an error that is not the client's, with a masked environ."""
        if isinstance(error, GreenletExit):
            return
        context: object = self
        if environ is not None:
            context = self.secure_environ_class(environ)
        get_hub().handle_error(context, type(error), error, error.__traceback__)

    # -- the end --------------------------------------------------------------------

    def close(self) -> None:
        """Stop accepting, close the listener and what waits between two requests."""
        if self.started:
            self._accept_rest()
        StreamServer.close(self)
        if self._parking is not None:
            self._parking.close_idle()
        if self._websockets is not None:
            self._websockets.go_away()

    def _accept_rest(self) -> None:
        """Take the clients whose connections the system has made already.

        They would be reset. Those of a listener that other processes have, too, are
        accepted there.
        """
        if self._listening_process != os.getpid() or not self._serves_by_request():
            return
        self.stop_accepting()
        for _ in range(self.backlog + 1):
            try:
                args = self.do_read()
            except OSError:
                return  # it may be why the server closes
            if args is None:
                return
            try:
                self.do_handle(*args)
            except Exception as error:  # last resort: it has to close
                self.report(None, error)

    def _drain(self, deadline: Deadline) -> None:
        if self._parking is not None:
            self._parking.drain(deadline)  # switches
        StreamServer._drain(self, deadline)  # switches

    def _end_rest(self) -> None:
        parking = self._parking
        if parking is not None:
            killall(parking.workers(), block=False)
        StreamServer._end_rest(self)  # switches
        if parking is None:
            return
        last_second = Deadline(self.loop, 1)
        try:
            parking.wait_workers(last_second)  # switches
        finally:
            last_second.close()
            parking.end()


def _without_arguments(callback: Callable[[], None]) -> Callable[[object], None]:
    return lambda _: callback()
