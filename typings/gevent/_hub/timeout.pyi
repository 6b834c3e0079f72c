from gevent.timeout import Timeout as Timeout
from gevent.timeout import _Throwable
from gevent.timeout import with_timeout as with_timeout

Throwable = _Throwable

__all__ = ("Timeout",)
