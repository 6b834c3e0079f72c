"""What hubs send: about themselves, their loops and thread pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface, implementer

if TYPE_CHECKING:
    from traceback import StackSummary

__all__ = (
    "IHubEvent",
    "HubCreated",
    "HubEnded",
    "LoopStalled",
    "LoopStalling",
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


class _StallEvent(_HubEvent):
    greenlet: object

    @property
    def spawning_stack(self) -> object:
        """Where the greenlet was spawned, like a frame; None: that is not known."""
        stack: object = getattr(self.greenlet, "spawning_stack", None)
        return stack


@implementer(IHubEvent)
class LoopStalling(_StallEvent):
    """Something has run for longer than ``config.max_blocking_time``, and goes on.

    Sent once for each such run, in a native thread of gevent that looks for them; there
    is none while nobody subscribes to this class. The hub stands still meanwhile: a
    subscriber must not use its objects, nor wait for greenlets. ``LoopStalled`` tells
    when it is over. C code that does not let go of the interpreter's lock is noticed
    when it does.

    Args:
        hub: The hub that can not run.
        greenlet: Who runs; the hub itself if it is a callback.
        duration: For how long by now, in seconds.
        stack: Where the thread stands, outermost call first.
        c_function: What it calls there, as the source says it (``time.sleep``), if that
            is a function in C; None: it is not, or that is not known.
    """

    def __init__(
        self,
        hub: object,
        greenlet: object,
        duration: float,
        stack: StackSummary,
        c_function: str | None,
    ) -> None:
        super().__init__(hub)
        self.greenlet = greenlet
        self.duration = duration
        self.stack = stack
        self.c_function = c_function


@implementer(IHubEvent)
class LoopStalled(_StallEvent):
    """Something ran for longer than ``config.max_blocking_time`` without a switch.

    Sent in the hub when it is over: a subscriber must not block. It needs no thread;
    ``LoopStalling`` tells while it lasts. Time during which the thread had to wait for
    the interpreter or a processor counts, too.

    Args:
        hub: The hub that could not run.
        greenlet: Who ran; the hub itself if it was a callback.
        duration: For how long, in seconds.
    """

    def __init__(self, hub: object, greenlet: object, duration: float) -> None:
        super().__init__(hub)
        self.greenlet = greenlet
        self.duration = duration


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
