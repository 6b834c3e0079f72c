from gevent.local import local as local
from gevent.local import stored_by_greenlet as stored_by_greenlet

__all__ = ("local",)
