from gevent.events import GreenletFailed as GreenletFailed
from gevent.events import GreenletFinished as GreenletFinished
from gevent.events import GreenletSpawned as GreenletSpawned
from gevent.events import IGreenletEvent as IGreenletEvent
from gevent.events import PoolExhausted as PoolExhausted

__all__ = (
    "IGreenletEvent",
    "GreenletSpawned",
    "GreenletFinished",
    "GreenletFailed",
    "PoolExhausted",
)
