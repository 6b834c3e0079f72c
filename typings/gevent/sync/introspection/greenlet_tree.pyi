from gevent.util import GreenletTree as GreenletTree

Details = dict[str, object]

__all__ = ("GreenletTree",)
