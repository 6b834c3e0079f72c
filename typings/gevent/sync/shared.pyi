from typing_extensions import disjoint_base

from gevent._native.scheduling.scheduler import Linkable
from gevent.hub import Hub

@disjoint_base
class Shared(Linkable):
    @property
    def hub(self) -> Hub | None: ...
    def linkcount(self) -> int: ...

def let_others_run() -> int: ...
