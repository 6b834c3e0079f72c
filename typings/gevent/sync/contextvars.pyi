from gevent.contextvars import Context as Context
from gevent.contextvars import ContextVar as ContextVar
from gevent.contextvars import Token as Token
from gevent.contextvars import copy_context as copy_context

__all__ = (
    "Context",
    "ContextVar",
    "Token",
)
