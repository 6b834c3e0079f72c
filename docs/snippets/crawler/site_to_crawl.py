"""A small site on this machine, for the crawler."""

from contextlib import contextmanager

import gevent
from gevent.pywsgi import WSGIServer

PAGES = {
    "/": ["/a", "/b", "/missing"],
    "/a": ["/b", "/a/1", "/a/2"],
    "/b": ["/"],
    "/a/1": ["/a/2"],
    "/a/2": [],
}


def application(environ, start_response):
    """Show a page with its links."""
    gevent.sleep(0.005)  # as slow as a network
    links = PAGES.get(environ["PATH_INFO"])
    if links is None:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"no such page"]
    start_response("200 OK", [("Content-Type", "text/html")])
    return [f'<a href="{link}">{link}</a>\n'.encode() for link in links]


@contextmanager
def serving():
    """Serve during a block; give the address."""
    server = WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.stop()
