"""How long greenlets ran between switches, and how long the loop did not poll."""

from __future__ import annotations

from typing import NamedTuple

from gevent._hub.hub import Hub, get_hub

__all__ = ("Histogram", "loop_lag", "run_times")


class Histogram(NamedTuple):
    """How many of something took how long.

    ``counts[i]`` counts those that took at least ``bounds[i - 1]`` seconds and less
    than ``bounds[i]``. Each bound is twice the one before; all are powers of two of
    what the processor counts, so that they differ a little from machine to machine.
    """

    #: Upper bounds, in seconds.
    bounds: tuple[float, ...]
    #: How many there were in each place since the hub was made.
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many there were in all."""
        return sum(self.counts)

    def quantile(self, fraction: float) -> float:
        """Return the upper bound, in seconds, of that fraction of them.

        Args:
            fraction: From 0 to 1; 0.99 for "99 percent took less than this".

        Returns:
            A bound, at most twice what is asked for; 0.0 when there were none.

        Raises:
            ValueError: *fraction* is not between 0 and 1.
        """
        if not 0 <= fraction <= 1:
            raise ValueError(f"a fraction is between 0 and 1, not {fraction!r}")
        wanted = fraction * self.total
        counted = 0
        for bound, count in zip(self.bounds, self.counts, strict=True):
            counted += count
            if count and counted >= wanted:
                return bound
        return 0.0


def run_times(hub: Hub | None = None) -> Histogram:
    """Return how long greenlets, and callbacks in the hub, ran between two switches.

    They are counted always, whether anybody asks or not.

    Args:
        hub: Which hub; None: that of this thread.

    Raises:
        TypeError: *hub* is none.
        ValueError: The hub is destroyed.

    Thread safety:
        From any thread.
    """
    runs, _, tick = _times_of(hub)
    return _histogram(runs, tick)


def loop_lag(hub: Hub | None = None) -> Histogram:
    """Return how long the loop was busy from one look for events to the next.

    That is how long something that became ready had to wait at most.

    Args:
        hub: Which hub; None: that of this thread.

    Raises:
        TypeError: *hub* is none.
        ValueError: The hub is destroyed.

    Thread safety:
        From any thread.
    """
    _, turns, tick = _times_of(hub)
    return _histogram(turns, tick)


def _times_of(hub: Hub | None) -> tuple[list[int], list[int], float]:
    if not isinstance(hub, Hub | None):
        raise TypeError(f"a hub is expected, not {hub!r}")
    loop = (get_hub() if hub is None else hub).loop
    if loop is None:
        raise ValueError("operation on destroyed hub")
    return loop.read_times()


def _histogram(counts: list[int], tick: float) -> Histogram:
    return Histogram(
        tuple(tick * 2.0**power for power in range(1, len(counts) + 1)), tuple(counts)
    )
