"""TLS contexts and connected TLS sockets for tests."""

from __future__ import annotations

from pathlib import Path

import gevent
from gevent import socket, ssl

FOLDER = Path(__file__).with_name("tls")
# Key and certificate in one: of localhost, of a client, of the host "other.test".
SERVER = str(FOLDER / "server.pem")
CLIENT = str(FOLDER / "client.pem")
OTHER = str(FOLDER / "other.pem")


def server_context(certificate=SERVER):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(SERVER)
    return context


def handshaken(first, second, client=None, server=None, **of_client):
    """Make TLS sockets of two connected sockets."""
    of_client.setdefault("server_hostname", "localhost")
    accepting = gevent.spawn(
        (server or server_context()).wrap_socket, second, server_side=True
    )
    try:
        made = (client or client_context()).wrap_socket(first, **of_client)
    except BaseException:
        accepting.kill()
        raise
    return made, accepting.get()


def tls_pair(client=None, server=None, **of_client):
    return handshaken(*socket.socketpair(), client, server, **of_client)
