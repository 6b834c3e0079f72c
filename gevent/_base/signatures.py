"""Signatures of classes that are compiled: Python cannot ask their constructors."""

from __future__ import annotations

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature

__all__ = ("Signed",)


class Signed:
    """Is ``__signature__`` of a class, and of those that inherit its constructor.

    Args:
        parameters: Of the constructor, as they are written in Python.
    """

    def __init__(self, parameters: str):
        self.parameters = parameters

    def __get__(self, instance: object, owner: type) -> Signature:
        if instance is not None or not self._holds_for(owner):
            raise AttributeError("__signature__")
        # Not at the top: it is large, and nobody asks.
        from inspect import signature

        # The text is ours.
        return signature(eval(f"lambda {self.parameters}: None"))

    def _holds_for(self, owner: type) -> bool:
        for kind in owner.__mro__:
            names = vars(kind)
            if names.get("__signature__") is self:
                return True
            if "__init__" in names or isinstance(names.get("__new__"), staticmethod):
                return False
        return False
