"""Running a program under many schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gevent.simulation.block import VirtualTime

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Explored", "explore")


class Explored(NamedTuple):
    """What an exploration that found nothing has done.

    Attributes:
        runs: How often it ran the function.
        is_complete: Whether there is no other schedule left.
    """

    runs: int
    is_complete: bool


def explore(
    function: Callable[[VirtualTime], object],
    *,
    runs: int = 100,
    seed: int = 0,
    exhaustive: bool = False,
    **options: object,
) -> Explored:
    """Run a function in virtual time again and again, each time in another order.

    Args:
        function: Called with the :class:`VirtualTime` of its run.
        runs: How often at most.
        seed: The first seed; the next run has the next one.
        exhaustive: Go through all the schedules there are, depth first, instead of
            drawing some from seeds.
        options: Those of :func:`virtual_time`, but *seed* and *schedule*.

    Returns:
        How many runs there were, and whether all schedules have been seen.

    Raises:
        BaseException: The first failure of the function, with a note that says how to
            replay it.
        TypeError: *options* has a seed or a schedule.
        ValueError: *runs* is not positive.

    Blocking:
        Runs other hubs; the greenlets of the caller's wait meanwhile.
    Thread safety:
        From any thread, in the greenlet that it began with.
    """
    if "schedule" in options:
        raise TypeError("explore() makes the schedules itself")
    if runs < 1:
        raise ValueError(f"runs must be positive, not {runs!r}")
    if exhaustive:
        return _explore_all(function, runs, options)
    for number in range(runs):
        with VirtualTime(seed + number, **options) as clock:  # type: ignore[arg-type]  # it looks
            function(clock)  # switches
    return Explored(runs, False)


def _explore_all(
    function: Callable[[VirtualTime], object], runs: int, options: dict[str, object]
) -> Explored:
    prefix: list[int] | None = []
    for number in range(1, runs + 1):
        with VirtualTime(None, schedule=prefix, **options) as clock:  # type: ignore[arg-type]  # it looks
            function(clock)  # switches
        prefix = clock._next_prefix()
        if prefix is None:
            return Explored(number, True)
    return Explored(runs, False)
