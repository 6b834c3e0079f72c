from gevent.resolver import AbstractResolver as AbstractResolver

__all__ = ("AbstractResolver",)
