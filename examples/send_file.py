"""Serve files without reading them: the kernel sends them.

    python examples/send_file.py FOLDER [PORT]

A client sends a name on a line and gets the size on a line, then the file. ``sendfile``
copies nothing through the program; a greenlet waits whenever the client is slower than
the disk. It prints the port it listens on, and each file it sent. Ctrl-C ends it.

    $ (echo README.md; sleep 1) | nc 127.0.0.1 PORT
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from gevent.server import StreamServer
from gevent.socket import socket

PATIENCE = 30.0  # seconds that a client may take nothing


def serve(folder: Path, client: socket, address: object) -> None:
    """Send one client the files that it names."""
    client.settimeout(PATIENCE)
    with client.makefile("rb") as names:
        for line in names:
            path = (folder / os.fsdecode(line.rstrip())).resolve()
            if not path.is_relative_to(folder) or not path.is_file():
                client.sendall(b"-1\n")
                continue
            with path.open("rb") as file:
                client.sendall(b"%d\n" % os.fstat(file.fileno()).st_size)
                n_sent = client.sendfile(file)
            print(f"{address}: {path.name}, {n_sent} bytes", flush=True)


def main() -> None:
    """Serve until Ctrl-C."""
    folder = Path(sys.argv[1]).resolve()
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    server = StreamServer(("127.0.0.1", port), partial(serve, folder))
    server.start()
    print(f"listening on port {server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("closed", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
