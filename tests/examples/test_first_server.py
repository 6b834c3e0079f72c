"""The program of the tutorial does what the tutorial says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds; only what hangs takes as long


class Server:
    """The program, running, and the port it printed."""

    def __init__(self) -> None:
        command = [sys.executable, str(TREE / "examples" / "first_server.py")]
        environment = dict(os.environ, PYTHONPATH=str(TREE))
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            # A shell has those in the background ignore it, and children inherit that.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        self.port = int(self.printed().removeprefix("listening on port "))

    def printed(self) -> str:
        """Return the next line of its output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def connect(self) -> socket.socket:
        """Return a new connection."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with server.process:
        yield server
        server.process.kill()


def test_every_line_comes_back_in_capitals(server: Server) -> None:
    with server.connect() as client, client.makefile("rb") as replies:
        for line in (b"hello\n", b"again\n"):
            client.sendall(line)
            assert replies.readline() == line.upper()


def test_a_silent_client_does_not_hold_up_another(server: Server) -> None:
    with server.connect(), server.connect() as client:
        client.sendall(b"hello\n")
        assert client.recv(100) == b"HELLO\n"


def test_ctrl_c_ends_it(server: Server) -> None:
    server.process.send_signal(signal.SIGINT)
    assert server.printed() == "closed"
    assert server.process.wait(PATIENCE) == 0
