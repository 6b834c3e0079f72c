"""Makes locks cooperative that were made before patching.

A native lock blocks its whole thread: two greenlets of which one waits for what the
other one holds wait for ever. So whoever has such a lock gets one of ours instead.

LOCKS1  A lock is replaced everywhere or nowhere: when its reference count says that
    every reference was found, and each is in a place that can be given another value. A
    method of the lock, as conditions keep them, is such a reference, and needs places
    of its own.
LOCKS2  Only a lock that nobody holds: who does will release that one.
LOCKS3  Between the look at a lock and its last replacement nothing else runs: no other
    thread, no collection, no code of the places' owners.
LOCKS4  What serves the interpreter, the list of threads, or gevent itself is left
    alone, and so is what was kept as original.

Where there are no reference counts (PyPy, free-threaded builds) nothing is replaced.
"""

from __future__ import annotations

import gc
import sys
from _weakref import ReferenceType, getweakrefcount
from functools import partial
from types import (
    BuiltinMethodType,
    CellType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)

from gevent._base import originals
from gevent._native.library.backend import n_other_threads

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias, cast

    _Setter: TypeAlias = Callable[[object], object]
    # The address of a container, and which of its places it is.
    _Place: TypeAlias = tuple[int, object]
else:

    def cast(_kind: str, value: object) -> object:
        """Return the value, as ``typing.cast``."""
        return value


__all__ = ("renew_locks",)

# Modules whose globals, and those whose objects, keep their locks (LOCKS4). In
# functools they guard what is done in one go, by any greenlet of the thread.
_SPARED_GLOBALS = ("threading", "_thread")
_SPARED = ("gevent", "importlib", "_frozen_importlib", "functools")

# Flags of classes: their attributes can be assigned if they have but the first.
_MADE_AT_RUN_TIME = 1 << 9
_IMMUTABLE = 1 << 8

# Past what metaclasses make of these (LOCKS3).
_module_of = type.__dict__["__module__"].__get__
_mro_of = type.__dict__["__mro__"].__get__
_vars_of = type.__dict__["__dict__"].__get__

# Most of all objects, and of no use here: what they refer to cannot be replaced there.
_HAVE_NO_PLACES = frozenset(
    map(
        id,
        (
            type,
            tuple,
            set,
            frozenset,
            property,
            ReferenceType,
            BuiltinMethodType,
            FunctionType,
            GetSetDescriptorType,
            MemberDescriptorType,
            MethodDescriptorType,
            ModuleType,
            WrapperDescriptorType,
        ),
    )
)

# Of so many objects or fewer the collector finds those that refer to them in less time
# than we do: it compares each with all of them, but in C.
_FEW = 32

# Seconds; longer than anything takes here.
_FOR_EVER = 1000.0


def renew_locks(
    make_lock: Callable[[], object],
    make_rlock: Callable[[], object],
    kept: Iterable[dict[str, object]],
    kept_modules: tuple[str, ...] = (),
) -> None:
    """Replace the locks that nobody holds, where that is possible.

    Args:
        make_lock: Makes what replaces a ``_thread.lock``.
        make_rlock: Makes what replaces a ``_thread.RLock``.
        kept: Dictionaries that keep what they have.
        kept_modules: Modules whose globals and objects do so.
    """
    if (
        not hasattr(sys, "getrefcount")
        or not getattr(sys, "_is_gil_enabled", lambda: True)()
    ):
        return
    native_lock = type(originals.get("_thread", "allocate_lock")())
    native_rlock: type = originals.get("_thread", "RLock")  # type: ignore[assignment]  # it is a class
    kinds = {native_lock, native_rlock}
    spared = _Spared({id(each) for each in kept}, (*_SPARED, *kept_modules))
    with _Alone():
        found = gc.get_objects()
        locks = [each for each in found if type(each) in kinds]
        census = _Census(locks, found, spared)
        found.clear()
        for number in range(len(locks)):
            is_plain = type(locks[number]) is native_lock
            _renew(census, number, make_lock if is_plain else make_rlock)


def _renew(census: _Census, number: int, make: Callable[[], object]) -> None:
    """Replace one lock, and its methods, if that can be done (LOCKS1, LOCKS2)."""
    locks, methods = census.locks, census.methods
    own = [
        at
        for at, method in enumerate(methods)
        if method.__self__ is locks[number]  # type: ignore[attr-defined]  # a method
    ]
    is_known = census.is_known(locks, number, len(own))
    if not is_known or not all(census.is_known(methods, at) for at in own):
        return
    new = make()
    names: list[str] = [methods[at].__name__ for at in own]  # type: ignore[attr-defined]  # a method
    if not all(hasattr(new, name) for name in names) or not _is_free(locks[number]):
        return
    census.replace(locks[number], new)
    for at, name in zip(own, names, strict=True):
        census.replace(methods[at], getattr(new, name))


def _is_free(lock: object) -> bool:
    """Whether nobody holds it, the calling thread included."""
    is_owned = getattr(lock, "_is_owned", None)
    if is_owned is not None and is_owned():
        return False
    if not lock.acquire(False):  # type: ignore[attr-defined]  # a lock
        return False
    lock.release()  # type: ignore[attr-defined]  # a lock
    return True


class _Alone:
    """A context in which nothing else runs (LOCKS3)."""

    def __enter__(self) -> None:
        self._interval = sys.getswitchinterval()
        self._collects = gc.isenabled()
        sys.setswitchinterval(_FOR_EVER)
        gc.disable()
        if n_other_threads():
            # Who waits for its turn now waits for as long as it was told before.
            originals.get("time", "sleep")(2 * self._interval)

    def __exit__(self, *exc_info: object) -> None:
        sys.setswitchinterval(self._interval)
        if self._collects:
            gc.enable()


class _Spared:
    """The containers that keep what they have (LOCKS4).

    Args:
        addresses: Of some of them.
        modules: Top-level names of modules whose globals and objects are, too.
    """

    def __init__(self, addresses: set[int], modules: tuple[str, ...]) -> None:
        self._addresses = addresses
        self._modules = modules

    def has(self, container: object) -> bool:
        """Whether this is one."""
        if id(container) in self._addresses:
            return True
        names = _as_dict(container)
        if names is None:
            return _is_below(_module_of(type(container)), self._modules)
        return _is_below(names.get("__name__"), (*self._modules, *_SPARED_GLOBALS))


def _is_below(name: object, modules: tuple[str, ...]) -> bool:
    return type(name) is str and name.partition(".")[0] in modules


class _Census:
    """Where the locks and their methods are that are kept somewhere.

    Args:
        locks: The locks.
        found: All objects that the collector knows; not kept.
        spared: Containers that are left alone.
    """

    def __init__(
        self, locks: list[object], found: list[object], spared: _Spared
    ) -> None:
        wanted = set(map(id, locks))
        self.locks = locks
        self.methods: list[object] = [
            each
            for each in _near(locks, found)
            if type(each) is BuiltinMethodType and id(each.__self__) in wanted
        ]
        wanted.update(map(id, self.methods))
        # How many references are counted of what only a list has.
        self._unrelated = _count([object()], 0)
        self._places: dict[int, list[_Setter]] = {each: [] for each in wanted}
        containers = [
            each
            for each in _near([*locks, *self.methods], found)
            if id(type(each)) not in _HAVE_NO_PLACES
            and each is not found
            and each is not locks
            and each is not self.methods
            and not wanted.isdisjoint(map(id, gc.get_referents(each)))
            and not spared.has(each)
        ]
        classes = _classes_by_dict(containers, found)
        seen: set[_Place] = set()
        for container in containers:
            for address, place, setter in _places_in(container, wanted, classes):
                if place not in seen:
                    seen.add(place)
                    self._places[address].append(setter)

    def is_known(self, among: list[object], number: int, n_others: int = 0) -> bool:
        """Whether all references to one are places, or these others (LOCKS1)."""
        n_references = _count(among, number) - self._unrelated
        n_known = len(self._places[id(among[number])]) + n_others
        return n_references == n_known and not getweakrefcount(among[number])

    def replace(self, old: object, new: object) -> None:
        """Put another object into every place of one."""
        for setter in self._places[id(old)]:
            setter(new)


def _near(objects: list[object], found: list[object]) -> list[object]:
    """Return what may refer to *objects*, of *found* and of what was made since."""
    return gc.get_referrers(*objects) if len(objects) <= _FEW else found


def _count(among: list[object], number: int) -> int:
    return sys.getrefcount(among[number])


def _classes_by_dict(containers: list[object], found: list[object]) -> dict[int, type]:
    """Return the classes whose dictionaries are among *containers*."""
    dicts = {id(each) for each in containers if _may_be_of_class(_as_dict(each))}
    if not dicts:
        return {}
    return {
        id(names): each  # type: ignore[misc]  # it is a class
        for each in found
        if issubclass(type(each), type)
        for names in gc.get_referents(_vars_of(each))
        if id(names) in dicts
    }


def _may_be_of_class(names: dict[object, object] | None) -> bool:
    """Whether to look for a class; not for the globals of a module, say."""
    if names is None or "__doc__" not in names:
        return False
    name = names.get("__name__")
    module = sys.modules.get(name) if type(name) is str else None
    return type(module) is not ModuleType or vars(module) is not names


def _as_dict(container: object) -> dict[object, object] | None:
    # Not what extends it, and may do more than that.
    return cast("dict[object, object]", container) if type(container) is dict else None


def _places_in(
    container: object, wanted: Iterable[int], classes: dict[int, type]
) -> Iterator[tuple[int, _Place, _Setter]]:
    """Yield (address of the object, which place it is, how to replace it there)."""
    for place, value, setter in _all_places(container, classes):
        if id(value) in wanted:
            yield id(value), place, setter


def _all_places(
    container: object, classes: dict[int, type]
) -> Iterator[tuple[_Place, object, _Setter]]:
    names = _as_dict(container)
    if names is not None:
        yield from _dict_places(names, classes.get(id(names)))
    elif type(container) is list:
        items = cast("list[object]", container)
        yield from _pairs(items, enumerate(items), partial(_put_at, items))
    elif type(container) is CellType:
        contents = [("cell_contents", cast("object", container.cell_contents))]
        yield from _pairs(container, contents, partial(setattr, container))
    else:
        names = _own_dict(container)
        if names is not None:
            yield from _dict_places(names, None)
        yield from _slot_places(container)


def _pairs(
    container: object,
    pairs: Iterable[tuple[object, object]],
    store: Callable[..., object],
) -> Iterator[tuple[_Place, object, _Setter]]:
    for key, value in pairs:
        yield (id(container), key), value, partial(store, key)


def _dict_places(
    names: dict[object, object], owner: type | None
) -> Iterator[tuple[_Place, object, _Setter]]:
    # Other keys may compare themselves in code of their own (LOCKS3).
    pairs = [(key, value) for key, value in names.items() if type(key) in (str, int)]
    if owner is None:
        yield from _pairs(names, pairs, partial(_put, names))
    elif owner.__flags__ & (_MADE_AT_RUN_TIME | _IMMUTABLE) == _MADE_AT_RUN_TIME:
        # What is looked up in classes is remembered elsewhere; this makes it forgotten.
        yield from _pairs(names, pairs, partial(type.__setattr__, owner))


def _put_at(items: list[object], number: int, value: object) -> None:
    items[number] = value


def _put(names: dict[object, object], key: object, value: object) -> None:
    names[key] = value


def _own_dict(container: object) -> dict[object, object] | None:
    """Return the dictionary of an object, unless its class has its own idea of one."""
    for each in _mro_of(type(container)):
        descriptor = _vars_of(each).get("__dict__")
        if type(descriptor) is GetSetDescriptorType:
            return _as_dict(descriptor.__get__(container))
        if descriptor is not None:
            return None
    return None


def _slot_places(container: object) -> Iterator[tuple[_Place, object, _Setter]]:
    for each in _mro_of(type(container)):
        if "__slots__" not in _vars_of(each):
            continue
        for name, member in _vars_of(each).items():
            if type(member) is MemberDescriptorType:
                value = _slot_value(member, container)
                store = partial(member.__set__, container)
                yield (id(container), (id(each), name)), value, store


def _slot_value(member: MemberDescriptorType, container: object) -> object:
    try:
        return member.__get__(container)
    except AttributeError:
        return None  # nothing was assigned
