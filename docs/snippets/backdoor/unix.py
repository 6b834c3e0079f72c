"""A console into this program, for this user only."""

import os
import tempfile
from pathlib import Path

from gevent import socket
from gevent.backdoor import BackdoorServer


# begin: server
def open_backdoor(path, **names):
    """Serve a console on a unix socket; these names are there."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)  # the mode is right from the first moment on
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen()
    backdoor = BackdoorServer(listener, locals=names)
    backdoor.start()
    return backdoor


# end: server
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "program.backdoor"
    backdoor = open_backdoor(path, answer=42)
    with socket.socket(socket.AF_UNIX) as client, client.makefile("rw") as stream:
        client.connect(str(path))
        stream.write("answer + 1\nquit()\n")
        stream.flush()
        print([line for line in stream.read().split() if line == "43"])
    backdoor.stop()
try:
    BackdoorServer(("0.0.0.0", 0))
except ValueError as error:
    print(error)
