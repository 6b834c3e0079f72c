"""Locks between processes that block the calling greenlet only.

``multiprocessing`` makes all its locks, semaphores and conditions of one native class,
``_multiprocessing.SemLock``; in a patched program a subclass takes its place.
Nobody tells a process that a semaphore of the system was released, so a greenlet that
waits for one looks again and again; when nothing else can run, the thread waits.
"""

from __future__ import annotations

from greenlet import getcurrent

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._hub.hub import get_hub_if_exists, sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._hub.hub import Hub

    class _NativeLock:
        """What is used of the native class."""

        def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
            """Take it."""
            ...

        def release(self) -> None:
            """Give it back."""


__all__ = ("make_class",)

# Seconds between two looks: first, and at most.
SHORTEST = 0.0005
LONGEST = 0.01
# How long the thread waits before others get a chance, when none seems to need it.
SLICE = 0.05


def make_class(native: type[_NativeLock]) -> type[_NativeLock]:
    """Return the cooperative class over the native one.

    Raises:
        TypeError: It cannot be subclassed.
    """

    class _SemLock(native):  # type: ignore[misc, valid-type]  # it is a class
        """A semaphore that processes share; see ``multiprocessing``."""

        __slots__ = ()

        def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
            """Take one unit.

            Args:
                block: Whether to wait for it.
                timeout: Seconds to wait at most; None: for ever.

            Returns:
                Whether it was taken.

            Blocking:
                Switches to the hub unless it is free.
            Cancellation:
                It is not taken.
            """
            hub = get_hub_if_exists()
            if not block or hub is None or hub is getcurrent():
                return native.acquire(self, block, timeout)
            if native.acquire(self, False):
                return True
            return _acquire_later(hub, native.acquire, self, timeout)  # switches

        def __enter__(self) -> bool:
            return self.acquire()  # switches

    _SemLock.__module__ = native.__module__
    _SemLock.__qualname__ = _SemLock.__name__ = native.__name__
    return _SemLock


def _acquire_later(
    hub: Hub,
    acquire: Callable[..., bool],
    lock: _NativeLock,
    timeout: float | None,
) -> bool:
    """Look until it is free or the time is over."""
    monotonic = originals.get("time", "monotonic")
    deadline = None if timeout is None else monotonic() + timeout
    delay = SHORTEST
    while True:
        left = LONGEST if deadline is None else deadline - monotonic()
        if left <= 0.0:
            return False
        if _is_anything_left(hub):
            sleep(min(delay, left))  # switches
            delay = min(2 * delay, LONGEST)
            taken = acquire(lock, False)
        else:
            taken = acquire(lock, True, SLICE if deadline is None else min(SLICE, left))
            if not taken:
                sleep(0)  # switches
        if taken:
            return True


def _is_anything_left(hub: Hub) -> bool:
    """Whether something could run in this thread but for the caller."""
    loop = hub.loop
    return loop.activecnt > 0 or loop.pendingcnt > 0
