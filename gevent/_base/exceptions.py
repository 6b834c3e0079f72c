"""The exceptions that signal misuse of the machinery or its end.

Most derive from :class:`AssertionError`, because the usual reason is a mistake in
the calling code that ``except Exception`` handlers should see.
"""

from __future__ import annotations

from greenlet import GreenletExit

from gevent._base.publish import publish

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "BlockingSwitchOutError",
    "Cancelled",
    "ConcurrentObjectUseError",
    "HubDestroyed",
    "InvalidSwitchError",
    "InvalidThreadUseError",
    "LoopExit",
)


class LoopExit(Exception):
    """The loop has nothing left that could ever wake the caller.

    Raised in the main greenlet of the hub's thread. ``args`` is ``(text, hub,
    handles)`` when the hub raises it, *handles* being what the loop still knows.
    """

    @property
    def hub(self) -> object:
        """The hub that raised this, or ``None`` when nobody said which one."""
        return self.args[1] if len(self.args) == 3 else None

    def __str__(self) -> str:
        if len(self.args) != 3:
            return repr(self)
        text, hub, handles = self.args
        return f"{text}\n\tHub: {hub!r}\n\tHandles:\n{_format_handles(handles)}"

    def __repr__(self) -> str:
        return str(self) if len(self.args) == 3 else super().__repr__()


def _format_handles(handles: Iterable[object]) -> str:
    # Only a program that is about to end pays for pprint.
    import pprint

    return pprint.pformat(handles)


class Cancelled(GreenletExit):
    """Raised by every switch in a cancelled scope until the scope has been left.

    Not raised by users. A :class:`~greenlet.GreenletExit`, so that a greenlet that it
    ends has not failed. ``str()`` is the reason, or "cancelled".
    """

    #: The :class:`~gevent.cancellation.CancelScope` for which it is raised: that one
    #: catches it.
    scope: object = None
    #: What was given to ``cancel``, or what the scope says of its deadline.
    reason: str | None = None
    #: Later ones have larger numbers, scopes that were entered since too.
    _serial: int = 0

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.reason or "cancelled"


class BlockingSwitchOutError(AssertionError):
    """A blocking function was called from a callback that runs in the hub."""


class InvalidSwitchError(AssertionError):
    """A waiting greenlet was resumed by something it did not wait for."""


class ConcurrentObjectUseError(AssertionError):
    """Two greenlets wait for one thing that supports one waiter at a time."""


class InvalidThreadUseError(RuntimeError):
    """An object that belongs to one thread's hub was used in another thread."""


class HubDestroyed(GreenletExit):
    """Ends the greenlet of a hub; told apart by identity, never raised by users.

    Args:
        destroy_loop: Whether the hub's loop is destroyed with it.
    """

    destroy_loop: bool

    def __init__(self, destroy_loop: bool) -> None:
        super().__init__(destroy_loop)
        self.destroy_loop = destroy_loop


publish(__name__, "gevent.exceptions")
