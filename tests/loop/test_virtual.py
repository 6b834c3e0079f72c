"""The virtual loop, and the tools that tests of higher tiers steer it with."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import gevent
from gevent.hub import LoopExit, Waiter, get_hub
from gevent.virtual import Deadlock, RealIOError
from tests.support.leaks import left_in, nothing_left
from tests.support.schedule import (
    Sequencer,
    no_switches,
    run_until_idle,
    switches,
)
from tests.support.virtual import VirtualLoop, posting_thread

pytestmark = pytest.mark.pure


def test_sleep_takes_virtual_time_only(virtual_loop: VirtualLoop) -> None:
    before = virtual_loop.now()
    gevent.sleep(3600)
    assert virtual_loop.now() - before == 3600.0


def test_the_clock_stands_still_while_anything_runs(virtual_loop: VirtualLoop) -> None:
    before = virtual_loop.now()
    gevent.joinall([gevent.spawn(gevent.sleep, 0) for _ in range(100)])
    virtual_loop.update_now()
    assert virtual_loop.now() == before


def test_time_jumps_to_the_next_timer_and_no_further(virtual_loop: VirtualLoop) -> None:
    seen: list[float] = []

    def body(delay: float) -> None:
        gevent.sleep(delay)
        seen.append(virtual_loop.now())

    gevent.joinall([gevent.spawn(body, delay) for delay in (0.3, 0.1, 0.2)])
    assert seen == [0.1, 0.2, 0.3]


def test_a_timeout_fires_at_its_time(virtual_loop: VirtualLoop) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(5):
        gevent.sleep(1000)
    assert virtual_loop.now() == 5.0


def test_the_hub_runs_the_virtual_loop(virtual_loop: VirtualLoop) -> None:
    assert get_hub().loop is virtual_loop
    assert "virtual" in repr(get_hub())


def test_waiting_for_nothing_is_an_error(virtual_loop: VirtualLoop) -> None:
    with pytest.raises(LoopExit):
        Waiter().get()


def test_waiting_for_ever_is_an_error(virtual_loop: VirtualLoop) -> None:
    virtual_loop.ref()
    with pytest.raises(Deadlock, match="everybody is blocked"):
        Waiter().get()
    virtual_loop.unref()


def test_a_message_of_a_thread_ends_the_wait(virtual_loop: VirtualLoop) -> None:
    waiter = Waiter()
    virtual_loop.ref()
    with posting_thread(
        virtual_loop, virtual_loop.run_callback_threadsafe, waiter.switch, "sent"
    ):
        assert waiter.get() == "sent"
    virtual_loop.unref()


def test_a_message_comes_before_any_timer(virtual_loop: VirtualLoop) -> None:
    waiter = Waiter()
    with (
        gevent.Timeout(0.001),
        posting_thread(
            virtual_loop, virtual_loop.run_callback_threadsafe, waiter.switch, "sent"
        ),
    ):
        assert waiter.get() == "sent"
    assert virtual_loop.now() == 0.0


def test_descriptors_cannot_be_watched(virtual_loop: VirtualLoop) -> None:
    with pytest.raises(RealIOError, match="file descriptor 0 is real"):
        virtual_loop.io(0, 1)


# -- steering -------------------------------------------------------------------------


def test_run_until_idle_runs_what_can_run(virtual_loop: VirtualLoop) -> None:
    seen: list[str] = []

    def body() -> None:
        for number in range(3):
            seen.append(f"turn {number}")
            gevent.sleep(0)
        gevent.sleep(10)
        seen.append("later")

    target = gevent.spawn(body)
    run_until_idle()
    assert seen == ["turn 0", "turn 1", "turn 2"]
    assert virtual_loop.now() == 0.0
    target.join()


def test_a_sequencer_orders_greenlets(virtual_loop: VirtualLoop) -> None:
    seen: list[int] = []
    sequencer = Sequencer()

    def body(*places: int) -> None:
        for place in places:
            with sequencer(place):
                seen.append(place)

    gevent.joinall([gevent.spawn(body, 1, 4), gevent.spawn(body, 0, 2, 3)])
    assert seen == [0, 1, 2, 3, 4]


def test_a_place_of_a_sequencer_is_used_once(virtual_loop: VirtualLoop) -> None:
    sequencer = Sequencer()
    with sequencer(0):
        pass
    with pytest.raises(AssertionError, match="twice"), sequencer(0):
        pass


def test_switches_demands_a_switch(virtual_loop: VirtualLoop) -> None:
    with switches():
        gevent.sleep(0)
    with pytest.raises(AssertionError, match="did not switch"), switches():
        pass


def test_no_switches_forbids_one(virtual_loop: VirtualLoop) -> None:
    with no_switches():
        gevent.spawn(int)
    with pytest.raises(AssertionError, match="it switched"), no_switches():
        gevent.sleep(0)


# -- leaks ----------------------------------------------------------------------------


@pytest.fixture
def stranded(virtual_loop: VirtualLoop) -> Iterator[gevent.Greenlet]:
    """A greenlet that waits for ever, until the end of the test."""
    greenlet = gevent.spawn(gevent.sleep, 1e9)
    gevent.sleep(0)
    yield greenlet
    greenlet.kill()


def test_a_parked_greenlet_is_a_leak(stranded: gevent.Greenlet) -> None:
    assert any("parked" in each for each in left_in(get_hub()))


def test_an_active_watcher_is_a_leak(virtual_loop: VirtualLoop) -> None:
    with virtual_loop.prepare() as watcher:
        watcher.start(print)
        assert any("active" in each for each in left_in(get_hub()))
    assert left_in(get_hub()) == []


def test_an_armed_timer_is_a_leak(virtual_loop: VirtualLoop) -> None:
    with virtual_loop.timer(5) as timer:
        timer.start(print)
        assert any("timers" in each for each in left_in(get_hub()))


def test_an_open_descriptor_is_a_leak() -> None:
    with pytest.raises(AssertionError, match="open: "), nothing_left():
        kept = os.open("/", os.O_RDONLY)
    os.close(kept)
