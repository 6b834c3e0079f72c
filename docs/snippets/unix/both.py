"""A server on a unix socket: who may connect is a matter of the file system."""

import os
import tempfile
from pathlib import Path

from gevent import socket
from gevent.server import StreamServer


# begin: server
def listen(path):
    """Return a listener that only this user can connect to."""
    path.unlink(missing_ok=True)  # one that a crash has left
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)  # the mode is right from the first moment on
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen()
    return listener


def shout(sock, address):
    """Send back what comes, in capitals; the address is empty."""
    sock.sendall(sock.recv(100).upper())


# end: server
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "service.sock"
    server = StreamServer(listen(path), shout)
    server.start()
    print(oct(path.stat().st_mode & 0o777))
    # begin: client
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"hello")
        print(client.recv(100))
    # end: client
    server.stop()
