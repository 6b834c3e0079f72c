"""Who runs when: turns of the queue, of timers and of those who wait."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from time import perf_counter

import pytest

import gevent
from gevent.event import Event
from gevent.greenlet import Greenlet
from gevent.hub import get_hub
from gevent.pool import Group
from tests.hub.conftest import type_of_program
from tests.support.virtual import VirtualLoop

INTERVAL = 0.005  # seconds; what a virtual loop has for its switch interval


def test_greenlets_that_compute_delay_a_timer_by_an_interval_and_a_step(
    virtual_loop: VirtualLoop,
) -> None:
    late: list[float] = []

    def compute() -> None:
        while not late:
            virtual_loop.burn(0.005)
            gevent.sleep(0)

    timer = virtual_loop.timer(0.001)
    timer.start(lambda: late.append(virtual_loop.read_clock() - 0.001))
    gevent.joinall([gevent.spawn(compute) for _ in range(8)])
    assert late[0] <= INTERVAL + 0.005


def test_what_a_poll_found_does_not_use_up_the_turn_of_the_others(
    virtual_loop: VirtualLoop,
) -> None:
    seen: list[str] = []

    def tick() -> None:
        virtual_loop.burn(0.02)
        if len(seen) < 3:
            virtual_loop.run_callback(seen.append, "a")
            virtual_loop.run_callback(seen.append, "b")
            virtual_loop.run_callback(seen.append, "c")

    timer = virtual_loop.timer(0.001, 0.001)
    timer.start(tick)
    gevent.sleep(0.03)
    timer.close()
    assert seen[:3] == ["a", "b", "c"]


def test_a_start_that_is_taken_back_leaves_nothing_in_the_queue() -> None:
    loop = get_hub().loop
    before = loop.pendingcnt
    refs = []
    for _ in range(3):
        greenlet = gevent.spawn(int)
        greenlet.kill()
        refs.append(weakref.ref(greenlet))
        del greenlet
    assert loop.pendingcnt == before
    assert [ref() for ref in refs] == [None] * 3


def test_starts_between_others_are_taken_back(virtual_loop: VirtualLoop) -> None:
    order: list[int] = []
    greenlets = [gevent.spawn(order.append, number) for number in range(400)]
    for greenlet in greenlets[::2] + greenlets[101:399:2]:
        greenlet.kill()
    expected = [*range(1, 101, 2), 399]
    assert virtual_loop.pendingcnt == len(expected)
    gevent.joinall(greenlets)
    assert order == expected


def test_a_call_that_is_stopped_leaves_nothing_in_the_queue() -> None:
    loop = get_hub().loop
    before = loop.pendingcnt
    calls = [loop.run_callback(int) for _ in range(3)]
    for call in calls:
        call.stop()
        call.stop()
    assert loop.pendingcnt == before


def test_calls_between_others_are_stopped(virtual_loop: VirtualLoop) -> None:
    order: list[int] = []
    calls = [virtual_loop.run_callback(order.append, number) for number in range(400)]
    for call in calls[::2] + calls[101:399:2]:
        call.stop()
    expected = [*range(1, 101, 2), 399]
    assert virtual_loop.pendingcnt == len(expected)
    gevent.sleep(0)
    assert order == expected


def test_a_call_that_ran_is_stopped_without_effect(virtual_loop: VirtualLoop) -> None:
    order: list[int] = []
    first = virtual_loop.run_callback(order.append, 1)
    gevent.sleep(0)
    second = virtual_loop.run_callback(order.append, 2)
    first.stop()
    gevent.sleep(0)
    assert order == [1, 2]
    assert not second.pending


def test_a_call_that_stops_itself_leaves_the_others(virtual_loop: VirtualLoop) -> None:
    order: list[object] = []

    def stop() -> None:
        order.append("stop")
        calls[0].stop()

    calls = [virtual_loop.run_callback(stop)]
    calls.append(virtual_loop.run_callback(order.append, "next"))
    gevent.sleep(0)
    assert order == ["stop", "next"]


def test_another_thread_stops_only_the_call_that_it_was_given() -> None:
    """The queues of two loops number their entries alike."""
    loop = get_hub().loop
    order: list[object] = []
    call = loop.run_callback(order.append, "stopped")

    def stop() -> None:
        others = get_hub().loop
        kept = [others.run_callback(order.append, number) for number in range(200)]
        call.stop()
        gevent.sleep(0)
        del kept

    thread = threading.Thread(target=stop)
    thread.start()
    thread.join()
    gevent.sleep(0)
    assert order == list(range(200))


def test_a_notification_that_reached_everybody_keeps_nothing() -> None:
    gc.collect()
    greenlet = gevent.spawn(int)
    greenlet.rawlink(lambda _: None)
    greenlet.join()
    ref = weakref.ref(greenlet)
    gc.disable()
    try:
        del greenlet
        assert ref() is None
    finally:
        gc.enable()


def test_iwait_of_what_is_ready_does_not_switch() -> None:
    ended = gevent.spawn(int)
    ended.join()
    order: list[str] = []
    other = gevent.spawn(order.append, "other")
    assert next(gevent.iwait([other, ended])) is ended
    assert order == []
    other.join()


def test_wait_for_as_many_as_are_ready_does_not_switch() -> None:
    ready = Event()
    ready.set()
    order: list[str] = []
    other = gevent.spawn(order.append, "other")
    assert gevent.wait([other, ready], count=1) == [ready]
    assert order == []
    assert not other.has_links()
    other.join()


def test_killall_of_a_set_goes_by_the_order_in_which_they_were_made() -> None:
    order: list[int] = []

    def body(number: int) -> None:
        try:
            gevent.sleep(10)
        finally:
            order.append(number)

    greenlets = [gevent.spawn(body, number) for number in range(50)]
    gevent.sleep(0)
    gevent.killall(set(greenlets))
    assert order == list(range(50))


def test_wait_for_a_set_goes_by_the_order_in_which_they_were_made() -> None:
    greenlets = [gevent.spawn(int) for _ in range(50)]
    gevent.sleep(0)
    assert gevent.wait(set(greenlets)) == greenlets
    assert list(gevent.iwait(frozenset(greenlets))) == greenlets


def test_spawn_callbacks_are_called_as_they_came() -> None:
    seen: list[int] = []
    callbacks = [
        lambda _, number=number: seen.append(number)  # type: ignore[misc]
        for number in range(20)
    ]
    for callback in callbacks:
        Greenlet.add_spawn_callback(callback)
    try:
        gevent.spawn(int).join()
    finally:
        for callback in callbacks:
            Greenlet.remove_spawn_callback(callback)
    assert seen == list(range(20))


def test_killone_of_a_member_that_refuses_to_die_returns_and_fires_once() -> None:
    seen: list[str] = []
    group = Group()
    stop = Event()

    def refuse() -> None:
        while not stop.is_set():
            try:
                stop.wait()
            except gevent.GreenletExit:
                seen.append("killed")

    member = group.spawn(refuse)
    gevent.sleep(0)
    group.killone(member, block=False)
    gevent.sleep(0)
    group.killone(member)
    assert seen == ["killed"]
    stop.set()
    member.join()


def test_a_group_of_members_that_never_ran_can_be_killed() -> None:
    group = Group()
    members = [group.spawn(int) for _ in range(3)]
    group.kill()
    assert not group
    assert all(member.dead for member in members)


# -- signals -----------------------------------------------------------------------


def test_a_callback_may_still_not_wait() -> None:
    seen: list[str] = []

    def callback() -> None:
        try:
            gevent.sleep(0)
        except gevent.exceptions.BlockingSwitchOutError:
            seen.append("refused")

    get_hub().loop.run_callback(callback)
    gevent.sleep(0)
    assert seen == ["refused"]


@pytest.mark.parametrize("hook", ["excepthook", "unraisablehook"])
def test_a_socket_that_waited_and_is_open_at_exit_is_silent(
    run_program: type_of_program, hook: str
) -> None:
    done = run_program(f"""
        import sys
        import gevent
        from gevent import socket
        sys.{hook} = lambda *_: print("hook")
        left, right = socket.socketpair()
        reader = gevent.spawn(left.recv, 1)
        gevent.idle()
        right.send(b"x")
        reader.join()
        print(reader.value)
    """)
    assert (done.stdout, done.stderr) == ("b'x'\n", "")


def test_a_sleep_is_not_short_because_the_loop_read_the_time_long_ago() -> None:
    """It was as much too short as the loop's time was old (#97)."""
    loop = get_hub().loop
    loop.update_now()
    time.sleep(
        0.003
    )  # in time that passes: the loops of the libraries have real clocks
    started = time.monotonic()
    gevent.sleep(0.002)
    assert time.monotonic() - started >= 0.0019


def test_runnable_greenlets_that_burn_time_do_not_keep_the_hub_from_polling() -> None:
    """Counted in polls; each greenlet burns more than the switch interval."""
    loop = get_hub().loop

    def burn() -> None:
        for _ in range(40):
            end = perf_counter() + 0.0006
            while perf_counter() < end:
                pass
            gevent.sleep(0)

    gevent.sleep(0)
    before = loop.iteration
    gevent.joinall([gevent.spawn(burn) for _ in range(2)])
    # 80 turns of 0.6 ms; a poll is due at every 16th turn (9.6 ms) at the latest.
    assert loop.iteration - before >= 4
