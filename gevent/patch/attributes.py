"""Replaces attributes of modules, and knows what was there before.

ATTR1  The first original of an attribute is kept; it is never overwritten by one of
  ours.
ATTR2  ``gevent._base.originals`` has the original *before* the module loses it: the
    tiers below go on with that one.
"""

from __future__ import annotations

import sys

from gevent._base import originals

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any, overload

__all__ = (
    "MISSING",
    "get_original",
    "is_anything_patched",
    "is_module_patched",
    "is_object_patched",
    "patch_item",
    "remove_item",
    "restore_item",
    "saved",
)

# Stands for an attribute that there is not.
MISSING = object()

#: Module name -> attribute -> original. Also the settings that ``patch_all`` remembers,
#: under ``_gevent_saved_patch_all_module_settings``.
saved: dict[str, dict[str, object]] = {}


def patch_item(module: ModuleType, attr: str, newitem: object) -> None:
    """Save an attribute of a module, unless that was done before, and replace it."""
    _save(module, attr, newitem)
    setattr(module, attr, newitem)


def remove_item(module: ModuleType, attr: str) -> None:
    """Save an attribute of a module and delete it; nothing if there is none."""
    if hasattr(module, attr):
        _save(module, attr, MISSING)
        delattr(module, attr)


def restore_item(module: ModuleType, attr: str, value: object, is_saved: bool) -> None:
    """Take the replacement or removal of an attribute back.

    Args:
        module: The module.
        attr: Name of the attribute.
        value: What it was before; ``MISSING``: it was not there.
        is_saved: Whether its original had been saved even then.
    """
    if value is not MISSING:
        setattr(module, attr, value)
    elif hasattr(module, attr):
        delattr(module, attr)
    items = saved.get(module.__name__)
    if is_saved or items is None:
        return
    items.pop(attr, None)
    if not items:
        del saved[module.__name__]


def _save(module: ModuleType, attr: str, replacement: object) -> None:
    original = getattr(module, attr, MISSING)
    if original is MISSING or original is replacement:
        return
    name = module.__name__
    first = saved.setdefault(name, {}).setdefault(attr, original)
    originals.fill(name, attr, first)


def is_module_patched(mod_name: str) -> bool:
    """Return whether something in the module of that name was replaced."""
    return mod_name in saved


def is_object_patched(mod_name: str, item_name: str) -> bool:
    """Return whether that attribute of that module was replaced."""
    return item_name in saved.get(mod_name, {})


def is_anything_patched() -> bool:
    """Return whether anything was replaced in any module."""
    return bool(saved)


if TYPE_CHECKING:

    @overload
    def get_original(mod_name: str | Sequence[str], item_name: str) -> Any: ...
    @overload
    def get_original(
        mod_name: str | Sequence[str], item_name: Sequence[str]
    ) -> list[Any]: ...


def get_original(
    mod_name: str | Sequence[str], item_name: str | Sequence[str]
) -> object:
    """Return what a module of the standard library had before it was patched.

    Args:
        mod_name: A module; of several names the first that can be imported.
        item_name: An attribute of it, or several.

    Returns:
        The object; a list of them if *item_name* is a sequence.

    Raises:
        ImportError: There is no such module.
        AttributeError: It has no such attribute.
    """
    module = _first_importable([mod_name] if isinstance(mod_name, str) else mod_name)
    if isinstance(item_name, str):
        return _original(module, item_name)
    return [_original(module, name) for name in item_name]


def _original(module: ModuleType, item: str) -> object:
    found = saved.get(module.__name__, {}).get(item, MISSING)
    return getattr(module, item) if found is MISSING else found


def _first_importable(names: Sequence[str]) -> ModuleType:
    for name in names[:-1]:
        try:
            return _module(name)
        except ImportError:
            # One of the others; the last one says what is wrong.
            continue
    return _module(names[-1])


def _module(name: str) -> ModuleType:
    # Not importlib, which is Python code of its own that would have to be loaded.
    __import__(name)
    return sys.modules[name]
