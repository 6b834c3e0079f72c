"""What greenlets send, and the pools that limit them."""

from __future__ import annotations

from zope.interface import Attribute, Interface, implementer

__all__ = (
    "IGreenletEvent",
    "GreenletSpawned",
    "GreenletFinished",
    "GreenletFailed",
    "PoolExhausted",
)

# Interfaces name their module themselves: they are compared and hashed by it, so that
# it can not change when the module is published.
_PUBLIC_NAME = "gevent.events"


class IGreenletEvent(Interface):
    """Something has happened to a ``Greenlet``."""

    __module__ = _PUBLIC_NAME

    greenlet = Attribute("greenlet", "The greenlet.")


class _GreenletEvent:
    def __init__(self, greenlet: object) -> None:
        self.greenlet = greenlet

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.greenlet!r}>"


@implementer(IGreenletEvent)
class GreenletSpawned(_GreenletEvent):
    """A ``Greenlet`` was started; it has not run yet.

    Sent where it was started, and only to those who :func:`subscribe` to it: it is too
    frequent for everybody. Raw greenlets (``spawn_raw``) send none of these events.

    Args:
        greenlet: The greenlet.
    """


@implementer(IGreenletEvent)
class GreenletFinished(_GreenletEvent):
    """A ``Greenlet`` has ended with a value, or by a ``GreenletExit``.

    Sent in the hub, soon after, and only to those who :func:`subscribe` to it: it is
    too frequent for everybody. A subscriber must not block.

    Args:
        greenlet: The greenlet; its ``value`` is there.
    """


@implementer(IGreenletEvent)
class GreenletFailed(_GreenletEvent):
    """A ``Greenlet`` has ended with an exception.

    Sent in the hub, soon after: a subscriber must not block.

    Args:
        greenlet: The greenlet; its ``exception`` is there.
    """


class PoolExhausted:
    """A greenlet has to wait for a place in a ``gevent.pool.Pool``.

    Sent in that greenlet, before it waits.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: object) -> None:
        self.pool = pool

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.pool!r}>"
