"""A UDP server: each datagram is answered with its own length and text.

    python examples/udp_server.py [PORT]

It prints the port it listens on; without an argument the system chooses one.
``examples/udp_client.py`` talks to it. Ctrl-C ends it.
"""

from __future__ import annotations

import sys

from gevent.server import DatagramServer


class LengthServer(DatagramServer):
    """Answers each datagram in a greenlet of its own."""

    def handle(self, data: bytes, address: tuple[str, int]) -> None:
        """Answer one datagram."""
        print(f"{address}: {len(data)} bytes", flush=True)
        self.sendto(b"%d bytes: %s" % (len(data), data), address)


def main() -> None:
    """Serve until Ctrl-C."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = LengthServer(("127.0.0.1", port))
    server.start()
    print(f"listening on port {server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("closed", flush=True)


if __name__ == "__main__":
    main()
