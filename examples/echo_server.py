"""An echo server: whatever a client sends comes back.

    python examples/echo_server.py [PORT]

It prints the port it listens on; without an argument the system chooses one. Try it
with ``nc 127.0.0.1 PORT``. Ctrl-C or SIGTERM ends it: it accepts nothing more, and
those who are connected may go on for five seconds.
"""

from __future__ import annotations

import sys

from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import socket

CLIENTS = 1000  # at a time; more wait to be accepted
PATIENCE = 60.0  # seconds of silence after which a client is sent away
GRACE = 5.0  # seconds for those who are connected, at the end


def echo(sock: socket, address: object) -> None:
    """Send back what one client sends, until it has no more to say."""
    sock.settimeout(PATIENCE)
    try:
        while data := sock.recv(65536):
            sock.sendall(data)
    except (TimeoutError, ConnectionError) as error:
        print(f"{address}: {error}", flush=True)


def main() -> None:
    """Serve until a signal."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = StreamServer(("127.0.0.1", port), echo, spawn=Pool(CLIENTS))
    server.start()
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever(GRACE, handle_signals=True)
    print("closed", flush=True)


if __name__ == "__main__":
    main()
