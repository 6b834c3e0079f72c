"""Cancel scopes: a deadline on a block, a cancel that a library cannot swallow.

A scope stands in the greenlet that entered it. The scopes of a greenlet form a chain
by ``parent``, the innermost first; behind its own ones come that of its group, and what
that one stands in. Once a scope is cancelled, the scheduler asks :class:`Cancellation`
before each wait of its loop (SCHED10); before that nobody is asked anything.

States of a scope::

    NEW --enter--> OPEN --exit, or its greenlet ends--> LEFT

Invariants (C1 to C11 are what users rely on):

* C1   A wait in a greenlet that sees a cancelled scope raises :class:`Cancelled`. What
  completes at once completes. One place: ``Cancellation.meet``.
* C2   So does each further wait, until the scope is left, but for C3.
* C3   While the greenlet handles a ``Cancelled`` that is younger than the scope, the
  scope *excuses* it, until ``cleanup_timeout`` has passed since the cancel.
* C4   Who has swallowed some waits a little, for something else, before the next.
* C5   It is raised for the outermost cancelled scope that is seen and does not excuse.
  A scope that catches its own, while an outer one is due, passes it on to that one.
* C6   A greenlet sees the scopes of its chain up to and including the first shield.
* C7   A cancel queues entries for the greenlets, each for a few; in its turn each is
  looked at anew.
* C8   Who has not begun ends at once, and never runs.
* C9   Kills, time-outs and signals do not ask for scopes.
* C10  A block whose own greenlet was cut short by its scope, and then ended as if
  nothing had been, was cut short all the same (``is_cut``).
* C11  Scopes of a greenlet are left in reverse order, by that greenlet.
* CS1  ``mark`` exists exactly while a scope is cancelled and OPEN; the loop's flag is
  set exactly while a mark of it exists.
* CS2  ``Standing.handling`` is what its greenlet handled when it parked last with a
  mark around. It may be older than the present wait only if it was 0 then, or the scope
  of what it handled is still open: nobody can handle the ``Cancelled`` of a scope
  without one being open that has a mark.

One file: a scope, where its greenlets stand, and who is asked before a wait read and
write the same chain; a third of it is the documentation of public methods.
"""

from __future__ import annotations

from math import inf

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.config import config
from gevent._base.emission import emit, listening
from gevent._base.exceptions import BlockingSwitchOutError, Cancelled
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._native.interpreter.handled import handled_exceptions
from gevent._native.scheduling.scheduler import (
    Alarm,
    NativeGreenlet,
    ParkPolicy,
    Scheduler,
    Waiter,
    Zeroed,
    as_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self
    from weakref import WeakKeyDictionary

    from greenlet import greenlet as raw_greenlet

__all__ = (
    "CancelScope",
    "Cancelled",
    "check_cancelled",
    "current_deadline",
    "fail_after",
    "move_on_after",
)

NEW = 0
OPEN = 1
LEFT = 2

# Contexts of an exception that are looked through; a circle of them has no end.
MOST_CONTEXTS = 1000
# Of raises in a row, after which the wait before the next does not grow any more.
LONGEST_PAUSE = 0.1
# Greenlets that one entry of the queue cancels.
MOST_AT_ONCE = 32

# Says that an argument was not given: the setting holds.
USUAL = object()
# Not read by the import: a bad value is an error where it is used.
_usual_patience: object = USUAL


def follow_patience(value: object) -> None:
    """Take the setting."""
    global _usual_patience
    _usual_patience = value


config.watch("cleanup_timeout", follow_patience)


class Supervisor(Zeroed):
    """Who has greenlets as members, which stand in a scope of it: a task group."""

    def present_members(self) -> list[NativeGreenlet]:
        """Return those that have not ended, in the order in which they joined."""
        raise NotImplementedError

    def take_failure(self, member: NativeGreenlet, error: BaseException) -> int:
        """A member has failed. 1: that is known, and nobody else need report it."""
        raise NotImplementedError

    def member_ended(self, member: NativeGreenlet, outcome: object) -> int:
        """A member has ended, with a value or an exception."""
        raise NotImplementedError


class Mark(Zeroed):
    """Says that a scope of a loop is cancelled and open, for as long as it exists."""

    policy: Cancellation | None

    def __del__(self) -> None:
        policy = self.policy
        if policy is not None:
            policy.n_marks -= 1
            if policy.n_marks == 0:
                policy.loop.set_has_cancelled(False)


def mark_for(policy: Cancellation) -> Mark:
    """Make a mark."""
    made = Mark()
    policy.n_marks += 1
    made.policy = policy
    policy.loop.set_has_cancelled(True)
    return made


class Patience(Zeroed):
    """Ends the time in which a cancelled scope lets cleanup wait."""

    scope: CancelScope

    def __init__(self, scope: CancelScope):
        self.scope = scope

    def _expire(self, target: raw_greenlet) -> None:
        self.scope.lose_patience()

    def _expiry(self, target: raw_greenlet) -> tuple[object, tuple[object, ...]]:
        return self._expire, (target,)


class CancelScope(Zeroed):
    """A block that can be cut short: by a deadline, or by :meth:`cancel`.

    Every wait in it, also in the greenlets of task groups inside, then raises
    :class:`Cancelled`, again and again until the block is left. Leaving it ends the
    exception. Code that runs because of one (``except``, ``finally``) may wait for
    *cleanup_timeout* seconds. One use.

    Args:
        timeout: Seconds from the entry; 0 or less: what need not wait is done; None: no
            limit.
        deadline: The same as an instant of ``time.monotonic()``.
        shield: Whether cancels of scopes outside stay outside.
        cleanup_timeout: Seconds; None: for ever; 0: none. By default
            ``config.cleanup_timeout``.
        name: Named in errors.

    Raises:
        TypeError: A time is no number.
        ValueError: A time is NaN, or both *timeout* and *deadline* are given.
    """

    __signature__ = Signed(
        "timeout=None, *, deadline=None, shield=False, cleanup_timeout=..., name=None"
    )

    loop: Scheduler
    owner: raw_greenlet | None
    parent: CancelScope | None
    group: Supervisor | None
    serial: int
    state: int
    seconds: object
    after: float
    limit: float
    alarm: Alarm | None
    patience: Alarm | None
    mark: Mark | None
    is_shield: bool
    is_cut: bool
    is_impatient: bool
    fails: bool
    raised: Cancelled | None
    cleanup_timeout: object
    name: str | None
    reason: str | None
    cancel_called: bool
    expired: bool
    cancelled_caught: bool

    def __init__(
        self,
        timeout: float | None = None,
        *,
        deadline: float | None = None,
        shield: bool = False,
        cleanup_timeout: object = USUAL,
        name: str | None = None,
    ):
        self.set_up(timeout, shield, cleanup_timeout, name)
        if deadline is not None:
            if timeout is not None:
                raise ValueError("either a timeout or a deadline, not both")
            self.limit = as_seconds(deadline)

    def set_up(
        self, timeout: object, shield: bool, cleanup_timeout: object, name: str | None
    ) -> int:
        """The constructor, natively."""
        self.limit = inf
        if timeout is not None:
            self.after = as_seconds(timeout)  # type: ignore[arg-type]  # it says why not
            self.seconds = timeout
        if shield:
            self.is_shield = True
        if cleanup_timeout is USUAL:
            if _usual_patience is USUAL:
                follow_patience(config.cleanup_timeout)
            self.cleanup_timeout = _usual_patience
        else:
            if cleanup_timeout is not None:
                as_seconds(cleanup_timeout)  # type: ignore[arg-type]  # likewise
            self.cleanup_timeout = cleanup_timeout
        self.name = name
        return 0

    # -- the block ------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Enter; switches never.

        Raises:
            RuntimeError: It was entered before.
            BlockingSwitchOutError: In the hub, which never waits.
        """
        loop = Scheduler.of_thread()
        current = Scheduler.greenlet_now()
        if self.state != NEW:
            raise RuntimeError(f"{self!r} was entered before; make a new one")
        if current is loop.hub:
            raise BlockingSwitchOutError("a scope in the event loop callback")
        self.open(loop, current, standing_of(loop, current))
        return self

    def open(self, loop: Scheduler, current: raw_greenlet, standing: Standing) -> int:
        """Stand in *current* from now on, as its innermost scope."""
        self.loop = loop
        self.owner = current
        self.parent = standing.scope
        loop.serials += 1
        self.serial = loop.serials
        self.state = OPEN
        standing.scope = self
        if self.cancel_called:
            self.begin_cancel()
        elif self.seconds is not None:
            self.arm(self.after)
            self.limit = loop.now_cached + self.after
        elif self.limit != inf:
            self.arm(self.limit - loop.clock())
        return 0

    def arm(self, after: float) -> int:
        """Let the deadline be in *after* seconds."""
        if after <= 0.0:
            self.loop.clock()
            self.expire()
        elif after != inf:
            alarm = Alarm.make(after, True, -1)
            self.alarm = alarm
            alarm.start_for(self)
        return 0

    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> bool:
        """Leave; take the ``Cancelled`` of this scope.

        Raises:
            RuntimeError: It is not the innermost scope of this greenlet.
            TimeoutError: It is one of :func:`fail_after`, and cut the block short.
        """
        standing = self.leave()
        if not self.cancel_called or (v is None and not self.is_cut):
            return False
        try:
            return self.judge(standing, v)
        finally:
            self.raised = None

    def leave(self) -> Standing:
        """Stand nowhere any more (C11)."""
        current = Scheduler.greenlet_now()
        if self.state != OPEN or current is not self.owner:
            raise RuntimeError(f"{self!r} is not open in this greenlet")
        standing = standing_of(self.loop, current)
        if standing.scope is not self:
            raise RuntimeError(
                f"{self!r} cannot be left before {standing.scope!r}, which was entered"
                " later"
            )
        standing.scope = self.parent
        self.close()
        if self.cancel_called:
            # Its marks may have been the last: nobody asks before the next wait what
            # is handled there (CS2).
            standing.handling = latest_handled(self.serial)
        return standing

    def close(self) -> int:
        """End what runs for this scope."""
        self.state = LEFT
        self.owner = None
        self.parent = None
        if self.alarm is not None:
            self.alarm.halt()
            self.alarm = None
        if self.patience is not None:
            self.patience.halt()
            self.patience = None
        self.mark = None
        return 0

    def judge(self, standing: Standing, v: BaseException | None) -> bool:
        """Say whether what ends the block ends here."""
        outer: CancelScope | None
        if v is None:
            self.cancelled_caught = True
            return self.fail(self.raised)
        if isinstance(v, Cancelled):
            if v.scope is not self:
                return False
            outer = self.outer_due(standing)
            if outer is not None:
                rename(v, outer)
                return False
            self.cancelled_caught = True
            return self.fail(v)
        return isinstance(v, BaseExceptionGroup) and self.judge_group(standing, v)  # pyright: ignore[reportUnknownArgumentType]

    def judge_group(self, standing: Standing, v: BaseException) -> bool:
        """judge() of several, which go on without those of this scope."""
        outer: CancelScope | None
        rest = without(v, self, False)
        if rest is v:
            return False
        if rest is None:
            outer = self.outer_due(standing)
            if outer is None:
                self.cancelled_caught = True
                return self.fail(v)
            rest = standing.error_for(outer, Scheduler.greenlet_now())
        context = rest.__context__
        try:
            raise rest
        finally:
            rest.__context__ = context
            del rest, context, v

    def fail(self, cause: BaseException | None) -> bool:
        """The block was cut short: True, or the error of ``fail_after``."""
        if self.fails and self.expired:
            what = "the block" if self.name is None else repr(self.name)
            raise TimeoutError(f"{what} {self.told_deadline()}") from cause
        return cause is not None

    def told_deadline(self) -> str:
        """Return what passed."""
        if self.seconds is None:
            return "has passed its deadline"
        return f"timed out after {self.seconds} seconds"

    def outer_due(self, standing: Standing) -> CancelScope | None:
        """The scope outside that is due when this one has been left (C5).

        What is handled inside of it, its own ``Cancelled`` included, is no excuse any
        more: only what was raised before it was entered.
        """
        standing.handling = latest_handled(self.serial)
        return None if self.is_shield else standing.due()

    # -- cancelling -----------------------------------------------------------------

    def cancel(self, reason: str | None = None) -> None:
        """Cut the block short, wherever its greenlets wait.

        May come before the entry, or again: the first reason stays. After the end it
        does nothing.

        Args:
            reason: What ``str()`` of the exceptions says.

        Raises:
            TypeError: *reason* is no text.

        Blocking:
            Never switches.
        Thread safety:
            From any thread, and from the hub.
        """
        demand_reason(reason)
        if self.state == NEW:
            if not self.cancel_called:
                self.reason = reason
                self.cancel_called = True
                # It may have been entered meanwhile, in another thread.
                if self.state == OPEN and not self.loop.is_current():
                    post_cancel(self.loop, self.catch_up)
        elif self.state == OPEN and not self.cancel_called:
            if self.loop.is_current():
                self.cancel_now(reason)
            else:
                post_cancel(self.loop, self.cancel_now, reason)

    def catch_up(self) -> None:
        """Begin a cancel that came while the scope was being entered."""
        if self.state == OPEN and self.mark is None:
            self.begin_cancel()

    def cancel_now(self, reason: str | None) -> None:
        """cancel(), in the thread of the loop."""
        if self.cancel_called or self.state != OPEN:
            return
        self.reason = reason
        self.cancel_called = True
        self.begin_cancel()

    def begin_cancel(self) -> int:
        """It is cancelled and open: see to it that all greenlets in it know."""
        if self.alarm is not None:
            self.alarm.halt()
            self.alarm = None
        self.mark = mark_for(policy_of(self.loop))
        if self.cleanup_timeout is not None:
            self.be_patient(as_seconds(self.cleanup_timeout))  # type: ignore[arg-type]
        if listening("ScopeCancelled") and not self.loop.closing:
            self.loop.run_callback(emit, "ScopeCancelled", self, self.reason)
        reach(self)
        return 0

    def be_patient(self, seconds: float) -> int:
        """Let cleanup wait that long (C3)."""
        if seconds <= 0.0:
            self.is_impatient = True
        elif seconds != inf:
            patience = Alarm.make(seconds, True, -1)
            self.patience = patience
            patience.start_for(Patience(self))
        return 0

    def lose_patience(self) -> None:
        """Cleanup has had its time (C3)."""
        self.is_impatient = True
        reach(self)

    def expire(self) -> int:
        """The deadline has passed."""
        if not self.cancel_called:
            self.expired = True
            self.cancel_now(self.told_deadline())
        return 0

    def _expire(self, target: raw_greenlet) -> None:
        self.expire()

    def _expiry(self, target: raw_greenlet) -> tuple[object, tuple[object, ...]]:
        return self._expire, (target,)

    # -- what may be changed ----------------------------------------------------------

    @property
    def deadline(self) -> float:
        """The instant of ``time.monotonic()`` that cancels; infinite: none.

        May be assigned; once it is cancelled, that does nothing.
        """
        return self.limit

    @deadline.setter
    def deadline(self, instant: float) -> None:
        limit = as_seconds(instant)
        self.limit = limit
        self.seconds = None
        if self.state == OPEN and not self.cancel_called:
            if self.alarm is not None:
                self.alarm.halt()
                self.alarm = None
            self.arm(limit - self.loop.clock())

    @property
    def shield(self) -> bool:
        """Whether cancels of scopes outside stay outside; may be assigned."""
        return self.is_shield

    @shield.setter
    def shield(self, value: bool) -> None:
        self.is_shield = bool(value)
        if not self.is_shield and self.state == OPEN and policy_of(self.loop).n_marks:
            reach(self)

    def __repr__(self) -> str:
        words = [f"<{type(self).__name__}"]
        if self.name is not None:
            words.append(repr(self.name))
        words.append(f"at 0x{id(self):x}")
        words.append(("new", "open", "left")[self.state])
        if self.is_shield:
            words.append("shield")
        if self.cancel_called:
            words.append(f"cancelled: {self.reason}" if self.reason else "cancelled")
        return " ".join(words) + ">"


class Standing(Zeroed):
    """Where a greenlet stands among scopes."""

    scope: CancelScope | None
    own: CancelScope | None
    handling: int
    raised_for: CancelScope | None
    n_raised: int
    shields: int

    def due(self) -> CancelScope | None:
        """The outermost cancelled scope that is seen and does not excuse (C5)."""
        found = None
        scope = self.scope
        while scope is not None:
            if scope.cancel_called and (
                scope.is_impatient or self.handling <= scope.serial
            ):
                found = scope
            if scope.is_shield:
                break
            scope = scope.parent
        return found

    def error_for(self, due: CancelScope, current: raw_greenlet) -> Cancelled:
        """Make what is to be raised in *current*, and count it (C4)."""
        if self.raised_for is not due:
            self.raised_for = due
            self.n_raised = 0
        self.n_raised += 1
        loop = due.loop
        loop.serials += 1
        error = Cancelled() if due.reason is None else Cancelled(due.reason)
        error.scope = due
        error.reason = due.reason
        error._serial = loop.serials
        if due.owner is current:
            due.is_cut = True
            if due.fails:
                due.raised = error
        return error


class Cancellation(ParkPolicy):
    """What a loop knows of scopes; asked before each wait while one is cancelled."""

    loop: Scheduler
    n_marks: int
    root: Standing | None
    others: WeakKeyDictionary[raw_greenlet, Standing] | None
    n_others: int

    def __init__(self, loop: Scheduler):
        self.loop = loop

    def meet(self, current: raw_greenlet, waiter: Waiter) -> int:
        """Raise if the current greenlet may not wait (C1)."""
        standing = known_standing(self.loop, current)
        if standing is None or standing.shields or standing.scope is None:
            return 0
        standing.handling = latest_handled(-1)
        due = standing.due()
        if due is None:
            return 0
        if standing.raised_for is due and standing.n_raised:
            is_sleep = waiter.subject == "sleep"
            self.hold_up(standing, current, due)  # switches
            # Somebody may have handed something over meanwhile, which must not be
            # lost. A sleep has nothing to lose, and is what stubborn loops do.
            if (waiter.woken or waiter.ready()) and not is_sleep:
                return 0
            due = standing.due()
            if due is None:
                return 0
        raise standing.error_for(due, current)

    def hold_up(
        self, standing: Standing, current: raw_greenlet, due: CancelScope
    ) -> int:
        """Who has swallowed one lets others run before the next (C4)."""
        count = standing.n_raised
        if listening("CancelSwallowed"):
            self.loop.run_callback(emit, "CancelSwallowed", current, due, count)
        standing.shields += 1
        try:
            if count == 1:
                self.loop.yield_once()  # switches
            else:
                self.loop.sleep(
                    min(2.0 ** min(count - 2, 10) / 1000, LONGEST_PAUSE), True
                )
        finally:
            standing.shields -= 1
        return 0


def demand_reason(reason: object) -> None:
    """Raise TypeError for what is no reason."""
    if reason is not None and not isinstance(reason, str):
        raise TypeError(f"a reason is a str or None, not {type(reason).__name__}")


def policy_of(loop: Scheduler) -> Cancellation:
    """Return what a loop knows of scopes; made on first use."""
    policy = loop.policy
    if policy is None:
        policy = Cancellation(loop)
        loop.policy = policy
    return policy  # type: ignore[return-value]  # nobody else sets it


def standing_of(loop: Scheduler, current: raw_greenlet) -> Standing:
    """Return where a greenlet stands; made on first use."""
    standing: Standing | None
    if isinstance(current, NativeGreenlet):
        native: NativeGreenlet = current
        standing = native.standing  # type: ignore[assignment]  # nobody else sets it
        if standing is None:
            standing = Standing()
            standing.scope = native.base  # type: ignore[assignment]  # likewise
            native.standing = standing
        return standing
    policy = policy_of(loop)
    if current is loop.root:
        standing = policy.root
        if standing is None:
            standing = policy.root = Standing()
        return standing
    return other_standing(policy, current)


def other_standing(policy: Cancellation, current: raw_greenlet) -> Standing:
    """Return where a greenlet that is not of ours stands."""
    if policy.others is None:
        from weakref import WeakKeyDictionary

        policy.others = WeakKeyDictionary()
    standing = policy.others.get(current)
    if standing is None:
        if len(policy.others) >= policy.n_others:
            # One that ended in a scope is kept by that scope.
            for each in [each for each in policy.others if each.dead]:
                del policy.others[each]
            policy.n_others = 2 * len(policy.others)
        standing = policy.others[current] = Standing()
    return standing


def known_standing(loop: Scheduler, current: raw_greenlet) -> Standing | None:
    """Return where a greenlet stands, None if it has never been in a scope."""
    if isinstance(current, NativeGreenlet):
        native: NativeGreenlet = current
        if native.standing is None and native.base is None:
            return None
        return standing_of(loop, native)
    policy = policy_of(loop)
    if current is loop.root:
        return policy.root
    return None if policy.others is None else policy.others.get(current)


def latest_handled(before: int) -> int:
    """Return the number of the youngest ``Cancelled`` that is handled here, or 0.

    Args:
        before: Only of those with a smaller number; negative: of all.
    """
    latest = 0
    error: BaseException | None
    for error in handled_exceptions():
        n_left = MOST_CONTEXTS
        while error is not None and n_left:
            n_left -= 1
            if isinstance(error, Cancelled):
                serial = error._serial
                if serial > latest and (before < 0 or serial < before):
                    latest = serial
            error = error.__context__
    return latest


def rename(error: Cancelled, scope: CancelScope) -> None:
    """Pass a ``Cancelled`` on to a scope outside (C5)."""
    error.scope = scope
    error.reason = scope.reason
    error.args = () if scope.reason is None else (scope.reason,)
    if scope.owner is Scheduler.greenlet_now():
        scope.is_cut = True
        if scope.fails:
            scope.raised = error


def without(
    group: BaseException, scope: CancelScope, is_chain: bool
) -> BaseException | None:
    """Return a group of exceptions without what was raised for a scope.

    Those of the scopes that are seen outside of it go, too, if *is_chain*.

    Returns:
        The same object if there is none of these; None if there is nothing else.
    """
    kept: list[BaseException] = []
    is_same = True
    rest: BaseException | None
    as_group = cast("BaseExceptionGroup[BaseException]", group)
    for each in as_group.exceptions:
        rest = each
        if is_group(each):
            rest = without(each, scope, is_chain)
        elif isinstance(each, Cancelled) and is_for(each, scope, is_chain):
            rest = None
        if rest is not each:
            is_same = False
        if rest is not None:
            kept.append(rest)
    if is_same:
        return group
    if not kept:
        return None
    made: BaseException = as_group.derive(kept)
    made.__traceback__ = group.__traceback__
    made.__cause__ = group.__cause__
    made.__context__ = group.__context__
    made.__suppress_context__ = group.__suppress_context__
    if hasattr(group, "__notes__"):
        made.__notes__ = list(group.__notes__)
    return made


def is_group(error: BaseException) -> bool:
    """Whether it has others in it."""
    return isinstance(error, BaseExceptionGroup)


def is_for(error: Cancelled, scope: CancelScope, is_chain: bool) -> bool:
    """Whether that was raised for a scope, or one that is seen outside of it."""
    each: CancelScope | None = scope
    while each is not None:
        if error.scope is each:
            return True
        if each.is_shield or not is_chain:
            break
        each = each.parent
    return False


def reach(top: CancelScope) -> None:
    """Queue one entry for each greenlet that sees a cancelled scope (C7).

    A greenlet between which and *top* there is a shield is left out, and so are the
    members of groups inside of that shield (C6).
    """
    loop = top.loop
    current = Scheduler.greenlet_now()
    told: list[raw_greenlet] = []
    # Groups whose members are to be looked at.
    tops = [top]
    if (
        top.owner is not None
        and look_into(loop, top.owner, top, tops)
        and top.owner is not current
        and not ends_early(loop, top.owner)
    ):
        told.append(top.owner)
    for end in tops:
        if end.group is None:
            continue
        for target in end.group.present_members():
            if (
                look_into(loop, target, end, tops)
                and target is not current
                and not ends_early(loop, target)
            ):
                told.append(target)
    # Few entries for many, and yet others have their turn between.
    for first in range(0, len(told), MOST_AT_ONCE):
        loop.run_callback(deliver_all, loop, told[first : first + MOST_AT_ONCE])


def look_into(
    loop: Scheduler, target: raw_greenlet, end: CancelScope, tops: list[CancelScope]
) -> bool:
    """Whether a greenlet sees *end*; the groups between that do go to *tops*."""
    standing = known_standing(loop, target)
    scope = None if standing is None else standing.scope
    if scope is end:
        return True
    is_seen = True
    groups: list[CancelScope] = []
    while scope is not None and scope is not end:
        if scope.group is not None:
            groups.append(scope)
        if scope.is_shield:
            is_seen = False
            groups.clear()
        scope = scope.parent
    tops.extend(groups)
    return is_seen


def ends_early(loop: Scheduler, target: raw_greenlet) -> bool:
    """End a greenlet that has not begun, and is in a cancelled scope (C8)."""
    if isinstance(target, NativeGreenlet):
        native: NativeGreenlet = target
        if not native.dead and native.is_unborn():
            standing = standing_of(loop, native)
            due = standing.due()
            return (
                due is not None
                and native.end_early(standing.error_for(due, native)) == 1
            )
    return False


def deliver_all(loop: Scheduler, targets: list[raw_greenlet]) -> None:
    """In the hub: raise in greenlets, if that is still to be (C7)."""
    n_done = 0
    try:
        for target in targets:
            n_done += 1
            deliver(loop, target)  # switches
    finally:
        # What is raised here is the hub's, which reports it, or ends by it.
        if n_done < len(targets) and not loop.closing:
            loop.run_callback(deliver_all, loop, targets[n_done:])


def deliver(loop: Scheduler, target: raw_greenlet) -> None:
    """In the hub: raise in a greenlet, if it is still to be (C7)."""
    if target.dead:
        return
    standing = known_standing(loop, target)
    if standing is None or standing.shields:
        return
    due = standing.due()
    if due is None:
        return
    error = standing.error_for(due, target)
    if not loop.throw_parked(target, error):  # switches
        target.throw(error)  # switches


def post_cancel(
    loop: Scheduler, function: Callable[..., object], *args: object
) -> None:
    """Let the thread of a loop call a function; one that has ended has nobody left."""
    if not loop.closing:
        loop.run_callback_threadsafe(function, *args)


def cancel_greenlet(
    loop: Scheduler, target: NativeGreenlet, reason: str | None
) -> None:
    """Cancel one greenlet: by a scope of its own, around all that it has entered."""
    standing = standing_of(loop, target)
    own = standing.own
    if own is None:
        own = CancelScope()
        own.loop = loop
        own.owner = target
        own.parent = target.base  # type: ignore[assignment]  # nobody else sets it
        own.state = OPEN
        standing.own = own
        scope = standing.scope
        if scope is target.base:
            standing.scope = own
        else:
            assert scope is not None, "the chain ends at the base"
            while scope.parent is not target.base:
                scope = scope.parent
                assert scope is not None, "likewise"
            scope.parent = own
    own.cancel_now(reason)


def abandon(target: NativeGreenlet) -> None:
    """A greenlet has ended: what it has not left goes with it."""
    standing: Standing | None = target.standing  # type: ignore[assignment]
    target.standing = None
    if standing is None:
        return
    scope = standing.scope
    while scope is not None and scope.owner is target:
        parent = scope.parent
        if scope.group is not None:
            # Its members have nobody who would wait for them.
            scope.cancel_now("the greenlet of the task group has ended")
        scope.close()
        scope = parent


def doomed_by(scope: CancelScope) -> CancelScope | None:
    """Return the scope for which one who is born in *scope* would be cancelled."""
    newcomer = Standing()
    newcomer.scope = scope
    return newcomer.due()


class Shielded(Zeroed):
    """A block whose waits no cancel interrupts: ours, which must not fail."""

    standing: Standing | None

    def __enter__(self) -> None:
        # A thread without a loop blocks as a whole: nobody cancels it.
        loop = Scheduler.of_thread_or_none()
        if loop is not None:
            self.standing = standing_of(loop, Scheduler.greenlet_now())
            self.standing.shields += 1

    def __exit__(self, *args: object) -> None:
        if self.standing is not None:
            self.standing.shields -= 1
            self.standing = None


def make_scope(
    timeout: object,
    shield: bool,
    cleanup_timeout: object,
    name: str | None,
    fails: bool,
) -> CancelScope:
    """Make one of the short forms."""
    made = CancelScope.__new__(CancelScope)
    made.set_up(timeout, shield, cleanup_timeout, name)
    made.fails = fails
    return made


def move_on_after(
    timeout: float | None,
    *,
    shield: bool = False,
    cleanup_timeout: object = USUAL,
    name: str | None = None,
) -> CancelScope:
    """Return a scope that ends its block after *timeout* seconds, without an error.

    Args:
        timeout: Seconds from the entry; None: no limit.
        shield: As for :class:`CancelScope`.
        cleanup_timeout: As for :class:`CancelScope`.
        name: As for :class:`CancelScope`.
    """
    return make_scope(timeout, shield, cleanup_timeout, name, False)


def fail_after(
    timeout: float | None,
    *,
    shield: bool = False,
    cleanup_timeout: object = USUAL,
    name: str | None = None,
) -> CancelScope:
    """Return a scope that ends its block after *timeout* seconds with a TimeoutError.

    The built-in ``TimeoutError``, raised where the block is left, from the
    :class:`Cancelled` that ended it; exactly if ``expired`` and ``cancelled_caught``.

    Args:
        timeout: Seconds from the entry; None: no limit.
        shield: As for :class:`CancelScope`.
        cleanup_timeout: As for :class:`CancelScope`.
        name: As for :class:`CancelScope`; the error says it.
    """
    return make_scope(timeout, shield, cleanup_timeout, name, True)


def check_cancelled() -> None:
    """Raise :class:`Cancelled` if a wait would; for loops that compute.

    Also notices a deadline that passed since the loop ran last. Never switches.

    Raises:
        Cancelled: The current greenlet is in a scope that is cancelled.

    Thread safety:
        From any thread; where there is no hub, there is no scope.
    """
    loop = Scheduler.of_thread_or_none()
    if loop is not None:
        check(loop, Scheduler.greenlet_now())


def check(loop: Scheduler, current: raw_greenlet) -> int:
    """check_cancelled(), natively."""
    standing = known_standing(loop, current)
    if standing is None:
        return 0
    now = loop.clock()
    scope = standing.scope
    while scope is not None:
        if scope.limit <= now and not scope.cancel_called:
            scope.expire()
        if scope.is_shield:
            break
        scope = scope.parent
    standing.handling = latest_handled(-1)
    due = standing.due()
    if due is not None and not standing.shields:
        raise standing.error_for(due, current)
    return 0


def current_deadline() -> float:
    """Return the earliest deadline that the current greenlet sees.

    An instant of ``time.monotonic()``; infinite: none; minus infinite: it is in a
    cancelled scope.
    """
    loop = Scheduler.of_thread_or_none()
    if loop is None:
        return inf
    return earliest_of(known_standing(loop, Scheduler.greenlet_now()))


def earliest_of(standing: Standing | None) -> float:
    """current_deadline(), natively."""
    earliest = inf
    scope = None if standing is None else standing.scope
    while scope is not None:
        if scope.cancel_called:
            return -inf
        earliest = min(earliest, scope.limit)
        if scope.is_shield:
            break
        scope = scope.parent
    return earliest


publish(__name__, "gevent.cancellation")
