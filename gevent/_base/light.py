"""Names of the standard library, without what their public modules import besides.

``signal`` imports ``enum``, that ``functools``, that ``collections``: a fourth of what
``import gevent`` takes, where a number and a queue are wanted. The implementing
modules have the same objects, but for signals, which are plain numbers here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque as deque
    from contextvars import copy_context as copy_context
    from heapq import heappop as heappop
    from heapq import heappush as heappush
    from operator import index as index
    from signal import NSIG as NSIG
    from signal import SIG_DFL as SIG_DFL
    from weakref import WeakSet as WeakSet
    from weakref import ref as ref

    SIGCHLD: int
    SIGRTMAX: int  # 0: the system has none
else:
    import _signal
    from _collections import deque
    from _contextvars import copy_context
    from _operator import index
    from _signal import NSIG, SIG_DFL, SIGCHLD
    from _weakref import ref
    from _weakrefset import WeakSet

    try:
        from _heapq import heappop, heappush
    except ImportError:  # PyPy
        from heapq import heappop, heappush

    SIGRTMAX = getattr(_signal, "SIGRTMAX", 0)

__all__ = (
    "NSIG",
    "SIGCHLD",
    "SIGRTMAX",
    "SIG_DFL",
    "WeakSet",
    "copy_context",
    "deque",
    "heappop",
    "heappush",
    "index",
    "ref",
)
