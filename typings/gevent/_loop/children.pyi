from gevent.core import _Children
from gevent.core import loop as Loop

__all__ = ("ANY_PID", "Children", "open_pidfd", "reapers", "taken")

taken: dict[int, tuple[int, object]]
reapers: list[int]
ANY_PID: int
Children = _Children

def open_pidfd(loop: Loop, pid: int) -> int | None: ...
