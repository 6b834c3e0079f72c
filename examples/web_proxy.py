"""A web proxy: clients ask it for pages of any server.

    python examples/web_proxy.py [PORT]

It prints the port it listens on. Plain HTTP is fetched and streamed through;
``CONNECT``, which browsers use for HTTPS, becomes a tunnel. Try it with
``curl --proxy http://127.0.0.1:PORT http://example.com/``. Ctrl-C ends it.

It serves 127.0.0.1 only: a proxy for everybody is an invitation.
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from gevent import monkey

monkey.patch_socket()

import gevent  # noqa: E402
from gevent.pywsgi import WSGIHandler, WSGIServer  # noqa: E402
from gevent.socket import SHUT_WR, create_connection, socket  # noqa: E402

LIMIT = 30.0  # seconds that a server may be silent
CHUNK = 65536
# Fields about one connection: they are not passed on.
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


def proxy(
    environ: dict[str, Any], start_response: Callable[..., object]
) -> Iterator[bytes]:
    """Answer a request of plain HTTP with what its server says."""
    url = urlsplit(str(environ["REQUEST_URI"]))
    if url.scheme != "http" or not url.hostname:
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        yield b"This is a proxy: ask for http://SERVER/...\n"
        return
    server = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=LIMIT)
    try:
        reply = ask(server, environ, url._replace(scheme="", netloc="").geturl() or "/")
    except OSError as error:
        start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
        yield f"{url.netloc}: {error}\n".encode()
        return
    with closing(server), reply:
        fields = [
            (name, value)
            for name, value in reply.getheaders()
            if name.lower() not in HOP_BY_HOP
        ]
        start_response(f"{reply.status} {reply.reason}", fields)
        while data := reply.read1(CHUNK):
            yield data


def ask(
    server: http.client.HTTPConnection, environ: dict[str, Any], path: str
) -> http.client.HTTPResponse:
    """Pass a request on; return the head of the reply."""
    fields = {
        name[5:].replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
        and name[5:].replace("_", "-").lower() not in HOP_BY_HOP
    }
    body: Any = None
    if length := environ.get("CONTENT_LENGTH"):
        body = environ["wsgi.input"]
        fields["Content-Length"] = length
        fields["Content-Type"] = environ.get("CONTENT_TYPE", "")
    server.request(environ["REQUEST_METHOD"], path, body, fields)
    return server.getresponse()


class ProxyHandler(WSGIHandler):
    """Serves CONNECT itself, everything else by the application."""

    def get_environ(self) -> dict[str, Any]:
        """Add the address of a page as the client has written it."""
        environ = super().get_environ()
        environ["REQUEST_URI"] = (self.requestline or "").split()[1]
        return environ

    def handle_one_response(self) -> None:
        """Answer one request."""
        if self.command != "CONNECT":
            super().handle_one_response()
            return
        self.close_connection = True
        host, _, port = (self.path or "").rpartition(":")
        client: socket = self.socket
        try:
            server = create_connection((host.strip("[]"), int(port)), LIMIT)
        except (OSError, ValueError):
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with server:
            server.settimeout(None)
            client.settimeout(None)
            there = gevent.spawn(copy, client, server)
            copy(server, client)
            there.join()


def copy(source: socket, target: socket) -> None:
    """Pass on what comes, and the end."""
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(SHUT_WR)
    except OSError:
        source.close()
        target.close()


def main() -> None:
    """Serve until Ctrl-C."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = WSGIServer(
        ("127.0.0.1", port), proxy, handler_class=ProxyHandler, relax=["connect"]
    )
    server.start()
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever(handle_signals=True)


if __name__ == "__main__":
    main()
