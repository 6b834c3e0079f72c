from gevent.event import AsyncResult as AsyncResult
from gevent.event import Event as Event
from gevent.event import _Announcement

Announcement = _Announcement

__all__ = (
    "AsyncResult",
    "Event",
)
