"""A link that is called once."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("linkproxy",)


class linkproxy:
    """A link that calls ``callback(obj)`` once, whatever it is called with."""

    __slots__ = ("callback", "obj")

    def __init__(self, callback: Callable[[object], object], obj: object):
        self.callback: Callable[[object], object] | None = callback
        self.obj = obj

    def __call__(self, *_args: object) -> None:
        callback = self.callback
        obj = self.obj
        self.callback = None
        self.obj = None
        if callback is not None:
            callback(obj)
