from gevent.events import CancelSwallowed as CancelSwallowed
from gevent.events import ScopeCancelled as ScopeCancelled
from gevent.events import TaskGroupFailed as TaskGroupFailed

__all__ = ("CancelSwallowed", "ScopeCancelled", "TaskGroupFailed")
