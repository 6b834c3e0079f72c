"""What parked greenlets wait for, as far as it is known.

The one home of that knowledge: ``LoopExit`` names it, dead-locks are found by it, and
``python -m gevent ps`` shows it.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING, NamedTuple, cast
from gevent._hub.parked import subject_of
from gevent._hub.wait import in_order
from gevent._native.interpreter.live_objects import find_live
from gevent._native.scheduling.scheduler import NativeGreenlet

if TYPE_CHECKING:
    from greenlet import greenlet as raw_greenlet

    from gevent._native.scheduling.scheduler import Scheduler

__all__ = (
    "Wait",
    "describe_subject",
    "describe_waiter",
    "greenlets_of",
    "name_subject",
    "safe_repr",
    "waits_of",
)


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


def greenlets_of(loop: Scheduler) -> list[NativeGreenlet]:
    """Return the greenlets of a loop, in the order in which they were made.

    Some may have ended. Those that are parked are in it in any case; others are not
    after ``gc.freeze()``.
    """
    found = cast("list[NativeGreenlet]", find_live((NativeGreenlet,)))
    parked = [each.greenlet for each in waits_of(loop)]
    found.extend(each for each in parked if isinstance(each, NativeGreenlet))
    return in_order({each for each in found if getattr(each, "loop", None) is loop})


def describe_subject(subject: object) -> str:
    """Say in words what somebody waits for; asks the object for its repr."""
    if subject is None:
        return "somebody to switch to it"
    if isinstance(subject, str):
        return subject
    return describe_waiter(subject)


def name_subject(subject: object) -> str:
    """Say in a few words what somebody waits for; asks no object for anything.

    For a repr, which may be part of another one, or of the object's own.
    """
    if isinstance(subject, str):
        return subject
    if type(subject) in (list, tuple, set, frozenset):
        return f"{len(cast('list[object]', subject))} objects"
    return f"{type(subject).__name__} at 0x{id(subject):x}"


def describe_waiter(greenlet: object) -> str:
    """Return the repr of a greenlet, but not what it waits for: that is told apart."""
    text = safe_repr(greenlet)
    wait = f" waits for {name_subject(subject_of(greenlet))}>"
    return text.removesuffix(wait) + ">" if text.endswith(wait) else text


def safe_repr(value: object) -> str:
    """repr(); a user's that fails must not end the hub."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr failed: {type(error).__name__}>"
