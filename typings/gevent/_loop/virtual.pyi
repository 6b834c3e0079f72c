from typing import Any

from gevent.core import loop
from gevent.virtual import Deadlock as Deadlock
from gevent.virtual import RealIOError as RealIOError

__all__ = ("Deadlock", "RealIOError", "VirtualLoop")

PATIENCE: float
MOST_SWITCHES: int
STEPS_OF_TURN: int

class VirtualLoop(loop):
    def __init__(self, default: bool = False, start: float = 0.0) -> None: ...
    on_jump: Any
    on_message: Any
    describe: Any
    def __getattr__(self, name: str) -> Any: ...
