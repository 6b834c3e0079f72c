"""What one greenlet waits for, without a look at all the others."""

from __future__ import annotations

from gevent._native.scheduling.scheduler import NativeGreenlet

__all__ = ("subject_of",)


def subject_of(target: object) -> object:
    """Return what a greenlet is parked for; None: it is not, or that is not known.

    Thread safety:
        From any thread.
    """
    if not isinstance(target, NativeGreenlet):
        return None
    waiter = target.parked_on
    return None if waiter is None else waiter.subject
