"""Puts the names of one module into another."""

from __future__ import annotations

import sys

from gevent.patch.announce import ask, tell
from gevent.patch.call import Call

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

__all__ = ("BadImplementsError", "ModulePatch", "patch_module", "patch_twin")


class BadImplementsError(AttributeError):
    """A module does not say which names of another it implements."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(
            f"Module {module!r} has a bad or missing value for __implements__; give it "
            "a list of the names that it replaces, or pass 'items'"
        )


class ModulePatch:
    r"""The replacement of names in one module.

    States::

        new --ask--> allowed --replace--> replaced --tell--> done
                \--> vetoed

    Args:
        target: Module that is patched.
        source: Module that has the replacements.
        items: Names to replace; None: those in ``source.__implements__``.
        call: Of which it is a part.
        name: What the event calls it afterwards; None: the name of *target*.

    Raises:
        BadImplementsError: There are no *items* and no ``__implements__``.
    """

    def __init__(
        self,
        target: ModuleType,
        source: ModuleType,
        items: Iterable[str] | None,
        call: Call,
        name: str | None = None,
    ) -> None:
        self._target = target
        self._source = source
        self._items = _implemented(source) if items is None else list(items)
        self._call = call
        self._name = target.__name__ if name is None else name
        self.allowed: bool = False

    def ask(self) -> bool:
        """Return whether no subscriber is against it; they may edit the names."""
        self._call_hook("_gevent_will_monkey_patch")
        target = self._target
        self.allowed = ask(
            self._call,
            "GeventWillPatchModuleEvent",
            target.__name__,
            self._source,
            target,
            self._items,
        )
        return self.allowed

    def replace(self) -> None:
        """Replace the names, if that was allowed."""
        if self.allowed:
            for item in self._items:
                self._call.patch_item(self._target, item, getattr(self._source, item))

    def tell(self) -> None:
        """Say that it is done, if it is."""
        if self.allowed:
            self._call_hook("_gevent_did_monkey_patch")
            tell(
                self._call,
                "GeventDidPatchModuleEvent",
                self._name,
                self._source,
                self._target,
            )

    def run(self) -> bool:
        """Do all of it; return whether it was allowed."""
        self.ask()
        self.replace()
        self.tell()
        return self.allowed

    def _call_hook(self, name: str) -> None:
        hook = getattr(self._source, name, None)
        if hook is not None:
            hook(self._target, self._items, self._call.add)


def _implemented(source: ModuleType) -> list[str]:
    names: list[str] | None = getattr(source, "__implements__", None)
    if names is None:
        raise BadImplementsError(source)
    return list(names)


def patch_module(
    target_module: ModuleType,
    source_module: ModuleType,
    items: Iterable[str] | None = None,
) -> bool:
    """Replace names of a module by those of another, with hooks and events.

    Args:
        target_module: Module that is patched.
        source_module: Module that has the replacements.
        items: Names to replace; None: those in ``source_module.__implements__``.

    Returns:
        False if a subscriber to the event before was against it.

    Raises:
        AttributeError: There are no *items* and no ``__implements__``.

    Blocking:
        Never switches.
    """
    with Call() as call:
        return ModulePatch(target_module, source_module, items, call).run()


def patch_twin(
    name: str,
    source: ModuleType,
    call: Call,
    items: Iterable[str] | None = None,
) -> ModuleType | None:
    """Patch the standard library's module *name*; return it unless that was vetoed."""
    __import__(name)
    target = sys.modules[name]
    return target if ModulePatch(target, source, items, call).run() else None
