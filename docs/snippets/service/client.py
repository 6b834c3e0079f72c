"""Ask the service.

    python client.py PORT add NAME

Prints what it answers.
"""

import sys
from pathlib import Path

from gevent import socket, ssl

context = ssl.create_default_context(cafile=Path(__file__).parent / "certificate.pem")
plain = socket.create_connection(("localhost", int(sys.argv[1])), timeout=5)
with context.wrap_socket(plain, server_hostname="localhost") as sock:
    sock.sendall(" ".join(sys.argv[2:]).encode() + b"\n")
    print(sock.makefile("r", encoding="utf-8").readline(), end="")
