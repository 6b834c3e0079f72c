#!/usr/bin/env python3
"""Write a program that asks a type checker what it shows of every public name.

    python tools/shown_types.py FILE

Each line is a ``reveal_type`` of a name of a public module, of a class through an
instance. ``check_types.py`` looks for private modules in the answers.
"""

from __future__ import annotations

import importlib
import inspect
import keyword
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

TREE = Path(__file__).resolve().parent.parent
STUBS = TREE / "typings"
# Packages that have no stubs of public modules, and a command.
PRIVATE = ("net", "patch", "servers", "simulation", "sync")
COMMANDS = ("gevent.monkey.__main__",)


def public_modules() -> list[str]:
    """Return the names of all public modules."""
    names: list[str] = []
    for path in sorted((STUBS / "gevent").rglob("*.pyi")):
        parts = path.relative_to(STUBS).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        private = len(parts) > 1 and parts[1] in PRIVATE
        if not private and not any(part.startswith("_") for part in parts):
            names.append(".".join(parts))
    return [name for name in names if name not in COMMANDS]


def public_names(module: ModuleType) -> list[str]:
    """Return the names of a module that are no modules themselves."""
    names: list[str] = [*getattr(module, "__all__", ())]
    return [
        name
        for name in names or [name for name in vars(module) if name[0] != "_"]
        if not inspect.ismodule(getattr(module, name, None))
        and not keyword.iskeyword(name)
    ]


def lines() -> Iterator[str]:
    """Yield the lines of the program."""
    names = public_modules()
    yield "from __future__ import annotations"
    yield from (f"import {name}" for name in names)
    for number, name in enumerate(names):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module(name)
        for public in public_names(module):
            yield f"reveal_type({name}.{public})"
            value: object = getattr(module, public, None)
            if isinstance(value, type) and value.__module__ == name:
                yield from _members(f"{name}.{public}", value, number)


def _members(name: str, kind: type, number: int) -> Iterator[str]:
    members = [
        member
        for member in dir(kind)
        if member[0] != "_" and not keyword.iskeyword(member)
    ]
    yield f"def of_{kind.__name__}_{number}(it: {name}) -> None:"
    yield "    reveal_type(it)"
    yield from (f"    reveal_type(it.{member})" for member in members)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join(lines()) + "\n")
