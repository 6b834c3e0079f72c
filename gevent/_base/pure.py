"""Runs the installation uncompiled when the environment asks for it.

A compiled module lies beside the Python source of the same name, and Python finds the
extension first. :class:`SourceFinder`, put before Python's own finders, finds the
source first. It covers all of ``gevent`` or nothing: compiled and plain modules share
native fields, so half of them can not be exchanged. What exists as an extension only
(the CFFI modules) is found as always.
"""

from __future__ import annotations

import os
import sys

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import FileFinder, ModuleSpec
    from types import ModuleType

__all__ = ("SourceFinder", "install_if_requested", "requested")

# A list of modules in the first one, as the reference takes it, means all of them.
_VARIABLES = ("GEVENT_PURE_PYTHON", "PURE_PYTHON")


def requested() -> bool:
    """Whether the environment asks for the pure form.

    Read here and not in the configuration, which is one of the modules it decides on.
    """
    return any(os.environ.get(name) for name in _VARIABLES)


def install_if_requested() -> None:
    """Prefer Python sources for all of gevent from now on, if that is asked for.

    The first statement of the package; a second call changes nothing.
    """
    known = any(isinstance(finder, SourceFinder) for finder in sys.meta_path)
    if requested() and not known:
        sys.meta_path.insert(0, SourceFinder("gevent."))


class SourceFinder:
    """Finds modules below one package by their sources alone.

    Args:
        prefix: Name of the package and a dot.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        # Folder -> its finder, which knows the folder's listing.
        self._finders: dict[str, FileFinder] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of a module that has a source, else ``None``."""
        if path is None or not fullname.startswith(self._prefix):
            return None
        for folder in path:
            spec = self._finder(folder).find_spec(fullname, target)
            # A folder without __init__ has no loader; Python's own finders know more.
            if spec is not None and spec.loader is not None:
                return spec
        return None

    def invalidate_caches(self) -> None:
        """Forget the listings of folders, see ``importlib.invalidate_caches``."""
        for finder in list(self._finders.values()):
            finder.invalidate_caches()

    def _finder(self, folder: str) -> FileFinder:
        # Here, not above: it imports warnings, and the compiled form needs none of it.
        from importlib.machinery import (
            BYTECODE_SUFFIXES,
            SOURCE_SUFFIXES,
            FileFinder,
            SourceFileLoader,
            SourcelessFileLoader,
        )

        try:
            return self._finders[folder]
        except KeyError:
            sources = (SourceFileLoader, SOURCE_SUFFIXES)
            bytecode = (SourcelessFileLoader, BYTECODE_SUFFIXES)
            finder = FileFinder(folder, sources, bytecode)
            return self._finders.setdefault(folder, finder)
