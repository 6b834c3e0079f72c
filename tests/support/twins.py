"""Plain twins of compiled modules, beside these in one process."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import gevent


def is_compiled(module: ModuleType) -> bool:
    """Tell whether a module comes from an extension."""
    return not str(module.__file__).endswith(".py")


def forms_of(*names: str) -> dict[str, tuple[ModuleType, ...]]:
    """Return some modules in each form that can be imported here.

    Args:
        names: Each may import those before it: it gets them in its own form.
    """
    used = tuple(importlib.import_module(name) for name in names)
    if not any(is_compiled(module) for module in used):
        return {"pure": used}
    return {"compiled": used, "pure": _plain(names)}


def _plain(names: tuple[str, ...]) -> tuple[ModuleType, ...]:
    kept = {name: sys.modules[name] for name in names}
    parents = {name: sys.modules[name.rpartition(".")[0]] for name in names}
    try:
        return tuple(_load(name) for name in names)
    finally:
        sys.modules.update(kept)
        for name, parent in parents.items():
            setattr(parent, name.rpartition(".")[2], kept[name])


def _load(name: str) -> ModuleType:
    path = Path(gevent.__file__).parent.parent.joinpath(*name.split("."))
    source = str(path.with_suffix(".py"))
    spec = spec_from_file_location(name, source, loader=SourceFileLoader(name, source))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
