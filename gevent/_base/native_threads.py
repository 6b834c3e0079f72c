"""Native threads and their locks, whatever is patched."""

from __future__ import annotations

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("NativeLock", "make_native_lock", "start_new_thread")


class NativeLock(Protocol):
    """What ``_thread.allocate_lock`` returns."""

    def acquire(self, blocking: bool = ..., timeout: float = ..., /) -> bool:
        """Take it."""

    def release(self) -> None:
        """Free it."""


def start_new_thread(
    function: Callable[..., object], args: tuple[object, ...] = ()
) -> int:
    """Run a function in a new native thread, whatever is patched; return its ident.

    Raises:
        RuntimeError: The system does not allow another thread.
    """
    return originals.get("_thread", "start_new_thread")(function, args)


def make_native_lock() -> NativeLock:
    """Return a new lock that blocks the native thread, whatever is patched."""
    make: Callable[[], NativeLock] = originals.get("_thread", "allocate_lock")  # type: ignore[assignment]  # that is what it is
    return make()
