"""The standard library's functions as they were before anybody patched them.

Every tier takes blocking standard-library functions from here, at the moment it uses
them, and none but ``patch`` knows that patching exists:

    sleep = originals.get("time", "sleep")

ORIG1  An original is bound at the first :func:`get` or :func:`fill` of its name and
    never changes afterwards. Modules are imported at that moment, not before.
ORIG2  ``patch`` calls :func:`fill` *before* it replaces an attribute. A name that
    nobody filled is therefore unpatched (by us) and is read from its module.
ORIG3  Bindings are made by one ``dict.setdefault``: of two threads that come first at
    the same time both get the same object, without a lock.
"""

from __future__ import annotations

import sys

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Literal, TypeAlias, TypeVar, overload

    _T = TypeVar("_T")
    # Parameters are the standard library's business; the result is not.
    _Returns: TypeAlias = Callable[..., _T]

__all__ = ("fill", "filled", "get", "snapshot")

# (module, item) -> original.
_originals: dict[tuple[str, str], object] = {}


if TYPE_CHECKING:

    @overload
    def get(module_name: Literal["time"], item: Literal["sleep"]) -> _Returns[None]: ...
    @overload
    def get(
        module_name: Literal["time"],
        item: Literal["monotonic", "perf_counter", "time"],
    ) -> Callable[[], float]: ...
    @overload
    def get(
        module_name: Literal["_thread"], item: Literal["get_ident", "get_native_id"]
    ) -> Callable[[], int]: ...
    @overload
    def get(
        module_name: Literal["_thread"], item: Literal["start_new_thread"]
    ) -> _Returns[int]: ...
    @overload
    def get(
        module_name: Literal["os"], item: Literal["fork", "getpid"]
    ) -> Callable[[], int]: ...
    @overload
    def get(
        module_name: Literal["os"], item: Literal["forkpty"]
    ) -> Callable[[], tuple[int, int]]: ...
    @overload
    def get(
        module_name: Literal["os"], item: Literal["posix_spawn", "posix_spawnp"]
    ) -> _Returns[int]: ...
    @overload
    def get(
        module_name: Literal["os"], item: Literal["close"]
    ) -> Callable[[int], None]: ...
    @overload
    def get(
        module_name: Literal["os"], item: Literal["read"]
    ) -> Callable[[int, int], bytes]: ...
    @overload
    def get(module_name: Literal["os"], item: Literal["write"]) -> _Returns[int]: ...
    @overload
    def get(
        module_name: Literal["os"], item: Literal["waitpid"]
    ) -> Callable[[int, int], tuple[int, int]]: ...
    @overload
    def get(
        module_name: Literal["os"], item: Literal["wait4"]
    ) -> Callable[[int, int], tuple[int, int, object]]: ...
    @overload
    def get(module_name: str, item: str) -> _Returns[object]: ...


def get(module_name: str, item: str) -> Callable[..., object]:
    """Return the unpatched *item* of a standard-library module, usually a callable.

    Keep the result in a local variable, not in a module or class: the look-up costs
    one dictionary access and imports need no order then.

    Args:
        module_name: Name of the module; it is imported if need be.
        item: Name of one of its attributes.

    Returns:
        The object that was there before anybody who called :func:`fill` replaced it.

    Raises:
        ImportError: There is no such module.
        AttributeError: The module has no such attribute (on this platform).

    Thread safety:
        From any thread.
    """
    try:
        return _originals[module_name, item]  # type: ignore[return-value]  # callers know
    except KeyError:
        found = getattr(_module(module_name), item)
        return _originals.setdefault((module_name, item), found)  # type: ignore[return-value]  # callers know


def fill(module_name: str, item: str, original: object) -> object:
    """Record *original* as the unpatched *item*, unless one is known already.

    Called by whoever is about to replace the attribute.

    Returns:
        What :func:`get` returns from now on: *original*, or what was there first.

    Thread safety:
        From any thread.
    """
    return _originals.setdefault((module_name, item), original)


def filled(module_name: str, item: str) -> bool:
    """Whether the original of *item* is bound; never imports anything."""
    return (module_name, item) in _originals


def snapshot(module_name: str) -> dict[str, object]:
    """Return the originals of one module that are bound, by name, as a new dict."""
    # A copy first: another thread may bind one meanwhile.
    known = _originals.copy()
    return {item: value for (name, item), value in known.items() if name == module_name}


def _module(name: str) -> ModuleType:
    if name not in sys.modules:
        # Not importlib, which is Python code of its own that would have to be loaded.
        __import__(name)
    return sys.modules[name]
