"""Virtual time and schedules by seed, for tests: the home of ``gevent.virtual``.

What is in it is not real: time, order and network of the greenlets of one thread are a
function of the program and a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from gevent._base.publish import publish
from gevent._loop.virtual import Deadlock, RealIOError
from gevent.simulation.block import USUAL_START, VirtualTime
from gevent.simulation.network import Network

__all__ = (
    "virtual_time",
    "VirtualTime",
    "explore",
    "Explored",
    "Network",
    "Deadlock",
    "RealIOError",
)


def virtual_time(
    seed: int | None = None,
    *,
    schedule: str | Sequence[int] | None = None,
    start: float = USUAL_START,
    network: Network | None = None,
    clocks: bool = True,
    datetimes: bool = False,
    leftovers: Literal["kill", "error"] = "kill",
) -> VirtualTime:
    """Return a context in which the calling thread lives in virtual time.

    In the block the clock stands still while anything can run, and jumps to the next
    timer when everybody waits. The thread has another hub in there.

    Args:
        seed: Draws who runs next, and seeds ``random``; None: the order of production.
        schedule: The choices that another run has made, instead of a seed.
        start: What ``time.time()`` begins with, in seconds since the epoch.
        network: What sockets that are made in the block are connected by; None: none.
        clocks: Whether the clocks of the module ``time``, and ``time.sleep``, are
            virtual for the thread.
        datetimes: Whether ``datetime.now()`` is, too, for the whole process; needs
            time-machine.
        leftovers: Whether greenlets that live at the end are killed without a word, or
            are an AssertionError.

    Raises:
        ValueError: Both a seed and a schedule, or an unknown *leftovers*.
        RuntimeError: From ``with``: not in the main greenlet of the thread, or in
            virtual time already.
        ImportError: From ``with``: time-machine is asked for, and not there.

    Blocking:
        Leaving the block waits for greenlets that it kills, one virtual second.
    Thread safety:
        From any thread; each has its own.
    """
    return VirtualTime(
        seed,
        schedule=schedule,
        start=start,
        network=network,
        clocks=clocks,
        datetimes=datetimes,
        leftovers=leftovers,
    )


class Explored(NamedTuple):
    """What an exploration that found nothing has done.

    ``runs`` says how often it ran the function, ``is_complete`` whether there is no
    other schedule left.
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


publish(
    __name__,
    "gevent.virtual",
    parts=(
        "gevent._loop.virtual",
        "gevent.simulation.block",
        "gevent.simulation.network",
    ),
)
