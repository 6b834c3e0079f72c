"""Which loop of asyncio runs where a future ends, told by greenlet.

asyncio knows one running loop per native thread. Since 3.14 it asks for that one when a
future of ``concurrent.futures`` ends: the loop that runs there is told, but not woken.
A greenlet that is a thread ends such a future in the native thread of the loop, which
meanwhile waits in another greenlet, and must be woken.
"""

from __future__ import annotations

import sys

# Spelled out instead of imported: typing costs more than all of this module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ("wake_loops",)

_NEEDS_WAKING = sys.version_info >= (3, 14)


class _Events:
    """``asyncio.events`` as ``asyncio.futures`` sees it."""

    def __init__(self, events: ModuleType) -> None:
        self._events = events

    def __getattr__(self, name: str) -> object:
        return getattr(self._events, name)

    def _get_running_loop(self) -> object:
        """Return the loop that runs in the current thread, which may be a greenlet."""
        loop: object = self._events._get_running_loop()
        # Loops in C do not say in which thread they run.
        ident: int | None = getattr(loop, "_thread_id", None)
        if ident is None or ident == sys.modules["threading"].get_ident():
            return loop
        return None


def wake_loops() -> None:
    """Let futures wake loops, if asyncio is there; called for each new thread.

    Not done while patching: that would load asyncio.
    """
    futures = sys.modules.get("asyncio.futures") if _NEEDS_WAKING else None
    events = getattr(futures, "events", None)
    if events is not None and not isinstance(events, _Events):
        vars(futures)["events"] = _Events(events)
