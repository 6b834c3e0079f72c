"""The door by which ``python -m gevent ps`` looks in: the handler of one signal.

Installed when gevent is imported, in the main thread, unless ``config.inspectable``
says no or somebody has a handler of that signal, or ignores it. Whoever sets another
one later displaces it. Forked children keep it, other programs do not get it.

The signal alone says nothing. Who asks makes a private folder first (``requests``),
and the answer is written into that one, so what is looked at does not leave the user.

The handler is one of Python's, because it runs between two steps of the program: when
the main thread is at a bytecode, or in a call that the signal interrupts and that goes
on afterwards, or in a loop's poll. Compiled, C code stands before it that answers if
none of that happens (``stuck.h``). On PyPy and uncompiled there is this handler only.

It never switches; what fails is written into the answer. What it needs is imported
when somebody asks for the first time.
"""

from __future__ import annotations

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.config import config
from gevent._base.light import SIG_DFL, SIGRTMAX
from gevent._hub import other_threads
from gevent._native.interpreter import stuck

if TYPE_CHECKING:
    from types import FrameType

__all__ = ("SIGNAL", "install", "open_at_import", "uninstall")

# One of the real-time signals, the same number with every C library of Linux. Debuggers
# and other run-times take theirs from the two ends. 0: the system has none.
SIGNAL = SIGRTMAX and SIGRTMAX - 7

# Of the handler, which runs in the main thread only.
_is_answering = False
_is_asked_again = False


def install() -> bool:
    """Open the door, unless the configuration says no.

    Returns:
        Whether it is open: not if the signal is somebody else's, or this is not the
        main thread.
    """
    if not SIGNAL or not config.inspectable:
        return False
    if originals.get("_signal", "getsignal")(SIGNAL) is _answer:
        return True
    if not stuck.is_free(SIGNAL):
        return False
    try:
        originals.get("_signal", "signal")(SIGNAL, _answer)
    except ValueError:
        return False  # not the main thread
    # Interrupted calls of C libraries go on, as if nothing had been.
    originals.get("_signal", "siginterrupt")(SIGNAL, False)
    stuck.handle(SIGNAL)
    return True


def open_at_import() -> None:
    """Open the door now, and follow the setting from now on."""
    # What the program waits for is not this.
    other_threads.passive_handlers.append(_answer)
    config.watch("inspectable", _follow)
    install()


def uninstall() -> None:
    """Close the door; another handler that somebody has set stays."""
    if SIGNAL and originals.get("_signal", "getsignal")(SIGNAL) is _answer:
        originals.get("_signal", "signal")(SIGNAL, SIG_DFL)


def _follow(is_wanted: object) -> None:
    if is_wanted:
        install()
    else:
        uninstall()


def _answer(signum: int, frame: FrameType | None) -> None:
    """Write what was asked for, between two steps of the program (a signal handler)."""
    global _is_answering, _is_asked_again
    del signum
    stuck.arrived()
    # A signal may arrive in the middle of the answer to another one. If each answered
    # on top of the one before, many would use up the stack of the program.
    _is_asked_again = True
    if _is_answering:
        return
    _is_answering = True
    try:
        # Here, not above: it is much, and mostly nobody asks.
        from gevent.sync.introspection.requests import answer_all

        while _is_asked_again:
            _is_asked_again = False
            answer_all(frame)
    except Exception:  # last resort: the program must not notice
        # It may be importing the same modules at this moment. Who asks, asks again.
        return
    finally:
        _is_answering = False
