"""What random fault campaigns found in gevent 26.9.0 (class L of the list)."""

from __future__ import annotations

import gc
import math
import threading

import pytest

import gevent
from gevent.event import Event
from gevent.hub import get_hub
from tests.hub.conftest import type_of_program
from tests.hub.test_regressions_c import in_thread, n_descriptors, n_objects


def test_l1_unlinking_a_killed_waiter_keeps_the_notification() -> None:
    """The killed one took the pending notification of set() with it."""
    event = Event()
    killed = gevent.spawn(event.wait)
    gevent.sleep(0)
    killed.kill(block=False)
    event.set()
    assert gevent.spawn(event.wait, timeout=1).get() is True
    assert event.wait(timeout=1) is True


def test_l2_threadsafe_callbacks_do_not_disturb_the_count_of_references() -> None:
    """The count was unsynchronised: LoopExit with live timers, or no end."""
    loop = get_hub().loop
    n_calls = 2000
    seen: list[int] = []

    def storm() -> None:
        for number in range(n_calls):
            loop.run_callback_threadsafe(seen.append, number)

    before = loop.activecnt
    threads = [threading.Thread(target=storm) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(seen) < 3 * n_calls:
        timer = loop.timer(10)
        timer.start(print)
        gevent.sleep(0.0001)
        timer.stop()
    for thread in threads:
        thread.join()
    gevent.idle()
    assert loop.activecnt == before


@pytest.mark.slow
def test_l7_threads_that_destroy_their_hub_leave_nothing() -> None:
    """Some 30 objects and 10 KB stayed of each."""

    def work() -> None:
        gevent.spawn(gevent.sleep, 0.0001).join()
        get_hub().destroy()

    in_thread(work)
    before = n_objects(), n_descriptors()
    for _ in range(200):
        in_thread(work)
    assert n_descriptors() == before[1]
    assert n_objects() - before[0] < 20


def test_l9_a_caught_keyboard_interrupt_prints_nothing(
    run_program: type_of_program,
) -> None:
    """The hub printed it although the program caught it."""
    done = run_program("""
        import os, signal
        import gevent
        # Not inherited: a shell has those in the background ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gevent.spawn_later(0.001, os.kill, os.getpid(), signal.SIGINT)
        try:
            gevent.sleep(10)
        except KeyboardInterrupt:
            print("caught")
        def interrupt():
            raise KeyboardInterrupt
        gevent.spawn(interrupt)
        try:
            gevent.sleep(10)
        except KeyboardInterrupt:
            print("caught")
    """)
    assert (done.stdout, done.stderr) == ("caught\ncaught\n", "")


@pytest.mark.parametrize(
    "use",
    [
        gevent.sleep,
        gevent.Timeout,
        lambda seconds: get_hub().loop.timer(seconds),
        lambda seconds: gevent.spawn_later(seconds, print),
        lambda seconds: gevent.Greenlet(print).join(timeout=seconds),
        lambda seconds: gevent.wait([gevent.Greenlet(print)], timeout=seconds),
        lambda seconds: Event().wait(timeout=seconds),
    ],
)
def test_l12_nan_is_refused(use: object) -> None:
    """A NaN in the heap of timers stopped all of them."""
    with pytest.raises(ValueError, match="NaN"):
        use(math.nan)  # type: ignore[operator]  # every one is callable
    gevent.sleep(0.0001)


def test_l12_infinity_is_for_ever() -> None:
    """It is a time-out that does not pass; others do."""
    sleeper = gevent.spawn(gevent.sleep, math.inf)
    with gevent.Timeout(math.inf):
        gevent.spawn(gevent.sleep, 0.0001).join(timeout=math.inf)
    assert not sleeper.dead
    gevent.sleep(-math.inf)  # is over at once
    sleeper.kill()
    gc.collect()
