from gevent.events import HandshakeDone as HandshakeDone
from gevent.events import NameLookedUp as NameLookedUp

__all__ = (
    "NameLookedUp",
    "HandshakeDone",
)
