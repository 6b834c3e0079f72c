"""The order in which things run: programs depend on it, so it is the same everywhere.

Only public API, and no pytest: the file also runs on its own, against any gevent ::

    /tmp/ref/bin/python tests/loop/contract/test_order.py

It then prints one line per test. `test_reference.py` knows which may differ, and why.
"""

from __future__ import annotations

import os
import sys
import traceback

import gevent
from gevent.hub import Waiter

TICK = 0.002  # seconds: long enough to tell two timers apart


def in_hub(function, *args):
    """Run *function* in the hub and return what it returned."""
    results = []
    gevent.get_hub().loop.run_callback(lambda: results.append(function(*args)))
    gevent.sleep(0)
    return results[0]


# -- the FIFO -------------------------------------------------------------------------


def test_spawned_greenlets_run_in_the_order_of_their_start():
    seen = []
    made = [gevent.Greenlet(seen.append, number) for number in range(4)]
    for number in (2, 0, 3, 1):
        made[number].start()
    gevent.joinall(made)
    assert seen == [2, 0, 3, 1]


def test_the_spawner_goes_on_until_it_blocks():
    seen = []
    made = gevent.spawn(seen.append, "child")
    seen.append("spawner")
    made.join()
    assert seen == ["spawner", "child"]


def test_starts_and_callbacks_share_one_fifo():
    seen = []
    loop = gevent.get_hub().loop
    gevent.spawn(seen.append, 1)
    loop.run_callback(seen.append, 2)
    gevent.spawn(seen.append, 3)
    gevent.spawn_raw(seen.append, 4)
    loop.run_callback(seen.append, 5)
    gevent.sleep(0)
    assert seen == [1, 2, 3, 4, 5]


def test_sleep_0_runs_what_was_queued_before_and_no_more():
    seen = []

    def parent():
        seen.append("parent")
        gevent.spawn(seen.append, "child")

    gevent.spawn(parent)
    gevent.sleep(0)
    seen.append("caller")
    gevent.sleep(0)
    assert seen == ["parent", "caller", "child"]


def test_a_negative_sleep_is_sleep_0():
    seen = []
    gevent.spawn(seen.append, 1)
    gevent.sleep(-1)
    assert seen == [1]


def test_greenlets_that_yield_take_turns():
    seen = []

    def body(name):
        for number in range(3):
            seen.append((name, number))
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(body, name) for name in "ab"])
    assert seen == [(name, number) for number in range(3) for name in "ab"]


def test_a_callback_queued_by_a_callback_runs_after_those_before_it():
    seen = []
    loop = gevent.get_hub().loop
    loop.run_callback(loop.run_callback, seen.append, "nested")
    loop.run_callback(seen.append, "second")
    gevent.sleep(0)
    gevent.sleep(0)
    assert seen == ["second", "nested"]


def test_callbacks_and_yielding_greenlets_keep_their_places():
    seen = []
    loop = gevent.get_hub().loop

    def body():
        seen.append("a")
        gevent.sleep(0)
        seen.append("b")

    gevent.spawn(body)
    loop.run_callback(seen.append, 1)
    gevent.sleep(0)
    loop.run_callback(seen.append, 2)
    gevent.sleep(0)
    assert seen == ["a", 1, "b", 2]


def test_kill_without_blocking_takes_its_place_in_the_fifo():
    seen = []

    def victim():
        try:
            gevent.sleep(1000)
        finally:
            seen.append("killed")

    target = gevent.spawn(victim)
    gevent.sleep(0)
    loop = gevent.get_hub().loop
    loop.run_callback(seen.append, 1)
    target.kill(block=False)
    loop.run_callback(seen.append, 2)
    gevent.sleep(0)
    assert seen == [1, "killed", 2]


def test_what_was_killed_before_its_start_never_runs():
    seen = []
    target = gevent.spawn(seen.append, 1)
    target.kill()
    gevent.sleep(0)
    assert seen == []
    assert target.dead


def test_killall_throws_in_the_order_of_its_argument():
    seen = []

    def victim(number):
        try:
            gevent.sleep(1000)
        finally:
            seen.append(number)

    made = [gevent.spawn(victim, number) for number in range(4)]
    gevent.sleep(0)
    gevent.killall([made[number] for number in (3, 1, 0, 2)])
    assert seen == [3, 1, 0, 2]


# -- time -----------------------------------------------------------------------------


def test_sleep_0_looks_at_no_timer():
    seen = []
    gevent.spawn_later(0, seen.append, "later")
    for _ in range(3):
        gevent.sleep(0)
    assert seen == []
    gevent.sleep(TICK)
    assert seen == ["later"]


def test_a_timeout_of_0_does_not_interrupt_sleep_0():
    with gevent.Timeout(0, False):
        gevent.sleep(0)
        return
    raise AssertionError("the Timeout fired")


def test_a_short_sleep_polls():
    seen = []
    gevent.spawn_later(0, seen.append, 1)
    gevent.sleep(1e-9)
    gevent.sleep(1e-9)
    assert seen == [1]


def test_timers_fire_in_the_order_of_their_deadlines():
    seen = []

    def body(delay):
        gevent.sleep(delay * TICK)
        seen.append(delay)

    gevent.joinall([gevent.spawn(body, delay) for delay in (3, 1, 2)])
    assert seen == [1, 2, 3]


def test_overdue_timers_fire_in_the_order_of_their_deadlines():
    seen = []
    loop = gevent.get_hub().loop
    timers = [loop.timer(delay * TICK / 10) for delay in (3, 1, 2)]
    for delay, timer in zip((3, 1, 2), timers, strict=True):
        timer.start(seen.append, delay)
    begin = loop.now()
    while loop.now() < begin + TICK:
        loop.update_now()
    gevent.sleep(TICK)
    assert seen == [1, 2, 3]


def test_equal_sleeps_end_in_the_order_in_which_they_began():
    seen = []

    def body(number):
        gevent.sleep(TICK)
        seen.append(number)

    gevent.joinall([gevent.spawn(body, number) for number in range(10)])
    assert seen == list(range(10))


def test_of_two_equal_timeouts_the_first_one_fires():
    first = gevent.Timeout(TICK)
    second = gevent.Timeout(TICK)
    first.start()
    second.start()
    fired = None
    try:
        gevent.sleep(1000)
    except gevent.Timeout as error:
        fired = error
    finally:
        first.close()
        second.close()
    assert fired is first


def test_of_two_nested_equal_timeouts_the_outer_one_fires():
    fired = None
    with gevent.Timeout(TICK) as outer:
        try:
            with gevent.Timeout(TICK):
                gevent.sleep(1000)
        except gevent.Timeout as error:
            fired = error
    assert fired is outer


def test_greenlets_woken_by_timers_run_before_what_they_queue():
    seen = []

    def body(number):
        gevent.sleep(TICK)
        seen.append(number)
        gevent.spawn(seen.append, f"child of {number}")

    made = [gevent.spawn(body, number) for number in range(2)]
    gevent.joinall(made)
    gevent.sleep(0)
    gevent.sleep(0)
    assert seen == [0, 1, "child of 0", "child of 1"]


def test_idle_returns_after_callbacks_and_those_that_they_add():
    seen = []
    loop = gevent.get_hub().loop
    loop.run_callback(loop.run_callback, seen.append, "added")
    gevent.spawn(seen.append, "spawned")
    gevent.spawn_later(0, seen.append, "due")
    gevent.idle()
    assert sorted(seen) == ["added", "due", "spawned"]


def test_greenlets_that_yield_for_ever_do_not_starve_a_timer():
    over = []

    def spin():
        while not over:
            gevent.sleep(0)

    made = [gevent.spawn(spin) for _ in range(2)]
    gevent.spawn_later(TICK, over.append, True)
    gevent.joinall(made, timeout=30)
    assert over


# -- the end of a greenlet ------------------------------------------------------------


def test_joiners_getters_and_links_run_in_the_order_of_registration():
    seen = []
    target = gevent.spawn(gevent.sleep, TICK)

    def join():
        target.join()
        seen.append("join")

    def get():
        target.get()
        seen.append("get")

    gevent.spawn(join)
    gevent.sleep(0)
    target.rawlink(lambda _: seen.append("link 1"))
    gevent.spawn(get)
    gevent.sleep(0)
    target.rawlink(lambda _: seen.append("link 2"))
    target.join()
    seen.append("main")
    assert seen == ["join", "link 1", "get", "link 2", "main"]


def test_links_run_in_one_block():
    seen = []
    loop = gevent.get_hub().loop
    target = gevent.spawn(seen.append, "body")
    for number in range(3):
        target.rawlink(
            lambda _, number=number: (
                seen.append(number),
                loop.run_callback(seen.append, f"queued by {number}"),
            )
        )
    gevent.sleep(TICK)
    queued = [f"queued by {number}" for number in range(3)]
    assert seen == ["body", 0, 1, 2, *queued]


def test_a_link_added_by_a_link_runs_as_well():
    seen = []
    target = gevent.spawn(seen.append, "body")
    target.rawlink(lambda _: target.rawlink(lambda _: seen.append("inner")))
    target.rawlink(lambda _: seen.append("outer"))
    gevent.sleep(TICK)
    assert seen == ["body", "outer", "inner"]


def test_a_link_to_a_finished_greenlet_runs_in_the_next_pass():
    seen = []
    target = gevent.spawn(int)
    target.join()
    target.rawlink(lambda _: seen.append("link"))
    assert seen == []
    gevent.sleep(0)
    assert seen == ["link"]


def test_links_never_run_inside_kill():
    seen = []
    target = gevent.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    target.rawlink(lambda _: seen.append("link"))
    in_hub(lambda: (target.kill(block=False), seen.append("after kill")))
    gevent.sleep(TICK)
    assert seen == ["after kill", "link"]


def test_links_never_run_inside_throw():
    seen = []
    target = gevent.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    target.rawlink(lambda _: seen.append("link"))
    in_hub(lambda: (target.throw(gevent.GreenletExit), seen.append("after throw")))
    gevent.sleep(TICK)
    assert seen == ["after throw", "link"]


def test_wait_returns_in_the_order_of_the_ends():
    delays = (3, 1, 2)
    made = {delay: gevent.spawn(gevent.sleep, delay * TICK) for delay in delays}
    ended = gevent.wait(list(made.values()))
    assert ended == [made[1], made[2], made[3]]


def test_iwait_yields_in_the_order_of_the_ends():
    delays = (3, 1, 2)
    made = {delay: gevent.spawn(gevent.sleep, delay * TICK) for delay in delays}
    assert list(gevent.iwait(list(made.values()))) == [made[1], made[2], made[3]]


def test_join_of_the_dead_does_not_switch():
    seen = []
    target = gevent.spawn(int)
    target.join()
    gevent.spawn(seen.append, "ran")
    target.join()
    target.get()
    gevent.wait([])
    assert seen == []
    gevent.sleep(0)


def test_a_woken_waiter_runs_inside_switch():
    seen = []
    waiter = Waiter()

    def body():
        seen.append(waiter.get())

    gevent.spawn(body)
    gevent.sleep(0)
    in_hub(lambda: (waiter.switch("woken"), seen.append("hub goes on")))
    assert seen == ["woken", "hub goes on"]


# -- events ---------------------------------------------------------------------------


def waiting_on(event, seen, n_waiters):
    """Spawn greenlets that wait and then append their number."""

    def body(number):
        event.wait()
        seen.append(number)

    made = [gevent.spawn(body, number) for number in range(n_waiters)]
    gevent.sleep(0)
    return made


def test_event_waiters_wake_in_the_order_in_which_they_came():
    from gevent.event import Event

    seen, event = [], Event()
    made = waiting_on(event, seen, 5)
    event.set()
    assert seen == []
    gevent.joinall(made)
    assert seen == [0, 1, 2, 3, 4]


def test_event_set_takes_one_place_in_the_fifo():
    from gevent.event import Event

    seen, event = [], Event()
    loop = gevent.get_hub().loop
    made = waiting_on(event, seen, 2)
    loop.run_callback(seen.append, "before")
    event.set()
    loop.run_callback(seen.append, "after")
    gevent.joinall(made)
    gevent.sleep(0)
    assert seen == ["before", 0, 1, "after"]


def test_event_waiters_run_before_what_they_queue():
    from gevent.event import Event

    seen, event = [], Event()

    def body(number):
        event.wait()
        seen.append(number)
        gevent.spawn(seen.append, f"child of {number}")

    made = [gevent.spawn(body, number) for number in range(2)]
    gevent.sleep(0)
    event.set()
    gevent.joinall(made)
    gevent.sleep(0)
    gevent.sleep(0)
    assert seen == [0, 1, "child of 0", "child of 1"]


def test_event_set_and_clear_wakes_those_who_waited():
    from gevent.event import Event

    seen, event = [], Event()
    made = waiting_on(event, seen, 2)
    event.set()
    event.clear()
    gevent.joinall(made, timeout=5)
    assert seen == [0, 1]


def test_event_links_and_waiters_keep_the_order_of_registration():
    from gevent.event import Event

    seen, event = [], Event()
    made = waiting_on(event, seen, 1)
    event.rawlink(lambda _: seen.append("link"))

    def late():
        event.wait()
        seen.append("late")

    made.append(gevent.spawn(late))
    gevent.sleep(0)
    event.set()
    gevent.joinall(made)
    assert seen == [0, "link", "late"]


def test_event_wait_does_not_switch_when_it_is_set():
    from gevent.event import Event

    seen, event = [], Event()
    event.set()
    gevent.spawn(seen.append, "ran")
    assert event.wait()
    assert seen == []
    gevent.sleep(0)


def test_event_notification_survives_the_kill_of_a_waiter():
    """The reference drops the notification with the waiter."""
    from gevent.event import Event

    event = Event()
    victim = gevent.spawn(event.wait)
    gevent.sleep(0)
    victim.kill(block=False)
    event.set()
    assert event.wait(timeout=1) is True
    victim.join()


def test_event_wakes_a_waiter_before_a_later_kill_reaches_it():
    from gevent.event import Event

    seen, event = [], Event()
    [target] = waiting_on(event, seen, 1)
    event.set()
    target.kill()
    assert seen == [0]
    assert target.value is None


def test_asyncresult_waiters_wake_in_the_order_in_which_they_came():
    from gevent.event import AsyncResult

    seen, result = [], AsyncResult()

    def body(number):
        seen.append((number, result.get()))

    made = [gevent.spawn(body, number) for number in range(3)]
    gevent.sleep(0)
    result.set("x")
    gevent.joinall(made)
    assert seen == [(0, "x"), (1, "x"), (2, "x")]


# -- locks and queues -----------------------------------------------------------------


def test_semaphore_waiters_acquire_in_the_order_in_which_they_came():
    from gevent.lock import Semaphore

    seen, semaphore = [], Semaphore(0)

    def body(number):
        semaphore.acquire()
        seen.append(number)

    made = [gevent.spawn(body, number) for number in range(4)]
    gevent.sleep(0)
    for _ in made:
        semaphore.release()
    gevent.joinall(made)
    assert seen == [0, 1, 2, 3]


def test_semaphore_release_does_not_switch():
    from gevent.lock import Semaphore

    seen, semaphore = [], Semaphore(0)

    def body():
        semaphore.acquire()
        seen.append("acquired")

    made = gevent.spawn(body)
    gevent.sleep(0)
    semaphore.release()
    seen.append("releaser goes on")
    made.join()
    assert seen == ["releaser goes on", "acquired"]


def test_semaphore_acquire_does_not_switch_when_it_is_free():
    from gevent.lock import Semaphore

    seen, semaphore = [], Semaphore(1)
    gevent.spawn(seen.append, "ran")
    semaphore.acquire()
    semaphore.release()
    assert seen == []
    gevent.sleep(0)


def test_semaphore_unit_goes_to_whoever_asks_first():
    """A wake-up carries no unit: the waiter looks again, and keeps its place."""
    from gevent.lock import Semaphore

    seen, semaphore = [], Semaphore(0)

    def body(number):
        semaphore.acquire()
        seen.append(number)

    made = [gevent.spawn(body, number) for number in range(2)]
    gevent.sleep(0)
    semaphore.release()
    assert semaphore.acquire(blocking=False)
    gevent.sleep(0)
    assert seen == []
    semaphore.release()
    semaphore.release()
    gevent.joinall(made)
    assert seen == [0, 1]


def test_queue_getters_are_served_in_the_order_in_which_they_came():
    from gevent.queue import Queue

    seen, queue = [], Queue()

    def body(number):
        seen.append((number, queue.get()))

    made = [gevent.spawn(body, number) for number in range(3)]
    gevent.sleep(0)
    for item in "abc":
        queue.put(item)
    gevent.joinall(made)
    assert seen == [(0, "a"), (1, "b"), (2, "c")]


def test_queue_putters_are_served_in_the_order_in_which_they_came():
    from gevent.queue import Queue

    queue = Queue(1)
    made = [gevent.spawn(queue.put, number) for number in range(4)]
    gevent.sleep(0)
    assert [queue.get() for _ in made] == [0, 1, 2, 3]
    gevent.joinall(made)


def test_queue_get_does_not_switch_when_there_is_an_item():
    from gevent.queue import Queue

    seen, queue = [], Queue()
    queue.put(1)
    gevent.spawn(seen.append, "ran")
    queue.get()
    queue.put(2)
    assert seen == []
    gevent.sleep(0)


def test_descriptors_are_seen_by_a_short_sleep():
    seen = []
    reader, writer = os.pipe()
    watcher = gevent.get_hub().loop.io(reader, 1)
    try:
        os.write(writer, b"x")
        watcher.start(lambda: (seen.append("ready"), watcher.stop()))
        gevent.sleep(0)
        assert seen == []
        gevent.sleep(1e-9)
        gevent.sleep(1e-9)
        assert seen == ["ready"]
    finally:
        watcher.close()
        os.close(reader)
        os.close(writer)


def main():
    """Run every test in a fresh hub; print one line for each; return how many fail."""
    print(f"gevent {gevent.__version__}, {gevent.__file__}")
    failures = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        # A hub that one test has left in disorder must not fail the next one.
        gevent.get_hub().destroy(destroy_loop=True)
        try:
            with gevent.Timeout(5):
                test()
        except (Exception, gevent.Timeout):  # whatever a test raises
            failures += 1
            print(f"FAILED {name}: {traceback.format_exc().splitlines()[-2:]}")
        else:
            print(f"passed {name}")
    return failures


if __name__ == "__main__":
    sys.exit(main() != 0)
