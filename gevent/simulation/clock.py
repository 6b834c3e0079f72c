"""Virtual time and schedules by seed, for tests: the home of ``gevent.virtual``.

What is in it is not real: time, order and network of the greenlets of one thread are a
function of the program and a seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gevent._base.publish import publish
from gevent._loop.virtual import Deadlock, RealIOError
from gevent.simulation.block import USUAL_START, VirtualTime
from gevent.simulation.exploring import Explored, explore
from gevent.simulation.network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

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


publish(
    __name__,
    "gevent.virtual",
    parts=(
        "gevent._loop.virtual",
        "gevent.simulation.block",
        "gevent.simulation.exploring",
        "gevent.simulation.network",
    ),
)
