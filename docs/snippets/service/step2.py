"""Counters that clients share: with limits."""

import sys
from collections import Counter

from gevent import move_on_after
from gevent.pool import Pool
from gevent.server import StreamServer

MOST_CLIENTS = 1000
SILENCE = 60.0  # seconds
LONGEST_LINE = 200  # characters

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
    """Serve one client until it leaves, or is silent for too long."""
    with sock.makefile("rw", encoding="utf-8", newline="\n") as stream:
        while True:
            with move_on_after(SILENCE) as patience:
                line = stream.readline(LONGEST_LINE)
                if not line:
                    return
                stream.write(answer(line) + "\n")
                stream.flush()
            if patience.cancelled_caught:
                return  # too slow


def main(port):
    """Serve until SIGTERM or Ctrl-C, then finish what is under way."""
    clients = Pool(MOST_CLIENTS)
    server = StreamServer(("127.0.0.1", port), handle, spawn=clients)
    server.start()
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever(stop_timeout=5, handle_signals=True)
    print("stopped", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
