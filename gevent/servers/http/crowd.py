"""How many connections there are, in all and of an address, and their memory."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from gevent.servers.http.connection import Connection
    from gevent.servers.http.limits import Limits

# Descriptors that a program keeps for other things than connections.
_OTHER_FILES = 64


class Crowd:
    """Counts connections against the limits of a server.

    Args:
        limits: The server's.
    """

    limit: int
    limit_per_address: int | None
    limit_of_heads: int
    n_connections: int
    n_pending: int

    def __init__(self, limits: Limits):
        self.limit = limits.connections or descriptors() - _OTHER_FILES
        self.limit_per_address = limits.per_address
        self.limit_of_heads = limits.pending_heads
        self.n_connections = 0
        #: Octets of heads that are not whole.
        self.n_pending = 0
        self._of_address: dict[object, int] = {}

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another connection."""
        return self.n_connections >= self.limit

    @property
    def is_too_full(self) -> bool:
        """Whether one should go for the last that came."""
        return self.n_connections > self.limit

    def enter(self) -> None:
        """Count a connection."""
        self.n_connections += 1

    def enter_from(self, address: object) -> bool:
        """Count it for its address, too; False: there are too many of that."""
        if self.limit_per_address is not None:
            host = _host_of(address)
            n = self._of_address.get(host, 0)
            if n >= self.limit_per_address:
                return False
            self._of_address[host] = n + 1
        return True

    def leave(self, connection: Connection) -> None:
        """A connection has ended."""
        self.n_connections -= 1
        if self.limit_per_address is not None and connection.is_counted:
            address = connection.address
            host = _host_of(address)
            left = self._of_address[host] - 1
            if left:
                self._of_address[host] = left
            else:
                del self._of_address[host]

    def note_pending(self, connection: Connection, n: int) -> bool:
        """A head has grown to *n* octets, 0: it is whole; False: that is too much."""
        self.n_pending += n - connection.n_pending
        connection.n_pending = n
        return self.n_pending <= self.limit_of_heads


def descriptors() -> int:
    """Return how many files the process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def _host_of(address: object) -> object:
    if isinstance(address, tuple):
        return cast("tuple[object, ...]", address)[0]
    return address
