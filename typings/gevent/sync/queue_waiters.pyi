import sys

from typing_extensions import TypeVar, disjoint_base

from gevent._hub.timeout import Timeout
from gevent.sync.channel import QueueBase
from gevent.sync.shared import Shared

if sys.version_info >= (3, 13):
    from queue import ShutDown as ShutDown
else:
    class ShutDown(Exception): ...

_T = TypeVar("_T", default=object)

class Mode:
    follows_stdlib: bool

@disjoint_base
class WaitEnd(Shared): ...

@disjoint_base
class QueueEnds(QueueBase[_T]):
    @property
    def is_shutdown(self) -> bool: ...
    def _qsize(self) -> int: ...
    def _n_waiting(self) -> tuple[int, int]: ...

def demand_not_negative(timeout: float | Timeout) -> int: ...
