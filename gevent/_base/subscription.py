"""Who subscribed to the events of gevent, and whether anybody did.

An event goes to the subscribers of :mod:`zope.event`, then to those who subscribed to
its class (``gevent.events.subscribe``), in the order in which they did.

Nearly always nobody did. Then an event costs one look at the list of subscribers: no
object is built, and neither zope.event nor zope.interface is imported. Where that look
is too much, compiled code has a flag that :func:`follow` keeps right.

Threads: everything here may be used from any thread. ``_subscriptions`` is a dict of
objects that are compared by identity, so that each change of it and each copy is one
step; ``_wanted`` is replaced, never changed.

* EMIT1  ``_wanted`` and the flags are made from ``_subscriptions`` after each change,
  again until nobody has changed it meanwhile: the last change is always in them.
* EMIT2  A subscription that was undone is not called any more, not even for an event
  that is on its way; one that is made meanwhile gets the next event.
"""

from __future__ import annotations

import sys

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ("Subscription", "follow", "listening", "send")


class Subscription:
    """A handler that is called with each event of a class, until that is undone.

    A context manager, too, which undoes it at the end of its block. Nothing else ends
    it: a handle that is dropped leaves the handler where it is.
    """

    def __init__(
        self, event_class: type, handler: Callable[..., object], names: frozenset[str]
    ):
        self._event_class = event_class
        self._handler = handler
        #: Names in ``gevent.events`` of the class and its subclasses.
        self.names = names
        _subscriptions[self] = None
        try:
            _update()
        except BaseException:
            # Whoever gets no handle could not undo it.
            self.unsubscribe()
            raise

    @property
    def event_class(self) -> type:
        """The class whose events are wanted."""
        return self._event_class

    @property
    def handler(self) -> Callable[..., object]:
        """Who is called with them."""
        return self._handler

    @property
    def active(self) -> bool:
        """Whether it has not been undone."""
        return self in _subscriptions

    def unsubscribe(self) -> None:
        """Undo the subscription; repeatable.

        Thread safety:
            From any thread; a call that is going on in another one is not waited for.
        """
        _subscriptions.pop(self, None)
        _update()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unsubscribe()

    def __repr__(self) -> str:
        state = "" if self.active else " undone"
        return (
            f"<{type(self).__name__} of {self._event_class.__name__}{state} "
            f"handler={self._handler!r}>"
        )


# Events that gevent 26.9 has not: subscribers of zope.event, which get all that there
# is, were not written for them, and what these raise would be news.
TYPED_ONLY = frozenset(
    {
        "CancelSwallowed",
        "DeadlockFound",
        "GreenletFailed",
        "GreenletFinished",
        "GreenletSpawned",
        "HandshakeDone",
        "HubCreated",
        "HubEnded",
        "LoopLagged",
        "LoopStalled",
        "LoopStalling",
        "NameLookedUp",
        "PoolExhausted",
        "ProgramStopping",
        "ScopeCancelled",
        "TaskGroupFailed",
        "ThreadPoolSaturated",
    }
)

# A dict for its order.
_subscriptions: dict[Subscription, None] = {}
# Names of the classes in gevent.events that somebody subscribed to, or to a base of.
_wanted: frozenset[str] = frozenset()
# Who wants to know whether a class is wanted, by its name.
_followers: dict[str, Callable[[bool], object]] = {}


def _update() -> None:
    """Make everything that depends on the subscriptions anew (EMIT1)."""
    global _wanted
    seen: tuple[Subscription, ...] | None = None
    while seen != tuple(_subscriptions):
        seen = tuple(_subscriptions)
        _wanted = frozenset(name for each in seen for name in each.names)
        for name, tell in tuple(_followers.items()):
            tell(name in _wanted)


def follow(class_name: str, tell: Callable[[bool], object]) -> None:
    """Let *tell* know whether somebody subscribed to a class, now and at each change.

    One follower for each class; what it is told may be what it knows. Subscribers of
    zope.event do not count: their list changes without a sign.

    Args:
        class_name: Name of a class in ``gevent.events``.
        tell: Called with whether somebody did, in the thread that changes it.
    """
    _followers[class_name] = tell
    tell(class_name in _wanted)


def listening(class_name: str | None = None) -> bool:
    """Whether anybody subscribed to events of this process.

    For code that has to collect what it would say first.

    Args:
        class_name: Name of a class in ``gevent.events``; None: any.

    Thread safety:
        From any thread.
    """
    if class_name in TYPED_ONLY:
        return class_name in _wanted
    # Subscribers are in a list of zope.event: who has one has imported that.
    zope_event = sys.modules.get("zope.event")
    if zope_event is not None and zope_event.subscribers:
        return True
    return bool(_wanted) if class_name is None else class_name in _wanted


def send(event: object) -> None:
    """Tell subscribers about an event that is there already.

    Raises:
        BaseException: Whatever a subscriber raises; later subscribers are not called.

    Thread safety:
        From any thread; subscribers run in the calling one.
    """
    zope_event = sys.modules.get("zope.event")
    if zope_event is not None and type(event).__name__ not in TYPED_ONLY:
        zope_event.notify(event)
    send_typed(event)


def send_typed(event: object) -> None:
    """Tell only those who subscribed to the class of an event, or to a base of it."""
    for each in tuple(_subscriptions):
        if isinstance(event, each.event_class) and each.active:  # EMIT2
            each.handler(event)
