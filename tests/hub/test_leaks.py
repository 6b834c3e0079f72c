"""What has ended leaves nothing behind: no objects, links or frames."""

from __future__ import annotations

import gc
import weakref

import pytest

import gevent
from gevent.hub import get_hub
from tests.support.memory import n_objects


class Thing:
    """Something whose end can be seen."""


def test_a_function_that_spawns_itself_leaves_no_chain() -> None:
    """The spawning stacks and parents of all ancestors were kept (#1371, #1467)."""
    ancestors: list[weakref.ref[gevent.Greenlet]] = []

    def again(n: int) -> None:
        ancestors.append(weakref.ref(gevent.getcurrent()))
        if n:
            gevent.spawn(again, n - 1)

    gevent.spawn(again, 50)
    gevent.idle()
    gc.collect()
    assert len(ancestors) == 51
    assert [each for each in ancestors if each() is not None] == []


@pytest.mark.cpython("PyPy frees nothing before its collector runs")
def test_what_a_greenlet_held_goes_when_it_ends() -> None:
    """Frames of finished greenlets were freed only after the links ran."""
    things: list[weakref.ref[Thing]] = []
    seen: list[bool] = []

    def body(_: Thing) -> None:
        local = Thing()
        things.append(weakref.ref(local))

    argument = Thing()
    things.append(weakref.ref(argument))
    greenlet = gevent.spawn(body, argument)
    del argument
    # Queued before the greenlet ends, so it runs before its links.
    greenlet.rawlink(lambda _: seen.append(any(each() for each in things)))
    gevent.idle()
    assert seen == [False]


@pytest.mark.cpython("PyPy frees nothing before its collector runs")
def test_a_joined_greenlet_is_freed_without_the_collector() -> None:
    """The links and the greenlet referred to each other for ever."""
    gc.disable()
    try:
        greenlet = gevent.spawn(lambda: None)
        greenlet.rawlink(lambda _: None)
        greenlet.join()
        gevent.idle()
        gone = weakref.ref(greenlet)
        del greenlet
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.slow
@pytest.mark.compiled  # else up to 64 disarmed timers stay in the heap
def test_greenlets_timeouts_timers_and_kills_leave_nothing() -> None:
    """Spawns, timeouts, timers and kills do not add up."""

    def round_of(n: int) -> None:
        loop = get_hub().loop
        for _ in range(n // 100):
            gevent.joinall([gevent.spawn(lambda: None) for _ in range(100)])
        for _ in range(n):
            with gevent.Timeout(100):
                timer = loop.timer(100)
            timer.start(print)
            timer.close()
        for _ in range(n // 100):
            killed = gevent.spawn(gevent.sleep, 10)
            gevent.sleep(0)
            killed.kill()

    round_of(1000)
    before = n_objects()
    round_of(100_000)
    assert n_objects() - before < 50
