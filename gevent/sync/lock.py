"""Semaphores and locks.

A wake-up carries no unit: who is woken looks again, and keeps its place in the queue
when somebody was faster. Releasing never switches.

Threads: any thread may use any of these. Whether a unit is free is looked at and it is
taken in one step (see ``shared.py``), and giving it back is one, too; so what comes
between, a finalizer that uses the same lock for instance, finds nothing half done.
"""

from __future__ import annotations

from operator import index

from gevent._base.checking import TYPE_CHECKING
from gevent._base.exceptions import BlockingSwitchOutError, LoopExit
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._hub.cancellation import Shielded
from gevent._native.scheduling.scheduler import Scheduler
from gevent.sync.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from greenlet import greenlet

    from gevent._hub.hub import Hub
    from gevent._hub.timeout import Timeout

__all__ = ("BoundedSemaphore", "DummySemaphore", "RLock", "Semaphore")


class Semaphore(Shared):
    """A counter of units that greenlets take and give back.

    Waiters are served first come, first served; but who finds a unit free takes it,
    even if somebody who waits has been told of it and has not run yet. Usable in
    :func:`gevent.wait`.

    Args:
        value: How many units there are.
        hub: Whose hub wakes the waiters; None: that of the first thread that waits.

    Raises:
        ValueError: *value* is negative.
        TypeError: *value* is no integer.
    """

    __signature__ = Signed("value=1, hub=None")

    units: int

    def __init__(self, value: int = 1, hub: Hub | None = None):
        self.units = index(value)
        if self.units < 0:
            raise ValueError("semaphore initial value must be >= 0")
        if hub is not None:
            self.loop = loop_of(hub)

    def is_due(self) -> bool:
        """Whether a unit is free."""
        return self.units > 0

    def __str__(self) -> str:
        return (
            f"<{type(self).__name__} at 0x{id(self):x} counter={self.units} "
            f"_links[{self.n_links}]>"
        )

    @property
    def counter(self) -> int:
        """How many units are free; may be assigned, which wakes waiters."""
        return self.units

    @counter.setter
    def counter(self, value: int) -> None:
        before = self.units
        self.units = value
        if value > before and value > 0:
            self.announce()

    def locked(self) -> bool:
        """Return whether no unit is free."""
        return self.units <= 0

    def ready(self) -> bool:
        """Return whether a unit is free; for :func:`gevent.wait`."""
        return self.units > 0

    def acquire(
        self, blocking: bool = True, timeout: float | Timeout | None = None
    ) -> bool:
        """Take a unit.

        Args:
            blocking: Whether to wait for one.
            timeout: Seconds to wait at most; None: for ever; 0 or less: let others
                run once.

        Returns:
            Whether a unit was taken.

        Raises:
            LoopExit: Nothing is left that could release one (main greenlet).
            BlockingSwitchOutError: Called in the hub without a free unit.

        Blocking:
            Switches to the hub unless a unit is free or *blocking* is false.
        Cancellation:
            No unit is taken; the next in the queue gets what was meant for the
            caller.
        Thread safety:
            From any thread; one without a hub blocks as a whole.
        """
        if self.units > 0:
            self.units -= 1
            return True
        if not blocking:
            return False
        return self.take_later(timeout)

    def take_later(self, timeout: float | Timeout | None) -> bool:
        """Wait for a unit and take it."""
        if not self.wait_until_due(self, timeout):  # switches
            return False
        # In the same step as the last look in there: nobody can have been faster.
        self.units -= 1
        # Foreign waiters are told one at a time: if units are left, the next one is.
        self.wake_next_foreign()
        return True

    def release(self) -> int:
        """Give a unit back and queue the notification of whoever waits.

        Returns:
            How many units are free now.

        Blocking:
            Never switches.
        Thread safety:
            From any thread.
        """
        self.units += 1
        if self.has_listener():
            self.announce()
        return self.units

    def wait(self, timeout: float | Timeout | None = None) -> int:
        """Wait until a unit is free, without taking it.

        Args:
            timeout: Seconds to wait at most; None: for ever.

        Returns:
            How many units are free; 0 if the time passed.

        Blocking:
            Switches to the hub unless a unit is free.
        Cancellation:
            The semaphore is unchanged.
        Thread safety:
            From any thread.
        """
        if self.units <= 0:
            self.wait_until_due(self, timeout)  # switches
            # The unit is still there for the next one.
            self.wake_next_foreign()
        return self.units

    def rawlink(self, callback: Callable[[Semaphore], object]) -> None:
        """Call ``callback(semaphore)`` once in the hub when, or if, a unit is free.

        Raises:
            TypeError: *callback* is not callable.
        """
        self.link(callback)

    def unlink(self, callback: Callable[[Semaphore], object]) -> None:
        """Take back a link; an unknown callable is ignored."""
        self.remove_link(callback)

    def __enter__(self) -> None:
        if self.units > 0:
            self.units -= 1
        else:
            self.take_later(None)  # switches

    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.release()

    # -- the protocol of threading.Condition ------------------------------------------

    def _acquire_restore(self, state: object) -> None:
        """Take the lock back, whatever arrives meanwhile: that is raised afterwards."""
        if self.units > 0:
            self.acquire()
            return
        interruption = take_back(self)  # switches
        if interruption is not None:
            raise interruption


def take_back(lock: Shared) -> BaseException | None:
    """Acquire a lock that the greenlet had, whatever arrives meanwhile.

    Cancels are held off; others, as kills, do not end the wait either.

    Returns:
        What arrived last: to be raised when the lock is its owner's again.
    """
    interruption: BaseException | None = None
    with Shielded():
        while True:
            try:
                lock.acquire()  # type: ignore[attr-defined]  # it is a lock; switches
                return interruption
            except (BlockingSwitchOutError, LoopExit):
                raise  # it cannot get it
            except BaseException as error:  # last resort: its caller raises it
                loop = lock.loop
                if loop is None or loop.closing:
                    raise  # its thread ends; the next try would be interrupted, too
                interruption = error


class BoundedSemaphore(Semaphore):
    """A semaphore that cannot have more units than it began with."""

    __signature__ = Signed("value=1, hub=None")

    initial: int

    _OVER_RELEASE_ERROR = ValueError

    def __init__(self, value: int = 1, hub: Hub | None = None):
        Semaphore.__init__(self, value, hub)
        self.initial = self.units

    def release(self) -> int:
        """Give a unit back and queue the notification of whoever waits.

        Returns:
            How many units are free now.

        Raises:
            ValueError: All units are free already.

        Blocking:
            Never switches.
        Thread safety:
            From any thread.
        """
        if self.units >= self.initial:
            raise self._OVER_RELEASE_ERROR("Semaphore released too many times")
        self.units += 1
        if self.has_listener():
            self.announce()
        elif self.units == self.initial and self.queued == 0 and not self.is_posted:
            # Nobody is here: let the owner's loop go. Not while a message to it is on
            # its way. The next owner would find `is_posted` set and rely on that
            # message, which ends with the old loop (SHARE4).
            self.loop = None
        return self.units

    def _at_fork_reinit(self) -> None:
        """In a forked child: be as new, but for who waits in this thread."""
        self.units = self.initial
        Semaphore._at_fork_reinit(self)


# Locks whose repr is being made, each with the greenlet that makes it.
_being_shown: set[tuple[int, int]] = set()


class ReentrantLock(Shared):
    """The native part of :class:`RLock`.

    Invariant: it is free exactly while ``depth`` is 0. That one field decides, so a
    finalizer that runs in the middle of an acquire or release can use the lock, too.
    """

    __signature__ = Signed("hub=None")

    depth: int
    owner: greenlet | None
    held_before_fork: dict[int, tuple[greenlet | None, int]] | None

    def __init__(self, hub: Hub | None = None):
        if hub is not None:
            self.loop = loop_of(hub)

    def is_due(self) -> bool:
        """Whether it is free."""
        return self.depth == 0

    def __repr__(self) -> str:
        name = type(self).__name__
        at = f"at 0x{id(self):x}"
        is_free = 1 if self.depth == 0 else 0
        return (
            f"<{name} {at} _block=<Semaphore {at} counter={is_free} "
            f"_links[{self.n_links}]> _count={self.depth} _owner={self._show_owner()})>"
        )

    def _show_owner(self) -> str:
        """Return the owner's repr; that may show its arguments, and among them this."""
        key = (id(self), id(Scheduler.greenlet_now()))
        if key in _being_shown:
            return "..."
        _being_shown.add(key)
        try:
            return repr(self.owner)
        finally:
            _being_shown.discard(key)

    __str__ = __repr__

    def locked(self) -> bool:
        """Return whether anybody holds it."""
        return self.depth > 0

    @property
    def _owner(self) -> greenlet | None:
        """Who holds it; None: nobody."""
        return self.owner

    @property
    def _count(self) -> int:
        """How often its owner holds it."""
        return self.depth

    def acquire(
        self, blocking: bool = True, timeout: float | Timeout | None = None
    ) -> int:
        """Take the lock, or take it once more.

        Args:
            blocking: Whether to wait for it.
            timeout: Seconds to wait at most; None or -1: for ever.

        Returns:
            True when taken, 1 when the caller held it already, False otherwise.

        Raises:
            LoopExit: Nothing is left that could release it (main greenlet).
            BlockingSwitchOutError: Called in the hub while it is not free.

        Blocking:
            Switches to the hub unless it is free, the caller's, or *blocking* is
            false.
        Cancellation:
            It is not taken.
        Thread safety:
            From any thread; one without a hub blocks as a whole.
        """
        me = Scheduler.greenlet_now()
        if self.depth == 0:
            self.take(me)
            return True
        if self.owner is me:
            self.depth += 1
            return 1
        if not blocking:
            return False
        return self.take_later(me, timeout)

    def take(self, me: greenlet) -> int:
        """Take the free lock."""
        self.owner = me
        self.depth = 1
        return 0

    def take_later(self, me: greenlet, timeout: float | Timeout | None) -> bool:
        """Wait for the lock and take it."""
        if timeout == -1:
            timeout = None
        if not self.wait_until_due(self, timeout):  # switches
            return False
        self.take(me)
        return True

    def release(self) -> None:
        """Undo one :meth:`acquire`; the last one wakes whoever waits.

        Raises:
            RuntimeError: The caller does not hold it.

        Blocking:
            Never switches.
        Thread safety:
            From the greenlet that holds it.
        """
        if self.depth == 0 or self.owner is not Scheduler.greenlet_now():
            self.release_from_before_fork(Scheduler.greenlet_now())
        elif self.depth > 1:
            self.depth -= 1
        else:
            self.give_back()

    def release_from_before_fork(self, me: greenlet) -> int:
        """Undo an acquire that a fork has undone already, as far as there is one.

        Raises:
            RuntimeError: There is none; the caller does not hold the lock.
        """
        held_before = self.held_before_fork
        if held_before is None or id(me) not in held_before:
            raise RuntimeError(self._not_owned_text())
        _, depth = held_before[id(me)]
        if depth > 1:
            held_before[id(me)] = me, depth - 1
        else:
            del held_before[id(me)]
        return 0

    def _not_owned_text(self) -> str:
        """Return what a release by somebody else is answered with."""
        return (
            f"cannot release un-acquired lock. Owner: {self.owner!r} "
            f"Current: {Scheduler.greenlet_now()!r}"
        )

    def give_back(self) -> int:
        """Make it free, in one step (see the class)."""
        self.depth = 0
        self.owner = None
        if self.has_listener():
            self.announce()
        return 0

    def __enter__(self) -> int:
        if self.depth == 0:
            self.take(Scheduler.greenlet_now())
            return True
        return self.acquire()  # switches

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.release()

    # -- the protocol of threading.Condition ------------------------------------------

    def _release_save(self) -> tuple[int, greenlet | None]:
        state = (self.depth, self.owner)
        self.give_back()
        return state

    def _acquire_restore(self, state: tuple[int, greenlet | None]) -> None:
        """Take the lock back, whatever arrives meanwhile: that is raised afterwards.

        Who waits for a condition holds the lock when it goes on, so that what it does
        in the end is guarded, and its ``with`` block has something to release.
        """
        interruption = None
        if self.depth == 0:
            self.acquire()
        else:
            interruption = take_back(self)  # switches
        self.depth, self.owner = state
        if interruption is not None:
            raise interruption

    def _is_owned(self) -> bool:
        return self.depth > 0 and self.owner is Scheduler.greenlet_now()

    def _recursion_count(self) -> int:
        # For multiprocessing's resource tracker: how often the caller holds it.
        return self.depth if self.owner is Scheduler.greenlet_now() else 0

    def _at_fork_reinit(self) -> None:
        """In a forked child: be free; who waits in this thread may take it.

        A greenlet of this thread that held it goes on, and will release it.
        """
        owner = self.owner
        if self.depth > 0 and owner is not Scheduler.greenlet_now():
            if self.held_before_fork is None:
                self.held_before_fork = {}
            self.held_before_fork[id(owner)] = owner, self.depth
        self.depth = 0
        self.owner = None
        Shared._at_fork_reinit(self)


class RLock(ReentrantLock):
    """A lock that its owner, a greenlet, may take several times.

    Args:
        hub: Whose hub wakes the waiters; None: that of the first thread that waits.
    """

    # A Python class, because programs assign to it.
    __slots__ = ()

    def __init__(self, hub: Hub | None = None):
        # Only here, its signature can be read.
        ReentrantLock.__init__(self, hub)


def loop_of(hub: Hub) -> Scheduler:
    """Return the loop of a hub that somebody passed."""
    loop = getattr(hub, "loop", None)
    if not isinstance(loop, Scheduler):
        raise TypeError(f"expected a hub, got {hub!r}")
    return loop


class DummySemaphore:
    """Has the methods of a semaphore, never blocks, counts nothing.

    Args:
        value: Ignored.
    """

    def __init__(self, value: object = None):
        pass

    def __str__(self) -> str:
        return f"<{type(self).__name__}>"

    def locked(self) -> bool:
        """Return False."""
        return False

    def ready(self) -> bool:
        """Return True."""
        return True

    def release(self) -> None:
        """Do nothing."""

    def rawlink(self, callback: Callable[[DummySemaphore], object]) -> None:
        """Do nothing."""

    def unlink(self, callback: Callable[[DummySemaphore], object]) -> None:
        """Do nothing."""

    def wait(self, timeout: float | Timeout | None = None) -> int:
        """Return 1."""
        return 1

    def acquire(
        self, blocking: bool = True, timeout: float | Timeout | None = None
    ) -> bool:
        """Return True."""
        return True

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        typ: type[BaseException] | None,
        val: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        pass


publish(__name__, "gevent.lock")
