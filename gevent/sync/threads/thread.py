"""``_thread`` on greenlets: a thread is a greenlet, its ident the id of that object."""

from __future__ import annotations

import _thread
from operator import index

from greenlet import GreenletExit, getcurrent

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.mirror import mirror
from gevent._base.native_threads import make_native_lock
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._native.scheduling.scheduler import Scheduler
from gevent.sync.local import local
from gevent.sync.lock import BoundedSemaphore, ReentrantLock
from gevent.sync.shared import let_others_run
from gevent.sync.threads.joinable import (
    ThreadHandle,
    make_thread_handle,
    start_joinable,
)
from gevent.sync.threads.running_loop import is_thread
from gevent.sync.threads.thread_start import start_greenlet
from gevent.sync.threads.thread_state import ThreadBody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import NoReturn

    from greenlet import greenlet as raw_greenlet

__target__ = "_thread"

# Whether the standard library joins threads through handles.
HAS_HANDLES = hasattr(_thread, "start_joinable_thread")

# Seconds; a C variable where compiled.
LONGEST = _thread.TIMEOUT_MAX


class LockType(BoundedSemaphore):
    """A lock with the interface of ``_thread.lock``; it cannot be subclassed.

    Thread safety:
        Every method from any thread; one without a hub blocks as a whole.
    """

    __signature__ = Signed("")

    _OVER_RELEASE_ERROR = RuntimeError  # type: ignore[assignment]  # as the stdlib

    def __init__(self) -> None:
        if type(self) is not LockType:
            # Compiled, the subclass itself is refused.
            raise TypeError("type 'LockType' is not an acceptable base type")
        BoundedSemaphore.__init__(self, 1)

    def __repr__(self) -> str:
        state = "unlocked" if self.units > 0 else "locked"
        return f"<{state} _thread.lock object at 0x{id(self):x}>"

    def __str__(self) -> str:
        return repr(self)

    def acquire(  # type: ignore[override]  # -1 instead of None, as the stdlib
        self, blocking: bool = True, timeout: float = -1
    ) -> bool:
        """Take the lock.

        Args:
            blocking: Whether to wait for it. Without, a greenlet that does not get it
                lets the others run once, so that loops that try again end.
            timeout: Seconds to wait at most; -1: for ever.

        Returns:
            Whether it was taken.

        Raises:
            TypeError: An argument is no number.
            ValueError: *timeout* is negative, or given without *blocking*.
            OverflowError: *timeout* is larger than ``TIMEOUT_MAX``.
            LoopExit: Nothing is left that could release it (main greenlet).
            BlockingSwitchOutError: It is not free, and this is the hub.

        Blocking:
            Switches to the hub unless it is free.
        Cancellation:
            It is not taken.
        Thread safety:
            From any thread.
        """
        if timeout != -1 or not isinstance(blocking, int):
            demand_sane(blocking, timeout)
        if self.units > 0:
            self.units -= 1
            return True
        if not blocking:
            let_others_run()  # switches
            return False
        return self.take_later(None if timeout == -1 else timeout)  # switches

    # As the standard library's: older names.

    def acquire_lock(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; other name of :meth:`acquire`."""
        return self.acquire(blocking, timeout)  # switches

    def release_lock(self) -> None:
        """Free the lock; other name of ``release``."""
        self.release()

    def locked_lock(self) -> bool:
        """Return whether somebody has it; other name of ``locked``."""
        return self.units <= 0


class RLockType(ReentrantLock):
    """What ``threading.RLock()`` makes: with the interface of ``_thread.RLock``.

    Thread safety:
        Every method from any thread; one without a hub blocks as a whole.
    """

    __signature__ = Signed("")

    def __init__(self) -> None:
        """Make a free lock."""

    def __repr__(self) -> str:
        state = "unlocked" if self.depth == 0 else "locked"
        owner = 0 if self.owner is None else id(self.owner)
        return (
            f"<{state} _thread.RLock object owner={owner} count={self.depth} "
            f"at 0x{id(self):x}>"
        )

    def __str__(self) -> str:
        return repr(self)

    def _not_owned_text(self) -> str:
        """Return what a release by somebody else is answered with."""
        return "cannot release un-acquired lock"

    def acquire(  # type: ignore[override]  # -1 instead of None, as the stdlib
        self, blocking: bool = True, timeout: float = -1
    ) -> bool:
        """Take the lock, or take it once more; otherwise as :meth:`LockType.acquire`.

        Blocking:
            Switches to the hub unless it is free, the caller's, or *blocking* is
            false.
        Cancellation:
            It is not taken.
        Thread safety:
            From any thread.
        """
        if timeout != -1 or not isinstance(blocking, int):
            demand_sane(blocking, timeout)
        me = Scheduler.greenlet_now()
        if self.depth == 0:
            self.take(me)
            return True
        if self.owner is me:
            self.depth += 1
            return True
        if not blocking:
            return False
        return self.take_later(me, timeout)  # switches


def demand_sane(blocking: object, timeout: object) -> int:
    """Raise what the standard library's locks raise for wrong arguments."""
    if (
        not blocking
        or not isinstance(timeout, int | float)
        or not 0 <= timeout <= LONGEST
    ):
        # A native lock says what is wrong, in the words of this Python. This one is
        # free, so nothing waits.
        make_native_lock().acquire(blocking, timeout)  # type: ignore[arg-type]  # it looks
    return 0


allocate_lock = LockType
_local = local


def get_ident(gr: raw_greenlet | None = None) -> int:
    """Return the ident of a greenlet; None: of the current one."""
    try:
        return id(getcurrent() if gr is None else gr)
    except RuntimeError:
        # A finalizer at exit: greenlets are over, the main thread runs alone.
        return main_ident[0] or originals.get("_thread", "get_ident")()


# Of the main thread in patched programs, or 0.
main_ident = [0]


def exit() -> NoReturn:
    """End the current greenlet, or thread.

    Raises:
        SystemExit: In a patched program in the main thread, or another.
        GreenletExit: Elsewhere.
    """
    current = getcurrent()
    if main_ident[0] and (current.parent is None or is_thread(id(current))):
        # The code that runs a thread, or the program, takes this for a wish to end, and
        # no other.
        raise SystemExit
    raise GreenletExit


def start_new_thread(
    function: Callable[..., object],
    args: Iterable[object] = (),
    kwargs: Mapping[str, object] | None = None,
) -> int:
    """Run a function in a new greenlet, and return its ident.

    Errors are reported by the hub; SystemExit just ends the greenlet.

    Raises:
        TypeError: *function* is not callable, *args* not iterable, or *kwargs* no
            mapping.

    Blocking:
        Never switches.
    """
    if not callable(function):
        raise TypeError("first arg must be callable")
    arguments = tuple(args)
    if kwargs is not None and not hasattr(kwargs, "keys"):
        raise TypeError("optional 3rd arg must be a dictionary")
    keywords = {} if kwargs is None else dict(kwargs)
    return start_greenlet(bool, ThreadBody(function), arguments, keywords)


def stack_size(size: int | None = None) -> int:
    """Return the size of the stack of native threads; a larger *size* is set.

    Greenlets have none of their own.

    Args:
        size: Bytes, from 32 KiB (52 KiB since 3.14); 0: the system's default; None:
            as 0.

    Returns:
        The size that was set before.

    Raises:
        ValueError: *size* is too small.
    """
    native = originals.get("_thread", "stack_size")
    before = index(native())  # type: ignore[arg-type]  # a number; it is 0 now
    if size is None or size == 0:
        return before
    try:
        native(size)
    except ValueError:
        native(before)
        raise
    if size < before:
        native(before)
    return before


_declared = [
    "LockType",
    "_local",
    "allocate_lock",
    "exit",
    "get_ident",
    "stack_size",
    "start_new_thread",
]
if HAS_HANDLES:
    lock = LockType
    start_joinable_thread = start_joinable
    _ThreadHandle = ThreadHandle
    _make_thread_handle = make_thread_handle
    _declared += [
        "_ThreadHandle",
        "_make_thread_handle",
        "lock",
        "start_joinable_thread",
    ]

mirror(
    "_thread",
    globals(),
    implements=_declared,
    imports=(
        "RLock",
        "TIMEOUT_MAX",
        "allocate",
        "daemon_threads_allowed",
        "error",
        "exit_thread",
        "get_native_id",
        "interrupt_main",
        "set_name",
        "start_new",
    ),
    export_imports=True,
)

publish(__name__, "gevent.thread")
