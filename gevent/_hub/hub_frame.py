"""The Python frame of a hub.

Not compiled, because compiled code has no frame. Without one a program that waits
would look, to profilers and to what prints stacks, as if it were nowhere.
"""

from __future__ import annotations

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from gevent._hub.hub import Hub

__all__ = ("run",)


def run(self: Hub) -> None:
    """Run the loop for ever; called by the first switch only."""
    self._run_loops()  # switches
