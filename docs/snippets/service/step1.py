"""Counters that clients share: one function for one connection."""

import sys
from collections import Counter

from gevent.server import StreamServer

counters = Counter()


def answer(line):
    """Do what a line says, and return what to say."""
    match line.split():
        case ["add", name]:
            counters[name] += 1
            return str(counters[name])
        case ["get", name]:
            return str(counters[name])
        case _:
            return "error: say `add NAME` or `get NAME`"


def handle(sock, address):
    """Serve one client until it leaves."""
    with sock.makefile("rw", encoding="utf-8", newline="\n") as stream:
        for line in stream:
            stream.write(answer(line) + "\n")
            stream.flush()


def main(port):
    """Serve until Ctrl-C."""
    server = StreamServer(("127.0.0.1", port), handle)
    server.start()
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
