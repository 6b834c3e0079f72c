"""The shims as objects, through CFFI; the twin of ``backend.pyx``.

Contract and invariants BACK1 to BACK5 are there. What is done differently:

* operations are called through CFFI, which releases the GIL around each call, so that
  no hooks are needed, and what fired is read in batches;
* ``owner`` of a native record is a number, by which ``owners`` finds the Watcher;
* orphans (BACK3) are numbers, too, in a deque, to which any thread may append;
* a wake-up goes on without the GIL, so ``close`` waits for it: ``waking`` is held
  during each. It can be taken again, for a signal handler in the midst of one, and a
  forked child, where the thread that held it may be gone, begins with a new one;
* handlers of signals run as soon as a poll has returned, inside it as Python sees it;
  what they raise is kept for ``check_signals``, or else raised by ``collect``.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock, get_ident, get_native_id
from _thread import _count as count_started_threads
from errno import EBADF
from weakref import ref

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.light import deque

if TYPE_CHECKING:
    from typing import Protocol

    from gevent._native.library.cffi_module import (
        Floats,
        Foreign,
        Integers,
        Lib,
        Module,
        NativeRecord,
        Operations,
        Pointer,
    )
    from gevent._native.scheduling.scheduler import Watcher

    class Owner(Protocol):
        """A Watcher, of which its stub does not tell everything."""

        def fired(self, events: int) -> int:
            """Queue it."""


# How many records one call takes from the ready list.
BATCH = 256
STAT_FIELDS = 10

_ADVICE = (
    "the compiled loops are not there in the pure form: unset GEVENT_PURE_PYTHON and "
    "PURE_PYTHON, or choose a CFFI loop with GEVENT_LOOP"
)

# The kernel of Linux numbers threads and processes alike.
_PROCESS_IS_A_THREAD = sys.platform == "linux"

# CFFI modules that count forks already; each begins when it makes its first loop.
_counting: set[Module] = set()


class ThreadsLost:
    """What a fork did to the interpreter's count of threads."""

    # Threads that stayed in the parent, but are still counted by the interpreter.
    n_left_behind = 0

    @classmethod
    def note(cls) -> None:
        """Runs in each forked child, where one thread exists."""
        cls.n_left_behind = count_started_threads()


os.register_at_fork(after_in_child=ThreadsLost.note)


def is_main_thread() -> bool:
    """Return whether the calling thread is the interpreter's main one."""
    if _PROCESS_IS_A_THREAD:
        return get_native_id() == os.getpid()
    # Imported here for its cost: `import gevent` must not load it.
    from threading import main_thread

    return main_thread().ident == get_ident()


def _error(code: int, call: str) -> OSError:
    return OSError(code, f"{os.strerror(code)} ({call})")


def _count_forks(module: Module) -> None:
    """Begin to count the forks that lead to this process, once per module."""
    if module not in _counting:
        _counting.add(module)
        if module.lib.gevent_begin_fork_count():
            raise MemoryError("cannot register a fork handler")


def n_other_threads() -> int:
    """Return how many other native threads of this interpreter live."""
    # All but the main one were started; elsewhere the caller stands for that one.
    return count_started_threads() - ThreadsLost.n_left_behind


class Backend:
    """One loop of an event library.

    Args:
        address: Of the ``gevent_loop_ops`` to use.
        flags: The library's own flags.
        module: The CFFI module that holds them.

    Raises:
        OSError: The library could not make a loop.
        ImportError: The operations are of another version, or not CFFI's.
    """

    waking: RLock
    forks: int
    known_forks: int
    fired_keys: Integers
    fired_events: Integers
    fields: Floats
    polled_fd: int

    def __init__(self, address: int, flags: int, module: object):
        self.state: Pointer | None = None
        self.natives: dict[int, NativeRecord] = {}
        self.owners: dict[int, ref[Owner]] = {}
        self.orphans: deque[int] = deque()
        self.last_key: int = 0
        self.raised: BaseException | None = None
        self.waking = RLock()
        if not hasattr(module, "ffi"):
            raise ImportError(_ADVICE)
        self._open(address, flags, cast("Module", module))

    def _open(self, address: int, flags: int, module: Module) -> None:
        self.lib: Lib = module.lib
        self.ffi: Foreign = module.ffi
        ffi = module.ffi
        self.ops: Operations = ffi.cast("gevent_loop_ops *", address)
        if not self.lib.gevent_operations_fit(self.ops):
            raise ImportError(
                f"{module!r} was built for another version of gevent; rebuild it"
            )
        _count_forks(module)
        self.forks = self.known_forks = self.lib.gevent_fork_count()
        self.thread_ident: int = get_ident()
        self.fired_keys = ffi.new("size_t[]", BATCH)
        self.fired_events = ffi.new("int[]", BATCH)
        self.fields = ffi.new("double[]", STAT_FIELDS)
        self.state = self.ops.open(flags, ffi.NULL, ffi.NULL, ffi.NULL) or None
        if self.state is None:
            raise _error(ffi.errno, "loop creation")
        self.polled_fd = self.fileno

    def __del__(self) -> None:
        self.close()

    @property
    def open_state(self) -> Pointer:
        """The library's loop.

        Raises:
            ValueError: It is closed.
        """
        if self.state is None:
            raise ValueError("operation on destroyed loop")
        return self.state

    def own(self) -> int:
        """In a forked child, give the loop kernel objects of its own first (BACK4)."""
        state = self.open_state
        forks = self.lib.gevent_fork_count()
        if self.forks != forks:
            self.waking = RLock()
            if self.ops.after_fork(state) < 0:
                raise _error(self.ffi.errno, "re-creation after fork")
            self.forks = forks
            self.polled_fd = self.fileno
        return 0

    def is_inherited(self) -> bool:
        """Whether the process was forked and :meth:`renew` has not been called."""
        return self.known_forks != self.lib.gevent_fork_count()

    @property
    def inherited(self) -> bool:
        """Whether the process was forked and :meth:`renew` has not been called."""
        return self.is_inherited()

    def renew(self) -> None:
        """Make the loop this process's own, if a fork has happened."""
        self.thread_ident = get_ident()
        self.own()
        self.known_forks = self.lib.gevent_fork_count()

    def close(self) -> None:
        """Free all records and the loop; repeatable."""
        state = self.state
        if state is None:
            return
        if self.forks != self.lib.gevent_fork_count():
            self.waking = RLock()
            self.ops.after_fork(state)
        # A wake-up writes to the loop's descriptor without the GIL. Closed before that,
        # the number could be another file's: wait until it is done. Those that come
        # later find no state.
        with self.waking:
            self.state = None
        self.orphans.clear()
        self.owners.clear()
        while self.natives:
            self.ops.record_free(self.natives.popitem()[1])
        self.ops.close(state)

    def abandon(self) -> None:
        """In a forked child without the loop's thread: have nothing to do with it.

        That thread may have been in the middle of the library, which then cannot even
        be asked to close: it is left as it is.
        """
        self.waking = RLock()
        self.state = None
        self.orphans.clear()
        self.owners.clear()
        self.natives.clear()

    def poll(self, timeout: float) -> int:
        """Wait for events; what fired is queued by :meth:`collect`.

        Args:
            timeout: Seconds; negative: for ever; 0: look only.
        """
        self.own()
        # One that comes after this look has woken the loop (BACK3): this poll will not
        # block, and the next one frees it.
        while self.orphans:
            self.release(self.orphans.popleft())
        try:
            result = self.ops.poll(self.open_state, timeout)
            code = self.ffi.errno
        except BaseException as error:  # raised by a signal handler
            self.raised = error
            return 0
        # Somebody closed the library's descriptor, as daemons close all they find: the
        # library can make new ones, as it does after a fork.
        if result < 0 and (code != EBADF or self.revive() < 0):
            raise _error(code, "poll")
        return 0

    def revive(self) -> int:
        """Give the loop a new descriptor to poll. -1 on failure."""
        lost = self.polled_fd
        if lost >= 0 and not _is_open(lost):
            # The library closes the number it remembers: that must not hit one of the
            # descriptors it has just made.
            filler = os.open(os.devnull, os.O_RDONLY)
            if filler != lost:
                os.dup2(filler, lost, False)
                os.close(filler)
        state = self.open_state
        if self.ops.after_fork(state) < 0 or self.ops.poll(state, 0.0) < 0:
            return -1
        self.polled_fd = self.fileno
        return 0

    def collect(self) -> int:
        """Queue the watchers whose records fired."""
        self.check_signals()
        state, keys, events = self.open_state, self.fired_keys, self.fired_events
        n_taken = BATCH
        while n_taken == BATCH:
            n_taken = self.lib.gevent_take_ready(state, keys, events, BATCH)
            for i in range(n_taken):
                owner = self.owners.get(keys[i])
                watcher = owner() if owner is not None else None
                if watcher is not None:
                    watcher.fired(events[i])
        return 0

    def check_signals(self) -> int:
        """Raise what a signal handler raised during the poll."""
        if self.raised is not None:
            error, self.raised = self.raised, None
            raise error
        return 0

    def wakeup(self) -> None:
        """Make a poll that runs, or else the next one, return.

        Thread safety:
            From any thread.
        """
        # In a forked child the loop's thread looks at its inbox before it polls, and
        # until then the wake-up descriptor is the parent's (BACK4).
        if self.state is None or self.forks != self.lib.gevent_fork_count():
            return
        with self.waking:
            # Asked again: the loop may have been closed while we waited for the lock.
            if self.state is not None:
                self.ops.wakeup(self.state)

    @property
    def library(self) -> str:
        """The library's name."""
        return self.ffi.string(self.ops.name).decode()

    @property
    def name(self) -> str:
        """The name of the library's polling mechanism, for example ``epoll``."""
        return self.ffi.string(self.ops.backend_name(self.open_state)).decode()

    @property
    def flag(self) -> int:
        """The library's number for its polling mechanism."""
        return self.ops.backend_flag(self.open_state)

    @property
    def fileno(self) -> int:
        """The descriptor that the library polls, or -1."""
        return self.ops.backend_fd(self.open_state)

    @property
    def address(self) -> int:
        """Where the library's loop is in memory; 0 once closed."""
        return 0 if self.state is None else int(self.ffi.cast("size_t", self.state))

    # -- records ------------------------------------------------------------------

    def adopt(self, watcher: Watcher, native: NativeRecord) -> Record:
        """Return a Record of a native one that has just been made."""
        if not native:
            raise _error(self.ffi.errno, "watcher creation")
        self.last_key += 1
        key = self.last_key
        native.owner = self.ffi.cast("void *", key)
        self.natives[key] = native
        self.owners[key] = ref(cast("Owner", watcher))
        return Record(self, key)

    def io(self, watcher: Watcher, fd: int, events: int) -> Record:
        """Return a Record that reports readiness of *fd* to *watcher*.

        Raises:
            OSError: EBADF, the descriptor is not open.
        """
        self.own()
        if not _is_open(fd):
            raise OSError(EBADF, os.strerror(EBADF))
        return self.adopt(watcher, self.ops.io_new(self.open_state, fd, events))

    def signal(self, watcher: Watcher, signum: int) -> Record:
        """Return a Record that reports deliveries of a signal to *watcher*."""
        self.own()
        return self.adopt(watcher, self.ops.signal_new(self.open_state, signum))

    def stat(self, watcher: Watcher, path: bytes, interval: float) -> Record:
        """Return a Record that reports changes of a file's status to *watcher*."""
        self.own()
        return self.adopt(watcher, self.ops.stat_new(self.open_state, path, interval))

    def open_pidfd(self, pid: int) -> int:
        """Return a descriptor that can be read when a process has ended.

        What ``os.pidfd_open`` does, for interpreters that do not have it.

        Raises:
            OSError: The kernel has none, or there is no such process.
        """
        fd = self.lib.gevent_pidfd_open(pid)
        if fd < 0:
            raise _error(self.ffi.errno, "pidfd_open")
        return fd

    def release(self, key: int) -> None:
        """Free a native record; the loop is open and ours."""
        self.owners.pop(key, None)
        native = self.natives.pop(key, None)
        if native is not None:
            self.ops.record_free(native)


def _is_open(fd: int) -> bool:
    try:
        os.get_inheritable(fd)
    except OSError:
        return False
    return True


class Record:
    """One thing that a library watches for a watcher; made by a :class:`Backend`."""

    def __init__(self, backend: Backend, key: int):
        self.backend = backend
        self.key = key

    def __del__(self) -> None:
        # Finalisers run in any thread.
        self.free()

    def _native(self) -> NativeRecord | None:
        """The native record; None once freed, or when the loop is gone."""
        return self.backend.natives.get(self.key)

    def _demand_native(self) -> NativeRecord:
        self.backend.own()
        native = self._native()
        if native is None:
            raise ValueError("this record has been freed")
        return native

    def start(self) -> int:
        """Begin to watch; a no-op when active."""
        backend = self.backend
        if backend.ops.record_start(self._demand_native()) < 0:
            raise _error(backend.ffi.errno, "watcher start")
        return 0

    def stop(self) -> int:
        """End watching; a no-op when inactive or when the loop is gone."""
        native = self._native()
        if native is not None:
            self.backend.own()
            self.backend.ops.record_stop(native)
        return 0

    def set_io(self, fd: int, events: int) -> int:
        """Name the descriptor again: nothing remembered of the number is trusted.

        A no-op when the loop is gone.
        """
        if self.backend.state is not None:
            self.backend.ops.io_set(self._demand_native(), fd, events)
        return 0

    def free(self) -> int:
        """Stop and free the native record; repeatable."""
        backend = self.backend
        if self._native() is None:
            return 0
        # The loop's thread may be in its poll, with this record in the library's hands.
        # Nobody else may take it from there (BACK2), but without an owner collect()
        # passes over what it fires.
        backend.owners.pop(self.key, None)
        if backend.thread_ident != get_ident():
            backend.orphans.append(self.key)
            backend.wakeup()
            return 0
        backend.own()
        backend.release(self.key)
        return 0

    @property
    def active(self) -> bool:
        """Whether the library watches."""
        native = self._native()
        return native is not None and native.active != 0

    def status(self, previous: bool) -> tuple[float, ...] | None:
        """Return the (previous or current) stat fields of a path, None if missing.

        Returns:
            The ten fields of ``os.stat_result``.
        """
        backend, native = self.backend, self._native()
        if native is None:
            return None
        fields = backend.fields
        if not backend.lib.gevent_stat_fields(backend.ops, native, previous, fields):
            return None
        whole = tuple(int(fields[i]) for i in range(STAT_FIELDS - 3))
        return (*whole, *(fields[i] for i in range(STAT_FIELDS - 3, STAT_FIELDS)))
