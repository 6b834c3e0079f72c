from gevent.lock import BoundedSemaphore as BoundedSemaphore
from gevent.lock import DummySemaphore as DummySemaphore
from gevent.lock import ReentrantLock as ReentrantLock
from gevent.lock import RLock as RLock
from gevent.lock import Semaphore as Semaphore

__all__ = ("BoundedSemaphore", "DummySemaphore", "RLock", "Semaphore")
