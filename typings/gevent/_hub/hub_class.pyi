from gevent.hub import Hub as Hub
from gevent.hub import _HubType

HubType = _HubType

__all__ = ("Hub",)
