"""What monkey patching puts into ``threading``; usable without that, too.

Importing this changes nothing in ``threading``. In an unpatched process a
:class:`Thread` is the standard library's: a native thread.
"""

from __future__ import annotations

import threading
import weakref

from greenlet import getcurrent

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.publish import publish
from gevent.sync.local import local as local
from gevent.sync.lock import RLock as RLock
from gevent.sync.shared import let_others_run
from gevent.sync.threads.joinable import (
    ThreadHandle,
    make_thread_handle,
    start_joinable,
)
from gevent.sync.threads.thread import (
    HAS_HANDLES,
    LockType,
    RLockType,
    allocate_lock,
    start_new_thread,
)
from gevent.sync.threads.thread import get_ident as get_ident

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenlet import greenlet as raw_greenlet

# The names as `threading` has them: these are what patching assigns.
Lock = LockType
_allocate_lock = allocate_lock
_start_new_thread = start_new_thread
# Made by threading.RLock(); a greenlet owns it.
_CRLock = RLockType

__implements__: list[str] = [
    "Lock",
    "Thread",
    "Timer",
    "_CRLock",
    "_DeleteDummyThreadOnDel",
    "_DummyThread",
    "_allocate_lock",
    "_get_main_thread_ident",
    "_set_name",
    "_start_new_thread",
    "get_ident",
    "local",
]
if HAS_HANDLES:
    _start_joinable_thread = start_joinable
    _ThreadHandle = ThreadHandle
    _make_thread_handle = make_thread_handle
    __implements__ += [
        "_ThreadHandle",
        "_make_thread_handle",
        "_start_joinable_thread",
    ]
else:
    __implements__ += ["_set_sentinel"]
__implements__ = sorted(name for name in __implements__ if hasattr(threading, name))
__extensions__: list[str] = []


# Weak references to raw greenlets whose end is awaited, by their own numbers: nothing
# else keeps them. In a forked child those to greenlets of lost threads never tell.
_awaited: dict[int, weakref.ref[raw_greenlet]] = {}


def on_end(greenlet: raw_greenlet, callback: Callable[[object], object]) -> None:
    """Call back when a greenlet has ended; for a raw one, when it is collected."""
    rawlink = getattr(greenlet, "rawlink", None)
    if rawlink is not None:
        rawlink(callback)
        return

    def tell(reference: weakref.ref[raw_greenlet]) -> None:
        del _awaited[id(reference)]
        callback(reference)

    reference = weakref.ref(greenlet, tell)
    _awaited[id(reference)] = reference


def _set_sentinel() -> LockType:
    """Return a lock that is released when the current greenlet ends.

    What ``Thread.join`` waits for before 3.13; a native thread's is released by the
    interpreter. ``threading.Thread`` takes it, so that it holds for every subclass,
    those that were defined before patching included.
    """
    lock = allocate_lock()
    on_end(getcurrent(), lambda _: lock.locked() and lock.release())
    return lock


def make_wait_for_end(original: Callable[..., None]) -> Callable[..., None]:
    """Return what ``threading`` waits with for the end of a thread, before 3.13.

    The original takes the lock of the thread, and believes that it got it when it is
    left by an exception: a thread that runs would count as ended. Ours only looks.

    Args:
        original: What it has; for threads that are native.
    """

    def _wait_for_tstate_lock(
        self: threading.Thread, block: bool = True, timeout: float = -1
    ) -> None:
        lock: object = getattr(self, "_tstate_lock", None)
        if not isinstance(lock, LockType):
            original(self, block, timeout)
            return
        if timeout > threading.TIMEOUT_MAX:
            raise OverflowError("timeout value is too large")
        if lock.locked():
            if block:
                lock.wait(None if timeout < 0 else timeout)  # switches
            else:
                let_others_run()  # switches
        if not lock.locked():
            self._stop()  # type: ignore[attr-defined]  # private there

    return _wait_for_tstate_lock


class Thread(threading.Thread):
    """``threading.Thread``, of which a greenlet can be the body."""


class Timer(Thread, threading.Timer):
    """``threading.Timer`` on :class:`Thread`."""


class _DummyThread(threading._DummyThread):
    """What ``current_thread`` returns in greenlets that are not threads.

    Gone from ``threading`` with its greenlet.
    """

    def __init__(self) -> None:
        super().__init__()
        current = getcurrent()
        ident = id(current)
        if ident == self.ident:
            on_end(current, lambda _: _forget(self))


def _DeleteDummyThreadOnDel(dummy_thread: threading.Thread) -> None:
    """Do nothing: ``_DummyThread`` sees to its own end.

    Since 3.12 the standard library waits for the native thread to end by a variable of
    that. All its greenlets would share it: each new one would end the one before.
    """


def _get_main_thread_ident() -> int:
    """Return the ident of the current greenlet.

    Since 3.13 the standard library asks for it where a forked child has a new main
    thread: the greenlet that forked, if that was no thread before.
    """
    return get_ident()


def _set_name(name: str) -> None:
    """Let the system know the name of a native thread, not those of its greenlets.

    Since 3.14 a thread gives itself its name there when it starts.
    """
    if getcurrent().parent is None:
        originals.get("_thread", "set_name")(name)


def _forget(dummy: _DummyThread) -> None:
    """Take a dummy thread out of the list of threads."""
    ident = cast("int", dummy.ident)  # it is running
    found = threading._active.get(ident)  # type: ignore[attr-defined]  # private there
    # PyPy may tell late, when the number is that of another greenlet.
    if found is dummy:
        del threading._active[ident]  # type: ignore[attr-defined]  # private there


def main_native_thread() -> threading.Thread:
    """Return the standard library's object of the main thread."""
    return threading.main_thread()


publish(__name__, "gevent.threading")
