"""TLS sockets that are wrapped before they are connected."""

from __future__ import annotations

import errno

import pytest

import gevent
from gevent import select, socket, ssl
from tests.net.tls_pairs import client_context, server_context

pytestmark = pytest.mark.pure


def test_a_connection_under_way_is_followed_by_a_handshake(listener):
    client = client_context().wrap_socket(
        socket.socket(), server_hostname="localhost", do_handshake_on_connect=False
    )
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    accepted, _ = listener.accept()
    serving = gevent.spawn(server_context().wrap_socket, accepted, True)
    client.wait_writable()
    client.settimeout(60)
    client.do_handshake()
    with client, serving.get():
        assert client.version() == "TLSv1.3"


@pytest.mark.parametrize("at_once", [False, True])
def test_a_connection_under_way_may_be_asked_for_again(listener, at_once):
    """Programs repeat ``connect_ex`` until it says that it is done."""
    tls = client_context().wrap_socket(
        socket.socket(), server_hostname="localhost", do_handshake_on_connect=at_once
    )
    tls.setblocking(False)
    assert tls.connect_ex(listener.getsockname()) == errno.EINPROGRESS
    select.select([], [tls], [])
    if at_once:
        with pytest.raises(ssl.SSLWantReadError):
            tls.connect_ex(listener.getsockname())
    else:
        assert tls.connect_ex(listener.getsockname()) == 0
    with pytest.raises(ValueError, match="already-connected"):
        tls.connect_ex(listener.getsockname())
    accepted, _ = listener.accept()
    accepting = gevent.spawn(server_context().wrap_socket, accepted, server_side=True)
    tls.setblocking(True)
    tls.do_handshake()
    with tls, accepting.get() as server:
        server.sendall(b"hello")
        assert tls.recv(10) == b"hello"


def test_a_socket_wrapped_before_it_was_connected_makes_its_handshake(listener):
    plain = socket.socket()
    client = client_context().wrap_socket(plain, server_hostname="localhost")
    socket.socket.connect(client, listener.getsockname())
    accepted, _ = listener.accept()
    serving = gevent.spawn(server_context().wrap_socket, accepted, True)
    client.do_handshake()
    with client, serving.get():
        assert client.version() == "TLSv1.3"
