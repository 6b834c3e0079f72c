from gevent.virtual import VirtualTime as VirtualTime

__all__ = ("VirtualTime",)

USUAL_START: float
TIME_TO_END: float
