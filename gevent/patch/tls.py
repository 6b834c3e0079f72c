"""Finds who holds the unpatched ``ssl.SSLContext``: patching is too late for them."""

from __future__ import annotations

import sys

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ("describe_holders",)


def describe_holders() -> str | None:
    """Return a warning that names who copied the class; None: nobody did.

    Call it before ``gevent.ssl`` is imported, which extends the class.
    """
    ssl = sys.modules.get("ssl")
    context_class: type | None = getattr(ssl, "SSLContext", None)
    if context_class is None or context_class.__module__ != "ssl":
        return None
    modules = _modules_with(context_class)
    classes = sorted(map(repr, _foreign(context_class.__subclasses__())))
    if not modules and not classes:
        return None
    return (
        "Monkey-patching ssl after ssl has already been imported may lead to errors: "
        "what copied or extended ssl.SSLContext before goes on without gevent, and "
        "may block all greenlets; patch earlier"
        + _listed("Modules that had direct imports (NOT patched)", modules)
        + _listed("Subclasses (NOT patched)", classes)
    )


def _modules_with(context_class: type) -> list[str]:
    return sorted(
        _described(module)
        for name, module in list(sys.modules.items())
        if name != "ssl" and not _is_ours(name) and _holds(module, context_class)
    )


def _holds(module: ModuleType | None, context_class: type) -> bool:
    # Its dictionary: modules that import lazily must not begin now.
    names = getattr(module, "__dict__", {})
    return any(value is context_class for value in list(names.values()))


def _foreign(classes: list[type]) -> list[type]:
    return [found for found in classes if not _is_ours(found.__module__)]


def _is_ours(module_name: str) -> bool:
    return module_name == "gevent" or module_name.startswith("gevent.")


def _described(module: ModuleType) -> str:
    return f"{module.__name__} ({getattr(module, '__file__', '<unknown>')})"


def _listed(title: str, found: list[str]) -> str:
    return f". {title}: {found}" if found else ""
