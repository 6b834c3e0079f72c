"""The plain-Python twin of ``chunks.pyx``: no cache, counters that say so.

An arena allocator cannot be written in Python, and PyPy has none; whoever uses the
cache asks what `install` returns instead of which form runs.
"""

from __future__ import annotations

from math import inf

from gevent._base.checking import NamedTuple

__all__ = ("Statistics", "install", "installed", "statistics", "tick", "trim")


class Statistics(NamedTuple):
    """What the cache has done since it was installed, and what it holds now."""

    hits: int
    misses: int
    kept: int
    live: int


def install() -> bool:
    """Return False: this form has no cache."""
    return False


def installed() -> bool:
    """Return False: this form has no cache."""
    return False


def statistics() -> Statistics:
    """Return the counters, all 0."""
    return Statistics(0, 0, 0, 0)


def tick(now: float) -> float:
    """Return ``inf``: no call is wanted.

    Args:
        now: Seconds of a clock that does not go back.
    """
    del now
    return inf


def trim(n_keep: int = 0) -> int:
    """Return 0: nothing is held.

    Args:
        n_keep: How many chunks may stay.
    """
    del n_keep
    return 0
