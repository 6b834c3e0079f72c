"""A server behind a proxy that tells whose connection it is."""

from gevent import socket
from gevent.pywsgi import WSGIServer


# begin: server
def application(environ, start_response):
    """Say who asks."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["REMOTE_ADDR"].encode()]


server = WSGIServer(
    ("127.0.0.1", 0), application, proxy_protocol=("127.0.0.1",), log=None
)
# end: server
server.start()
with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
    sock.sendall(b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 443\r\n")  # nginx does this
    sock.sendall(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
    with sock.makefile("rb") as answer:
        print(answer.read().rpartition(b"\r\n")[2].decode())
server.stop()
