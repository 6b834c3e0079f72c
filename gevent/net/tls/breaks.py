"""What a TLS read or write raises when the connection below it broke.

Python up to 3.12.3 takes each error of the system for an end of the stream, because it
asks OpenSSL for a result in which the two are the same; newer ones raise the error. A
program sees with us what it sees with the :mod:`ssl` of its interpreter.
"""

from __future__ import annotations

import _socket
import _ssl
from _socket import SO_LINGER, SOL_SOCKET
from _ssl import (
    PROTOCOL_TLS_SERVER,
    SSL_ERROR_EOF,
    SSL_ERROR_ZERO_RETURN,
    SSLEOFError,
    SSLError,
    SSLZeroReturnError,
)
from errno import EBADF
from struct import pack

from gevent._base.checking import TYPE_CHECKING
from gevent.net.tls.channel import describe

if TYPE_CHECKING:
    from gevent.net.tls.channel import TLSChannel

__all__ = ("broken", "is_hidden")

# What the interpreter does, once that was asked.
_known: dict[str, bool] = {}

# What SO_LINGER takes: on, and no time. Closing then resets the connection.
_RESET = pack("ii", 1, 0)


def is_hidden(channel: TLSChannel, error: OSError) -> bool:
    """Whether the interpreter raises :func:`broken` in place of this error.

    It does not if that is none of the system, or of a socket that was closed here.
    """
    if isinstance(error, SSLError) or error.errno in (None, EBADF):
        return False
    return channel.is_over or _takes_errors_for_the_end()


def broken(channel: TLSChannel) -> SSLError:
    """Return what stands for an error of the system."""
    if channel.is_over:
        error: SSLError = SSLZeroReturnError(
            SSL_ERROR_ZERO_RETURN, "TLS/SSL connection has been closed (EOF)"
        )
    else:
        error = SSLEOFError(SSL_ERROR_EOF, "EOF occurred in violation of protocol")
    return describe(error)


def _takes_errors_for_the_end() -> bool:
    """Whether the interpreter's own TLS socket does; it is asked once."""
    if "read" not in _known:
        _known["read"] = _reads_a_reset_as_the_end()
    return _known["read"]


def _reads_a_reset_as_the_end() -> bool:
    """Let the interpreter's own TLS socket read from a connection that was reset.

    Blocking:
        Never: all of it is in the kernel before anybody asks for it.
    """
    sock = _reset_socket()
    context = _ssl._SSLContext(PROTOCOL_TLS_SERVER)
    try:
        # Begins with a handshake, and that with a read.
        context._wrap_socket(sock, server_side=True).read(1)  # type: ignore[attr-defined]  # not in typeshed
    except SSLEOFError:
        return True
    except OSError:
        return False
    finally:
        sock.close()
    raise AssertionError("a reset connection could be read")


class Probe(_socket.socket):
    """The interpreter's socket, with the weak references that its TLS wants."""


def _reset_socket() -> Probe:
    """Return a socket whose peer reset the connection."""
    listener, sock = _socket.socket(), Probe()
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sock.connect(listener.getsockname())
        peer = _socket.socket(fileno=listener._accept()[0])  # type: ignore[attr-defined]  # likewise
        peer.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        peer.close()
    except BaseException:
        sock.close()
        raise
    finally:
        listener.close()
    return sock
