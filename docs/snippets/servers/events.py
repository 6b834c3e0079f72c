"""Hear of connections."""

import gevent
from gevent import events, socket
from gevent.server import StreamServer


# begin: watch
def watch(event):
    """Say that a connection has been closed."""
    print("closed, error:", event.error)


events.subscribe(events.ConnectionClosed, watch)
# end: watch

server = StreamServer(("127.0.0.1", 0), lambda sock, address: sock.sendall(b"bye"))
server.start()
with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
    sock.recv(100)
gevent.sleep(0.01)
server.stop()
