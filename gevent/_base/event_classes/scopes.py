"""What cancel scopes and task groups send."""

from __future__ import annotations

__all__ = ("CancelSwallowed", "ScopeCancelled", "TaskGroupFailed")


class ScopeCancelled:
    """A cancel scope was cancelled, or its deadline has passed.

    Sent in the hub, soon after, and only to those who :func:`subscribe` to it. A
    subscriber must not block.

    Args:
        scope: The ``CancelScope``.
        reason: The text that was given to ``cancel``, or what the scope says of its
            deadline; None: there is none.
    """

    def __init__(self, scope: object, reason: str | None) -> None:
        self.scope = scope
        self.reason = reason

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.scope!r}>"


class CancelSwallowed:
    """A greenlet has swallowed a ``Cancelled`` and went on to wait.

    It gets the next one after a pause. Sent in the hub, soon after, and only to those
    who :func:`subscribe` to it. A subscriber must not block.

    Args:
        greenlet: The greenlet.
        scope: The ``CancelScope`` that it is in.
        count: How many of that scope it has swallowed.
    """

    def __init__(self, greenlet: object, scope: object, count: int) -> None:
        self.greenlet = greenlet
        self.scope = scope
        self.count = count

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.count} by {self.greenlet!r}>"


class TaskGroupFailed:
    """A greenlet of a task group, or the body of its block, has failed.

    Sent in the hub, soon after, and only to those who :func:`subscribe` to it. A
    subscriber must not block.

    Args:
        group: The ``TaskGroup``.
        exception: What it failed with.
    """

    def __init__(self, group: object, exception: BaseException) -> None:
        self.group = group
        self.exception = exception

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.group!r}: {self.exception!r}>"
