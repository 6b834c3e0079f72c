"""The other end of a TLS connection, step by step, also what Python does not offer."""

from __future__ import annotations

import _ssl
import ctypes
import socket as stdlib_socket
import ssl as stdlib
import sys
from collections.abc import Callable
from typing import TypeVar

from gevent import socket

T = TypeVar("T")

# Asks for a new key in the other direction, too (OpenSSL's SSL_KEY_UPDATE_REQUESTED).
REQUESTED = 1


def has_openssl() -> bool:
    """Whether OpenSSL's functions can be called beside the interpreter's module."""
    return sys.implementation.name == "cpython" and hasattr(_ssl, "__file__")


class Peer:
    """An end that does one step at a time; it never reads on its own."""

    def __init__(
        self,
        sock: socket.socket | stdlib_socket.socket,
        context: stdlib.SSLContext,
        server_side: bool = True,
    ):
        self.sock = sock
        self._incoming, self._outgoing = stdlib.MemoryBIO(), stdlib.MemoryBIO()
        self._engine = context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_side=server_side,
            server_hostname=None if server_side else "localhost",
        )

    def renegotiate(self) -> None:
        """Ask the client for a new handshake (TLS 1.2); it begins it by reading."""
        self._call("SSL_renegotiate")
        self._call("SSL_do_handshake")
        self.flush()

    def update_keys(self) -> None:
        """Take new keys and ask the client to do so (TLS 1.3)."""
        self._call("SSL_key_update", REQUESTED)
        self._call("SSL_do_handshake")
        self.flush()

    def _call(self, name: str, *args: int) -> None:
        """Call a function of OpenSSL on the connection."""
        # Behind the object's head and the weak reference to its owner.
        place = (
            id(self._engine._sslobj)
            + object.__basicsize__
            + ctypes.sizeof(ctypes.c_void_p)
        )
        connection = ctypes.c_void_p.from_address(place)
        function = getattr(ctypes.CDLL(_ssl.__file__), name)
        assert function(connection, *args) == 1

    def do_handshake(self) -> None:
        """Make the handshake."""
        self.run(self._engine.do_handshake)

    def read(self) -> bytes:
        """Return what comes next."""
        return self.run(self._engine.read, 65536)

    def write(self, data: bytes) -> None:
        """Send all of it."""
        self.run(self._engine.write, data)

    def write_part(self, data: bytes) -> None:
        """Send all of it but the end of the last record."""
        self._engine.write(data)
        self.sock.sendall(self._outgoing.read()[:-5])

    def say_goodbye(self) -> None:
        """Send the good-bye; not waiting for an answer."""
        try:
            self._engine.unwrap()
        except stdlib.SSLWantReadError:
            pass
        self.flush()

    def run(self, step: Callable[..., T], *args: object) -> T:
        """Repeat a step until it needs no more input."""
        while True:
            try:
                result = step(*args)
            except stdlib.SSLWantReadError:
                self.flush()
                self._incoming.write(self.sock.recv(65536))
            else:
                self.flush()
                return result

    def flush(self) -> None:
        """Send what is encrypted."""
        data = self._outgoing.read()
        if data:
            self.sock.sendall(data)
