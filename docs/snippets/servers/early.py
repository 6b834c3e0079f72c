"""What cannot be served is an error at once."""

import ssl

from gevent import socket
from gevent.server import StreamServer


def handle(sock, address):
    """Do nothing."""


with socket.create_server(("127.0.0.1", 0)) as other:
    try:
        StreamServer(other.getsockname(), handle).start()
    except OSError as error:
        print(error.strerror)
try:
    StreamServer(("127.0.0.1", 0), handle, certificate="some.pem")
except TypeError as error:
    print(error)


# begin: handshake
class Mine(StreamServer):
    """Counts what is no handshake, instead of printing it."""

    n_failed = 0

    def wrap_socket_and_handle(self, client_socket, address):
        """Handle one connection."""
        try:
            return super().wrap_socket_and_handle(client_socket, address)
        except ssl.SSLError:
            self.n_failed += 1


# end: handshake
server = Mine(
    ("127.0.0.1", 0),
    handle,
    certfile="../tls/certificate.pem",
    keyfile="../tls/key.pem",
)
server.start()
with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
    sock.sendall(b"this is no TLS\n")
    try:
        sock.recv(100)
    except ConnectionResetError:
        pass
print("failed:", server.n_failed)
server.stop()
