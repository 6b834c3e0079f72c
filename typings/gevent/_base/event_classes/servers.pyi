from gevent.events import ConnectionAccepted as ConnectionAccepted
from gevent.events import ConnectionClosed as ConnectionClosed
from gevent.events import HandlerWarning as HandlerWarning
from gevent.events import IConnectionAccepted as IConnectionAccepted
from gevent.events import IConnectionClosed as IConnectionClosed
from gevent.events import IServerEvent as IServerEvent
from gevent.events import LimitReached as LimitReached
from gevent.events import RequestFinished as RequestFinished
from gevent.events import RequestRefused as RequestRefused
from gevent.events import ServerStopped as ServerStopped
from gevent.events import ServerStopping as ServerStopping

__all__ = (
    "IConnectionAccepted",
    "ConnectionAccepted",
    "IConnectionClosed",
    "ConnectionClosed",
    "IServerEvent",
    "RequestRefused",
    "RequestFinished",
    "LimitReached",
    "HandlerWarning",
    "ServerStopping",
    "ServerStopped",
)
