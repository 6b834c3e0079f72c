"""Completes a home that stands for a standard-library module.

Such a home defines the cooperative versions; every other name is the standard
library's own object. :func:`mirror` puts those names in and declares all of them:

``__implements__``
    Names that replace the standard library's; what monkey patching installs.
``__extensions__``
    Names that the standard library does not have.
``__imports__``
    Names that are the standard library's, unchanged.
``__all__``
    What ``import *`` takes.

Only this and ``annotations`` write names into a namespace: these modules
follow the standard library that runs, which no literal list can.
"""

from __future__ import annotations

import sys
from types import ModuleType

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

__all__ = ("mirror", "public_names")

_MISSING = object()


def mirror(
    stdlib_name: str,
    namespace: MutableMapping[str, object],
    *,
    implements: Iterable[str],
    extensions: Iterable[str] = (),
    imports: Iterable[str] | None = None,
    export_imports: bool = False,
    also_export: Iterable[str] = (),
) -> None:
    """Add to *namespace* what it passes through from a standard-library module.

    Call it after the definitions, before ``publish``. Lists are sorted, so that they
    do not depend on the order in which a home happens to name things.

    Args:
        stdlib_name: Module to mirror; it is imported.
        namespace: ``globals()`` of the home.
        implements: Names that the home defines in place of the standard library's.
            Those that the running standard library lacks become extensions.
        extensions: Names that the home defines besides.
        imports: Names to pass through; those that the running standard library lacks
            are left out. ``None`` stands for all but the ``__special__`` ones.
        export_imports: Whether ``__all__`` has the passed-through names, too.
        also_export: More names for ``__all__``, private ones included.

    Raises:
        ImportError: A declared name is not defined, or the home uses the name of a
            passed-through object for something else.
    """
    stdlib = _module(stdlib_name)
    declared = _Declared(stdlib, namespace, implements, extensions)
    wanted = _all_names(stdlib) if imports is None else set(imports)
    passed = _pass_through(stdlib, namespace, wanted - declared.names)
    extra = set(also_export)
    _require(stdlib, namespace, extra)
    exported = declared.names | (passed if export_imports else set[str]())
    public = {name for name in exported if not name.startswith("_")}
    namespace["__implements__"] = sorted(declared.implements)
    namespace["__extensions__"] = sorted(declared.extensions)
    namespace["__imports__"] = sorted(passed)
    namespace["__all__"] = sorted(public | extra)


def public_names(stdlib_name: str) -> set[str]:
    """Return the ``__all__`` of a module, else its names without underscore.

    For the *imports* of :func:`mirror`, where passing everything through would carry
    along what the standard library imports for itself.
    """
    stdlib = _module(stdlib_name)
    names = getattr(stdlib, "__all__", None)
    if names is not None:
        return set(names)
    return {name for name in vars(stdlib) if not name.startswith("_")}


class _Declared:
    """The names that a home defines, sorted by what the standard library has."""

    def __init__(
        self,
        stdlib: ModuleType,
        namespace: MutableMapping[str, object],
        implements: Iterable[str],
        extensions: Iterable[str],
    ) -> None:
        replaced = set(implements)
        self.names = replaced.union(extensions)
        _require(stdlib, namespace, self.names)
        self.implements = {name for name in replaced if hasattr(stdlib, name)}
        self.extensions = self.names - self.implements


def _require(
    stdlib: ModuleType, namespace: MutableMapping[str, object], names: Iterable[str]
) -> None:
    missing = sorted(name for name in names if name not in namespace)
    if missing:
        raise ImportError(
            f"{_name_of(namespace)} declares {missing} for the mirror of "
            f"{stdlib.__name__!r} but does not define them"
        )


def _pass_through(
    stdlib: ModuleType, namespace: MutableMapping[str, object], wanted: set[str]
) -> set[str]:
    passed: set[str] = set()
    for name in wanted:
        value = getattr(stdlib, name, _MISSING)
        if value is _MISSING or not _take(stdlib, namespace, name, value):
            continue
        namespace[name] = value
        passed.add(name)
    return passed


def _take(
    stdlib: ModuleType,
    namespace: MutableMapping[str, object],
    name: str,
    value: object,
) -> bool:
    """Whether the home leaves *name* to the standard library."""
    own = namespace.get(name, _MISSING)
    if own is _MISSING or own is value:
        return True
    # The standard library's private names and the modules it imports are not API; the
    # home may use such a name for itself.
    if name.startswith("_") or isinstance(value, ModuleType):
        return False
    raise ImportError(
        f"{_name_of(namespace)} uses the name {name!r} of {stdlib.__name__!r} for "
        f"{own!r}; declare it in implements or rename it"
    )


def _all_names(stdlib: ModuleType) -> set[str]:
    return {name for name in vars(stdlib) if not name.startswith("__")}


def _name_of(namespace: MutableMapping[str, object]) -> object:
    return namespace.get("__name__", "a namespace")


def _module(name: str) -> ModuleType:
    __import__(name)
    return sys.modules[name]
