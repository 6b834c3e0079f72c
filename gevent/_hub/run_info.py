"""Who describes all threads and greenlets, and finds dead-locks.

A tier above knows how, and says so when gevent is imported.
"""

from __future__ import annotations

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    class _FoundDeadlock(Protocol):
        """A dead-lock, as far as a tier below knows it."""

        @property
        def key(self) -> object:
            """Equal for the same dead-lock found again."""

        def format(self) -> str:
            """Return it as text for people."""

    _FindDeadlocks = Callable[[], Sequence[_FoundDeadlock]]

__all__ = ("describe_run", "look_for_deadlocks", "set_run_info")

_describe: list[Callable[..., list[str]]] = []
_find_deadlocks: list[_FindDeadlocks] = []


def set_run_info(
    describe: Callable[..., list[str]], find_deadlocks: _FindDeadlocks
) -> None:
    """Name the functions that describe threads and greenlets, and find dead-locks."""
    _describe[:] = [describe]
    _find_deadlocks[:] = [find_deadlocks]


def look_for_deadlocks() -> Sequence[_FoundDeadlock]:
    """Return the dead-locks of the process; none if nobody knows how to find them."""
    return _find_deadlocks[0]() if _find_deadlocks else []


def describe_run(**options: object) -> list[str]:
    """Return the lines of that description; none if nobody knows how."""
    return _describe[0](**options) if _describe else []
