"""A TLS server and a client that trusts it."""

import gevent
from gevent import socket, ssl
from gevent.server import StreamServer

# begin: server
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")


def shout(sock, address):
    """Send one line back in capitals."""
    with sock.makefile("rwb") as stream:
        stream.write(stream.readline().upper())


server = StreamServer(("127.0.0.1", 0), shout, ssl_context=context)
server.start()
# end: server

# begin: client
trusting = ssl.create_default_context(cafile="certificate.pem")
plain = socket.create_connection(("localhost", server.server_port), timeout=5)
with trusting.wrap_socket(plain, server_hostname="localhost") as sock:
    print(sock.version(), sock.getpeercert()["subjectAltName"][0])
    sock.sendall(b"hello\n")
    print(sock.recv(100))
# end: client

# begin: stranger
careful = ssl.create_default_context()  # trusts what the system trusts
plain = socket.create_connection(("localhost", server.server_port), timeout=5)
try:
    careful.wrap_socket(plain, server_hostname="localhost")
except ssl.SSLCertVerificationError as error:
    print("refused:", error.verify_message)
# end: stranger
gevent.sleep(0.01)  # the server's side of it
server.stop()
