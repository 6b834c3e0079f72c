"""Sends events from the tiers below ``gevent.events`` to whoever subscribed.

Nearly always nobody did. Then an event costs one look at the list of subscribers: no
object is built, and neither zope.event nor zope.interface is imported.
"""

from __future__ import annotations

from gevent._base.subscription import follow, listening, send

__all__ = ("emit", "follow", "listening", "send")


def emit(class_name: str, *args: object, **kwargs: object) -> object | None:
    """Tell subscribers about an event, if there are any.

    Entry points are not called: classes that have some go through
    ``gevent.events.notify_and_call_entry_points``.

    Args:
        class_name: Name of a class in ``gevent.events``.
        args: Arguments of that class.
        kwargs: Keyword arguments of that class.

    Returns:
        The event, after all subscribers have seen it; ``None`` when there were none.

    Raises:
        AttributeError: There is no such class.
        BaseException: Whatever a subscriber raises; later subscribers are not called.

    Thread safety:
        From any thread; subscribers run in the calling one.
    """
    if not listening(class_name):
        return None
    # The interfaces behind the classes take longer to import than all of this package.
    from gevent._base import events

    event: object = getattr(events, class_name)(*args, **kwargs)
    send(event)
    return event
