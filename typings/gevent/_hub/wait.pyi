from gevent.hub import _Waitable, _WaitIterator
from gevent.hub import iwait as iwait
from gevent.hub import wait as wait

Waitable = _Waitable
WaitIterator = _WaitIterator

__all__ = (
    "iwait",
    "wait",
)
