"""Lookups that need no resolver, and where the others go.

A literal address is resolved in place by the system's function, with flags that keep
it from reading files and asking servers: that cannot block. Most of its time goes into
the name's encoding; the usual literals are answered with what it said the last time.
"""

from __future__ import annotations

import _socket
import sys
from _socket import (
    AF_INET,
    AF_INET6,
    AI_NUMERICHOST,
    AI_NUMERICSERV,
    EAI_NONAME,
    NI_NUMERICHOST,
    NI_NUMERICSERV,
    gaierror,
    inet_ntop,
    inet_pton,
)
from functools import partial

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.emission import listening
from gevent._hub.hub import get_hub

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, TypeAlias

    from gevent._hub.hub import Hub

    Host: TypeAlias = str | bytes | bytearray | None
    Port: TypeAlias = str | bytes | int | None
    Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
    Entry: TypeAlias = tuple[int, int, int, str, tuple[object, ...]]
    HostEntry: TypeAlias = tuple[str, list[str], list[str]]

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
            /,
        ) -> list[Entry]:
            """As ``socket.getaddrinfo``."""

        def gethostbyname(self, hostname: str, /) -> str:
            """As ``socket.gethostbyname``."""

        def gethostbyname_ex(self, hostname: str, /) -> HostEntry:
            """As ``socket.gethostbyname_ex``."""

        def gethostbyaddr(self, ip_address: str, /) -> HostEntry:
            """As ``socket.gethostbyaddr``."""

        def getnameinfo(self, sockaddr: Address, flags: int, /) -> tuple[str, str]:
            """As ``socket.getnameinfo``."""


__all__ = ("find_literal", "is_literal", "is_numeric", "resolver")

# By (family of the literal, wanted family, wanted type): the (type, protocol) pairs
# that the system answers with. What differs between literals is the address only.
# Filled under the GIL, and never wrong: two threads would store the same.
_kinds: dict[tuple[int, int, int], list[tuple[int, int]]] = {}

_NUMERIC_HOST_AND_SERVICE = NI_NUMERICHOST | NI_NUMERICSERV


def resolver() -> Resolver:
    """Return the hub's resolver, or what asks it and tells who wants to know."""
    hub = get_hub()
    found: object = hub.resolver
    if listening("NameLookedUp"):
        found = _Telling(hub, found)
    return cast("Resolver", found)


class _Telling:
    """Asks a resolver, and sends an event about each look-up."""

    def __init__(self, hub: Hub, asked: object):
        self._hub = hub
        self._asked = asked

    def __getattr__(self, name: str) -> Callable[..., object]:
        return partial(self._ask, name)

    def _ask(self, name: str, *args: object, **kwargs: object) -> object:
        clock = originals.get("time", "perf_counter")
        began = clock()
        error: BaseException | None = None
        try:
            return getattr(self._asked, name)(*args, **kwargs)  # switches
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._hub.tell(
                "NameLookedUp", self._asked, name, args, error, clock() - began
            )
            del error  # its traceback keeps this frame


def find_literal(
    host: Host,
    port: Port,
    family: int = 0,
    kind: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[Entry] | None:
    """Resolve a literal address in place: that reads no file and asks nobody.

    Args:
        host: None stands for this host, which is as good as a literal.
        port: A number, as text too; for others a resolver has to look up the service.
        family: As the other arguments of ``socket.getaddrinfo``.
        kind: Likewise.
        proto: Likewise.
        flags: Likewise.

    Returns:
        The entries, or None if a resolver has to answer.

    Raises:
        OSError: As ``socket.getaddrinfo``.

    Thread safety:
        From any thread.
    """
    if not (host is None or _looks_literal(host)) or not _is_number(port):
        return None
    if not _are_integers(family, kind, proto, flags):
        return None  # whoever answers complains; what is stored would take 2.0 for 2
    if type(host) is str and type(port) is int and proto == flags == 0:
        return _find_usual(host, port, family, kind)
    return _ask_system(host, port, family, kind, proto, flags)


def _are_integers(first: object, second: object, third: object, last: object) -> bool:
    return (
        isinstance(first, int)
        and isinstance(second, int)
        and isinstance(third, int)
        and isinstance(last, int)
    )


def _find_usual(host: str, port: int, family: int, kind: int) -> list[Entry] | None:
    """Resolve a literal without the system if it has answered for its like."""
    own = AF_INET6 if ":" in host else AF_INET
    kinds = _kinds.get((own, family, kind))
    where = _place(own, host, port)
    if kinds is not None and where is not None:
        sys.audit("socket.getaddrinfo", host, port, family, kind, 0)
        return [(own, each, proto, "", where) for each, proto in kinds]
    found = _ask_system(host, port, family, kind, 0, 0)
    if where is not None and found and {each[0] for each in found} == {own}:
        _kinds[own, family, kind] = [each[1:3] for each in found]
    return found


def _place(family: int, host: str, port: int) -> Address | None:
    """Return the address of a literal in its usual form, None if it is in another."""
    try:
        text = inet_ntop(family, inet_pton(family, host))
    except (OSError, ValueError):
        return None
    if not 0 <= port <= 0xFFFF:
        return None
    return (text, port) if family == AF_INET else (text, port, 0, 0)


def _ask_system(
    host: Host, port: Port, family: int, kind: int, proto: int, flags: int
) -> list[Entry] | None:
    flags |= AI_NUMERICHOST | AI_NUMERICSERV
    try:
        return _socket.getaddrinfo(  # type: ignore[return-value]  # numbers, not enums
            cast("str", host), cast("int", port), family, kind, proto, flags
        )
    except gaierror as error:
        if error.errno == EAI_NONAME and host is not None:
            return None
        raise


def is_literal(host: Host) -> bool:
    """Whether *host* is a literal address, of any family."""
    try:
        return host is not None and find_literal(host, 0) is not None
    except OSError:
        return False


def is_numeric(flags: object) -> bool:
    """Whether ``getnameinfo`` with these flags has nothing to look up."""
    return (
        isinstance(flags, int)
        and flags & _NUMERIC_HOST_AND_SERVICE == _NUMERIC_HOST_AND_SERVICE
    )


def _looks_literal(host: str | bytes | bytearray) -> bool:
    """Whether it is worth a try: colons, a digit at the end, hexadecimal numbers."""
    if isinstance(host, str):
        return host.isascii() and (
            ":" in host or host[-1:].isdigit() or "0x" in host.lower()
        )
    return isinstance(host, bytes) and (
        b":" in host or host[-1:].isdigit() or b"0x" in host.lower()
    )


def _is_number(port: Port) -> bool:
    if isinstance(port, str | bytes):
        # isdigit alone takes digits of other scripts, too.
        return port.isdigit() and port.isascii()
    return port is None or isinstance(port, int)
