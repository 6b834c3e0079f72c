"""Signal handlers beside the loop's: the home of ``gevent.signal``.

Only SIGCHLD is special: its handler may block, so it runs in a greenlet of its own.
Child processes are waited for without a handler of it (``gevent._loop.children``),
so ours only exists while a program wants to hear of the signal.

Invariants:

* SIG1  ``_wanted.handler`` is what the program set, while the process has ``_deliver``
  or ``_note`` as its handler; another handler was set behind our back, and counts.
* SIG2  A program that set a wake-up descriptor gets a byte for SIGCHLD, whatever its
  handler: the interpreter writes none for a signal with the default action.
* SIG3  The system never ignores SIGCHLD at our request: it would reap the children
  itself, and their return codes would be lost.
"""

from __future__ import annotations

from signal import SIG_DFL, SIG_IGN, SIGCHLD

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.config import config
from gevent._base.mirror import mirror
from gevent._base.publish import publish
from gevent._hub.greenlet import Greenlet
from gevent._hub.hub import get_hub_if_exists

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import TypeAlias

    Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None


class Wanted:
    """What the program asked for; only the main thread may."""

    handler: Handler = SIG_DFL
    has_wakeup_fd = False


_wanted = Wanted()


def getsignal(signalnum: int) -> Handler:
    """Return the handler of a signal, as ``signal.getsignal``.

    Raises:
        ValueError: There is no such signal.

    Thread safety:
        From any thread.
    """
    current: Handler = originals.get("signal", "getsignal")(signalnum)  # type: ignore[assignment]  # a handler
    if signalnum == SIGCHLD and current in (_deliver, _note):
        return _wanted.handler
    return current


def signal(signalnum: int, handler: Handler) -> Handler:
    """Set the handler of a signal, as ``signal.signal``.

    A handler of SIGCHLD is called in a greenlet of its own, with None for the frame,
    and may block. Others are called in whatever greenlet runs, or in the hub, and may
    not.

    Returns:
        The handler until now.

    Raises:
        TypeError: *handler* is neither callable nor SIG_IGN nor SIG_DFL.
        ValueError: There is no such signal, or this is not the main thread.
    """
    if signalnum != SIGCHLD:
        return _set(signalnum, handler)
    if not callable(handler) and handler not in (SIG_IGN, SIG_DFL):
        raise TypeError(
            "signal handler must be signal.SIG_IGN, signal.SIG_DFL, "
            "or a callable object"
        )
    before = getsignal(SIGCHLD)
    _install(handler)
    return before


def set_wakeup_fd(fd: int, /, *, warn_on_full_buffer: bool = True) -> int:
    """Set where a byte is written for each signal, as ``signal.set_wakeup_fd``.

    Args:
        fd: A non-blocking descriptor; -1: none.
        warn_on_full_buffer: Whether to say so when nothing more fits.

    Returns:
        The descriptor that the program had set until now, or -1.

    Raises:
        ValueError: The descriptor is not usable, or this is not the main thread.
        OSError: The same.
    """
    before: int = originals.get("signal", "set_wakeup_fd")(  # type: ignore[assignment]  # a number
        fd, warn_on_full_buffer=warn_on_full_buffer
    )
    had_one = _wanted.has_wakeup_fd
    handler = getsignal(SIGCHLD)
    _wanted.has_wakeup_fd = fd != -1
    if handler == SIG_DFL:
        _install(SIG_DFL)
    # The loop has one of its own while the program has none.
    return before if had_one else -1


def _set(signalnum: int, handler: Handler) -> Handler:
    return originals.get("signal", "signal")(signalnum, handler)  # type: ignore[return-value]  # a handler


def _install(handler: Handler) -> None:
    """Make *handler* the one of SIGCHLD (SIG1, SIG2, SIG3)."""
    if callable(handler) and not isinstance(handler, int):
        _set(SIGCHLD, _deliver)
    elif handler == SIG_IGN or _wanted.has_wakeup_fd:
        _set(SIGCHLD, _note)
    else:
        _set(SIGCHLD, handler)
    _wanted.handler = handler


def _deliver(signalnum: int, frame: FrameType | None) -> None:
    """Call the program's handler in a greenlet; without a hub, here."""
    handler = _wanted.handler
    if not callable(handler):
        return
    if get_hub_if_exists() is None:
        handler(signalnum, frame)
    else:
        Greenlet.spawn(handler, signalnum, None)


def _note(signalnum: int, frame: FrameType | None) -> None:
    """Do nothing: the interpreter has written its byte by now."""


_names = ("getsignal", "set_wakeup_fd", "signal")
mirror(
    "signal",
    globals(),
    # Who watches no children here keeps the standard library's functions.
    implements=() if config.disable_watch_children else _names,
    extensions=_names if config.disable_watch_children else (),
)

publish(__name__, "gevent.signal")
