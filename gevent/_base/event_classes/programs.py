"""What ``gevent.run`` sends."""

from __future__ import annotations

__all__ = ("ProgramStopping",)


class ProgramStopping:
    """A program that ``gevent.run`` has called begins to end.

    Sent in a greenlet, before servers stop to listen, and only to those who
    :func:`subscribe` to it. A subscriber that waits holds up the end.

    Args:
        reason: The name of the signal, what was given to ``request_stop``, or
            "main has returned" or "main has failed"; None: there is none.
    """

    def __init__(self, reason: str | None) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.reason}>"
