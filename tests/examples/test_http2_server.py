"""The program of the how-to serves HTTP/2."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).parents[2]


def test_it_serves_until_a_signal():
    with subprocess.Popen(
        [sys.executable, str(TREE / "examples" / "http2_server.py")],
        env=dict(os.environ, PYTHONPATH=str(TREE)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().removeprefix("listening on port "))
        with socket.create_connection(("127.0.0.1", port), 30) as client:
            client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
            assert client.recv(9)[3] == 4  # SETTINGS
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
