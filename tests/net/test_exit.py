"""Sockets in finalizers at the end of the interpreter, where no hub runs any more."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.pure

PROGRAM = """
import gc, os, gevent
from gevent import socket

class Last:
    def __init__(self):
        self.itself = self
        self.one, self.other = socket.socketpair()
        {prepare}

    def __del__(self):
        {use}

gevent.sleep(0)
last = Last()
gc.disable()
del last
"""

# At exit itself newer Pythons refuse to fork.
CHILD = """reader, self.writer = os.pipe()
        if os.fork() == 0:
            os.read(reader, 1)
            os.write(self.other.fileno(), b"x")
            os._exit(0)"""
ANSWERED = """self.one.settimeout(100)
        os.write(self.writer, b"go")
        print(self.one.recv(1))"""
SILENT = """self.one.settimeout(0.001)
        try:
            self.one.recv(1)
        except TimeoutError:
            print("timed out")"""


@pytest.mark.parametrize(
    ("prepare", "use", "printed"),
    [(CHILD, ANSWERED, b"b'x'\n"), ("pass", SILENT, b"timed out\n")],
    ids=["answered", "silent"],
)
def test_a_time_out_of_a_socket_ends_with_what_comes(
    prepare: str, use: str, printed: bytes
) -> None:
    program = PROGRAM.format(prepare=prepare, use=use)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == (printed, b"")
