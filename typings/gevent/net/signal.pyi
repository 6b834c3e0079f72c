from collections.abc import Callable
from types import FrameType
from typing import TypeAlias

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None

class Wanted:
    handler: _Handler
    has_wakeup_fd: bool

def getsignal(signalnum: int) -> _Handler: ...
def signal(signalnum: int, handler: _Handler) -> _Handler: ...
def set_wakeup_fd(fd: int, /, *, warn_on_full_buffer: bool = True) -> int: ...
