from gevent.queue import _HasChanged, _QueueCondition, _QueueMutex

HasChanged = _HasChanged
QueueMutex = _QueueMutex
QueueCondition = _QueueCondition
