"""Clients prove who they are by a certificate, too."""

from gevent import socket, ssl
from gevent.server import StreamServer

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")
context.load_verify_locations("alice.pem")  # or who signs your clients' certificates
context.verify_mode = ssl.CERT_REQUIRED


def greet(sock, address):
    """Say the name that the certificate has."""
    ((_, name),) = sock.getpeercert()["subject"][0]
    sock.sendall(f"hello {name}".encode())


server = StreamServer(("127.0.0.1", 0), greet, ssl_context=context)
server.start()

alice = ssl.create_default_context(cafile="certificate.pem")
alice.load_cert_chain("alice.pem", "alice-key.pem")
plain = socket.create_connection(("localhost", server.server_port), timeout=5)
with alice.wrap_socket(plain, server_hostname="localhost") as sock:
    print(sock.recv(100))
server.stop()
