"""Where sockets and look-ups go in virtual time: to a network in memory, if any.

Whoever makes a socket looks at ``simulations`` first: empty, as it is in production,
costs one test.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING, Protocol, cast
from gevent._hub.hub import get_hub_if_exists

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gevent._native.io.socket.connect import ConnectingSocket
    from gevent.net.literal import Entry, Resolver

__all__ = ("Simulation", "simulation", "simulations")

# Networks in memory that are in use, in any thread.
simulations: list[object] = []


class Simulation(Protocol):
    """A network in memory."""

    def adopt(self, sock: ConnectingSocket, family: int, kind: int, proto: int) -> None:
        """Let a socket without a descriptor be one of the network."""

    def pair(
        self, family: int, kind: int, proto: int
    ) -> tuple[ConnectingSocket, ConnectingSocket]:
        """Return two sockets that are connected to each other."""

    def getaddrinfo(
        self,
        host: object,
        port: object,
        family: int = 0,
        kind: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Entry]:
        """As ``socket.getaddrinfo``."""

    @property
    def names(self) -> Resolver:
        """Who answers the other look-ups."""

    def knows_any(self, numbers: Iterable[int]) -> bool:
        """Whether one of some numbers is of a socket here."""

    def poll(self, masks: dict[int, int], seconds: float | None) -> dict[int, int]:
        """Wait until some are ready; return number to events."""


def simulation() -> Simulation | None:
    """Return the network in memory of the calling thread, if it has one."""
    hub = get_hub_if_exists()
    return None if hub is None else cast("Simulation | None", hub.loop.sockets)
