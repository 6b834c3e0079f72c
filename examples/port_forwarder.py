"""Forward connections to another address, in both directions.

    python examples/port_forwarder.py PORT HOST:PORT

It prints a line when a connection begins and when it ends, with how many bytes went
each way. Each direction ends on its own, as TCP allows: when a client has said all, the
answer can still come.
"""

from __future__ import annotations

import sys

import gevent
from gevent.server import StreamServer
from gevent.socket import SHUT_WR, create_connection, socket

CONNECT_LIMIT = 10.0  # seconds


def copy(source: socket, target: socket) -> int:
    """Pass on what comes, and the end; return how many bytes it was."""
    n_bytes = 0
    try:
        while data := source.recv(65536):
            target.sendall(data)
            n_bytes += len(data)
        target.shutdown(SHUT_WR)
    except OSError:
        # One side has gone: the other direction has nobody to talk to.
        source.close()
        target.close()
    return n_bytes


class Forwarder(StreamServer):
    """A server whose connections lead to another one."""

    def __init__(self, port: int, host: str, target_port: int):
        super().__init__(("127.0.0.1", port))
        self.target = (host, target_port)

    def handle(self, client: socket, address: object) -> None:
        """Serve one client; runs in a greenlet of its own."""
        print(f"{address} has come", flush=True)
        try:
            server = create_connection(self.target, CONNECT_LIMIT)
        except OSError as error:
            print(f"{address} gets nowhere: {error}", flush=True)
            return
        with server:
            server.settimeout(None)
            there = gevent.spawn(copy, client, server)
            n_back = copy(server, client)
            print(f"{address}: {there.get()} bytes there, {n_back} back", flush=True)


def main() -> None:
    """Forward until Ctrl-C."""
    host, _, target_port = sys.argv[2].rpartition(":")
    forwarder = Forwarder(int(sys.argv[1]), host, int(target_port))
    forwarder.start()
    print(f"listening on port {forwarder.server_port}", flush=True)
    try:
        forwarder.serve_forever()
    except KeyboardInterrupt:
        print("closed", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
