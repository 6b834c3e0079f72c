"""A server that answers what is under way before it ends."""

import os
import signal

import gevent
from gevent import socket
from gevent.pool import Pool
from gevent.server import StreamServer


# begin: server
def handle(sock, address):
    """Answer, slowly."""
    request = sock.recv(100)
    try:
        gevent.sleep(0.2)
        sock.sendall(request.upper())
    except gevent.GreenletExit:
        print("killed: the time was over")
        raise


server = StreamServer(("127.0.0.1", 0), handle, spawn=Pool(100))
# end: server


def client():
    """Ask, and have the server stopped while it answers."""
    address = ("127.0.0.1", server.server_port)
    with socket.create_connection(address) as sock:
        sock.sendall(b"hello")
        gevent.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        print("answered:", sock.recv(100))
        try:
            socket.create_connection(address, timeout=1)
        except ConnectionRefusedError:
            print("nobody listens any more")


server.start()
client = gevent.spawn(client)
# begin: run
server.serve_forever(stop_timeout=10, handle_signals=True)
print("stopped")
# end: run
client.join()
