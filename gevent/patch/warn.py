"""The warnings of patching: collected while it runs, issued when it is done.

Nothing may be issued half-way: a filter that turns warnings into errors would leave
modules half patched.
"""

from __future__ import annotations

import sys
import warnings

__all__ = ("MonkeyPatchWarning", "Warnings")

_OWN_PREFIX = "gevent.patch."


class MonkeyPatchWarning(RuntimeWarning):
    """What was asked of ``gevent.monkey`` is late, contradictory or of no effect."""


class Warnings:
    """The warnings of one call, each text once; issued when the block ends well."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def __enter__(self) -> Warnings:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None:
            self.issue()

    def add(self, text: str) -> None:
        """Keep a warning."""
        self._texts[text] = None

    def issue(self) -> None:
        """Issue all of them, for the line that called ``gevent.monkey``."""
        texts, self._texts = self._texts, {}
        level = _level_of_caller()
        for text in texts:
            warnings.warn(text, MonkeyPatchWarning, stacklevel=level)


def _level_of_caller() -> int:
    """Return the *stacklevel*, seen from the calling function, of foreign code."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_OWN_PREFIX):
        frame, level = frame.f_back, level + 1
    return level
