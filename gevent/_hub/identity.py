"""Small numbers for greenlets: unique while those exist, used again afterwards."""

from __future__ import annotations

from gevent._base.light import heappop, heappush, ref

__all__ = ("IdentRegistry",)


class Guard(ref[object]):
    """Tells of the end of an object that has a number."""

    __slots__ = ("address", "ident")
    address: int
    ident: int


class IdentRegistry:
    """Hands out the smallest free number, and gets it back.

    By weak references: a greenlet that has ended keeps its number for as long as
    somebody may look at it. In a list of greenlets no two have the same name.
    """

    def __init__(self) -> None:
        # By the ids of their objects.
        self._guards: dict[int, Guard] = {}
        self._free: list[int] = []
        self._next = 0

    def get_ident(self, obj: object) -> int:
        """Return the number of *obj*; allotted on first use."""
        address = id(obj)
        guard = self._guards.get(address)
        if guard is not None:
            if guard() is obj:
                return guard.ident
            self._give_back(guard)  # PyPy tells late; the id is another's already
        guard = Guard(obj, self._give_back)
        guard.address = address
        guard.ident = heappop(self._free) if self._free else self._next
        if guard.ident == self._next:
            self._next += 1
        self._guards[address] = guard
        return guard.ident

    def _give_back(self, guard: Guard) -> None:
        if self._guards.get(guard.address) is guard:
            del self._guards[guard.address]
            heappush(self._free, guard.ident)

    def __len__(self) -> int:
        return len(self._guards)
