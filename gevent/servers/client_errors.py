"""Lines about errors of clients: how many are written, and what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import timer

__all__ = ("Throttle", "peer_of")

# How long one line of a kind stands for all, and how many kinds are told apart.
SECOND = 1.0
MOST_KINDS = 100


class Throttle:
    """Lets one line of a kind through in a second; of the others it tells the number.

    Clients that do wrong as fast as they can would fill the disk.

    States of a kind::

        UNKNOWN --allows: True--> SEEN --allows: False--> SEEN
        SEEN --a second, flush: tells--> UNKNOWN

    Args:
        loop: Whose time counts.
        tell: Called with a line about those that were held back; in the hub.
    """

    def __init__(self, loop: Loop, tell: Callable[[str], object]):
        self._loop = loop
        self._tell = tell
        self._n_held: dict[str, int] = {}
        self._timer: timer | None = None

    def allows(self, kind: str) -> bool:
        """Return whether a line of that kind may be written now; else count it."""
        held = self._n_held
        if kind not in held and len(held) >= MOST_KINDS:
            kind = "errors of other kinds"
        if kind in held:
            held[kind] += 1
            return False
        held[kind] = 0
        if self._timer is None:
            self._timer = self._loop.timer(SECOND, ref=False)
            self._timer.start(self.flush)
        return True

    def flush(self) -> None:
        """Tell how many were held back, and begin anew."""
        running, self._timer = self._timer, None
        if running is not None:
            running.close()
        held, self._n_held = self._n_held, {}
        for kind, n in held.items():
            if n:
                self._tell(f"{n} more: {kind}")


def peer_of(address: object) -> object:
    """Return what a line shows of a client's address: a name could forge a line."""
    if isinstance(address, bytes):
        address = address.decode("latin-1")
    return ascii(address)[1:-1] if isinstance(address, str) else address
