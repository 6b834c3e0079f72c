"""A client of a unix socket.

    python examples/unix_client.py PATH NAME...

It sends each name to ``examples/unix_server.py`` over one connection, and prints the
greetings.
"""

from __future__ import annotations

import sys

from gevent import socket

PATIENCE = 10.0  # seconds


def main() -> None:
    """Ask for all names of the command line."""
    path, *names = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(path)
        with sock.makefile("rw") as stream:
            for name in names:
                stream.write(f"{name}\n")
                stream.flush()
                print(stream.readline(), end="")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main()
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
