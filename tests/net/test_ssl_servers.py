"""TLS servers: what a bad or idle client does to them, and what they show."""

from __future__ import annotations

import pytest

import gevent
from gevent import server as servers
from gevent import socket, ssl
from tests.net.tls_pairs import SERVER, client_context, server_context

pytestmark = pytest.mark.pure


@pytest.fixture
def tls_server():
    """A server that sends back what it gets, in upper case."""

    def answer(sock, _):
        while data := sock.recv(1000):
            sock.sendall(data.upper())

    made = servers.StreamServer(("127.0.0.1", 0), answer, ssl_context=server_context())
    made.start()
    yield made
    made.stop()
    gevent.wait()  # for the handlers, which see their clients go


def connected(server):
    sock = socket.create_connection(server.address)
    return client_context().wrap_socket(sock, server_hostname="localhost")


def test_an_idle_client_does_not_stop_a_server(tls_server):
    with socket.create_connection(tls_server.address), connected(tls_server) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"HELLO"


def test_a_bad_client_is_reported_and_the_server_goes_on(tls_server, capsys):
    with socket.create_connection(tls_server.address) as bad:
        bad.sendall(b"this is no TLS at all\r\n")
        while bad.recv(100):
            pass  # the alert, then the end
    assert "TLS handshake failed" in capsys.readouterr().err
    with connected(tls_server) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"HELLO"


def test_the_certificate_of_a_server_can_be_had(tls_server):
    with open(SERVER) as file:
        expected = file.read()
    found = ssl.get_server_certificate(tls_server.address)
    assert found.strip() in expected
    found = ssl.get_server_certificate(tls_server.address, ca_certs=SERVER)
    assert found.strip() in expected
