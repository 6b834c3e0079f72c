"""A server on a unix socket, which knows who its clients are.

    python examples/unix_server.py PATH

Clients send a name on a line and get a greeting with their own user and process number,
which the kernel vouches for (on Linux). ``examples/unix_client.py PATH NAME`` is one.
Ctrl-C ends the server and removes the socket.
"""

from __future__ import annotations

import os
import struct
import sys

from gevent import socket
from gevent.server import StreamServer

CREDENTIALS = struct.Struct("3i")  # process, user, group


def greet(client: socket.socket, address: object) -> None:
    """Serve one client."""
    told = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    process, user, _ = CREDENTIALS.unpack(told)
    with client.makefile("rw") as stream:
        for line in stream:
            stream.write(f"hello {line.strip()}, user {user}, process {process}\n")
            stream.flush()


def listen(path: str) -> socket.socket:
    """Return a listening socket that only this user can connect to."""
    if os.path.exists(path):
        os.unlink(path)  # of a server that is gone
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(mask)
    listener.listen()
    return listener


def main() -> None:
    """Serve until Ctrl-C."""
    path = sys.argv[1]
    server = StreamServer(listen(path), greet)
    server.start()
    print(f"listening on {path}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("closed", flush=True)
    finally:
        os.unlink(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
