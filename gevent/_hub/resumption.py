"""What a tracer sees of a switch; never compiled, so that it sees it."""

from __future__ import annotations

__all__ = ("greenlet_goes_on",)


def greenlet_goes_on() -> None:
    """Runs in a greenlet that was parked and goes on, while its thread is traced."""
