"""TLS, select and selectors."""

from __future__ import annotations

from selectors import SelectorKey
from typing import assert_type

from gevent import select, selectors, ssl
from gevent.socket import socket


def tls(sock: socket) -> None:
    """TLS sockets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    wrapped = context.wrap_socket(sock, server_hostname="localhost")
    assert_type(wrapped, ssl.SSLSocket)
    assert_type(wrapped.recv(10), bytes)
    assert_type(wrapped.recv_into(bytearray(3)), int)
    assert_type(wrapped.read(10), bytes)
    assert_type(wrapped.read(10, bytearray(10)), int)
    assert_type(wrapped.write(b"x"), int)
    assert_type(wrapped.sendall(b"x"), None)
    assert_type(wrapped.getpeercert(True), bytes | None)
    assert_type(wrapped.cipher(), tuple[str, str, int] | None)
    assert_type(wrapped.unwrap(), ssl.SSLSocket)
    assert_type(wrapped.accept()[0], ssl.SSLSocket)
    assert_type(ssl.wrap_socket(sock), ssl.SSLSocket)
    assert_type(ssl.get_server_certificate(("localhost", 1)), str)


def readiness(sock: socket) -> None:
    """Waiting for several descriptors."""
    assert_type(
        select.select([sock], [3], [sock], 1),
        tuple[list[socket], list[int], list[socket]],
    )
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    assert_type(poll.poll(1), list[tuple[int, int]])
    with selectors.DefaultSelector() as selector:
        assert_type(selector.register(sock, selectors.EVENT_READ), SelectorKey)
        assert_type(selector.select(), list[tuple[SelectorKey, int]])
