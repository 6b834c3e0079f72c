"""Host names and addresses: which lookups need a resolver, and which one answers."""

from __future__ import annotations

import _socket
import socket as stdlib
from typing import TYPE_CHECKING, cast

from gevent._hub.hub import get_hub

if TYPE_CHECKING:
    from typing import Protocol, TypeAlias

    Host: TypeAlias = str | bytes | bytearray | None
    Port: TypeAlias = str | bytes | int | None
    Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
    Entry: TypeAlias = tuple[int, int, int, str, tuple[object, ...]]

    class Resolver(Protocol):
        """What answers lookups: the hub's resolver."""

        def getaddrinfo(
            self,
            host: Host,
            port: Port,
            family: int = 0,
            type: int = 0,
            proto: int = 0,
            flags: int = 0,
        ) -> list[Entry]:
            """As ``socket.getaddrinfo``."""

        def gethostbyname(self, hostname: str, /) -> str:
            """As ``socket.gethostbyname``."""

        def gethostbyname_ex(
            self, hostname: str, /
        ) -> tuple[str, list[str], list[str]]:
            """As ``socket.gethostbyname_ex``."""

        def gethostbyaddr(self, ip_address: str, /) -> tuple[str, list[str], list[str]]:
            """As ``socket.gethostbyaddr``."""

        def getnameinfo(self, sockaddr: Address, flags: int, /) -> tuple[str, str]:
            """As ``socket.getnameinfo``."""


__all__ = ("find_literal", "resolver")


class SystemNames:
    """The system's functions in the calling thread: they block the loop.

    Only while no resolver is installed (``gevent.resolver`` is not there yet).
    """

    getaddrinfo = staticmethod(_socket.getaddrinfo)
    gethostbyname = staticmethod(_socket.gethostbyname)
    gethostbyname_ex = staticmethod(_socket.gethostbyname_ex)
    gethostbyaddr = staticmethod(_socket.gethostbyaddr)
    getnameinfo = staticmethod(_socket.getnameinfo)


_system_names = SystemNames()


def resolver() -> Resolver:
    """Return the hub's resolver."""
    try:
        return cast("Resolver", get_hub().resolver)
    except ImportError:
        return cast("Resolver", _system_names)


def find_literal(
    host: Host, port: Port, family: int, kind: int, proto: int, flags: int
) -> list[Entry] | None:
    """Resolve a literal address in place: that reads no file and asks nobody.

    Returns:
        The entries, or None if a resolver has to answer.
    """
    if host is not None and not _looks_literal(host):
        return None
    if not (port is None or isinstance(port, int)):
        return None
    flags |= stdlib.AI_NUMERICHOST | stdlib.AI_NUMERICSERV
    try:
        found: list[Entry] = list(
            _socket.getaddrinfo(cast("str", host), port, family, kind, proto, flags)
        )
    except stdlib.gaierror as error:
        if error.errno == stdlib.EAI_NONAME and host is not None:
            return None
        raise
    return found


def _looks_literal(host: str | bytes | bytearray) -> bool:
    """Whether it is worth a try: it has a colon or ends with a digit."""
    if isinstance(host, str):
        return host.isascii() and (":" in host or host[-1:].isdigit())
    return isinstance(host, bytes) and (b":" in host or host[-1:].isdigit())
