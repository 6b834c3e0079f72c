"""Task groups: a block that does not end while a greenlet that it spawned lives.

States::

    NEW --enter--> OPEN --the block's code ends--> CLOSING --no members--> LEFT

Invariants:

* TG1  A member is in ``members`` from :meth:`TaskGroup.spawn` (or ``start``) until it
  has told its end, which is before anybody else hears of it. The block ends when its
  code has ended and there are none. Until then members may spawn more.
* TG2  Every failure is raised by the group, or reported by the hub, exactly once: what
  is in ``failures`` is one of the two when the block ends.
* TG3  What is no ``Exception`` (time-outs, kills, interrupts), and ``LoopExit``, leaves
  the block as it is (``bare``), after all members have ended; a later one replaces an
  earlier one.
* TG4  While the block waits for its members no cancel reaches its own greenlet: it
  would not end sooner, for the members have got it, too.
* TG5  Members stand in ``scope``. Whatever visits them does so in the order in which
  they joined.
* TG6  When it has ended, the group refers to no exception and no greenlet.
"""

from __future__ import annotations

from greenlet import GreenletExit, getcurrent

from gevent._base.checking import TYPE_CHECKING
from gevent._base.emission import emit, listening
from gevent._base.exceptions import Cancelled, LoopExit
from gevent._base.light import copy_context
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._hub.cancellation import (
    USUAL,
    CancelScope,
    Standing,
    Supervisor,
    doomed_by,
    is_for,
    standing_of,
    without,
)
from gevent._hub.greenlet import Greenlet, killall
from gevent._hub.timeout import Timeout
from gevent._native.scheduling.scheduler import NativeGreenlet, Scheduler, Waiter
from gevent.sync.event import Event
from gevent.sync.group_members import make_greenlet
from gevent.sync.lock import Semaphore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self


__all__ = ("TaskGroup",)

NEW = 0
OPEN = 1
CLOSING = 2
LEFT = 3

_MODES = ("cancel", "collect", "report")


class TaskGroup(Supervisor):
    """Greenlets that do not outlive a ``with`` block.

    The block ends when its code and all greenlets of the group have ended. The first
    failure cancels the others; all failures leave the block in one ``ExceptionGroup``.
    Kills and time-outs of the greenlet that waits for the block reach the members
    first. One use.

    Args:
        size: How many members at most; ``spawn`` waits then. None: any number.
        on_failure: ``"cancel"``: a failure of a member cancels the others;
            ``"collect"``: the others go on, all failures are raised at the end;
            ``"report"``: they are reported by the hub, as for any greenlet.
        cleanup_timeout: Seconds that members may wait in their cleanup when they are
            cancelled; None: for ever. By default ``config.cleanup_timeout``.
        name: Named in errors.

    Raises:
        ValueError: *on_failure* is none of these, or *size* is less than 1.
        TypeError: *size* is no number.
    """

    __signature__ = Signed(
        "size=None, *, on_failure='cancel', cleanup_timeout=..., name=None"
    )

    greenlet_class: type[Greenlet]
    loop: Scheduler
    scope: CancelScope
    state: int
    mode: int
    members: dict[Greenlet, bool]
    n_services: int
    slots: Semaphore | None
    limit: int | None
    failures: list[tuple[object, BaseException]]
    bare: BaseException | None
    has_cut: bool
    has_told_services: bool
    waiter: Waiter | None
    empty: Event | None

    def __init__(
        self,
        size: int | None = None,
        *,
        on_failure: str = "cancel",
        cleanup_timeout: object = USUAL,
        name: str | None = None,
    ):
        if on_failure not in _MODES:
            raise ValueError(
                f"on_failure is one of {', '.join(_MODES)}, not {on_failure!r}"
            )
        self.mode = _MODES.index(on_failure)
        if size is not None:
            if not isinstance(size, int):
                raise TypeError(f"size is an int or None, not {type(size).__name__}")
            if size < 1:
                raise ValueError(f"a group has room for 1 at least, not {size}")
            self.slots = Semaphore(size)
        self.limit = size
        self.greenlet_class = Greenlet
        self.scope = CancelScope(cleanup_timeout=cleanup_timeout, name=name)
        self.scope.group = self
        self.members = {}
        self.failures = []

    # -- what it is -------------------------------------------------------------------

    @property
    def size(self) -> int | None:
        """How many members at most; None: any number."""
        return self.limit

    @property
    def name(self) -> str | None:
        """As given."""
        return self.scope.name

    @property
    def greenlets(self) -> set[Greenlet]:
        """The members."""
        return set(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Greenlet]:
        """Iterate over the members, in the order in which they joined."""
        return iter(list(self.members))

    def __contains__(self, greenlet: object) -> bool:
        return greenlet in self.members

    def __bool__(self) -> bool:
        return True

    def full(self) -> bool:
        """Return whether :meth:`spawn` would wait."""
        return self.slots is not None and self.slots.locked()

    def free_count(self) -> int:
        """Return how many may join without waiting; 1 where any number may."""
        return 1 if self.slots is None else self.slots.counter

    def wait_available(self, timeout: float | Timeout | None = None) -> int:
        """Wait until somebody may join, or until *timeout* seconds passed.

        Returns:
            How many may join now.

        Blocking:
            Switches to the hub while the group is full.
        Cancellation:
            Nothing is taken.
        Thread safety:
            Only from the thread of its hub.
        """
        if self.slots is None:
            return 1
        return self.slots.wait(timeout)  # switches

    def __repr__(self) -> str:
        words = [f"<{type(self).__name__}"]
        if self.scope.name is not None:
            words.append(repr(self.scope.name))
        count = len(self.members)
        words.append(f"at 0x{id(self):x}: {count} greenlet{'' if count == 1 else 's'}")
        words.append(("new", "open", "closing", "left")[self.state])
        if self.scope.cancel_called:
            words.append("cancelled")
        return " ".join(words) + ">"

    # -- members ----------------------------------------------------------------------

    def spawn(
        self, function: Callable[..., object], /, *args: object, **kwargs: object
    ) -> Greenlet:
        """Start a greenlet that is a member, in a copy of the caller's context.

        Returns:
            The greenlet. If the group is cancelled, it has ended and never ran.

        Raises:
            RuntimeError: The block has not begun, or has ended.
            TypeError: *function* is not callable.

        Blocking:
            Switches to the hub while the group is full.
        Cancellation:
            Nobody is taken in.
        Thread safety:
            Only from the thread of its hub.
        """
        return self.add(function, args, kwargs, False)

    def spawn_service(
        self, function: Callable[..., object], /, *args: object, **kwargs: object
    ) -> Greenlet:
        """:meth:`spawn` a member that is cancelled when only such ones are left.

        Raises:
            RuntimeError: The block has not begun, or has ended.
            TypeError: *function* is not callable.

        Blocking:
            Switches to the hub while the group is full.
        Cancellation:
            Nobody is taken in.
        Thread safety:
            Only from the thread of its hub.
        """
        return self.add(function, args, kwargs, True)

    def add(
        self,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: dict[str, object],
        is_service: bool,
    ) -> Greenlet:
        """spawn(), natively."""
        self.demand_open()
        if self.slots is not None:
            self.slots.acquire()  # switches
            self.demand_open_with_slot()
        try:
            kind = self.greenlet_class
            made = make_greenlet(kind, (function, *args), kwargs)
            made.gr_context = copy_context()
        except BaseException:
            self.give_slot_back()
            raise
        self.take_in(made, is_service)
        return made

    def start(self, greenlet: Greenlet) -> None:
        """Start a greenlet that was made and not started, as a member.

        Raises:
            TypeError: It is no ``Greenlet``: others cannot tell that they end.
            ValueError: It was started, or has ended.
            RuntimeError: The block has not begun, or has ended.

        Blocking:
            Switches to the hub while the group is full.
        Cancellation:
            It is not taken in.
        Thread safety:
            Only from the thread of its hub.
        """
        if not isinstance(greenlet, Greenlet):
            raise TypeError(f"a member is a Greenlet, not {greenlet!r}")
        self.start_member(greenlet)  # switches

    def start_member(self, each: Greenlet) -> int:
        """start(), natively."""
        if not each.is_fresh():
            raise ValueError(f"{each!r} was started before")
        self.demand_open()
        if self.slots is not None:
            self.slots.acquire()  # switches
            self.demand_open_with_slot()
            if not each.is_fresh():
                self.give_slot_back()
                raise ValueError(f"{each!r} was started meanwhile")
        if each.gr_context is None:
            each.gr_context = copy_context()
        return self.take_in(each, False)

    def take_in(self, greenlet: Greenlet, is_service: bool) -> int:
        """Make a greenlet a member and start it (TG1)."""
        self.members[greenlet] = is_service
        if is_service:
            self.n_services += 1
            self.has_told_services = False
        if self.empty is not None:
            self.empty.clear()
        greenlet.join_group(self, self.scope)
        doom = doomed_by(self.scope) if self.loop.policy is not None else None
        if doom is None:
            greenlet.schedule()
        else:
            standing = standing_of(self.loop, greenlet)
            greenlet.end_early(standing.error_for(doom, greenlet))
        return 0

    def demand_open(self) -> int:
        """Raise RuntimeError where nobody can join."""
        if self.state == NEW:
            raise RuntimeError(f"{self!r} is not entered: use the task group in 'with'")
        if self.state == LEFT:
            raise RuntimeError(f"{self!r} has ended: a task group has one use")
        if not self.loop.is_current():
            raise RuntimeError(f"{self!r} is a task group of another thread")
        return 0

    def demand_open_with_slot(self) -> int:
        """Ask again, after a wait."""
        if self.state == LEFT:
            self.give_slot_back()
            self.demand_open()
        return 0

    def give_slot_back(self) -> int:
        """Somebody did not join after all."""
        if self.slots is not None:
            self.slots.release()
        return 0

    def present_members(self) -> list[NativeGreenlet]:
        """Return the members, in the order in which they joined (TG5)."""
        return list(self.members)

    def take_failure(self, member: NativeGreenlet, error: BaseException) -> int:
        """A member has failed, in its own greenlet or before it ran."""
        if self.state == LEFT:
            return 0
        if isinstance(error, KeyboardInterrupt | SystemExit):
            self.be_interrupted(error)
            return 1
        if self.mode == 2:
            return 0
        if isinstance(error, BaseExceptionGroup):
            return self.take_group(member, error)  # pyright: ignore[reportUnknownArgumentType]
        self.note_failure(member, error)
        if self.mode == 0:
            self.scope.cancel_now(f"{error!r} in {member!r}")
        return 1

    def take_group(self, member: object, error: BaseException) -> int:
        """The same of several, some of which may be the cancel of this group."""
        rest = without(error, self.scope, True)
        if rest is not error:
            self.has_cut = True
            self.scope.is_cut = self.scope.is_cut or self.scope.cancel_called
        if rest is not None:
            self.note_failure(member, rest)
            if self.mode == 0 or member is self:
                self.scope.cancel_now(f"{rest!r} in {member!r}")
        return 1

    def note_failure(self, member: object, error: BaseException) -> int:
        """Keep what is to be raised (TG2); the same object once."""
        for _, known in self.failures:
            if known is error:
                return 0
        self.failures.append((member, error))
        if listening("TaskGroupFailed") and not self.loop.closing:
            self.loop.run_callback(emit, "TaskGroupFailed", self, error)
        return 0

    def be_interrupted(self, error: BaseException) -> int:
        """Something has come that leaves the block as it is (TG3)."""
        before = self.bare
        if before is not None and before is not error and error.__context__ is None:
            error.__context__ = before
        self.bare = error
        self.scope.cancel_now(f"{type(error).__name__} in {self!r}")
        return 0

    def member_ended(self, member: NativeGreenlet, outcome: object) -> int:
        """A member has ended, in its own greenlet or before it ran (TG1)."""
        is_service: bool = self.members.pop(member, False)  # type: ignore[call-overload]  # it is none of others
        if is_service:
            self.n_services -= 1
        # Not that of a cancel of this one greenlet.
        if isinstance(outcome, Cancelled) and is_for(outcome, self.scope, True):
            self.has_cut = True
            if outcome.scope is self.scope:
                self.scope.is_cut = True
        if self.slots is not None:
            self.slots.release()
        if not self.members:
            if self.empty is not None:
                self.empty.set()
            if self.waiter is not None:
                self.loop.queue_waiter(self.waiter)
        elif self.state == CLOSING and self.n_services == len(self.members):
            self.end_services()
        return 0

    def end_services(self) -> int:
        """Nobody else is left: cancel them."""
        if self.has_told_services:
            return 0
        self.has_told_services = True
        for greenlet in list(self.members):
            if greenlet in self.members:
                greenlet.cancel("only services are left")
        return 0

    # -- all of them ------------------------------------------------------------------

    def cancel(self, reason: str | None = None) -> None:
        """Cancel the members and the block; ``scope.cancel``.

        Args:
            reason: What ``str()`` of the exceptions says.

        Raises:
            TypeError: *reason* is no text.

        Blocking:
            Never switches.
        Thread safety:
            From any thread, and from the hub.
        """
        self.scope.cancel(reason)

    def kill(
        self,
        exception: object = GreenletExit,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None:
        """Raise an exception in all members; see ``gevent.killall``.

        Args:
            exception: A class, an instance, or a (type, value, traceback) tuple.
            block: Whether to wait until they have ended.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            TypeError: *exception* is none of these; nobody is killed then.
            Timeout: The time passed.

        Blocking:
            Switches to the hub if *block* is true and any was running.
        Cancellation:
            The exceptions arrive all the same.
        Thread safety:
            Only from the thread of its hub.
        """
        killall(list(self.members), exception, block, timeout)

    def join(self, timeout: float | Timeout | None = None) -> bool:
        """Wait until there are no members, or until *timeout* seconds passed.

        Returns:
            Whether there are none.

        Blocking:
            Switches to the hub while there are members.
        Cancellation:
            The members are not affected.
        Thread safety:
            Only from the thread of its hub.
        """
        if not self.members:
            return True
        if self.empty is None:
            self.empty = Event()
        self.empty.wait(timeout)  # switches
        return not self.members

    # -- the block --------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Begin; switches never.

        Raises:
            RuntimeError: It was entered before.
            BlockingSwitchOutError: In the hub, which never waits.
        """
        if self.state != NEW:
            raise RuntimeError(f"{self!r} was entered before: a task group has one use")
        self.scope.__enter__()
        self.loop = self.scope.loop
        self.state = OPEN
        return self

    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> bool:
        """Wait for the members, then raise what is to be raised.

        Raises:
            BaseExceptionGroup: Something failed.
            BaseException: What interrupted the block (TG3).

        Blocking:
            Switches until every member has ended.
        Cancellation:
            Hurries it, by a cancel of the members.
        """
        self.demand_innermost()
        self.state = CLOSING
        if v is not None:
            self.take_end_of_body(v)
        if self.members:
            self.wait_for_members()
        self.state = LEFT
        scope = self.scope
        standing = scope.leave()
        error: BaseException | None
        try:
            if self.bare is not None:
                error, self.bare = self.bare, None
                self.report_failures(error)
                if error is v:
                    return False
                raise error
            if self.failures:
                error = self.make_group()
                try:
                    raise error
                finally:
                    error.__context__ = None
            return self.judge(scope, standing, v)
        finally:
            # The traceback keeps this frame in the pure form (TG6).
            self.failures = []
            scope.group = None
            error = None
            del self, t, v, tb

    def demand_innermost(self) -> int:
        """Raise RuntimeError where this block cannot end (C11); nothing is changed."""
        scope = self.scope
        current = getcurrent()
        if self.state != OPEN or scope.owner is not current:
            raise RuntimeError(f"{self!r} is not open in this greenlet")
        innermost = standing_of(self.loop, current).scope
        if innermost is not scope:
            raise RuntimeError(
                f"{self!r} cannot be left before {innermost!r}, which was entered later"
            )
        return 0

    def take_end_of_body(self, error: BaseException) -> int:
        """The block's code has ended with an exception."""
        if isinstance(error, Cancelled) and is_for(error, self.scope, True):
            # The members know.
            self.has_cut = True
        elif isinstance(error, BaseExceptionGroup):
            self.take_group(self, error)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(error, Exception) and not isinstance(error, LoopExit):
            self.note_failure(self, error)
            self.scope.cancel_now(repr(error))
        else:
            self.be_interrupted(error)
        return 0

    def wait_for_members(self) -> int:
        """Park until there are none; what comes meanwhile hurries them (TG3, TG4)."""
        loop = self.loop
        standing = standing_of(loop, getcurrent())
        if self.n_services == len(self.members):
            self.end_services()
        standing.shields += 1
        n_stuck = -1
        try:
            while self.members:
                waiter = loop.new_waiter()
                self.waiter = waiter
                try:
                    waiter.wait(self)  # switches
                except BaseException as error:  # raised at the end
                    self.be_interrupted(error)
                    if isinstance(error, LoopExit) or loop.closing:
                        # Nobody can end those that are left, or no wait is possible
                        # any more. The first time they may not be cancelled yet.
                        if n_stuck == loop.n_switches:
                            break
                        n_stuck = loop.n_switches
        finally:
            self.waiter = None
            standing.shields -= 1
        return 0

    def report_failures(self, error: BaseException) -> int:
        """Something else is raised: let the hub report what members failed with."""
        hub = self.loop.hub
        for member, failure in self.failures:
            if failure is not error and hub is not None:
                hub.handle_error(member, type(failure), failure, failure.__traceback__)
        return 0

    def make_group(self) -> BaseException:
        """Return the exception of all failures, in the order in which they came."""
        errors = [failure for _, failure in self.failures]
        name = "a task group" if self.scope.name is None else f"{self.scope.name!r}"
        many = "failure" if len(errors) == 1 else "failures"
        return BaseExceptionGroup(f"{len(errors)} {many} in {name}", errors)

    def judge(
        self, scope: CancelScope, standing: Standing, v: BaseException | None
    ) -> bool:
        """Nothing failed: say whether a cancel ends here, or goes on (C5)."""
        if v is not None:
            return scope.judge(standing, v)
        if self.has_cut:
            # Somebody was: if that was for a scope outside, it goes on to there.
            outer = scope.outer_due(standing)
            if outer is not None:
                raise standing.error_for(outer, getcurrent())
        if scope.cancel_called and scope.is_cut:
            scope.cancelled_caught = True
        return False


publish(__name__, "gevent.taskgroup")
