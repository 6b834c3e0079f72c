"""A server of HTTP/2 and HTTP/1.1.

    python examples/http2_server.py [PORT [CERTIFICATE]]

Without a port the system chooses one; with a certificate, which has its key in the same
file, it serves TLS. Ask it with ``curl --http2-prior-knowledge http://127.0.0.1:PORT/``.
Needs ``gevent[http2]``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from gevent import ssl
from gevent.pywsgi import WSGIServer


def application(
    environ: dict[str, str], start_response: Callable[..., object]
) -> list[bytes]:
    """Say which protocol it was."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"Hello over {environ['SERVER_PROTOCOL']}\n".encode()]


def serve(port: int, certificate: str | None) -> None:
    """Serve until a signal."""
    address = ("127.0.0.1", port)
    if certificate is None:
        server = WSGIServer(address, application, http2=True)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = WSGIServer(address, application, http2=True, ssl_context=context)
    server.start()
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever(handle_signals=True)


if __name__ == "__main__":
    serve(
        int(sys.argv[1]) if len(sys.argv) > 1 else 0,
        sys.argv[2] if len(sys.argv) > 2 else None,
    )
