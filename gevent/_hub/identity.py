"""Small numbers for greenlets: unique while those exist, used again afterwards."""

from __future__ import annotations

import heapq
import weakref

__all__ = ("IdentRegistry",)


class IdentRegistry:
    """Hands out the smallest free number, and gets it back.

    By weak references: a greenlet that has ended keeps its number for as long as
    somebody may look at it. In a list of greenlets no two have the same name.
    """

    def __init__(self) -> None:
        self._by_object: weakref.WeakKeyDictionary[object, int] = (
            weakref.WeakKeyDictionary()
        )
        self._guards: dict[int, weakref.ref[object]] = {}
        self._free: list[int] = []
        self._next = 0

    def get_ident(self, obj: object) -> int:
        """Return the number of *obj*; allotted on first use."""
        known = self._by_object.get(obj)
        if known is not None:
            return known
        ident = heapq.heappop(self._free) if self._free else self._next
        if ident == self._next:
            self._next += 1
        self._by_object[obj] = ident
        self._guards[ident] = weakref.ref(obj, lambda _: self._give_back(ident))
        return ident

    def _give_back(self, ident: int) -> None:
        if self._guards.pop(ident, None) is not None:
            heapq.heappush(self._free, ident)

    def __len__(self) -> int:
        return len(self._guards)
