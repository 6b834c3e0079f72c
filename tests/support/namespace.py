"""A process that has files of its own under /etc, and a loopback of its own."""

from __future__ import annotations

import fcntl
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--net"]
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


@cache
def is_possible() -> bool:
    """Tell whether this system lets us make one."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True).returncode == 0


def run_inside(module: str, *args: str) -> str:
    """Run a module of the tests in such a process; return what it prints."""
    command = [*_UNSHARE, sys.executable, "-m", module, *args]
    tree = Path(__file__).parent.parent.parent
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def settle(files: Mapping[str, str]) -> None:
    """To be called inside: put these files over those of /etc, start the loopback."""
    folder = Path(tempfile.mkdtemp())
    for name, text in files.items():
        path = folder / name
        path.write_text(text)
        subprocess.run(["mount", "--bind", path, Path("/etc", name)], check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh", b"lo", 0)
        answer = fcntl.ioctl(sock, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh", answer)[1] | _IFF_UP
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags))
