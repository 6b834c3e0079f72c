"""A web server on gevent, for clients; with an argument, over TLS."""

import sys

import gevent
from gevent import ssl
from gevent.event import Event
from gevent.pywsgi import WSGIServer

CERTIFICATE = __file__.rpartition("/tests/")[0] + "/tests/net/tls/server.pem"

n_waiting = 0
all_here = Event()


def together():
    """Wait until three requests are here."""
    global n_waiting
    n_waiting += 1
    if n_waiting == 3:
        all_here.set()
    all_here.wait()
    return [b"3 were here"]


def application(environ, start_response):
    """Answer a request."""
    path = environ["PATH_INFO"]
    status = "404 Not Found" if path == "/missing" else "200 OK"
    start_response(status, [("Content-Type", "text/plain")])
    if path == "/together":
        return together()
    if path == "/never":
        gevent.sleep(600)
    if path == "/chunks":
        return (b"chunk %d\n" % number for number in range(10))
    if path == "/echo":
        return [environ["wsgi.input"].read()]
    return [b"hello"]


tls = {}
if sys.argv[1:]:
    tls["ssl_context"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls["ssl_context"].load_cert_chain(CERTIFICATE)
server = WSGIServer(("127.0.0.1", 0), application, log=None, **tls)
server.start()
print("listening on port", server.server_port, flush=True)
server.serve_forever()
