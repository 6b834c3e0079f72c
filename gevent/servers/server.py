"""TCP, TLS and UDP servers: the home of ``gevent.server``."""

from __future__ import annotations

import os
import sys
from errno import (
    ECONNABORTED,
    EHOSTDOWN,
    EHOSTUNREACH,
    EINVAL,
    ENETDOWN,
    ENETUNREACH,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPERM,
    EPROTO,
)
from functools import partial
from socket import AF_INET, AF_INET6, SO_ACCEPTCONN, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET
from typing import TYPE_CHECKING, cast

from gevent._base.publish import publish
from gevent._hub.hub import get_hub, sleep
from gevent._native.io.socket.connect import accept_pending
from gevent._native.io.socket.receive import receive_pending
from gevent.net.socket import socket as gevent_socket
from gevent.net.socket import socketpair
from gevent.servers.baseserver import (
    REPORT,
    USUAL_SPAWN,
    BaseServer,
    _handle_and_close_when_done,
)
from gevent.servers.burst import Burst
from gevent.servers.client_errors import Throttle, peer_of
from gevent.servers.listener import bound_socket, keep_out, n_forks
from gevent.sync.lock import Semaphore

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable

    from gevent.net.ssl import SSLContext
    from gevent.servers.baseserver import Handler, Listener
    from gevent.servers.listener import SetsOptions

__all__ = ("StreamServer", "DatagramServer")

DEFAULT_REUSE_ADDR = 1 if sys.platform != "win32" else None

# Errors of accept() that are about one client, which has gone (or was kept out, EPERM):
# the next one may be well. Linux passes on what the network said of it.
_CLIENT_IS_GONE = frozenset(
    (
        ECONNABORTED,
        EPERM,
        EPROTO,
        ENETDOWN,
        ENOPROTOOPT,
        EHOSTDOWN,
        EHOSTUNREACH,
        EOPNOTSUPP,
        ENETUNREACH,
    )
)
# The hook that starts a handler, unless a subclass has its own.
_USUAL_START = BaseServer.do_handle
HANDSHAKE_FAILED = "TLS handshake failed"
# Seconds for connections that were begun when others are kept out.
_ON_THEIR_WAY = 0.02
# The largest datagram that is taken whole.
_DATAGRAM_SIZE = 8192


class StreamServer(BaseServer):
    """A server of connections; calls ``handle(socket, address)`` for each.

    Args:
        listener: A listening socket or an address; see ``BaseServer``.
        handle: The handler. Its socket is closed when it has ended.
        backlog: How many connections may wait to be accepted; only with an address.
        spawn: What runs the handlers; see ``BaseServer``.
        ssl_args: With any further keyword it is a TLS server: ``ssl_context`` wraps
            the connections, or ``gevent.ssl.wrap_socket``, with the other keywords.

    Raises:
        TypeError: *backlog* beside a socket, or as ``BaseServer``.
    """

    backlog: int = 128
    reuse_addr = DEFAULT_REUSE_ADDR
    #: Whether other processes may listen on the same address (SO_REUSEPORT); the
    #: system then gives each connection to one of them.
    reuse_port: bool = False
    ssl_args: dict[str, object] | None = None
    wrap_socket: Callable[..., gevent_socket]
    _throttle: Throttle | None = None
    _has_connections = True
    # The gevent socket whose native one is `socket`.
    _listener: gevent_socket | None = None
    # How many forks there had been when it was made; None: it was given.
    _made_after: int | None = None

    def __init__(
        self,
        listener: object,
        handle: Handler | None = None,
        backlog: int | None = None,
        spawn: object = "default",
        **ssl_args: object,
    ):
        if ssl_args:
            self._set_up_tls(ssl_args)
        else:
            self.ssl_args = None
        BaseServer.__init__(self, listener, handle=handle, spawn=spawn)
        if backlog is None:
            return
        if self.socket is not None:
            raise TypeError("backlog must be None when a socket instance is passed")
        self.backlog = backlog

    def _set_up_tls(self, ssl_args: dict[str, object]) -> None:
        ssl_args.setdefault("server_side", True)
        if "ssl_context" in ssl_args:
            context = cast("SSLContext", ssl_args.pop("ssl_context"))
            wrap: Callable[..., gevent_socket] = context.wrap_socket
        else:
            # Not at the top: ssl is large, and most servers are without.
            from gevent.net.ssl import wrap_socket

            wrap = wrap_socket
        _demand_takes(wrap, ssl_args)
        self.wrap_socket = wrap
        self.ssl_args = ssl_args

    @property
    def ssl_enabled(self) -> bool:
        """Whether connections are wrapped in TLS."""
        return self.ssl_args is not None

    def set_listener(self, listener: object) -> None:
        """Take a listening socket, or an address to listen on; see ``BaseServer``."""
        BaseServer.set_listener(self, listener)
        if self.socket is not None:
            self._unwrap(self.socket)

    def _unwrap(self, listener: Listener) -> Listener:
        """Serve on the native socket: a server never waits on its listener."""
        if isinstance(listener, gevent_socket):
            self._listener = listener
            listener = listener._sock
        else:
            listener.setblocking(False)
        self.socket = listener
        return listener

    def init_socket(self) -> None:
        """Listen on the address, unless there is a socket.

        Raises:
            OSError: The address cannot be bound, the socket does not listen, or a file
                of the TLS keywords cannot be read.
            ValueError: The TLS keywords do not suit a server.
        """
        if self.ssl_enabled:
            self._try_tls()
        if self.socket is None:
            self._made_after = n_forks()
            made = self.get_listener(self.address, self.backlog, self.family)
            self.address = self._unwrap(made).getsockname()
        else:
            _demand_listens(self.socket)

    def _try_tls(self) -> None:
        """Let a certificate that is missing fail now, not at each connection."""
        # Not at the top: ssl is large, and most servers are without.
        from gevent.net.ssl import SSLContext, wrap_socket

        owner = getattr(self.wrap_socket, "__self__", None)
        if self.wrap_socket is wrap_socket or isinstance(owner, SSLContext):
            keywords = {**(self.ssl_args or {}), "do_handshake_on_connect": False}
            one, other = socketpair()  # what is not connected is not tried
            with one, other:
                self.wrap_socket(one, **keywords).close()

    def _find_handle(self) -> Handler:
        handle = self.handle
        return self.wrap_socket_and_handle if self.ssl_enabled else handle

    def _take_rest(self, taken: list[tuple[object, ...]]) -> None:
        """Accept what waits, and nearly all that comes meanwhile.

        Between the last look and the close the system could make more connections, and
        would reset them. So it makes none, if no other process has the listener.
        """
        self.stop_accepting()
        is_shut = (
            self.socket is not None
            and self._made_after == n_forks()
            and self.socket.family in (AF_INET, AF_INET6)
            and keep_out(cast("SetsOptions", self.socket))
        )
        BaseServer._take_rest(self, taken)
        if is_shut:
            sleep(_ON_THEIR_WAY)  # switches
            if self.socket is not None:
                BaseServer._take_rest(self, taken)

    def _close_socket(self) -> None:
        BaseServer._close_socket(self)
        self._made_after = None
        if self._throttle is not None:
            self._throttle.flush()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    @classmethod
    def get_listener(
        cls, address: object, backlog: int | None = None, family: int | None = None
    ) -> gevent_socket:
        """Return a new socket that listens on *address* and does not wait."""
        sock = bound_socket(address, cls.reuse_addr, family, reuse_port=cls.reuse_port)
        try:
            sock.listen(cls.backlog if backlog is None else backlog)
        except BaseException:
            sock.close()
            raise
        return sock

    def do_read(self) -> tuple[object, ...] | None:
        """Accept a connection that waits already.

        Returns:
            (socket, address), or None if there is none.
        """
        listener = self.socket
        if listener is None:
            return None
        try:
            if isinstance(listener, gevent_socket):
                return listener._accept_pending()
            return accept_pending(
                listener.fileno(), listener.family, listener.type, listener.proto
            )
        except OSError as error:
            if error.errno in _CLIENT_IS_GONE:
                return None
            raise

    def do_close(self, sock: gevent_socket, *args: object) -> None:  # type: ignore[override]  # API
        """Close the connection."""
        sock.close()

    def wrap_socket_and_handle(
        self, client_socket: gevent_socket, address: object
    ) -> object:
        """Make the TLS handshake and call the handler; runs in its greenlet.

        Raises:
            OSError: The handshake has failed. If nobody catches it, it is a line where
                errors are printed, and no traceback.
        """
        try:
            ssl_socket = self.wrap_socket(client_socket, **(self.ssl_args or {}))
        except OSError as error:
            # It is the client's, and nobody wants to read where it was raised.
            setattr(
                error, REPORT, partial(self._report_handshake, client_socket, address)
            )
            raise
        with ssl_socket:
            return self.handle(ssl_socket, address)

    def _report_handshake(self, sock: object, address: object, error: OSError) -> None:
        """Print a line about a client whose TLS handshake has failed.

        But for those who were too slow, and one of many in a second.
        """
        if isinstance(error, TimeoutError):
            return
        throttle = self._throttle
        if throttle is None:
            self._throttle = throttle = Throttle(self.loop, self._print_more)
        if throttle.allows(HANDSHAKE_FAILED):
            _print(f"{sock}: (from {peer_of(address)}) {HANDSHAKE_FAILED}: {error}")

    def _print_more(self, text: str) -> None:
        _print(f"{self}: {text}")


class DatagramServer(BaseServer):
    """A server of datagrams; calls ``handle(data, address)`` for each.

    Handlers that never wait share a greenlet, which none of them can notice.

    Args:
        args: As of ``BaseServer``.
        kwargs: As of ``BaseServer``.

    Invariants:

    * DGRAM1  The look for the next datagram comes behind the handler of the last one: a
      peer that got its answer has often sent the next by then, so that neither an empty
      look nor a poll lies between the two. It comes behind what else is queued, too. At
      most one look is queued.
    * DGRAM2  A look that comes after the server stopped accepting takes nothing.
    """

    reuse_addr = DEFAULT_REUSE_ADDR
    #: Whether other processes may bind the same address (SO_REUSEPORT).
    reuse_port: bool = False
    _answers_by_listener = True

    _socket: _socket.socket
    # What may still be taken for this wake-up, and whether a look is queued (DGRAM1).
    _n_left = 0
    _is_looking = False
    _burst: Burst | None = None

    def __init__(self, *args: object, **kwargs: object):
        BaseServer.__init__(self, *args, **kwargs)  # type: ignore[arg-type]  # API
        # One greenlet may wait for room at a time.
        self._writelock = Semaphore()

    def init_socket(self) -> None:
        """Bind the address, unless there is a socket."""
        if self.socket is None:
            made = self.get_listener(self.address, self.family)
            self.socket = made
            self.address = made.getsockname()
        self._socket = cast(
            "_socket.socket", getattr(self.socket, "_sock", self.socket)
        )

    @classmethod
    def get_listener(cls, address: object, family: int | None = None) -> gevent_socket:
        """Return a new UDP socket that is bound to *address*."""
        return bound_socket(
            address, cls.reuse_addr, family, SOCK_DGRAM, reuse_port=cls.reuse_port
        )

    def do_read(self) -> tuple[object, ...] | None:
        """Receive a datagram that has come already.

        Returns:
            (data, address of the sender), or None if there is none.
        """
        return receive_pending(self._socket, _DATAGRAM_SIZE)

    def _do_read(self) -> None:
        self._n_left = self.max_accept
        if not self._is_looking:
            self._look()

    def _look(self) -> None:
        """Take what is there, and queue the look for more (DGRAM1); in the hub."""
        self._is_looking = False
        if self._watcher is None:  # DGRAM2
            return
        if self._may_share_greenlets():
            if self._burst is None:
                self._burst = Burst(self, _handle_and_close_when_done)
            self._n_left = self._burst.run(self._n_left)  # switches
        elif self._accept():
            self._n_left -= 1
        else:
            return
        if self._n_left > 0 and self._watcher is not None:
            self._is_looking = True
            self.loop.run_callback(self._look)

    def _may_share_greenlets(self) -> bool:
        """Whether nobody has a say in how handlers are started."""
        return self._spawn is USUAL_SPAWN and type(self).do_handle is _USUAL_START

    def stop_accepting(self) -> None:
        """Do not watch the socket any more, nor start again after a pause."""
        BaseServer.stop_accepting(self)
        burst, self._burst = self._burst, None
        if burst is not None:
            burst.end()

    def _close_socket(self) -> None:
        self.__dict__.pop("_socket", None)
        BaseServer._close_socket(self)

    def sendto(self, *args: object) -> int:
        """Send a datagram from the server's socket; see ``socket.sendto``.

        Blocking:
            Switches to the hub while there is no room, or others are sending.
        """
        with self._writelock:  # switches
            # A server without a socket has the error of None.
            sock: gevent_socket = self.socket  # type: ignore[assignment]
            send: Callable[..., int] = sock.sendto
            return send(*args)  # switches


def _print(line: str) -> None:
    """Write a line where errors are printed."""
    stream = get_hub().exception_stream
    if stream:
        stream.write(line + "\n")  # type: ignore[attr-defined]  # a user's stream


def _demand_takes(wrap: Callable[..., object], keywords: dict[str, object]) -> None:
    """Raise TypeError for a keyword that would fail at each connection.

    Raises:
        TypeError: There is one.
    """
    # Not at the top: it is large, and most servers are without TLS.
    from inspect import signature

    try:
        known = signature(wrap)
    except (TypeError, ValueError):
        return  # it does not say
    known.bind(None, **keywords)


def _demand_listens(listener: Listener) -> None:
    """Raise OSError for a stream socket that nobody can connect to.

    Raises:
        OSError: EINVAL, as accepting would say.
    """
    ask = getattr(listener, "getsockopt", None)
    if ask is None or listener.type != SOCK_STREAM:
        return
    try:
        listens = ask(SOL_SOCKET, SO_ACCEPTCONN)
    except OSError:
        return  # macOS cannot tell of some kinds
    if not listens:
        raise OSError(
            EINVAL, f"{os.strerror(EINVAL)}: the socket does not listen: {listener!r}"
        )


publish(__name__, "gevent.server")
