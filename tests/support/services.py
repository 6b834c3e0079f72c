"""What this system calls the ports that tests name; a bare one has no list of them."""

from __future__ import annotations

import _socket


def name_of(port: int) -> str:
    """Return what the system's ``getnameinfo`` says of a TCP port."""
    return _socket.getnameinfo(("127.0.0.1", port), _socket.NI_NUMERICHOST)[1]
