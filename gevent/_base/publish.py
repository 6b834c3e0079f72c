"""Gives each home module its public name.

A *home* lives in a tier (``gevent.net.socket``), its public name is an *alias*
(``gevent.socket``) of the same module object. The file of that name, the *facade*,
does nothing but import the home, so the home need not care who came first.

PUB1  ``sys.modules[public]`` is the home as soon as the public name's parent is there.
    Not earlier: Python never has ``a.b.c`` without ``a.b``, and ``import a.b.c``
    followed by ``a.b`` relies on it. Until then the alias is remembered.
    So a public package that has published children must be published itself.
PUB2  Aliases are never forgotten: a parent that is replaced gets its children again.
PUB3  While another thread is about to import the facade, the alias waits until the
    facade is in ``sys.modules``. That thread has looked there already: it would put
    the facade over an alias that came before it, and nobody would repair that.
PUB4  The home's spec keeps the home's name, so that ``importlib.reload`` executes the
    home. Its loader answers for both names, so that ``runpy``, which takes the spec
    from ``sys.modules``, gets the facade's code, with its ``__main__`` guard.
PUB5  A parent is an attribute of its own parent before one of its children can be
    imported: ``import a.b.c as d``, which finds ``a.b.c``, takes ``b`` from ``a``, and
    importlib takes ``a.b`` out of ``sys.modules`` for a moment when it has loaded it.

Threads: aliases are recorded before the parent is looked up, and a parent enters
``sys.modules`` before its children are attached. So whoever is second attaches, and
doing it twice changes nothing; no lock is needed (nor allowed: imports hold their own).
"""

from __future__ import annotations

import sys
from os import path
from types import FunctionType, ModuleType

from gevent._base.annotations import complete

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.abc import InspectLoader
    from importlib.machinery import ModuleSpec
    from types import CodeType

__all__ = ("publish",)

# Parent name -> child name -> home.
_aliases: dict[str, dict[str, ModuleType]] = {}

# PyType flags of a class whose attributes Python code can not assign.
_HEAP_TYPE = 1 << 9
_IMMUTABLE_TYPE = 1 << 8


def publish(module_name: str, public_name: str, parts: tuple[str, ...] = ()) -> None:
    """Make *public_name* an alias of the module *module_name*.

    The last statement of every home. The home itself appears under the public name in
    ``sys.modules`` and as an attribute of the parent package; classes and functions
    that the home has, and that it or one of its *parts* defines, get the public name
    as their ``__module__``. A home whose facade is a package takes over its
    ``__path__``.

    A home that is executed as a script (``__main__``) stays what it is.

    Args:
        module_name: ``__name__`` of the home; it must be in ``sys.modules``.
        public_name: Full dotted public name.
        parts: Modules below the home, or packages of them, whose names are its own.

    Raises:
        KeyError: There is no module *module_name*.
        ImportError: Home and facade are both packages; they would share submodules.

    Thread safety:
        From any thread.
    """
    if module_name == "__main__":
        return
    home = sys.modules[module_name]
    parent_name, _, child = public_name.rpartition(".")
    _aliases.setdefault(parent_name, {})[child] = home
    _rename_definitions(home, {module_name, *parts}, public_name)
    # Programs add to the lists of modules.
    names: list[str] | tuple[str, ...] | None = vars(home).get("__all__")
    if isinstance(names, tuple):
        vars(home)["__all__"] = list(names)
    _answer_for_both_names(home, public_name)
    # Whoever sees the home by its public name may ask it for a child at once.
    for name, other in _children(public_name):
        setattr(home, name, other)
    _attach(parent_name, child, home)
    # Again: another thread may have attached one to the facade meanwhile.
    for name, other in _children(public_name):
        _attach(public_name, name, other)
    complete(home)


def _children(public_name: str) -> list[tuple[str, ModuleType]]:
    return list(_aliases.get(public_name, {}).items())


def _attach(parent_name: str, child: str, home: ModuleType) -> None:
    parent = sys.modules.get(parent_name)
    if parent is None:
        return
    _adopt_facade_path(home, parent, child)
    _make_reachable(parent_name, parent)
    name = f"{parent_name}.{child}"
    _await_facade(name)
    facade = sys.modules.get(name)
    sys.modules[name] = home
    setattr(parent, child, home)
    if facade is not None and facade is not home:
        _forward(facade, home)


def _make_reachable(name: str, module: ModuleType) -> None:
    above, _, own = name.rpartition(".")
    package = sys.modules.get(above)
    if package is not None and not hasattr(package, own):
        setattr(package, own, module)


def _rename_definitions(home: ModuleType, own: set[str], public_name: str) -> None:
    for value in list(vars(home).values()):
        module_name: object = getattr(value, "__module__", None)
        if isinstance(module_name, str) and (
            module_name in own or module_name.rpartition(".")[0] in own
        ):
            if isinstance(value, type):
                _rename_class(value, public_name)
            elif isinstance(value, FunctionType) or _is_compiled_function(value):
                value.__module__ = public_name


def _rename_class(cls: type, public_name: str) -> None:
    flags = cls.__flags__
    if not flags & _HEAP_TYPE or flags & _IMMUTABLE_TYPE:
        return
    # CPython 3.13+ drops the line number when the module changes; inspect needs it.
    first_line = vars(cls).get("__firstlineno__")
    cls.__module__ = public_name
    if first_line is not None:
        cls.__firstlineno__ = first_line  # type: ignore[attr-defined]  # 3.13+


def _is_compiled_function(value: object) -> bool:
    return type(value).__name__ == "cython_function_or_method"


# -- packages ---------------------------------------------------------------------


def _adopt_facade_path(home: ModuleType, parent: ModuleType, child: str) -> None:
    found = [path.join(entry, child) for entry in getattr(parent, "__path__", ())]
    found = [folder for folder in found if path.isdir(folder)]
    own = getattr(home, "__path__", None)
    if not found:
        return
    if own is not None and own != found:
        raise ImportError(
            f"home {home.__name__!r} is a package and so is its facade "
            f"{parent.__name__}.{child}; make the home a plain module",
            name=home.__name__,
        )
    home.__path__ = found
    if home.__spec__ is not None:
        home.__spec__.submodule_search_locations = found


# -- the two names of a spec -------------------------------------------------------


def _answer_for_both_names(home: ModuleType, public_name: str) -> None:
    spec = home.__spec__
    # The spec is changed in place: the import system marks its object "initializing".
    if spec is not None and not isinstance(spec.loader, _HomeLoader):
        spec.loader = _HomeLoader(spec.loader, public_name)  # type: ignore[assignment, arg-type]  # a Loader by delegation
        # Since 3.15 a traceback through a module warns of two that differ.
        vars(home)["__loader__"] = spec.loader


class _HomeLoader:
    """The home's own loader, which also knows the code of the facade (PUB4)."""

    def __init__(self, loader: InspectLoader, public_name: str) -> None:
        self._loader = loader
        self._public_name = public_name

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            # Unpickling and copying ask before the fields are there.
            raise AttributeError(name)
        return getattr(self._loader, name)

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the home or, by its public name, of the facade."""
        if fullname != self._public_name:
            return self._loader.get_code(fullname)
        spec = _facade_spec(fullname)
        if spec is None:
            return None
        loader: InspectLoader = spec.loader  # type: ignore[assignment]  # PathFinder's all inspect
        return loader.get_code(fullname)


def _facade_spec(public_name: str) -> ModuleSpec | None:
    # Rarely asked for, and it imports warnings.
    from importlib.machinery import PathFinder

    parent = sys.modules[public_name.rpartition(".")[0]]
    return PathFinder.find_spec(public_name, parent.__path__)


# -- the facade that is being imported ---------------------------------------------

# CPython's and PyPy's import system is the same Python code; if it ever loses these
# names we lose PUB3, nothing else.
_import_system = sys.modules["_frozen_importlib"]
# Far beyond the few file-system calls that finding a facade takes.
_FACADE_WAIT_STEPS = 2_000
_FACADE_WAIT_STEP = 0.0005


def _await_facade(name: str) -> None:
    for _ in range(_FACADE_WAIT_STEPS):
        if name in sys.modules or not _is_being_found(name):
            return
        # Only here, because hardly any process ever comes this far.
        from gevent._base import originals

        originals.get("time", "sleep")(_FACADE_WAIT_STEP)


def _is_being_found(name: str) -> bool:
    """Whether another thread looks for the facade *name* on the disk right now."""
    reference = getattr(_import_system, "_module_locks", {}).get(name)
    lock = None if reference is None else reference()
    owner = getattr(lock, "owner", None)
    # No owner: the next one will look into sys.modules. This thread: it imports the
    # parent first, and looks again after that.
    if owner is None or owner == _import_system._thread.get_ident():
        return False
    # A thread that waits for another import is where this one is, or beyond.
    return not getattr(_import_system, "_blocking_on", {}).get(owner)


class _Forwarder(ModuleType):
    """A facade that gave its name away while it was being imported.

    An import statement in another thread may have looked the facade up just before
    (CPython does not look again after it has waited), so it must act as the home. Names
    with double underscores stay its own: the import system still works with them.
    """

    def __getattribute__(self, name: str) -> object:
        if name.startswith("__"):
            return object.__getattribute__(self, name)
        return getattr(_home_of(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__"):
            object.__setattr__(self, name, value)
        else:
            setattr(_home_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_home_of(self), name)


def _home_of(facade: ModuleType) -> ModuleType:
    home: ModuleType = object.__getattribute__(facade, "__dict__")["__home__"]
    return home


def _forward(facade: ModuleType, home: ModuleType) -> None:
    if type(facade) is ModuleType:
        # In this order: the class reads what the first line stores.
        facade.__dict__["__home__"] = home
        facade.__class__ = _Forwarder
