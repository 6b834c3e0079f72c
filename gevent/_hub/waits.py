"""What parked greenlets wait for, as far as it is known.

The one home of that knowledge: ``LoopExit`` names it, dead-locks are found by it, and
``python -m gevent ps`` shows it.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from greenlet import greenlet as raw_greenlet

    from gevent._native.scheduling.scheduler import Scheduler

__all__ = ("Wait", "describe_subject", "safe_repr", "waits_of")


class Wait(NamedTuple):
    """One greenlet that is parked.

    Attributes:
        greenlet: Which.
        subject: What it waits for: an object, a collection of them, a text; None: not
            known, such as a bare switch to the hub.
        seconds_left: Until the wait gives up by itself; None: never. A ``Timeout``
            around the call is no part of it.
        is_woken: Whether its turn will come, whatever happens.
    """

    greenlet: raw_greenlet
    subject: object
    seconds_left: float | None
    is_woken: bool


def waits_of(loop: Scheduler) -> list[Wait]:
    """Return who is parked on a loop, the newest first.

    Thread safety:
        From any thread.
    """
    return [Wait._make(each) for each in loop.waits()]


def describe_subject(subject: object) -> str:
    """Say in words what somebody waits for; asks the object for its repr."""
    if subject is None:
        return "somebody to switch to it"
    if isinstance(subject, str):
        return subject
    return safe_repr(subject)


def safe_repr(value: object) -> str:
    """repr(); a user's that fails must not end the hub."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr failed: {type(error).__name__}>"
