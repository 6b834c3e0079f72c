"""What a child process does between fork and exec, and the error that ends it."""

from __future__ import annotations

import os
from subprocess import SubprocessError

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ("Preexec",)

# More than this does not come in one piece from a pipe that nobody reads yet.
LARGEST_ERROR = 65536


class Preexec:
    """Calls a ``preexec_fn`` in the child; in the parent it raises what that raised.

    The standard library only says that there was an exception. The pipe does not block
    the child: an exception that does not fit, or cannot be pickled, stays there.

    Args:
        function: What to call.
    """

    def __init__(self, function: Callable[[], object]):
        # Rarely needed; and not in the child, where the import lock may be taken.
        import pickle

        self._dumps, self._loads = pickle.dumps, pickle.loads
        self._function = function
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def __call__(self) -> None:
        """Call the function; in the child."""
        try:
            self._function()
        except BaseException as error:  # last resort: the process ends with it
            self._report(error)
            raise

    def _report(self, error: BaseException) -> None:
        try:
            originals.get("os", "write")(self._writer, self._dumps(error))
        except Exception:  # last resort: the parent gets the standard library's error
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        close = originals.get("os", "close")
        close(self._writer)
        try:
            if isinstance(value, SubprocessError):
                self._raise_from_child()
        finally:
            close(self._reader)

    def _raise_from_child(self) -> None:
        report = originals.get("os", "read")(self._reader, LARGEST_ERROR)
        try:
            error = self._loads(report)
        except Exception:  # last resort: whatever the class does when it is made anew
            return
        if isinstance(error, BaseException):
            raise error from None
