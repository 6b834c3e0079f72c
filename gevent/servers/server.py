"""TCP, TLS and UDP servers: the home of ``gevent.server``."""

from __future__ import annotations

import sys
from socket import SOCK_DGRAM
from typing import TYPE_CHECKING, cast

from gevent._base.publish import publish
from gevent._native.connecting_socket import accept_pending
from gevent._native.receiving_socket import receive_pending
from gevent.net.socket import socket as gevent_socket
from gevent.servers.baseserver import BaseServer
from gevent.servers.listener import bound_socket
from gevent.sync.lock import Semaphore

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable

    from gevent.servers.baseserver import Handler, Listener

__all__ = ("StreamServer", "DatagramServer")

DEFAULT_REUSE_ADDR = 1 if sys.platform != "win32" else None

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
    ssl_args: dict[str, object] | None = None
    wrap_socket: Callable[..., gevent_socket]
    # The gevent socket whose native one is `socket`.
    _listener: gevent_socket | None = None

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
            context = ssl_args.pop("ssl_context")
            self.wrap_socket = context.wrap_socket  # type: ignore[attr-defined]  # else its error
        else:
            # Not at the top: ssl is large, and most servers are without.
            from gevent.net.ssl import wrap_socket

            self.wrap_socket = wrap_socket
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
        """Listen on the address, unless there is a socket."""
        if self.socket is None:
            made = self.get_listener(self.address, self.backlog, self.family)
            self.address = self._unwrap(made).getsockname()

    def _find_handle(self) -> Handler:
        handle = self.handle
        return self.wrap_socket_and_handle if self.ssl_enabled else handle

    def _close_socket(self) -> None:
        BaseServer._close_socket(self)
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    @classmethod
    def get_listener(
        cls, address: object, backlog: int | None = None, family: int | None = None
    ) -> gevent_socket:
        """Return a new socket that listens on *address* and does not wait."""
        sock = bound_socket(address, cls.reuse_addr, family)
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
        return accept_pending(
            listener.fileno(), listener.family, listener.type, listener.proto
        )

    def do_close(self, sock: gevent_socket, *args: object) -> None:  # type: ignore[override]  # API
        """Close the connection."""
        sock.close()

    def wrap_socket_and_handle(
        self, client_socket: gevent_socket, address: object
    ) -> object:
        """Make the TLS handshake and call the handler; runs in its greenlet."""
        with self.wrap_socket(client_socket, **(self.ssl_args or {})) as ssl_socket:
            return self.handle(ssl_socket, address)


class DatagramServer(BaseServer):
    """A server of datagrams; calls ``handle(data, address)`` for each.

    Args:
        args: As of ``BaseServer``.
        kwargs: As of ``BaseServer``.

    Invariants:

    * I1  The look for the next datagram is queued behind the handler of the last one:
      a peer that got its answer has often sent the next by then, so that neither an
      empty look nor a poll lies between the two. At most one look is queued.
    * I2  A look that comes after the server stopped accepting takes nothing.
    """

    reuse_addr = DEFAULT_REUSE_ADDR

    _socket: _socket.socket
    # What may still be taken for this wake-up, and whether a look is queued (I1).
    _n_left = 0
    _is_looking = False

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
        return bound_socket(address, cls.reuse_addr, family, SOCK_DGRAM)

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
        """Take a datagram, and queue the look for the next one (I1); in the hub."""
        self._is_looking = False
        if self._watcher is None or not self._accept():  # I2
            return
        self._n_left -= 1
        if self._n_left > 0:
            self._is_looking = True
            self.loop.run_callback(self._look)

    def _close_socket(self) -> None:
        self.__dict__.pop("_socket", None)
        BaseServer._close_socket(self)

    def sendto(self, *args: object) -> int:
        """Send a datagram from the server's socket; see ``socket.sendto``.

        Blocking:
            Switches to the hub while there is no room, or others are sending.
        """
        with self._writelock:  # switches
            send: Callable[..., int] = cast("gevent_socket", self.socket).sendto
            return send(*args)  # switches


publish(__name__, "gevent.server")
