from queue import Empty as Empty
from queue import Full as Full

from gevent.queue import Channel as Channel
from gevent.queue import JoinableQueue as JoinableQueue
from gevent.queue import LifoQueue as LifoQueue
from gevent.queue import PriorityQueue as PriorityQueue
from gevent.queue import Queue as Queue
from gevent.queue import ShutDown as ShutDown
from gevent.queue import SimpleQueue as SimpleQueue
from gevent.queue import UnboundQueue as UnboundQueue

__all__ = (
    "Channel",
    "Empty",
    "Full",
    "JoinableQueue",
    "LifoQueue",
    "PriorityQueue",
    "Queue",
    "ShutDown",
    "SimpleQueue",
)
