"""A server whose connections have a greenlet only while a request is served.

:class:`gevent.servers.pywsgi.WSGIServer` adds what an application sees.
"""

from __future__ import annotations

import os
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from typing import TYPE_CHECKING, cast

from greenlet import GreenletExit

from gevent._base.emission import emit, listening
from gevent._hub.greenlet import killall
from gevent._hub.hub import get_hub, getcurrent, spawn_raw
from gevent.servers.client_errors import Throttle, peer_of
from gevent.servers.ending import Deadline
from gevent.servers.http.connection import CLOSED
from gevent.servers.http.counts import Counts
from gevent.servers.http.environs import WSGISecureEnviron
from gevent.servers.http.limits import Limits, Timeouts
from gevent.servers.http.log import access_line
from gevent.servers.http.parking import Parking
from gevent.servers.http.proxy import Proxies
from gevent.servers.http.refusals import refusal_of, status_of
from gevent.servers.listener import keep_out
from gevent.servers.server import HANDSHAKE_FAILED, StreamServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gevent._native.http.head import HeadError
    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.http.connection import Connection, Handler
    from gevent.servers.http.environs import SecureEnviron
    from gevent.servers.http.http2.service import Http2
    from gevent.servers.http.log import Writable
    from gevent.servers.http.websocket.upgrades import Upgrades
    from gevent.servers.listener import SetsOptions

# Errors of accepting that go away when something is closed, and how many connections
# are closed then.
_EXHAUSTED = frozenset((EMFILE, ENFILE, ENOBUFS, ENOMEM))
_N_EVICTED = 16
# Seconds until a pool that cannot tell is asked again whether it is full.
_FULL_DELAY = 0.1
# (code, reason; "": any) of a refusal -> the limit that was reached.
_LIMIT_OF = {
    (413, ""): "body",
    (414, ""): "request_line",
    (431, "too many fields"): "fields",
    (431, ""): "head",
    (503, ""): "pending_heads",
}


class Hosting(StreamServer):
    """What a server of requests does about its connections; see the module.

    Subclasses say by ``_serves_by_request`` whether connections come here at all, and
    by ``_handler_of`` what serves one; ``_has_hooks`` tells that the answer to what is
    no request is for that to give.
    """

    secure_environ_class: type[SecureEnviron] = WSGISecureEnviron
    # None is put there by programs: there is none.
    log: Writable | None = None
    error_log: Writable | None = None
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    relax: frozenset[str] = frozenset()

    #: What serves connections that begin as HTTP/2; None: nothing does.
    http2: Http2 | None = None
    _websockets: Upgrades | None = None
    #: Networks whose connections begin with a PROXY header; see the constructor.
    proxy_protocol: Iterable[str] = ()

    _parking: Parking | None = None
    _proxies = Proxies()
    # Nothing is to be told of its end: it was, or it has not begun.
    _has_stopped = True
    # What starts greenlets for connections: `_spawn`, which `close` forgets.
    _starter: Callable[..., object] | None = None
    # The process that made the listener, for itself; None: it was given.
    _listening_process: int | None = None

    def __init__(self, *args: object, **kwargs: object):
        self._counts = Counts()
        self._proxies = Proxies(self.proxy_protocol)
        StreamServer.__init__(self, *args, **kwargs)  # type: ignore[arg-type]  # API

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
        is_proxied = self._is_proxied(args)
        if parking is None or not (is_proxied or self._serves_by_request()):
            StreamServer.do_handle(self, *args)
            return
        if listening():
            self._tell("ConnectionAccepted", args)
        sock, address = args
        parking.admit(
            cast("gevent_socket", sock), address, self.ssl_enabled, is_proxied
        )

    def _is_proxied(self, args: tuple[object, ...]) -> bool:
        proxies = self._proxies
        return bool(proxies) and proxies.trusts(args[1])

    def takes_over(self, connection: Connection) -> bool:
        """Return whether a handler has a connection for himself from now on."""
        if self._serves_by_request():
            return False
        assert self._parking is not None
        self._parking.release(connection)
        connection.sock.settimeout(None)
        # A pool may have to wait for a place.
        spawn_raw(self._start_handler, (connection.sock, connection.address))
        return True

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
        if self._parking is not None and self._parking.crowd.is_full:
            self.limit_reached("connections")
        self._pause(_FULL_DELAY)

    def resume(self) -> None:
        """Accept again, if that was stopped because nothing could be served."""
        self._start_accepting_if_started()

    # -- greenlets for connections --------------------------------------------------

    def set_spawn(self, spawn: object) -> None:
        """Say what runs the applications; see ``BaseServer``."""
        StreamServer.set_spawn(self, spawn)  # type: ignore[arg-type, unused-ignore]  # it looks
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
        self._answer(connection, error)
        return True

    def refuse_proxy(self, connection: Connection, error: HeadError) -> None:
        """Answer what does not begin with the PROXY header that it must."""
        if not connection.is_tls:
            self._answer(connection, error)
            return
        self.log_refused(connection, status_of(error.status), error)

    def _answer(self, connection: Connection, error: HeadError) -> None:
        status, answer = refusal_of(error.status)
        try:
            connection.sock.settimeout(0.0)
            connection.counts.octets_out += connection.sock.send(answer)
        except OSError:
            pass  # it has gone, or does not read: there is nobody to tell
        self.log_refused(connection, status, error)

    def _report_handshake(self, sock: object, address: object, error: OSError) -> None:
        """Write a line about a client whose TLS handshake has failed."""
        if not isinstance(error, TimeoutError):
            self.log_limited(sock, address, HANDSHAKE_FAILED, f"{error}")

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
            self._tell_end(connection)

    def _tell_end(self, connection: Connection) -> None:
        args = connection.sock, connection.address
        self._notify("ConnectionClosed", *args, None, connection.reason)

    # -- what is told, and counted --------------------------------------------------

    def stats(self) -> dict[str, object]:
        """Return what the server has done since it was made, and has to do now.

        Returns:
            ``connections``: how many there are in each state that some are in;
            ``requests`` that were served; ``refused``: how many got each status without
            being served; ``octets_in`` and ``octets_out``, TLS not counted;
            ``deadlines`` that clients ran into; idle connections that were ``evicted``.

        Thread safety:
            Only from greenlets of the thread that serves.
        """
        states: dict[str, int] = {}
        parking = self._parking
        if parking is not None:
            for connection in (*parking.connections.values(), *parking.apart):
                states[connection.state] = states.get(connection.state, 0) + 1
        return {"connections": states, **self._counts.as_dict()}

    def _notify(self, event: str, *args: object) -> None:
        """Send an event of this server; who fails to take it is reported."""
        try:
            emit(event, self, *args)
        except Exception as error:  # last resort: a subscriber never breaks a server
            self.report(None, error)

    def limit_reached(self, name: str) -> None:
        """Tell that clients have reached a limit."""
        if listening():
            self._notify("LimitReached", name)

    def warn_handler(self, environ: object, text: str) -> None:
        """Tell that an application did what it should not."""
        if listening():
            self._notify("HandlerWarning", environ, text)

    def note_finished(
        self, environ: object, status: object, n_octets: int, seconds: float
    ) -> None:
        """Tell that the reply to a request has ended."""
        text = status.decode("latin-1") if isinstance(status, bytes) else status
        self._notify("RequestFinished", environ, text, n_octets, seconds)

    def note_refused(self, address: object, code: int, reason: str) -> None:
        """Count a request that was not served, and tell of it."""
        self._counts.refuse(code)
        if listening():
            self._notify("RequestRefused", address, status_of(code), reason)
            limit = _LIMIT_OF.get((code, reason)) or _LIMIT_OF.get((code, ""))
            if limit is not None:
                self._notify("LimitReached", limit)

    # -- logs -----------------------------------------------------------------------

    def log_refused(
        self, connection: Connection, status: str, error: HeadError
    ) -> None:
        """Write to both logs that something was no request; works in the hub."""
        self.note_refused(connection.address, error.status, error.reason)
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

    def may_log(self, kind: str) -> bool:
        """Return whether an error of that kind may be written now; else count it."""
        throttle = self._throttle
        if throttle is None:
            self._throttle = throttle = Throttle(self.loop, self._log_later)
        return throttle.allows(kind)

    def _log_later(self, text: str) -> None:
        # Logs may switch.
        spawn_raw(self._log_error, f"{self}: {text}\n")

    def log_limited(self, sock: object, address: object, kind: str, text: str) -> None:
        """Write a line to the error log, if it is the first of its kind now."""
        if self.may_log(kind):
            self._log_error(f"{sock}: (from {peer_of(address)}) {kind}: {text}\n")

    def log_client_error(
        self, sock: object, address: object, text: str, kind: str | None = None
    ) -> None:
        """Write a line to the error log, if it is the first of its kind now."""
        if self.may_log(text if kind is None else kind):
            self._log_error(f"{sock}: (from {peer_of(address)}) {text}\n")

    def _log_error(self, line: str) -> None:
        try:
            if self.error_log is not None:
                self.error_log.write(line)
        except Exception as error:  # last resort: a log never breaks a reply
            self.report(None, error)

    def write_log(self, line: str) -> None:
        """Write a line to the access log, if there is one."""
        try:
            if self.log is not None:
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
            self._tell_stopping()
            self._accept_rest()
        StreamServer.close(self)
        if self._parking is not None:
            self._parking.close_idle()
        if self._websockets is not None:
            self._websockets.go_away()

    def _tell_stopping(self) -> None:
        if self._has_stopped:
            self._has_stopped = False
            if listening():
                self._notify("ServerStopping")

    def _take_rest(self, taken: list[tuple[object, ...]]) -> None:
        self._tell_stopping()
        StreamServer._take_rest(self, taken)  # switches

    def _is_handling(self, greenlet: object) -> bool:
        parking = self._parking
        if parking is not None and parking.own_connection() is not None:
            return True
        return StreamServer._is_handling(self, greenlet)

    def _is_busy(self) -> bool:
        parking = self._parking
        if parking is not None and parking.connections:
            return True
        return StreamServer._is_busy(self)

    def _starts_at_once(self) -> bool:
        # Connections wait for slots by themselves.
        return self._serves_by_request()

    def _give_up(self) -> None:
        if self._parking is not None:
            self._parking.end()

    def _accept_rest(self) -> None:
        """Take the clients whose connections the system has made already.

        They would be reset. Those of a listener that other processes have, too, are
        accepted there.
        """
        if self._listening_process != os.getpid() or not self._serves_by_request():
            return
        self.stop_accepting()
        if self.reuse_port:
            keep_out(cast("SetsOptions", self.socket))
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
            self._tell_stopped()

    def _tell_stopped(self) -> None:
        if self._throttle is not None:
            self._throttle.flush()
        if not self._has_stopped:
            self._has_stopped = True
            if listening():
                self._notify("ServerStopped")


def _without_arguments(callback: Callable[[], None]) -> Callable[[object], None]:
    return lambda _: callback()
