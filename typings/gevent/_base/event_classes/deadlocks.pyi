from gevent.events import DeadlockFound as DeadlockFound

__all__ = ("DeadlockFound",)
