"""Sending a reply to a client that may be slow, or has stopped reading."""

from __future__ import annotations

import time
from errno import ECONNRESET
from typing import TYPE_CHECKING, cast

from gevent._native.http.reply import send_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer as Buffer

    from gevent.net.socket import socket as gevent_socket
    from gevent.net.ssl import SSLSocket
    from gevent.servers.http.limits import Timeouts

# Octets that nearly always fit into the kernel's buffer: they are sent with one call.
_AT_ONCE = 65536
#: Seconds of waiting for a client before its rate is looked at.
PATIENCE = 30.0


class TooSlow(ConnectionResetError):
    """A client that takes nothing, or too little, for too long: it may have gone."""

    def __init__(self, text: str):
        super().__init__(ECONNRESET, text)


def say_good_bye(sock: gevent_socket) -> None:
    """Tell a client with TLS that nothing more comes, if there is room to say so."""
    if getattr(sock, "_sslobj", None) is None:
        return
    usual = sock.gettimeout()
    sock.settimeout(0.0)
    try:
        # Its own is not waited for: the end of the stream is.
        cast("SSLSocket", sock).unwrap()
    except OSError:
        pass
    finally:
        sock.settimeout(usual)


def send_reply(sock: gevent_socket, parts: Sequence[Buffer], timeouts: Timeouts) -> int:
    """Send all parts; return the number of octets.

    Raises:
        TooSlow: The client took nothing for ``timeouts.write`` seconds, or less than
            ``timeouts.rate`` octets a second.

    Blocking:
        Switches to the hub while the client does not take it. The time-out of *sock*
        is that of a write.
    """
    try:
        size = 0
        for part in parts:
            size += len(part) if type(part) is bytes else memoryview(part).nbytes
        if size <= _AT_ONCE:
            return send_parts(sock, parts)  # switches
        for part in parts:
            _send_long(sock, memoryview(part).cast("B"), timeouts.rate or 0.0)
    except TimeoutError:
        raise TooSlow("the client does not read") from None
    return size


def _send_long(sock: gevent_socket, left: memoryview, rate: float) -> int:
    """Send, with the time-out for each piece that the client makes room for."""
    began = time.monotonic()
    n_sent = 0
    while left:
        n = sock.send(left)  # switches
        left = left[n:]
        n_sent += n
        seconds = time.monotonic() - began
        if seconds > PATIENCE and n_sent < rate * seconds:
            raise TooSlow("the client reads too slowly")
    return 0
