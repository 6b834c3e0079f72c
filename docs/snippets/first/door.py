"""A server and 200 clients in one process."""

from collections import Counter

import gevent
from gevent import socket
from gevent.server import StreamServer


def serve(sock, address):
    """Handle one client; runs in a greenlet of its own."""
    sock.sendall(b"server: " + sock.recv(100))


def ask(number):
    """Be one client."""
    with socket.create_connection(("127.0.0.1", server.server_port)) as sock:
        sock.sendall(b"hello")
        return sock.recv(100)


server = StreamServer(("127.0.0.1", 0), serve)
server.start()
clients = [gevent.spawn(ask, number) for number in range(200)]
gevent.joinall(clients, raise_error=True)
print(Counter(client.value for client in clients))
