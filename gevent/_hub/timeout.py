"""``Timeout``: raise an exception in the current greenlet after a time.

The bet is that a timeout does not fire: arming and disarming one is two moves in
the loop's timer heap and no system call. The native part is the timer; ``Timeout``
itself is a plain class, because programs assign to it, subclass it together with
other exceptions, and catch it.
"""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from greenlet import getcurrent

from gevent._base.publish import publish
from gevent._loop.watchers import timer
from gevent._native.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from greenlet import greenlet

    Throwable = BaseException | type[BaseException]

__all__ = ("Timeout", "with_timeout")


class TimeoutTimer(timer):
    """The timer of one :class:`Timeout`.

    It refers to the Timeout and the greenlet only while armed: the Timeout refers
    to it for ever, and must not need the collector to go.
    """

    owner: Timeout | None
    target: greenlet | None

    def launch_for(self, owner: Timeout) -> int:
        """Arm for the current greenlet, from now."""
        loop = self.loop
        if self.is_closed:
            raise AssertionError("a closed Timeout cannot be started; make a new one")
        if loop.closing:
            raise ValueError("operation on destroyed loop")
        self.owner = owner
        self.target = Scheduler.greenlet_now()
        self.is_active = True
        self.arm_at(loop.clock() + self.after)
        if self.is_referenced and not self.is_counted:
            self.is_counted = True
            loop.references += 1
        return 0

    def halt(self) -> int:
        """Disarm, and forget whom it was for."""
        self.queued = 0
        if self.is_active:
            self.is_active = False
            self.disarm()
            if self.is_counted:
                self.is_counted = False
                self.loop.references -= 1
        self.owner = None
        self.target = None
        return 0

    def fire(self) -> int:
        """Let the Timeout throw; by then it is not pending any more."""
        owner = self.owner
        target = self.target
        self.halt()
        if owner is not None and target is not None:
            owner._on_expiration(target, owner._what_to_throw())
        return 0


class InertTimer:
    """The timer of a Timeout that never expires; all of them share one."""

    active = False
    pending = False
    ref = True
    callback = None
    args = None

    def start(self, *args: object, **kwargs: object) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def __repr__(self) -> str:
        return "<the timer of timeouts that never expire>"


INERT_TIMER: TimeoutTimer = InertTimer()  # type: ignore[assignment]  # acts as one


def make_timer(after: float, ref: bool, priority: int) -> TimeoutTimer:
    """Return an unarmed timer of this thread's loop."""
    made = TimeoutTimer.__new__(TimeoutTimer)
    made.loop = Scheduler.of_thread()  # type: ignore[assignment]  # always a Loop
    made.after = after
    made.is_referenced = ref
    made.level = priority
    return made


def arm_timeout(timer: TimeoutTimer, owner: Timeout) -> int:
    """Arm *timer* for the current greenlet."""
    return timer.launch_for(owner)


def disarm_timeout(timer: TimeoutTimer) -> int:
    """Disarm *timer*."""
    return timer.halt()


def close_timeout(timer: TimeoutTimer) -> int:
    """Disarm *timer* for good."""
    timer.is_closed = True
    return timer.halt()


class Timeout(BaseException):
    """Raise an exception in the current greenlet after a time.

    It interrupts the greenlet where it switches, nowhere else. A subclass of
    BaseException, so that ``except Exception`` does not eat it. Subclasses may
    override ``_on_expiration``.

    Args:
        seconds: Seconds; None: never; 0 or less: at the next poll.
        exception: What to raise; None, False or a text: the Timeout itself. With
            False, leaving a ``with`` block by it is silent.
        ref: Whether the timer keeps the loop running.
        priority: Of the timer among others that are due.

    Raises:
        TypeError: *seconds* is no number.
        ValueError: *seconds* is NaN.
    """

    seconds: float | None
    exception: object
    timer: TimeoutTimer

    def __init__(
        self,
        seconds: float | None = None,
        exception: object = None,
        ref: bool = True,
        priority: int = -1,
    ):
        self.seconds = seconds
        self.exception = exception
        if seconds is None:
            self.timer = INERT_TIMER
            return
        after: float = seconds
        if isnan(after):
            raise ValueError("a Timeout needs a number of seconds, not NaN")
        self.timer = make_timer(after, ref, priority)

    @classmethod
    def start_new(
        cls,
        timeout: Timeout | float | None = None,
        exception: object = None,
        ref: bool = True,
    ) -> Timeout:
        """Return a started Timeout.

        Args:
            timeout: Seconds for a new one; or a Timeout, which is started unless
                it is pending, and returned.
            exception: As for the class.
            ref: As for the class.
        """
        if isinstance(timeout, Timeout):
            if not timeout.pending:
                timeout.start()
            return timeout
        made = cls(timeout, exception, ref=ref)
        made.start()
        return made

    def start(self) -> None:
        """Arm the timer for the current greenlet, from now.

        Raises:
            AssertionError: It is pending, or closed.
        """
        timer = self.timer
        if timer is INERT_TIMER:
            return
        if timer.active:
            raise AssertionError(
                f"{self!r} is already started; to restart it, cancel it first"
            )
        arm_timeout(timer, self)

    @property
    def pending(self) -> bool:
        """Whether it is started and has neither fired nor been cancelled."""
        return self.timer.active

    def cancel(self) -> None:
        """Disarm; harmless when it is not pending. It can be started again."""
        timer = self.timer
        if timer is not INERT_TIMER:
            disarm_timeout(timer)

    def close(self) -> None:
        """Disarm for good."""
        timer = self.timer
        if timer is not INERT_TIMER:
            close_timeout(timer)

    def _what_to_throw(self) -> Throwable:
        exception = self.exception
        if exception is None or exception is False or isinstance(exception, str):
            return self
        return exception  # type: ignore[return-value]  # greenlet.throw looks

    def _on_expiration(self, prev_greenlet: greenlet, ex: Throwable) -> None:
        """Throw *ex* into the greenlet that started this; runs in the hub."""
        prev_greenlet.throw(ex)

    def __enter__(self) -> Self:
        """Start unless it is pending."""
        timer = self.timer
        if timer is not INERT_TIMER and not timer.active:
            arm_timeout(timer, self)
        return self

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> bool | None:
        """Close; swallow its own instance if ``exception`` is False."""
        timer = self.timer
        if timer is not INERT_TIMER:
            close_timeout(timer)
        if value is self and self.exception is False:
            return True
        return None

    def __lt__(self, other: object) -> bool:
        """Compare the seconds with those of another Timeout, or with a number."""
        mine = self.seconds
        theirs = getattr(other, "seconds", other)
        if mine is None or not isinstance(theirs, int | float):
            return NotImplemented
        return mine < theirs

    def __str__(self) -> str:
        if self.seconds is None:
            return ""
        text = f"{self.seconds} second{'' if self.seconds == 1 else 's'}"
        if self.exception is None:
            return text
        if self.exception is False:
            return f"{text} (silent)"
        return f"{text}: {self.exception}"

    def __repr__(self) -> str:
        text = f"<{type(self).__name__} at 0x{id(self):x} seconds={self.seconds}"
        if self.exception is not None:
            text += f" exception={self.exception!r}"
        if self.pending:
            text += " pending"
        return text + ">"


def with_timeout(
    seconds: float | None,
    function: Callable[..., object],
    *args: object,
    **kwds: object,
) -> object:
    """Call ``function(*args, **kwds)``, for at most *seconds*.

    Args:
        seconds: Seconds; None: no limit.
        function: What to call.
        args: Its arguments.
        kwds: Its keyword arguments, and ``timeout_value``: what to return when the
            time passed (not passed on).

    Raises:
        Timeout: The time passed and there is no ``timeout_value``.

    Blocking:
        As *function*.
    Cancellation:
        Other timeouts and kills pass through.
    Thread safety:
        As *function*.
    """
    has_default = "timeout_value" in kwds
    default = kwds.pop("timeout_value", None)
    timeout = Timeout.start_new(seconds)
    try:
        return function(*args, **kwds)
    except Timeout as error:
        if error is timeout and has_default:
            return default
        raise
    finally:
        timeout.close()


publish(__name__, "gevent.timeout")
