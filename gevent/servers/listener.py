"""What a server listens on: addresses as people write them, and sockets bound to them.

Forms of an address: (host, port); ``"host:port"``, ``":port"``, ``"*:port"``,
``"[v6]:port"``, ``"port"``; a number, which is a port; ``"fd:number"``, which is a
descriptor that the process was started with.
"""

from __future__ import annotations

import os
import sys
from _socket import AF_INET, AF_INET6
from array import array
from socket import SO_REUSEADDR, SOL_SOCKET
from struct import pack
from typing import TYPE_CHECKING, cast

from gevent.net.socket import socket as gevent_socket

if TYPE_CHECKING:
    from typing import Protocol, TypeAlias

    class SetsOptions(Protocol):
        """A socket."""

        def setsockopt(self, level: int, name: int, value: bytes, /) -> object:
            """Set an option."""

    Place: TypeAlias = tuple[str, int] | tuple[str, int, int, int] | str | bytes

__all__ = ("bound_socket", "inherited_socket", "keep_out", "n_forks", "parse_address")

# Of Linux, and not in the module socket.
_SO_ATTACH_FILTER = 26
# A classic BPF program, (code, jump if true, jump if false, k): a segment that begins a
# connection (SYN without ACK) is dropped. It begins with the TCP header.
_NO_BEGINNINGS = (
    (0x30, 0, 0, 13),  # the flags
    (0x54, 0, 0, 0x12),  # SYN and ACK of them
    (0x15, 0, 1, 0x02),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
)
# As uvicorn, hypercorn and others write it.
_INHERITED = "fd:"


def parse_address(address: object) -> tuple[int, Place]:
    """Return (family, address) of what names a place to listen on.

    Raises:
        TypeError: It is neither a tuple, a text nor a number.
        ValueError: It is a text without a port.
    """
    if isinstance(address, tuple):
        place = cast("tuple[str, int]", address)
        host = place[0]
        is_v6 = not host or (isinstance(host, str) and ":" in host)  # type: ignore[redundant-expr]
        return (AF_INET6 if is_v6 else AF_INET), place
    if isinstance(address, int):
        return AF_INET6, ("", int(address))
    if not isinstance(address, str):
        raise TypeError(f"Expected tuple or string, got {type(address)}")
    host, colon, port = address.rpartition(":")
    try:
        number = int(port)
    except ValueError as error:
        raise ValueError(f"Failed to parse address {address!r}: {error}") from None
    if not colon:
        return AF_INET6, ("", number)
    if host.startswith("[") and host.endswith("]"):
        return AF_INET6, (host[1:-1], number)
    return AF_INET, ("" if host == "*" else host, number)


def inherited_socket(address: object) -> gevent_socket | None:
    """Return the socket that ``"fd:number"`` means; None: it is another address.

    The descriptor is the socket's from now on, and is not inherited any further.

    Raises:
        ValueError: There is no number behind it.
        OSError: The descriptor is not open, or no socket.
    """
    if not isinstance(address, str) or not address.startswith(_INHERITED):
        return None
    digits = address[len(_INHERITED) :]
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(
            f"Failed to parse address {address!r}: expected the number of a descriptor"
        )
    try:
        made = gevent_socket(fileno=int(digits))
        os.set_inheritable(made.fileno(), False)
    except OSError as error:
        raise _naming(error, address) from None
    return made


def bound_socket(
    address: object,
    reuse_addr: int | None,
    family: int | None,
    kind: int | None = None,
    *,
    reuse_port: bool = False,
) -> gevent_socket:
    """Return a new socket bound to *address*, which does not wait.

    Raises:
        OSError: As the system says; its text names the address.
        ValueError: *reuse_port* is true, and the system does not know it.
    """
    sock = gevent_socket(-1 if family is None else family, -1 if kind is None else kind)
    try:
        if reuse_addr is not None:
            sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, reuse_addr)
        if reuse_port:
            sock.setsockopt(SOL_SOCKET, _reuse_port_option(), 1)
        sock.bind(address)  # type: ignore[arg-type, unused-ignore]  # it looks
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise _naming(error, address) from None
    except BaseException:
        sock.close()
        raise
    return sock


def keep_out(listener: SetsOptions) -> bool:
    """Let nobody begin to connect any more, who is not kept from another listener.

    What is in the queue of a listener is reset when it is closed, so that one of
    several at a port has to take it before, while no more comes. Whoever is kept out
    tries again within a second, and finds another one.

    Returns:
        Whether the system can do so.
    """
    if sys.platform != "linux":
        return False
    program = array("B", b"".join(pack("HBBI", *each) for each in _NO_BEGINNINGS))
    place, _ = program.buffer_info()
    try:
        listener.setsockopt(
            SOL_SOCKET, _SO_ATTACH_FILTER, pack("HP", len(_NO_BEGINNINGS), place)
        )
    except OSError:
        return False
    return True


class _Forks:
    n_seen = 0


def n_forks() -> int:
    """Return how many forks there were: a listener of before may have two owners."""
    return _Forks.n_seen


def _note_fork() -> None:
    _Forks.n_seen += 1


# Not when a server is made: none may be missed, and this costs nothing.
os.register_at_fork(after_in_parent=_note_fork, after_in_child=_note_fork)


def _reuse_port_option() -> int:
    try:
        from socket import SO_REUSEPORT
    except ImportError:
        raise ValueError(
            "reuse_port is set, but this system has no SO_REUSEPORT"
        ) from None
    return SO_REUSEPORT


def _naming(error: OSError, address: object) -> OSError:
    """Let the text of an error say what address it is about."""
    if error.strerror:
        error.strerror = f"{error.strerror}: {address!r}"
    return error
