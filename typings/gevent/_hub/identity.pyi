from gevent.hub import _IdentRegistry

IdentRegistry = _IdentRegistry
