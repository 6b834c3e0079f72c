"""A server that sends every line back in capitals.

    python examples/first_server.py [PORT]

Without a port the system chooses one. Connect with ``nc 127.0.0.1 PORT``.
"""

from __future__ import annotations

import sys

from gevent.server import StreamServer
from gevent.socket import socket


def shout(sock: socket, address: object) -> None:
    """Handle one connection; runs in a greenlet of its own."""
    print(f"{address} has come", flush=True)
    with sock.makefile("rb") as lines:
        for line in lines:
            sock.sendall(line.upper())
    print(f"{address} has gone", flush=True)


def main() -> None:
    """Serve until Ctrl-C."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = StreamServer(("127.0.0.1", port), shout)
    server.start()
    try:
        print(f"listening on port {server.server_port}", flush=True)
        server.serve_forever()
    except KeyboardInterrupt:
        print("closed", flush=True)


if __name__ == "__main__":
    main()
