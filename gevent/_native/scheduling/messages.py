"""Messages to loops of other threads, which may be dead."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._native.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("post",)


def post(loop: Scheduler, function: Callable[[], object]) -> bool:
    """Run a function in another thread's loop.

    Args:
        loop: The loop.
        function: What to call there.

    Returns:
        False if the loop is dead: destroyed, or of a thread that this forked child
        lacks. Its greenlets will never run again, so there is nobody to tell.

    Thread safety:
        From any thread.
    """
    try:
        loop.run_callback_threadsafe(function)
    except ValueError:
        # Tried first: its own thread may destroy it between a look and the call.
        if not loop.closing:
            raise
        return False
    return True
