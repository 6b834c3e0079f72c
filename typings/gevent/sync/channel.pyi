from gevent.queue import Channel as Channel
from gevent.queue import _QueueBase

__all__ = ("Channel", "QueueBase")

QueueBase = _QueueBase
