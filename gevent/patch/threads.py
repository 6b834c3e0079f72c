"""Makes threads of greenlets: ``_thread``, ``threading`` and what was made before.

``threading`` knows a thread by its ident, and patched idents are ids of greenlets. So
what was recorded under the native one is recorded anew:

T1  The calling thread is the one whose root greenlet we are in; from now on it has the
    ident of that. The main thread, if that is another one, follows at its shutdown.
T2  Other threads that run already stay native. Their ``join`` looks again and again,
    since nobody tells a greenlet of their end, and they leave the list of threads
    under the name under which they are in it.
T3  Locks that the calling thread holds stay held: import locks and Python RLocks carry
    the ident of their owner. Others are made cooperative: ``gevent.patch.locks``.
T4  Private names of the standard library are used only where they exist: a release that
    lacks one loses what depends on it, not the import.
"""

from __future__ import annotations

import gc
import os
import sys

from greenlet import getcurrent

from gevent._base import originals
from gevent._base.exceptions import LoopExit
from gevent._hub.hub import sleep
from gevent.patch.attributes import patch_item, saved
from gevent.patch.locks import renew_locks
from gevent.patch.modules import ModulePatch
from gevent.sync import thread as thread_home
from gevent.sync.joinable import ThreadHandle

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading as threading_types
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Protocol

    from greenlet import greenlet as raw_greenlet

    from gevent.patch.warn import Warnings

    class _ImportLock(Protocol):
        """What ``importlib`` has one of for each module being imported."""

        owner: int | None
        wakeup: object


__all__ = ("patch_threads",)

# Seconds between two looks at a native thread.
JOIN_STEP = 0.01

# Where a thread has its handle: in 3.13, and since 3.14.
_HANDLES = ("_handle", "_os_thread_handle")

_OFF_MAIN = (
    "Monkey-patching outside the main native thread: child processes and signals are "
    "the main thread's"
)
_OFF_MAIN_JOIN = (
    "Monkey-patching not on the main thread: threading.main_thread().join() will "
    "hang in a greenlet; patch in the main thread, before starting others"
)


def patch_threads(
    warnings: Warnings,
    threading: bool = True,
    Event: bool = True,
    logging: bool = True,
    existing_locks: bool = True,
) -> None:
    """Patch ``_thread`` and what is built upon it.

    Args:
        warnings: Where warnings go.
        threading: Whether to patch ``threading`` and ``_threading_local``.
        Event: Whether to patch ``threading.Event`` as well.
        logging: Whether ``logging`` gets new locks.
        existing_locks: Whether locks that this thread holds are kept held, and
            those that nobody holds made cooperative.
    """
    native_ident = originals.get("_thread", "get_ident")()
    basics = ModulePatch(
        sys.modules["_thread"], thread_home, None, warnings, name="thread"
    )
    basics.ask()
    if not threading:
        basics.replace()
        basics.tell()
        return
    # Not before it is known that it is wanted: a program may want it unpatched.
    import threading as stdlib

    _warn_off_main(stdlib, native_ident, warnings)
    before = _Before(stdlib, native_ident)
    rest = _threading_patch(stdlib, warnings)
    rest.ask()
    basics.replace()
    rest.replace()
    if rest.allowed:
        _patch_dependants(stdlib, Event, logging)
        if existing_locks and before.is_first:
            _renew_locks(logging)
        _renew_executors_lock(stdlib)
        before.adopt(existing_locks)
    basics.tell()
    rest.tell()


def _warn_off_main(stdlib: ModuleType, native_ident: int, warnings: Warnings) -> None:
    # A second time it has the ident of a greenlet.
    if native_ident != stdlib.main_thread().ident and not _is_patched(stdlib):
        warnings.add(_OFF_MAIN)
        warnings.add(_OFF_MAIN_JOIN)


def _is_patched(stdlib: ModuleType) -> bool:
    return stdlib.get_ident is thread_home.get_ident


def _threading_patch(stdlib: ModuleType, warnings: Warnings) -> ModulePatch:
    from gevent.sync import threading as home

    if not issubclass(home.Thread, stdlib.Thread) and not _is_patched(stdlib):
        # A tool replaced the class after ours was made; ours extends the tool's now.
        home.Thread.__bases__ = (stdlib.Thread,)
    return ModulePatch(stdlib, home, None, warnings)


def _patch_dependants(stdlib: ModuleType, event: bool, logging: bool) -> None:
    """Patch what has copies of names of ``threading``, or locks made with them."""
    import _threading_local

    patch_item(_threading_local, "local", thread_home._local)
    if event:
        from gevent.sync.event import Event

        patch_item(stdlib, "Event", Event)
    if logging and "logging" in sys.modules:
        _renew_logging_locks(stdlib, sys.modules["logging"])


def _renew_locks(logging: bool) -> None:
    kept_modules = () if logging else ("logging",)
    renew_locks(
        thread_home.allocate_lock, thread_home.RLockType, saved.values(), kept_modules
    )


def _renew_executors_lock(stdlib: ModuleType) -> None:
    executors = sys.modules.get("concurrent.futures.thread")
    lock = getattr(executors, "_global_shutdown_lock", None)
    if lock is not None and not isinstance(lock, stdlib.Lock):
        executors._global_shutdown_lock = stdlib.Lock()  # type: ignore[union-attr]  # it is there


def _renew_logging_locks(stdlib: ModuleType, logging: ModuleType) -> None:
    if isinstance(getattr(logging, "_lock", None), stdlib._CRLock):
        # Ours already; somebody may hold it.
        return
    patch_item(logging, "_lock", stdlib.RLock())
    for reference in list(getattr(logging, "_handlerList", ())):
        handler = reference()
        if getattr(handler, "lock", None) is not None:
            handler.lock = stdlib.RLock()


class _Before:
    """The threads that there are before ``threading`` is patched.

    Args:
        stdlib: ``threading``.
        native_ident: Of the calling thread.
    """

    def __init__(self, stdlib: ModuleType, native_ident: int) -> None:
        self._stdlib = stdlib
        self._native_ident = native_ident
        self.is_first = not _is_patched(stdlib)
        self._others = [
            thread
            for thread in stdlib.enumerate()
            if thread.ident != native_ident and self.is_first
        ]

    def adopt(self, existing_locks: bool) -> None:
        """Make the calling thread one of greenlets (T1), the others joinable (T2)."""
        if not self.is_first:
            return
        stdlib, main = self._stdlib, self._stdlib.main_thread()
        is_main = main.ident == self._native_ident
        ident = relabel_thread(stdlib, self._native_ident)
        if is_main:
            _make_joinable(stdlib, main, ident)
        for thread in self._others:
            _make_watched(stdlib, thread)
        for thread in list(getattr(stdlib, "_dangling", ())):
            _give_handle(stdlib, thread)
        patch_item(stdlib, "_shutdown", _make_shutdown(stdlib))
        # Comes after the one of `threading` itself.
        os.register_at_fork(after_in_child=lambda: _end_others(stdlib))
        if existing_locks:
            relabel_import_locks(self._native_ident, ident)
            relabel_locks(stdlib, self._native_ident, ident)


def relabel_thread(stdlib: ModuleType, native_ident: int) -> int:
    """Give the thread object of the calling thread its new ident; return that."""
    ident = thread_home.get_ident(_root())
    active: dict[int, threading_types.Thread] = getattr(stdlib, "_active", {})
    thread = active.pop(native_ident, None)
    if thread is not None:
        thread._ident = ident  # type: ignore[attr-defined]  # private there
        active[ident] = thread
    return ident


def _root() -> raw_greenlet:
    greenlet = getcurrent()
    while greenlet.parent is not None:
        greenlet = greenlet.parent
    return greenlet


def _make_joinable(
    stdlib: ModuleType, main: threading_types.Thread, ident: int
) -> None:
    """Let greenlets wait for the main thread: what ``_shutdown`` ends is ours."""
    old_lock: object = getattr(main, "_tstate_lock", None)
    if old_lock is not None:
        locks: set[object] = getattr(stdlib, "_shutdown_locks", set())
        lock = thread_home.allocate_lock()
        lock.acquire()
        locks.discard(old_lock)
        locks.add(lock)
        main._tstate_lock = lock  # type: ignore[attr-defined]  # before 3.13
    for name in _HANDLES:
        if hasattr(main, name):
            setattr(main, name, stdlib._make_thread_handle(ident))


def _make_watched(stdlib: ModuleType, thread: threading_types.Thread) -> None:
    """Let greenlets wait for a native thread, and let it end (T2)."""
    active, ident = getattr(stdlib, "_active", {}), thread.ident
    # Before 3.13: `_shutdown` blocks on it as a whole, and may not let greenlets run
    # that this thread waits for.
    locks: set[object] = getattr(stdlib, "_shutdown_locks", set())
    locks.discard(getattr(thread, "_tstate_lock", None))

    def join(timeout: float | None = None) -> None:
        """Wait until the thread has ended.

        Blocking:
            Switches to the hub.
        """
        monotonic = originals.get("time", "monotonic")
        deadline = None if timeout is None else monotonic() + timeout
        while thread.is_alive() and (deadline is None or monotonic() < deadline):
            sleep(JOIN_STEP)  # switches

    def forget() -> None:
        active.pop(ident, None)

    thread.join = join  # type: ignore[method-assign]  # of this object only
    thread._delete = forget  # type: ignore[attr-defined]  # private there


def _give_handle(stdlib: ModuleType, thread: threading_types.Thread) -> None:
    """Let a thread that was made, but not started, be started as a greenlet."""
    for name in _HANDLES:
        if hasattr(thread, name) and thread.ident is None:
            setattr(thread, name, stdlib._ThreadHandle())


def _end_others(stdlib: ModuleType) -> None:
    """Say of all threads but the current one that they ended; in a forked child.

    The system says it of native threads, ``threading`` itself before it had handles.
    """
    for thread in list(getattr(stdlib, "_dangling", ())):
        for name in _HANDLES:
            handle: object = getattr(thread, name, None)
            if isinstance(handle, ThreadHandle):
                handle.end_unless_of(thread_home.get_ident())


def _make_shutdown(stdlib: ModuleType) -> Callable[[], None]:
    original: Callable[[], None] = stdlib._shutdown
    # Since 3.13 the last step of it; blocks as a whole, so we take it at the end.
    wait_for_native: Callable[[], None] = getattr(stdlib, "_thread_shutdown", _pass)
    if wait_for_native is not _pass:
        patch_item(stdlib, "_thread_shutdown", _pass)

    def _shutdown() -> None:
        """End the main thread, and wait for those that are not daemons.

        Blocking:
            Switches to the hub.
        """
        if stdlib.main_thread().ident == originals.get("_thread", "get_ident")():
            # Patched in another thread (T1).
            relabel_thread(stdlib, stdlib.main_thread().ident)
        try:
            original()  # switches
            _wait_for_others(stdlib)  # switches
        except LoopExit:
            # Nothing is left that could end the greenlets.
            pass
        wait_for_native()

    return _shutdown


def _pass() -> None:
    """Do nothing."""


def _wait_for_others(stdlib: ModuleType) -> None:
    """Wait for all that are not daemons, those too that are started meanwhile."""
    while waited_for := [each for each in _others(stdlib) if each.is_alive()]:
        for thread in waited_for:
            thread.join()  # switches


def _others(stdlib: ModuleType) -> Iterable[threading_types.Thread]:
    main = stdlib.main_thread()
    return [
        thread
        for thread in stdlib.enumerate()
        if not thread.daemon and thread is not main
    ]


def relabel_import_locks(native_ident: int, ident: int) -> None:
    """Keep the locks of modules held that are being imported right now (T3).

    Another greenlet that imports such a module waits for ``wakeup``.
    """
    import_system = sys.modules["_frozen_importlib"]
    for reference in list(getattr(import_system, "_module_locks", {}).values()):
        lock: _ImportLock | None = reference()
        if lock is not None and getattr(lock, "owner", None) == native_ident:
            lock.owner = ident
            lock.wakeup = thread_home.allocate_lock()


def relabel_locks(stdlib: ModuleType, native_ident: int, ident: int) -> None:
    """Keep the Python RLocks held that this thread holds (T3)."""
    python_lock: type[object] | None = getattr(stdlib, "_PyRLock", None)
    # Type by identity: nothing of a foreign object is called.
    for found in gc.get_objects():
        if type(found) is python_lock:
            _relabel_lock(found, native_ident, ident)


def _relabel_lock(lock: object, native_ident: int, ident: int) -> None:
    fields = vars(lock)
    if fields.get("_owner") == native_ident:
        fields["_block"] = block = thread_home.allocate_lock()
        fields["_owner"] = ident
        block.acquire()
