"""A web server, over HTTP or HTTPS.

    python examples/wsgi_server.py [PORT [CERTIFICATE]]

It prints the address it serves; without a port the system chooses one. With a
certificate, a file that has its key, too, it serves HTTPS. One for tests:

    openssl req -x509 -nodes -subj /CN=localhost -keyout both.pem -out cert.pem
    cat cert.pem >> both.pem

``/`` greets, ``/slow`` takes a second and holds nobody up, ``/count`` streams.
Ctrl-C or SIGTERM ends it after the requests that are under way.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterable, Iterator

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

REQUESTS = 1000  # that are served at a time


def application(
    environ: dict[str, object], start_response: Callable[..., object]
) -> Iterable[bytes]:
    """Answer a request; runs in a greenlet."""
    pages: dict[object, Callable[[], Iterable[bytes]]] = {
        "/": greet,
        "/slow": be_slow,
        "/count": count,
    }
    page = pages.get(environ["PATH_INFO"])
    if page is None:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is no such page.\n"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return page()


def greet() -> Iterable[bytes]:
    """Greet."""
    return [b"Hello, world\n"]


def be_slow() -> Iterable[bytes]:
    """Wait for something; other requests are served meanwhile."""
    gevent.sleep(1)
    return [b"That took a second.\n"]


def count() -> Iterator[bytes]:
    """Send one line after the other; each goes out at once."""
    for number in range(3):
        yield b"%d\n" % number
        gevent.sleep(0.1)


def main() -> None:
    """Serve until a signal."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    address, pool = ("127.0.0.1", port), Pool(REQUESTS)
    if len(sys.argv) > 2:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[2])
        server = WSGIServer(address, application, spawn=pool, ssl_context=context)
    else:
        server = WSGIServer(address, application, spawn=pool)
    server.start()
    scheme = "https" if server.ssl_enabled else "http"
    print(f"serving {scheme}://localhost:{server.server_port}/", flush=True)
    server.serve_forever(handle_signals=True)


if __name__ == "__main__":
    main()
