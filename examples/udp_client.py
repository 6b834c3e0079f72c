"""A UDP client that asks again when no answer comes.

    python examples/udp_client.py PORT TEXT...

It sends each text to ``examples/udp_server.py``, all at once, and prints the answers.
UDP may lose a datagram, so each text is sent up to three times. The exit status is 1 if
one had no answer.
"""

from __future__ import annotations

import sys

import gevent
from gevent import socket

TRIES = 3
PATIENCE = 1.0  # seconds for one try


def ask(port: int, text: str) -> str | None:
    """Return the answer to one text; None if there is none."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        # Connected, it takes answers from there only, and hears that nobody listens.
        sock.connect(("127.0.0.1", port))
        sock.settimeout(PATIENCE)
        for _ in range(TRIES):
            try:
                sock.send(text.encode())
                return sock.recv(65536).decode()
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                break
    return None


def main() -> int:
    """Ask for all texts of the command line."""
    port, texts = int(sys.argv[1]), sys.argv[2:]
    asking = [gevent.spawn(ask, port, text) for text in texts]
    answers = [each.get() for each in asking]
    for text, answer in zip(texts, answers, strict=True):
        print(f"no answer to {text!r}" if answer is None else answer)
    return 1 if None in answers else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main())
