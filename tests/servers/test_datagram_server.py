"""DatagramServer: a handler for each datagram, replies from its socket."""

from __future__ import annotations

import pytest

from gevent import socket
from gevent.server import DatagramServer

LOCAL = ("127.0.0.1", 0)


def test_each_datagram_is_handled_and_can_be_answered():
    server = DatagramServer(LOCAL, lambda data, who: server.sendto(data[::-1], who))
    with server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.start()
        client.settimeout(10)
        client.connect(server.address)
        for n in range(20):
            client.send(b"%d!" % n)
            assert client.recv(100) == (b"%d!" % n)[::-1]


def test_socket_that_is_bound_already_is_served():
    bound = socket.socket(type=socket.SOCK_DGRAM)
    bound.bind(LOCAL)
    seen = []
    server = DatagramServer(bound, lambda *args: server.sendto(b"seen", args[1]))
    server.start()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(b"x", server.address)
        seen.append(client.recv(10))
    server.stop()
    assert seen == [b"seen"]
    assert bound.fileno() == -1


def test_extra_keywords_are_refused():
    with pytest.raises(TypeError):
        DatagramServer(LOCAL, print, anything=1)
