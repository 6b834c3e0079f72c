"""Virtual time: clocks, schedules and networks of users' tests."""

from __future__ import annotations

from typing import assert_type

from gevent.virtual import (
    Deadlock,
    Explored,
    Network,
    VirtualTime,
    explore,
    virtual_time,
)


def scenario(clock: VirtualTime) -> None:
    """What is explored."""
    clock.burn(1)


def clocks() -> None:
    """What a block gives."""
    with virtual_time(seed=7, network=Network(latency=(0.01, 0.02))) as clock:
        assert_type(clock, VirtualTime)
        assert_type(clock.elapsed, float)
        assert_type(clock.schedule, str)
        assert_type(clock.seed, int | None)
        assert_type(clock.settle(), None)
        with clock.expecting() as nothing:
            assert_type(nothing, None)
    virtual_time(schedule=[2, 0, 1], leftovers="error")
    virtual_time("7")  # type: ignore[arg-type]  # no number
    virtual_time(leftovers="ignore")  # type: ignore[arg-type]  # none of the two
    clock.elapsed = 3.0  # type: ignore[misc]  # read only


def schedules() -> None:
    """What an exploration returns."""
    found = explore(scenario, runs=10, exhaustive=True)
    assert_type(found, Explored)
    assert_type(found.runs, int)
    assert_type(found.is_complete, bool)
    explore(len)  # type: ignore[arg-type]  # takes no clock


def errors() -> list[str]:
    """What a dead-lock says."""
    return Deadlock(["a waits for b"]).waits
