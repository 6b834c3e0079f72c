from gevent.select import error as error
from gevent.select import poll as poll
from gevent.select import select as select

__all__ = (
    "error",
    "poll",
)
