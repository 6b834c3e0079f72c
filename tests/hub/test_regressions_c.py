"""Leaks that users met (class C of the list of regressions)."""

from __future__ import annotations

import gc
import os
import threading
import weakref

import pytest

import gevent
from gevent.hub import get_hub


class Thing:
    """Something whose end can be seen."""


def n_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def n_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_c3_a_function_that_spawns_itself_leaves_no_chain() -> None:
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


@pytest.mark.slow
@pytest.mark.compiled  # else each thread leaves a weak reference of thread-local data
def test_c9_a_thread_that_ends_frees_its_hub() -> None:
    """Hubs, descriptors and parents of ended threads were kept (#1601)."""
    hubs: list[weakref.ref[object]] = []

    def work() -> None:
        gevent.spawn(lambda: None).join()
        hubs.append(weakref.ref(get_hub()))

    in_thread(work)
    before = n_objects(), n_descriptors()
    for _ in range(100):
        in_thread(work)
    del hubs[:]
    in_thread(work)
    assert n_descriptors() == before[1]
    assert n_objects() - before[0] < 100
    assert hubs[0]() is None


def in_thread(function: object) -> None:
    thread = threading.Thread(target=function)  # type: ignore[arg-type]  # any callable
    thread.start()
    thread.join()


def test_c15_leaving_iwait_early_takes_the_links_back() -> None:
    """The links of the objects that were not reached stayed (#1290)."""
    greenlets = [gevent.spawn(gevent.sleep, 0), gevent.spawn(gevent.sleep, 10)]
    with gevent.iwait(greenlets) as ready:
        assert next(ready) is greenlets[0]
        assert greenlets[1].has_links()
    assert not greenlets[1].has_links()
    greenlets[1].kill()


@pytest.mark.cpython("PyPy frees nothing before its collector runs")
def test_c17_what_a_greenlet_held_goes_when_it_ends() -> None:
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
def test_c17_a_joined_greenlet_needs_no_collector() -> None:
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


def test_a_thread_that_ends_frees_armed_timeouts() -> None:
    """A Timeout and its timer in the heap referred to each other."""
    alive: list[weakref.ref[gevent.Timeout]] = []

    def work() -> None:
        for seconds in (100.0, 0.0):
            timeout = gevent.Timeout(seconds)
            timeout.start()
            alive.append(weakref.ref(timeout))

    in_thread(work)
    gc.collect()
    assert [each() for each in alive] == [None, None]


@pytest.mark.cpython("PyPy tells nobody that a thread ends")
def test_a_thread_ends_although_its_greenlets_block_in_finally() -> None:
    """Doing so made a second hub in the dying thread, whose descriptors stayed."""
    ends: list[str] = []

    def parked() -> None:
        try:
            gevent.sleep(10)
        finally:
            ends.append("begin")
            gevent.sleep(0)
            ends.append("not reached")

    def work() -> None:
        gevent.spawn(parked)
        gevent.sleep(0)

    before = n_descriptors()
    in_thread(work)
    assert ends == ["begin"]
    assert n_descriptors() == before


@pytest.mark.slow
@pytest.mark.compiled  # else up to 64 disarmed timers stay in the heap
def test_a_hundred_thousand_of_each_leave_nothing() -> None:
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
