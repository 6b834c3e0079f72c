from gevent.virtual import Explored as Explored
from gevent.virtual import explore as explore

__all__ = ("Explored", "explore")
