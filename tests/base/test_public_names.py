"""Every public name: its docstring, its signature, and the types of its annotations."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import typing
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import gevent
import gevent.event
import gevent.lock
import gevent.queue
import gevent.socket

FOLDER = Path(gevent.__file__).parent
# Their submodules are homes, or commands.
PRIVATE = {"commands", "net", "patch", "servers", "simulation", "sync"}
# What has no signature that Python can say: an alternative to it does not exist.
CALLED_BY_PYTHON = {"__init__", "__enter__", "__exit__", "__call__", "__iter__"}

pytestmark = pytest.mark.pure


def public_modules() -> Iterator[types.ModuleType]:
    """Import all public modules that this form has."""
    for path in sorted(FOLDER.rglob("*.py")):
        parts = path.relative_to(FOLDER.parent).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        is_home = len(parts) > 1 and parts[1] in PRIVATE
        if is_home or any(part.startswith("_") for part in parts):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module = importlib.import_module(".".join(parts))
            except ImportError:
                continue  # a library or an extension that is not there
        yield module


def public_name(module: types.ModuleType) -> str:
    """Return the name of a module that is not its home's."""
    names = [name for name, other in sys.modules.items() if other is module]
    return min(names, key=len)


def members(kind: type) -> Iterator[tuple[str, object]]:
    """Find the public methods and properties of a class."""
    for name in dir(kind):
        if name.startswith("_") and name not in CALLED_BY_PYTHON:
            continue
        for base in kind.__mro__:
            if name in vars(base):
                if base.__module__.split(".")[0] == "gevent":
                    yield name, vars(base)[name]
                break


@cache
def public_names() -> dict[str, object]:
    """Return what is gevent's own, under its public names, and its members."""
    found: dict[str, object] = {}
    for module in public_modules():
        names: list[str] = [*getattr(module, "__all__", ())]
        for name in names or [name for name in vars(module) if name[0] != "_"]:
            value: object = getattr(module, name)
            if not str(getattr(value, "__module__", "")).startswith("gevent"):
                continue
            full = f"{public_name(module)}.{name}"
            found[full] = value
            if isinstance(value, type):
                for member, of_class in members(value):
                    found[f"{full}.{member}"] = of_class
    return found


def as_function(value: object) -> object:
    """Return the function behind a member of a class."""
    if isinstance(value, property):
        return value.fget
    return getattr(value, "__func__", value)


def is_of_gevent(value: object) -> bool:
    """Whether calling it begins in code of ours."""
    if not isinstance(value, type):
        return str(getattr(as_function(value), "__module__", "")).startswith("gevent")
    for kind in value.__mro__:
        if "__init__" in vars(kind) or "__new__" in vars(kind):
            return kind.__module__.startswith("gevent")
    return False


def test_there_are_many() -> None:
    assert len(public_names()) > 1000


def test_each_has_a_docstring() -> None:
    missing = [
        name
        for name, value in public_names().items()
        if name.rpartition(".")[2] not in CALLED_BY_PYTHON
        and (isinstance(value, type | property) or callable(as_function(value)))
        and not inspect.getdoc(value)
    ]
    assert missing == []


def test_each_that_can_be_called_has_a_signature() -> None:
    missing: list[str] = []
    for name, value in public_names().items():
        function = as_function(value)
        can_be_asked = isinstance(value, type) or inspect.isroutine(function)
        if can_be_asked and is_of_gevent(value):
            try:
                inspect.signature(function)  # type: ignore[arg-type]
            except (TypeError, ValueError) as error:
                missing.append(f"{name}: {error}")
    assert missing == []


def test_the_types_of_each_can_be_asked() -> None:
    """Of issue 15: names that homes import for type checkers only are there."""
    missing: list[str] = []
    for name, value in public_names().items():
        if isinstance(value, type) or hasattr(as_function(value), "__globals__"):
            try:
                typing.get_type_hints(as_function(value))
            except NameError as error:
                missing.append(f"{name}: {error}")
    assert missing == []


def test_what_is_said_of_the_hub_is_its_class() -> None:
    hub = sys.modules["gevent.hub"]
    assert typing.get_type_hints(gevent.get_hub) == {"return": hub.Hub}
    wait = typing.get_type_hints(gevent.socket.wait)
    assert wait["hub"] == hub.Hub | None


def test_what_is_said_of_the_loop_is_its_class_once_there_is_one() -> None:
    loop = type(gevent.get_hub().loop)
    said = typing.get_type_hints(gevent.hub.Hub.loop_class.fget)["return"]
    assert issubclass(loop, typing.get_args(said)[1])


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (gevent.queue.Queue, "(maxsize=None, items=(), unfinished_tasks=None)"),
        (gevent.queue.LifoQueue, "(maxsize=None, items=(), unfinished_tasks=None)"),
        (gevent.lock.Semaphore, "(value=1, hub=None)"),
        (gevent.lock.RLock, "(hub=None)"),
        (gevent.Greenlet, "(run=None, *args, **kwargs)"),
        (gevent.event.Event, "()"),
    ],
)
def test_native_classes_say_what_they_take(kind: type, parameters: str) -> None:
    signature = inspect.signature(kind)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    assert str(inspect.Signature(bare)) == parameters


class Inherits(gevent.queue.Queue):
    """Has the constructor of its base."""


class Replaces(gevent.Greenlet):
    """Has a constructor of its own."""

    def __init__(self, first: int, *, second: str):
        super().__init__(first, second)


def test_a_subclass_says_what_its_own_constructor_takes() -> None:
    assert "maxsize" in inspect.signature(Inherits).parameters
    assert list(inspect.signature(Replaces).parameters) == ["first", "second"]


def test_an_instance_has_no_signature_of_its_class() -> None:
    result = gevent.event.AsyncResult()
    assert not hasattr(result, "__signature__")
    assert not hasattr(gevent.Greenlet(), "__signature__")
