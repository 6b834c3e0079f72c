"""The Python frame of a hub.

Not compiled, because compiled code has no frame. Without one a program that waits
would look, to profilers and to what prints stacks, as if it were nowhere.
"""

from __future__ import annotations

from gevent._base.checking import Protocol

__all__ = ("run",)


class RunsLoops(Protocol):
    """A hub."""

    def _run_loops(self) -> None:
        """Run loops for ever."""


def run(self: RunsLoops) -> None:
    """Run the loop for ever; called by the first switch only."""
    self._run_loops()  # switches
