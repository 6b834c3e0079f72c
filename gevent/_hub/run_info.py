"""Who describes all threads and greenlets; a tier above knows how."""

from __future__ import annotations

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("describe_run", "set_run_info")

_describe: list[Callable[..., list[str]]] = []


def set_run_info(describe: Callable[..., list[str]]) -> None:
    """Name the function that describes all threads and greenlets for reports."""
    _describe[:] = [describe]


def describe_run(**options: object) -> list[str]:
    """Return the lines of that description; none if nobody knows how."""
    return _describe[0](**options) if _describe else []
