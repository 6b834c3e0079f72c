"""What hubs send: about themselves, their loops and thread pools."""

from __future__ import annotations

from zope.interface import Attribute, Interface, implementer

__all__ = (
    "IHubEvent",
    "HubCreated",
    "HubEnded",
    "LoopStalled",
    "LoopLagged",
    "ThreadPoolSaturated",
)

# Interfaces name their module themselves: they are compared and hashed by it, so that
# it can not change when the module is published.
_PUBLIC_NAME = "gevent.events"


class IHubEvent(Interface):
    """Something has happened to a hub or to its loop."""

    __module__ = _PUBLIC_NAME

    hub = Attribute("hub", "The hub.")


class _HubEvent:
    def __init__(self, hub: object) -> None:
        self.hub = hub

    def __repr__(self) -> str:
        parts = " ".join(f"{name}={each!r}" for name, each in vars(self).items())
        return f"<{type(self).__name__} {parts}>"


@implementer(IHubEvent)
class HubCreated(_HubEvent):
    """A native thread has got a hub.

    Sent in that thread, where gevent is first used: a subscriber must not block.

    Args:
        hub: The hub; it has not run yet.
    """


@implementer(IHubEvent)
class HubEnded(_HubEvent):
    """A hub was destroyed, by hand or with its thread.

    Sent where it was destroyed: a subscriber must not block.

    Args:
        hub: The hub; it has no loop any more.
    """


@implementer(IHubEvent)
class LoopStalled(_HubEvent):
    """Something ran for longer than ``config.max_blocking_time`` without a switch.

    Sent in the hub when it is over: a subscriber must not block. It needs no monitor
    thread. Time during which the thread had to wait for the interpreter or a processor
    counts, too.

    Args:
        hub: The hub that could not run.
        greenlet: Who ran; the hub itself if it was a callback.
        duration: For how long, in seconds.
    """

    def __init__(self, hub: object, greenlet: object, duration: float) -> None:
        super().__init__(hub)
        self.greenlet = greenlet
        self.duration = duration

    @property
    def spawning_stack(self) -> object:
        """Where the greenlet was spawned, like a frame; None: that is not known."""
        stack: object = getattr(self.greenlet, "spawning_stack", None)
        return stack


@implementer(IHubEvent)
class LoopLagged(_HubEvent):
    """A loop did not look for events for longer than ``config.max_blocking_time``.

    Because something stalled it, or because very much was to do at once. Whatever
    became ready meanwhile had to wait. Sent in the hub: a subscriber must not block.

    Args:
        hub: The hub of the loop.
        lag: For how long, in seconds.
    """

    def __init__(self, hub: object, lag: float) -> None:
        super().__init__(hub)
        self.lag = lag


@implementer(IHubEvent)
class ThreadPoolSaturated(_HubEvent):
    """A greenlet has to wait for a place in a thread pool.

    Sent in that greenlet, before it waits.

    Args:
        hub: The hub of the pool.
        pool: The pool.
    """

    def __init__(self, hub: object, pool: object) -> None:
        super().__init__(hub)
        self.pool = pool
