from gevent.pool import IMap as IMap
from gevent.pool import IMapUnordered as IMapUnordered

__all__ = ("IMap", "IMapUnordered")
