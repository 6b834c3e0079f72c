"""What a server has done so far, in numbers."""

from __future__ import annotations

__all__ = ("Counts",)


class Counts:
    """Counters of one server; they only grow.

    Written and read in the thread of the server's hub.

    Attributes:
        requests: Requests that were served, whatever the answer.
        octets_in: Octets that were received, without PROXY headers and TLS.
        octets_out: Octets of replies that were sent.
        deadlines: Connections that ran into a time-out.
        evicted: Idle connections that were closed to make room.
        refused: Code of the answer -> how many requests got it without being served.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.octets_in = 0
        self.octets_out = 0
        self.deadlines = 0
        self.evicted = 0
        self.refused: dict[int, int] = {}

    def refuse(self, code: int) -> None:
        """Count a request that was not served."""
        self.refused[code] = self.refused.get(code, 0) + 1

    def as_dict(self) -> dict[str, object]:
        """Return all of them by their names."""
        return {
            "requests": self.requests,
            "octets_in": self.octets_in,
            "octets_out": self.octets_out,
            "deadlines": self.deadlines,
            "evicted": self.evicted,
            "refused": dict(self.refused),
        }
