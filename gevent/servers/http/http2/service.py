"""What a server has that was asked for HTTP/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h2
import hpack

from gevent.net.ssl import SSLContext
from gevent.servers.http.http2.connection import Http2Connection
from gevent.servers.http.http2.frames import PREFACE

if TYPE_CHECKING:
    from gevent.servers.http.connection import Connection
    from gevent.servers.http.roles import Server

# Older ones have faults that a client can use.
_OLDEST = ((h2, "h2", (4, 4, 1)), (hpack, "hpack", (4, 2, 0)))
_PROTOCOLS = ("h2", "http/1.1")


class Http2:
    """Offers HTTP/2 on a server's connections, and serves those that take it.

    Args:
        server: It is set up, but for this.

    Raises:
        ImportError: A package that is needed is too old.
        TypeError: The server has hooks of HTTP/1, or TLS without a context.
    """

    def __init__(self, server: Server):
        for package, name, oldest in _OLDEST:
            if _version_of(package.__version__) < oldest:
                wanted = ".".join(map(str, oldest))
                raise ImportError(
                    f"http2=True needs {name} {wanted} or newer, not"
                    f" {package.__version__}: install gevent[http2]"
                )
        if not server._serves_by_request() or server._has_hooks():
            raise TypeError(
                "http2=True needs the handler as it is: requests of HTTP/2 would pass"
                f" by the methods that {server.handler_class!r}, or the server,"
                " overrides"
            )
        self._server = server
        if server.ssl_enabled:
            self._offer()

    def _offer(self) -> None:
        """Let the server's context choose h2, unless it was told what to choose."""
        context = getattr(self._server.wrap_socket, "__self__", None)
        if not isinstance(context, SSLContext):
            raise TypeError("http2=True over TLS needs an ssl_context=")
        if not context._has_alpn:
            context.set_alpn_protocols(_PROTOCOLS)

    def was_chosen(self, connection: Connection) -> bool:
        """Whether the TLS handshake was for HTTP/2."""
        chosen: object = getattr(
            connection.sock, "selected_alpn_protocol", lambda: None
        )()
        return chosen == "h2"

    def is_preface(self, buffer: bytearray) -> bool | None:
        """Whether a connection begins as HTTP/2 does; None: it may, so far."""
        if len(buffer) >= len(PREFACE):
            return buffer.startswith(PREFACE)
        return None if PREFACE.startswith(bytes(buffer)) else False

    def serve(self, connection: Connection) -> None:
        """Serve a connection until it ends; the body of its greenlet.

        Blocking:
            Switches to the hub while it waits for the client.
        """
        connection.on("upgraded")
        Http2Connection(connection, self._server).handle()  # switches


def _version_of(text: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with."""
    numbers: list[int] = []
    for part in text.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)
