from gevent._hub.hub import Hub
from gevent._native.scheduler import Linkable

class Owned(Linkable):
    @property
    def hub(self) -> Hub | None: ...
    def linkcount(self) -> int: ...
