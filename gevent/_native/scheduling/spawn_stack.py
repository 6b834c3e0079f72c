"""Where a greenlet was spawned; the plain-Python twin of ``spawn_stack.pyx``."""

from __future__ import annotations

import sys
from weakref import ref

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from greenlet import greenlet

MOST_ENTRIES = 10


class SpawnStack:
    """Who spawned, and up to ten entries of the stack there, innermost first."""

    def __init__(self, spawner: greenlet) -> None:
        self.spawning_greenlet = ref(spawner)
        self._entries: list[tuple[CodeType, int]] = []

    @staticmethod
    def record(spawner: greenlet, limit: int) -> SpawnStack:
        """Return the stack of the caller, *limit* entries at most (and at most ten)."""
        stack = SpawnStack(spawner)
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and len(stack._entries) < min(limit, MOST_ENTRIES):
            stack._entries.append((frame.f_code, frame.f_lasti))
            frame = frame.f_back
        return stack

    def entries(self) -> list[tuple[CodeType, int]]:
        """Return a list of (code object, instruction offset), innermost first."""
        return list(self._entries)
