"""How an error that nobody has caught is written down."""

from __future__ import annotations

import time

from gevent._base.checking import TYPE_CHECKING
from gevent._hub.waits import safe_repr

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ("report",)


def report(
    context: object,
    format_context: Callable[[object], str],
    t: type[BaseException],
    v: BaseException | str | None,
    tb: TracebackType | None,
) -> str:
    """Return the traceback and a line with time, context and class name.

    Args:
        context: Where it was raised: a text, None, or what *format_context* gets.
        format_context: Makes a text of a context; what it raises is ignored.
        t: The class of the error.
        v: The error; its text; None: it has none.
        tb: Where it was raised.
    """
    if not isinstance(v, BaseException):
        v = t() if v is None else t(v)
    text = _format_exception(t, v, tb)
    text += time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if context is None:
        return f"{text}\n"
    described = _describe_context(context, format_context)
    return f"{text} {described} failed with {t.__name__}\n\n"


def _describe_context(context: object, format_context: Callable[[object], str]) -> str:
    if isinstance(context, str):
        return context
    try:
        return format_context(context)
    except Exception:
        return safe_repr(context)


def _format_exception(
    t: type[BaseException], v: BaseException, tb: TracebackType | None
) -> str:
    try:
        import traceback  # costs too much for programs without errors
    except OSError:
        # Too many open files, say: then there is none left to read the module with.
        return f"{t.__name__}: {v}\n"
    return "".join(traceback.format_exception(t, v, tb))
