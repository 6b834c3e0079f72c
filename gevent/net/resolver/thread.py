"""The default resolver, in native threads: the home of ``gevent.resolver.thread``."""

from __future__ import annotations

import _socket
from _socket import AF_INET, AF_INET6, AF_UNSPEC
from typing import TYPE_CHECKING, cast

from gevent._base.publish import publish
from gevent._hub.hub import get_hub
from gevent.net.in_pool import call_in_pool, hub_pool
from gevent.net.literal import find_literal, is_literal, is_numeric
from gevent.net.resolver.system import NameSources

if TYPE_CHECKING:
    from gevent._hub.hub import Hub
    from gevent.net.in_pool import Threads
    from gevent.net.literal import Entry, HostEntry

__all__ = ("Resolver",)


class Resolver:
    """Answers by the system's functions, in the threads of the hub's pool.

    All that the system knows counts: nsswitch, mDNS, LDAP. What the system's functions
    find at once needs no thread: literal addresses, and the names of a small hosts file
    that comes before all else.

    Lookups that fail are not printed: their errors become part of ``hub.NOT_ERROR``.

    Args:
        hub: Whose pool to use; the calling thread's by default.
    """

    def __init__(self, hub: Hub | None = None) -> None:
        hub = get_hub() if hub is None else hub
        missing = tuple(
            error
            for error in (_socket.gaierror, _socket.herror)
            if error not in hub.NOT_ERROR
        )
        if missing:
            hub.NOT_ERROR += missing
        self.pool: Threads = hub_pool(hub)
        self._sources = NameSources()

    def __repr__(self) -> str:
        kind = type(self)
        name = f"{kind.__module__}.{kind.__qualname__}"
        return f"<{name} at 0x{id(self):x} pool={self.pool!r}>"

    def close(self) -> None:
        """Do nothing: the pool is the hub's."""

    def getaddrinfo(self, *args: object, **kwargs: object) -> list[Entry]:
        """Return the addresses of a host, as ``socket.getaddrinfo``.

        Blocking:
            Switches to the hub unless the host is a literal address.
        Cancellation:
            The thread finishes the lookup; its answer is dropped.
        """
        if 2 <= len(args) <= 6 and not kwargs:
            found = find_literal(*args)  # type: ignore[arg-type]  # or it raises
            if found is not None:
                return found
            if self._is_at_once(*args):
                return _socket.getaddrinfo(*args)  # type: ignore[arg-type, return-value]  # it looks
        return call_in_pool(self.pool, _socket.getaddrinfo, args, kwargs)  # type: ignore[arg-type]  # numbers, not enums

    def gethostbyname(self, *args: object) -> str:
        """Return an IPv4 address of a host, as ``socket.gethostbyname``.

        Blocking:
            Switches to the hub unless the host is a literal address.
        Cancellation:
            The thread finishes the lookup; its answer is dropped.
        """
        if _is_one_literal(args) or self._is_at_once(*args, 0, AF_INET):
            return _socket.gethostbyname(*cast("tuple[str]", args))
        return call_in_pool(self.pool, _socket.gethostbyname, args)

    def gethostbyname_ex(self, *args: object) -> HostEntry:
        """Return (name, aliases, addresses), as ``socket.gethostbyname_ex``.

        Blocking:
            Switches to the hub.
        Cancellation:
            The thread finishes the lookup; its answer is dropped.
        """
        if self._is_at_once(*args, 0, AF_INET):
            return _socket.gethostbyname_ex(*cast("tuple[str]", args))
        return call_in_pool(self.pool, _socket.gethostbyname_ex, args)

    def gethostbyaddr(self, *args: object, **kwargs: object) -> HostEntry:
        """Return (name, aliases, addresses), as ``socket.gethostbyaddr``.

        Blocking:
            Switches to the hub.
        Cancellation:
            The thread finishes the lookup; its answer is dropped.
        """
        return call_in_pool(self.pool, _socket.gethostbyaddr, args, kwargs)

    def getnameinfo(self, *args: object, **kwargs: object) -> tuple[str, str]:
        """Return (host, service) of an address, as ``socket.getnameinfo``.

        Blocking:
            Switches to the hub unless the flags ask for numbers only.
        Cancellation:
            The thread finishes the lookup; its answer is dropped.
        """
        if len(args) == 2 and is_numeric(args[1]):
            return _socket.getnameinfo(*args)  # type: ignore[arg-type]  # or it raises
        return call_in_pool(self.pool, _socket.getnameinfo, args, kwargs)

    def _is_at_once(self, *args: object) -> bool:
        """Whether the hosts file answers; takes the arguments of ``getaddrinfo``."""
        if len(args) < 2 or not isinstance(args[0], str) or not args[0].isascii():
            return False
        family = args[2] if len(args) > 2 else AF_UNSPEC
        is_mapping = len(args) > 5 and args[2] == AF_INET6 and args[5] != 0
        if is_mapping or not isinstance(family, int):
            return False
        return self._sources.is_at_once(args[0].encode(), family)


def _is_one_literal(args: tuple[object, ...]) -> bool:
    return len(args) == 1 and isinstance(args[0], str | bytes) and is_literal(args[0])


publish(__name__, "gevent.resolver.thread")
