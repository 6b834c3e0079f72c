"""A network in memory: how fast it is, and what of it is cut.

Invariants of all that is sent there:

* NET1  A direction of a connection delivers its bytes in order, one latency after they
  were sent; then its end, if it has one.
* NET2  It holds ``buffer_size`` bytes, those under way included.
* NET3  Delays and sizes of pieces are drawn from the seed of the block.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, TypeAlias, cast

from gevent.net.simulation import simulations
from gevent.simulation.fabric import host_of
from gevent.simulation.sockets import SocketFabric

if TYPE_CHECKING:
    from gevent._loop.virtual import VirtualLoop

__all__ = ("Network",)

BUFFER_SIZE = 65536

Latency: TypeAlias = float | tuple[float, float] | Callable[[], float]


class Network:
    """What the sockets of a block in virtual time are connected by.

    Args:
        latency: Virtual seconds that a connect, and each piece of data, takes; a pair:
            drawn between the two; a function: what it returns.
        fragment: Whether ``recv`` returns a part of what has come.
        buffer_size: How many bytes a direction of a connection holds.

    Attributes:
        fragment: As above; may be assigned.

    Raises:
        ValueError: A latency is negative, or *buffer_size* not positive.
    """

    def __init__(
        self,
        *,
        latency: Latency = 0.0,
        fragment: bool = False,
        buffer_size: int = BUFFER_SIZE,
    ):
        if buffer_size < 1:
            raise ValueError(f"buffer_size must be positive, not {buffer_size!r}")
        self.latency = latency
        self.fragment = fragment
        self._buffer_size = buffer_size
        self._fabric: SocketFabric | None = None
        # (host, port), or a host for all its ports, or a path.
        self._cut: set[object] = set()

    @property
    def latency(self) -> Latency:
        """How long a connect, and each piece of data, takes; may be assigned."""
        return self._latency

    @latency.setter
    def latency(self, latency: Latency) -> None:
        if not callable(latency):
            bounds = latency if isinstance(latency, tuple) else (latency,)
            if not all(each >= 0 for each in bounds):
                raise ValueError(f"a latency is not negative: {latency!r}")
        self._latency = latency

    def cut(self, address: object) -> None:
        """Reset the connections to an address, and refuse new ones.

        Args:
            address: (host, port); a host, which means all its ports; or a path.
        """
        key = self._key(address)
        self._cut.add(key)
        if self._fabric is not None:
            self._fabric.reset_all(self.is_cut)

    def mend(self, address: object) -> None:
        """Undo :meth:`cut`."""
        self._cut.discard(self._key(address))

    def is_cut(self, key: object) -> bool:
        """Whether a (host, port) or a path is cut."""
        if key in self._cut:
            return True
        return isinstance(key, tuple) and key[0] in self._cut

    def _key(self, address: object) -> object:
        if isinstance(address, tuple):
            place = cast("tuple[object, ...]", address)
            return (self._host(place[0]), place[1])
        return self._host(address)

    def _host(self, host: object) -> object:
        return host_of(host) if self._fabric is None else self._fabric.host_of(host)

    @contextmanager
    def _joined(self, loop: VirtualLoop, seed: int | None) -> Generator[None]:
        """In here sockets of the loop's thread are connected by this network."""
        if self._fabric is not None:
            raise RuntimeError("this network is used by another block")
        # Of its own: the choices of a schedule do not depend on the network.
        random = Random(0 if seed is None else seed)
        self._fabric = SocketFabric(loop, random, self, self._buffer_size)
        loop.sockets = self._fabric
        simulations.append(self)
        try:
            yield
        finally:
            simulations.remove(self)
            loop.sockets = None
            self._fabric = None

    def __repr__(self) -> str:
        return (
            f"Network(latency={self.latency!r}, fragment={self.fragment!r}, "
            f"buffer_size={self._buffer_size!r})"
        )
