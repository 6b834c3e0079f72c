"""Faster construction of ``Timeout``; the plain-Python twin: it is as it is."""

from __future__ import annotations

__all__ = ("speed_up",)


def speed_up(cls: type[BaseException]) -> None:
    """Leave the class alone."""
