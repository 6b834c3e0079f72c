"""``Timeout``: raise an exception in the current greenlet after a time.

The bet is that a timeout does not fire: arming and disarming one is two moves in
the loop's timer heap and no system call. The native part is the timer; ``Timeout``
itself is a plain class, because programs assign to it, subclass it together with
other exceptions, and catch it.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._base.publish import publish
from gevent._native.scheduling.scheduler import Alarm, Scheduler, demand_throwable
from gevent._native.scheduling.timeout_type import speed_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from greenlet import greenlet

    Throwable = BaseException | type[BaseException]

__all__ = ("Timeout", "with_timeout")

_NOTHING = object()


class InertTimer:
    """The timer of a Timeout that never expires; all of them share one."""

    seconds = None
    active = False
    pending = False
    ref = True
    callback = None
    args = None

    def start_for(self, owner: object) -> None:
        """Do nothing."""

    def halt(self) -> None:
        """Do nothing."""

    def start(self, *args: object, **kwargs: object) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def __repr__(self) -> str:
        return "<the timer of timeouts that never expire>"


INERT_TIMER = InertTimer()


def enter_timeout(timeout: Timeout) -> None:
    """Start unless it is pending."""
    timer = timeout.timer
    if isinstance(timer, Alarm):
        alarm = timer
        if alarm.owner is None:
            alarm.start_for(timeout)


def exit_timeout(timeout: Timeout) -> None:
    """Close."""
    timer = timeout.timer
    if isinstance(timer, Alarm):
        alarm = timer
        alarm.close()


def demand_timeout(given: BaseException) -> Timeout:
    """Return what was given instead of seconds.

    Raises:
        TypeError: It is no Timeout.
    """
    if not isinstance(given, Timeout):
        raise TypeError(f"must be real number, not {type(given).__name__}")
    return given


def start_given(given: BaseException) -> int:
    """Start what was given instead of seconds, unless it is pending.

    Raises:
        TypeError: It is no Timeout.
    """
    timeout = demand_timeout(given)
    if not timeout.pending:
        timeout.start()
    return 0


def stop_given(timeout: Timeout) -> int:
    """``cancel()`` in one step: no Python code runs."""
    timer = timeout.timer
    if isinstance(timer, Alarm):
        alarm = timer
        alarm.halt()
    return 0


def made_of(kind: type[BaseException]) -> BaseException:
    """Return what arrives where *kind* is thrown: an instance, or why there is none."""
    try:
        return kind()
    except BaseException as error:  # last resort: it is raised in the target
        return error


def throw_into(target: greenlet, error: BaseException | type[BaseException]) -> None:
    """In the hub: raise in a greenlet at once, by the cheap way if it is parked.

    One that has ended has nothing left to interrupt.
    """
    if isinstance(error, type):
        error = made_of(error)
    loop = Scheduler.of_thread()
    if not target.dead and not loop.throw_parked(target, error):  # switches
        target.throw(error)  # switches


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
        TypeError: *seconds* is no number, or *exception* nothing that can be raised.
        ValueError: *seconds* is NaN.
    """

    exception: object = None
    timer: Alarm | InertTimer
    _has_expired = False
    # What was assigned to ``seconds``.
    _said: object = _NOTHING

    def __init__(
        self,
        seconds: float | None = None,
        exception: object = None,
        ref: bool = True,
        priority: int = -1,
    ):
        self.args = ()
        if seconds is None:
            self.timer = INERT_TIMER
        else:
            self.timer = Alarm.create(seconds, ref, priority)
        if exception is not None:
            if exception is not False and not isinstance(exception, str):
                demand_throwable(exception)
            self.exception = exception

    @property
    def seconds(self) -> float | None:
        """The seconds as given.

        What is assigned is shown and compared; the timer keeps its time, but with None
        the timeout is not started.
        """
        said = self._said
        return self.timer.seconds if said is _NOTHING else said  # type: ignore[return-value]  # of a number's kind

    @seconds.setter
    def seconds(self, seconds: float | None) -> None:
        self._said = seconds
        if seconds is None and not self.pending:
            self.timer = INERT_TIMER

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
        self.timer.start_for(self)

    @property
    def pending(self) -> bool:
        """Whether it is started and has neither fired nor been cancelled."""
        return self.timer.active

    @property
    def expired(self) -> bool:
        """Whether this very timeout has fired; it stays true if it is started again."""
        return self._has_expired

    def cancel(self) -> None:
        """Disarm; harmless when it is not pending. It can be started again."""
        self.timer.halt()

    def close(self) -> None:
        """Disarm for good."""
        self.timer.close()

    def _expire(self, target: greenlet) -> None:
        """The time is over; runs in the hub."""
        self._has_expired = True
        self._on_expiration(target, self._what_to_throw())

    def _expiry(self, target: greenlet) -> tuple[object, tuple[object, ...]]:
        """What the timer calls when the time is over, for those who look at it."""
        return self._on_expiration, (target, self._what_to_throw())

    def _what_to_throw(self) -> Throwable:
        exception = self.exception
        if exception is None or exception is False or isinstance(exception, str):
            return self
        try:
            demand_throwable(exception)
        except TypeError as error:  # it was assigned: who waits is told
            return error
        return exception  # type: ignore[return-value]  # it was looked at

    def _on_expiration(self, prev_greenlet: greenlet, ex: Throwable) -> None:
        """Throw *ex* into the greenlet that started this; runs in the hub."""
        throw_into(prev_greenlet, ex)

    def __enter__(self) -> Self:
        """Start unless it is pending."""
        enter_timeout(self)
        return self

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> bool | None:
        """Close; swallow its own instance if ``exception`` is False."""
        exit_timeout(self)
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


speed_up(Timeout)

publish(__name__, "gevent.timeout")
