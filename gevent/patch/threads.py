"""Makes threads of greenlets: ``_thread``, ``threading`` and what was made before.

``threading`` knows a thread by its ident, and patched idents are ids of greenlets. So
what was recorded under the native one is recorded anew:

THREAD1  The calling thread is the one whose root greenlet we are in; from now on it has
    the ident of that. The main thread, if that is another one, follows at its shutdown.
THREAD2  Other threads that run already stay native. Their ``join`` looks again and
    again, since nobody tells a greenlet of their end, and they leave the list of
    threads under the name under which they are in it.
THREAD3  Locks that the calling thread holds stay held: import locks and Python RLocks
    carry the ident of their owner. Others are made cooperative: ``gevent.patch.locks``.
THREAD4  Private names of the standard library are used only where they exist: a release
    that lacks one loses what depends on it, not the import.
"""

from __future__ import annotations

import gc
import os
import sys
from functools import partial

from greenlet import getcurrent

from gevent._base import originals
from gevent._base.exceptions import LoopExit
from gevent._hub.hub import get_hub, sleep
from gevent.patch.attributes import saved
from gevent.patch.locks import renew_locks
from gevent.patch.modules import ModulePatch
from gevent.sync.threads import thread as thread_home
from gevent.sync.threads.joinable import ThreadHandle
from gevent.sync.threads.running_loop import is_thread

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading as threading_types
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Protocol

    from gevent.patch.call import Call

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
    "Monkey-patching outside the main native thread. Some APIs will not be available: "
    "child processes and signals are the main thread's"
)
_OFF_MAIN_JOIN = (
    "Monkey-patching not on the main thread; threading.main_thread().join() will "
    "hang from a greenlet; patch in the main thread, before starting others"
)


def patch_threads(
    call: Call,
    threading: bool = True,
    _threading_local: bool = True,
    Event: bool = True,
    logging: bool = True,
    existing_locks: bool = True,
) -> None:
    """Patch ``_thread`` and what is built upon it.

    Args:
        call: Of which it is a part.
        threading: Whether to patch ``threading``.
        _threading_local: Whether to patch ``_threading_local``.
        Event: Whether to patch ``threading.Event`` as well.
        logging: Whether ``logging`` gets new locks.
        existing_locks: Whether locks that this thread holds are kept held, and
            those that nobody holds made cooperative.
    """
    native_ident = originals.get("_thread", "get_ident")()
    basics = ModulePatch(sys.modules["_thread"], thread_home, None, call, name="thread")
    basics.ask()
    if not threading:
        basics.replace()
        if _threading_local and basics.allowed:
            _patch_local(call)
        basics.tell()
        return
    # Not before it is known that it is wanted: a program may want it unpatched.
    import threading as stdlib

    _warn_off_main(stdlib, native_ident, call)
    before = _Before(stdlib, native_ident)
    rest = _threading_patch(stdlib, call)
    rest.ask()
    basics.replace()
    rest.replace()
    if rest.allowed:
        if _threading_local:
            _patch_local(call)
        _patch_dependants(call, stdlib, Event, logging)
        if existing_locks and before.is_first:
            call.at_the_end(lambda: _renew_locks(logging))
        _renew_executors_lock(call, stdlib)
        before.adopt(call, existing_locks)
    basics.tell()
    rest.tell()


def _warn_off_main(stdlib: ModuleType, native_ident: int, call: Call) -> None:
    # A second time it has the ident of a greenlet.
    if native_ident != stdlib.main_thread().ident and not _is_patched(stdlib):
        call.add(_OFF_MAIN)
        call.add(_OFF_MAIN_JOIN)


def _is_patched(stdlib: ModuleType) -> bool:
    return stdlib.get_ident is thread_home.get_ident


def _threading_patch(stdlib: ModuleType, call: Call) -> ModulePatch:
    from gevent.sync.threads import threading as home

    if not issubclass(home.Thread, stdlib.Thread) and not _is_patched(stdlib):
        # A tool replaced the class after ours was made; ours extends the tool's now.
        call.undo_by(setattr, home.Thread, "__bases__", home.Thread.__bases__)
        home.Thread.__bases__ = (stdlib.Thread,)
    return ModulePatch(stdlib, home, None, call)


def _patch_local(call: Call) -> None:
    import _threading_local

    call.patch_item(_threading_local, "local", thread_home._local)


def _patch_dependants(
    call: Call, stdlib: ModuleType, event: bool, logging: bool
) -> None:
    """Patch what is built upon ``threading``, or has locks made with it."""
    if event:
        from gevent.sync.event import Event

        call.patch_item(stdlib, "Event", Event)
    if logging and "logging" in sys.modules:
        _renew_logging_locks(call, stdlib, sys.modules["logging"])


def _renew_locks(logging: bool) -> None:
    kept_modules = () if logging else ("logging",)
    renew_locks(
        thread_home.allocate_lock, thread_home.RLockType, saved.values(), kept_modules
    )


def _renew_executors_lock(call: Call, stdlib: ModuleType) -> None:
    executors = sys.modules.get("concurrent.futures.thread")
    lock = getattr(executors, "_global_shutdown_lock", None)
    if lock is not None and not isinstance(lock, stdlib.Lock):
        call.assign(executors, "_global_shutdown_lock", stdlib.Lock())


def _renew_logging_locks(call: Call, stdlib: ModuleType, logging: ModuleType) -> None:
    if isinstance(getattr(logging, "_lock", None), stdlib._CRLock):
        # Ours already; somebody may hold it.
        return
    call.patch_item(logging, "_lock", stdlib.RLock())
    for reference in list(getattr(logging, "_handlerList", ())):
        handler = reference()
        if getattr(handler, "lock", None) is not None:
            call.assign(handler, "lock", stdlib.RLock())


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

    def adopt(self, call: Call, existing_locks: bool) -> None:
        """Make this thread one of greenlets (THREAD1), others joinable (THREAD2)."""
        if not self.is_first:
            return
        stdlib, main = self._stdlib, self._stdlib.main_thread()
        is_main = main.ident == self._native_ident
        ident = _root_ident()
        current = getattr(stdlib, "_active", {}).get(self._native_ident)
        if current is not None:
            call.undo_by(relabel_thread, stdlib, current, ident, self._native_ident)
            relabel_thread(stdlib, current, self._native_ident, ident)
        if is_main:
            call.undo_by(thread_home.main_ident.__setitem__, 0, 0)
            thread_home.main_ident[0] = ident
            _make_joinable(call, stdlib, main, ident)
        _let_joins_be_left(call, stdlib)
        for thread in self._others:
            _make_watched(call, stdlib, thread)
        for thread in list(getattr(stdlib, "_dangling", ())):
            _give_handle(call, stdlib, thread)
        call.patch_item(stdlib, "_shutdown", _make_shutdown(call, stdlib))
        call.at_the_end(lambda: _register_at_fork(stdlib))
        if existing_locks:
            relabel_import_locks(call, self._native_ident, ident)
            relabel_locks(call, stdlib, self._native_ident, ident)


def relabel_thread(
    stdlib: ModuleType, thread: threading_types.Thread, old_ident: int, ident: int
) -> None:
    """Give a thread object its new ident."""
    active: dict[int, threading_types.Thread] = getattr(stdlib, "_active", {})
    active[ident] = thread
    thread._ident = ident  # type: ignore[attr-defined]  # private there
    active.pop(old_ident, None)


def _root_ident() -> int:
    """Return the ident that the calling native thread has from now on."""
    greenlet = getcurrent()
    while greenlet.parent is not None:
        greenlet = greenlet.parent
    return thread_home.get_ident(greenlet)


def _make_joinable(
    call: Call, stdlib: ModuleType, main: threading_types.Thread, ident: int
) -> None:
    """Let greenlets wait for the main thread: what ``_shutdown`` ends is ours."""
    old_lock: object = getattr(main, "_tstate_lock", None)
    if old_lock is not None:
        locks: set[object] = getattr(stdlib, "_shutdown_locks", set())
        lock = thread_home.allocate_lock()
        lock.acquire()
        call.undo_by(locks.add, old_lock)
        call.undo_by(locks.discard, lock)
        locks.discard(old_lock)
        locks.add(lock)
        call.assign(main, "_tstate_lock", lock)
    for name in _HANDLES:
        if hasattr(main, name):
            call.assign(main, name, stdlib._make_thread_handle(ident))


def _let_joins_be_left(call: Call, stdlib: ModuleType) -> None:
    """Let a thread run on when a Timeout or kill ends the wait for it; before 3.13."""
    from gevent.sync.threads.threading import make_wait_for_end

    name = "_wait_for_tstate_lock"
    classes: tuple[type, ...] = stdlib.Thread.__mro__
    for owner in classes:
        original: Callable[..., None] | None = vars(owner).get(name)
        if original is not None:
            call.assign(owner, name, make_wait_for_end(original))


def _make_watched(
    call: Call, stdlib: ModuleType, thread: threading_types.Thread
) -> None:
    """Let greenlets wait for a native thread, and let it end (THREAD2)."""
    # Before 3.13: `_shutdown` blocks on it as a whole, and may not let greenlets run
    # that this thread waits for.
    locks: set[object] = getattr(stdlib, "_shutdown_locks", set())
    lock: object = getattr(thread, "_tstate_lock", None)
    if lock in locks:
        call.undo_by(locks.add, lock)
        locks.discard(lock)

    def join(timeout: float | None = None) -> None:
        """Wait until the thread has ended.

        Blocking:
            Switches to the hub.
        """
        monotonic = originals.get("time", "monotonic")
        deadline = None if timeout is None else monotonic() + timeout
        while thread.is_alive() and (deadline is None or monotonic() < deadline):
            sleep(JOIN_STEP)  # switches

    call.assign(thread, "join", join)
    call.assign(thread, "_delete", partial(_forget_thread, stdlib, thread.ident))


def _give_handle(
    call: Call, stdlib: ModuleType, thread: threading_types.Thread
) -> None:
    """Let a thread that was made, but not started, be started as a greenlet."""
    for name in _HANDLES:
        if hasattr(thread, name) and thread.ident is None:
            call.assign(thread, name, stdlib._ThreadHandle())


def _register_at_fork(stdlib: ModuleType) -> None:
    """See to what ``threading`` does to threads in a forked child; it does it before.

    The greenlets of the thread that forked go on there, though it is told that they
    are threads that ended.
    """

    def in_child() -> None:
        if hasattr(stdlib, "_limbo"):
            stdlib._limbo = _Limbo()  # type: ignore[attr-defined]  # private there
        _end_others(stdlib)
        _let_main_greenlet_end()

    os.register_at_fork(after_in_child=in_child)


class _Limbo(dict[object, object]):
    """The threads that are about to begin; those from before the fork are not in it."""

    def __delitem__(self, thread: object) -> None:
        """Take a thread out that begins."""
        self.pop(thread, None)


def _end_others(stdlib: ModuleType) -> None:
    """Say of all threads but the current one that they ended.

    The system says it of native threads, ``threading`` itself before it had handles.
    """
    current = thread_home.get_ident()
    for thread in list(getattr(stdlib, "_dangling", ())):
        for name in _HANDLES:
            handle: object = getattr(thread, name, None)
            if isinstance(handle, ThreadHandle):
                handle.end_unless_of(current)
        if thread.ident not in (None, current):
            thread._delete = partial(_forget_thread, stdlib, thread.ident)


def _forget_thread(stdlib: ModuleType, ident: int | None) -> None:
    """Take a thread out of the list of threads, if it is in there."""
    getattr(stdlib, "_active", {}).pop(ident, None)


class _ThreadsEnded(LoopExit, SystemExit):
    """Ends the main greenlet of a child, whose threads have ended."""

    # Of the process.
    code = 0


def _let_main_greenlet_end() -> None:
    """Let a child end in peace when the thread that forked it has returned.

    Without greenlets it is the only one there: the main thread is gone, and nobody
    misses what that waited for.
    """
    attributes = vars(get_hub())
    attributes.pop("_make_loop_exit", None)
    forker = getcurrent()
    if not is_thread(id(forker)):
        return

    def make_loop_exit(*args: object) -> LoopExit:
        return _ThreadsEnded(*args) if forker.dead else LoopExit(*args)

    attributes["_make_loop_exit"] = make_loop_exit


def _make_shutdown(call: Call, stdlib: ModuleType) -> Callable[[], None]:
    original: Callable[[], None] = stdlib._shutdown
    # Since 3.13 the last step of it; blocks as a whole, so we take it at the end.
    wait_for_native: Callable[[], None] = getattr(stdlib, "_thread_shutdown", _pass)
    if wait_for_native is not _pass:
        call.patch_item(stdlib, "_thread_shutdown", _pass)

    def _shutdown() -> None:
        """End the main thread, and wait for those that are not daemons.

        Blocking:
            Switches to the hub.
        """
        native_ident = originals.get("_thread", "get_ident")()
        if stdlib.main_thread().ident == native_ident:
            # Patched in another thread (THREAD1).
            main = stdlib.main_thread()
            relabel_thread(stdlib, main, native_ident, _root_ident())
        # Finalizers may want its loop when none can be made any more.
        get_hub()
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


def relabel_import_locks(call: Call, native_ident: int, ident: int) -> None:
    """Keep the locks of modules held that are being imported right now (THREAD3).

    Another greenlet that imports such a module waits for ``wakeup``.
    """
    import_system = sys.modules["_frozen_importlib"]
    for reference in list(getattr(import_system, "_module_locks", {}).values()):
        lock: _ImportLock | None = reference()
        if lock is not None and getattr(lock, "owner", None) == native_ident:
            call.undo_by(setattr, lock, "owner", native_ident)
            call.undo_by(setattr, lock, "wakeup", lock.wakeup)
            lock.owner = ident
            lock.wakeup = thread_home.allocate_lock()


def relabel_locks(
    call: Call, stdlib: ModuleType, native_ident: int, ident: int
) -> None:
    """Keep the Python RLocks held that this thread holds (THREAD3)."""
    python_lock: type[object] | None = getattr(stdlib, "_PyRLock", None)
    # Type by identity: nothing of a foreign object is called.
    for found in gc.get_objects():
        if type(found) is python_lock:
            _relabel_lock(call, found, native_ident, ident)


def _relabel_lock(call: Call, lock: object, native_ident: int, ident: int) -> None:
    fields = vars(lock)
    if fields.get("_owner") == native_ident:
        call.undo_by(fields.update, {**fields})
        fields["_block"] = block = thread_home.allocate_lock()
        fields["_owner"] = ident
        block.acquire()
