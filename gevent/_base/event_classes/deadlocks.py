"""What a monitor thread sends about greenlets that wait for each other."""

from __future__ import annotations

__all__ = ("DeadlockFound",)


class DeadlockFound:
    """Greenlets wait for each other, and will for ever, while others run.

    Sent in the monitor thread of the main thread's hub, once for each dead-lock, if
    ``config.deadlock_monitor_period`` says that it looks.

    Args:
        hub: The hub of that monitor; the greenlets may be others'.
        deadlock: Who waits for what, as a ``gevent.util.Deadlock``.
    """

    def __init__(self, hub: object, deadlock: object) -> None:
        self.hub = hub
        self.deadlock = deadlock

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.deadlock!r}>"
