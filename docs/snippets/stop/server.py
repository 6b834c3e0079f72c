"""A service that answers what has come before it ends, and cleans up."""

import os
import signal

import gevent
from gevent import socket
from gevent.pool import Pool
from gevent.server import StreamServer

address = []


# begin: server
def handle(sock, address):
    """Answer, slowly."""
    request = sock.recv(100)
    gevent.sleep(0.1)
    sock.sendall(request.upper())


def save_again_and_again():
    """Keep state on a disk."""
    try:
        while True:
            gevent.sleep(30)
    finally:
        gevent.sleep(0.01)  # it may wait
        print("saved")


def main():
    """Serve."""
    server = StreamServer(("127.0.0.1", 0), handle, spawn=Pool(100))
    gevent.spawn(save_again_and_again)
    server.start()
    address.append(server.address)
    server.serve_forever()
    print("all is answered")


# end: server


def client():
    """Ask, and have the service stopped while it answers."""
    while not address:
        gevent.sleep(0.01)
    with socket.create_connection(address[0]) as sock:
        sock.sendall(b"hello")
        gevent.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        return sock.recv(100).decode()


asking = gevent.spawn(client)
# begin: run
gevent.run(main, drain_timeout=20)
print("the end")
# end: run
print("answer:", asking.get())
