"""Finds the objects of some classes: the plain twin.

* LIVE1  The compiled form does not let other threads run meanwhile. This one does, so
  that a look from another thread may disturb the making of a tuple, on CPython.
"""

from __future__ import annotations

from gc import get_objects

__all__ = ("find_live",)


class _Kinds(dict[type, bool]):
    """Whether objects of a class are wanted; found out once for each class."""

    def __init__(self, wanted: tuple[type, ...]):
        self._wanted = wanted

    def __missing__(self, kind: type) -> bool:
        # The type's own bases, not isinstance: proxies begin to work when asked for
        # their __class__.
        known = self[kind] = any(each in kind.__mro__ for each in self._wanted)
        return known


def find_live(kinds: tuple[type, ...]) -> list[object]:
    """Return the objects whose class is one of these, or a subclass, by its bases."""
    known = _Kinds(kinds)
    return [each for each in get_objects() if known[type(each)]]
