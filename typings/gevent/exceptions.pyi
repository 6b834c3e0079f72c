from greenlet import GreenletExit

from gevent.cancellation import CancelScope
from gevent.hub import Hub

__all__ = [
    "LoopExit",
    "Cancelled",
    "BlockingSwitchOutError",
    "InvalidSwitchError",
    "ConcurrentObjectUseError",
    "InvalidThreadUseError",
    "HubDestroyed",
]

class LoopExit(Exception):
    # The hub that had nothing left to do.
    @property
    def hub(self) -> Hub | None: ...

class Cancelled(GreenletExit):
    scope: CancelScope
    reason: str | None

class BlockingSwitchOutError(AssertionError): ...
class InvalidSwitchError(AssertionError): ...
class ConcurrentObjectUseError(AssertionError): ...
class InvalidThreadUseError(RuntimeError): ...

class HubDestroyed(GreenletExit):
    destroy_loop: bool
    def __init__(self, destroy_loop: bool) -> None: ...
