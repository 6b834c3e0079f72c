from gevent.virtual import Deadlock as Deadlock
from gevent.virtual import Explored as Explored
from gevent.virtual import Network as Network
from gevent.virtual import RealIOError as RealIOError
from gevent.virtual import VirtualTime as VirtualTime
from gevent.virtual import explore as explore
from gevent.virtual import virtual_time as virtual_time

__all__ = ("VirtualTime", "Explored", "Network", "Deadlock", "RealIOError")
