"""Schedules: a function of the seed, replayed, explored, and what they find."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import gevent
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.queue import Queue
from gevent.virtual import Deadlock, VirtualTime, explore, virtual_time

pytestmark = pytest.mark.pure

TREE = Path(__file__).parents[2]


def trace_of(
    seed: int | None, schedule: str | list[int] | None = None
) -> tuple[str, str]:
    """Run a program that waits in many ways; return its trace and the schedule."""
    trace: list[str] = []
    lock, queue, go = Semaphore(), Queue[str](2), Event()

    def worker(name: str) -> None:
        go.wait()
        for _ in range(3):
            with lock:
                trace.append(name)
                gevent.sleep(0)
            queue.put(name)
            gevent.sleep(0.5)

    def reader() -> None:
        for _ in range(9):
            trace.append(queue.get().upper())

    with virtual_time(seed, schedule=schedule) as clock:
        everybody = [gevent.spawn(worker, name) for name in "abc"]
        everybody.append(gevent.spawn(reader))
        gevent.sleep(1)
        go.set()
        gevent.joinall(everybody)
    return "".join(trace), clock.schedule


def test_a_seed_gives_one_schedule() -> None:
    assert [trace_of(seed) for seed in range(5)] == [trace_of(n) for n in range(5)]


def test_seeds_differ() -> None:
    assert len({trace_of(seed)[0] for seed in range(10)}) > 5


def test_without_a_seed_nothing_is_drawn() -> None:
    order: list[int] = []
    with virtual_time() as clock:
        gevent.joinall([gevent.spawn(order.append, n) for n in range(20)])
    assert order == list(range(20))
    assert clock.schedule == ""


def test_the_schedule_replays_the_run() -> None:
    trace, schedule = trace_of(7)
    assert trace_of(None, schedule) == (trace, schedule)
    assert trace_of(None, [int(each) for each in schedule.split(".")])[0] == trace


def test_any_list_is_a_schedule() -> None:
    assert trace_of(None, [99, -1, 3])[0]


def test_an_empty_schedule_is_the_order_of_production() -> None:
    assert trace_of(None, "")[0] == trace_of(None)[0]


def test_a_seed_and_a_schedule_are_too_much() -> None:
    with pytest.raises(ValueError, match="not both"):
        virtual_time(1, schedule="1")


def test_other_processes_and_forms_draw_the_same() -> None:
    code = (
        "from tests.simulation.test_schedules import trace_of;"
        "print([trace_of(seed) for seed in range(3)])"
    )
    expected = repr([trace_of(seed) for seed in range(3)])
    for settings in ({"PYTHONHASHSEED": "1"}, {"GEVENT_PURE_PYTHON": "1"}):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **settings, "PYTHONPATH": str(TREE)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.strip() == expected


def test_random_is_seeded_and_put_back() -> None:
    before = random.getstate()

    def drawn() -> float:
        with virtual_time(3):
            return random.random()

    assert drawn() == drawn()
    assert random.getstate() == before


def depends_on_the_order(clock: VirtualTime) -> None:
    settings: dict[str, int] = {}
    gevent.spawn(settings.update, port=80)
    assert gevent.spawn(settings.get, "port").get() == 80, "read too early"


def test_a_failure_says_its_seed_which_fails_again() -> None:
    with pytest.raises(AssertionError) as caught:
        explore(depends_on_the_order, runs=50, seed=1000)
    (note,) = caught.value.__notes__
    seed = int(note.split("virtual_time(seed=")[1].split(")")[0])
    assert f"--gevent-seed={seed}" in note
    with pytest.raises(AssertionError, match="too early"), virtual_time(seed) as clock:
        depends_on_the_order(clock)


def test_a_failure_without_a_seed_has_no_note() -> None:
    with pytest.raises(KeyError) as caught, virtual_time():
        raise KeyError
    assert not hasattr(caught.value, "__notes__")


def test_what_holds_is_not_reported() -> None:
    def scenario(clock: VirtualTime) -> None:
        done: list[int] = []
        gevent.joinall([gevent.spawn(done.append, n) for n in range(4)])
        assert sorted(done) == [0, 1, 2, 3]

    assert explore(scenario, runs=30) == (30, False)


def test_exhaustive_means_every_order() -> None:
    seen: list[tuple[int, ...]] = []

    def scenario(clock: VirtualTime) -> None:
        order: list[int] = []
        for number in range(3):
            gevent.spawn(order.append, number)
        clock.settle()
        seen.append(tuple(order))

    result = explore(scenario, runs=1000, exhaustive=True)
    assert result.is_complete
    assert len(set(seen)) == 6
    assert len(seen) == result.runs == 6


# -- planted lost wake-ups, in copies of what the library has --------------------------


class BadEvent:
    """Clears after it has looked, with others in between."""

    def __init__(self) -> None:
        self.is_set = False
        self.inner = Event()

    def set(self) -> None:
        self.is_set = True
        self.inner.set()

    def wait(self) -> None:
        while not self.is_set:
            gevent.sleep(0)
            self.inner.clear()
            self.inner.wait()


class BadSemaphore:
    """Takes a unit some time after it has seen it."""

    def __init__(self) -> None:
        self.n_units = 1
        self.inner = Event()

    def acquire(self) -> None:
        while self.n_units < 1:
            self.inner.clear()
            self.inner.wait()
        gevent.sleep(0)
        self.n_units -= 1
        assert self.n_units >= 0, "two have one unit"

    def release(self) -> None:
        self.n_units += 1
        self.inner.set()


class BadQueue:
    """Wakes a getter only if the queue was empty."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.waiting: list[Event] = []

    def put(self, item: int) -> None:
        self.items.append(item)
        if len(self.items) == 1 and self.waiting:
            self.waiting.pop(0).set()

    def get(self) -> int:
        while not self.items:
            event = Event()
            self.waiting.append(event)
            event.wait()
        return self.items.pop(0)


def use_event(event: BadEvent | Event) -> None:
    waiter = gevent.spawn(event.wait)
    setter = gevent.spawn(event.set)
    gevent.joinall([waiter, setter])


def use_semaphore(lock: BadSemaphore | Semaphore) -> None:
    def body() -> None:
        lock.acquire()
        gevent.sleep(0)
        lock.release()

    gevent.joinall([gevent.spawn(body) for _ in range(2)], raise_error=True)


def use_queue(queue: BadQueue | Queue[int]) -> None:
    getters = [gevent.spawn(queue.get) for _ in range(2)]
    putters = [gevent.spawn(queue.put, n) for n in range(2)]
    gevent.joinall(getters + putters)


def test_it_finds_a_lost_wake_up_of_an_event() -> None:
    with pytest.raises(Deadlock):
        explore(lambda _: use_event(BadEvent()), runs=2000, exhaustive=True)
    assert explore(lambda _: use_event(Event()), runs=2000, exhaustive=True).is_complete


def test_it_finds_a_unit_that_is_taken_twice() -> None:
    with pytest.raises(AssertionError, match="two have one unit"):
        explore(lambda _: use_semaphore(BadSemaphore()), runs=2000, exhaustive=True)
    result = explore(lambda _: use_semaphore(Semaphore()), runs=2000, exhaustive=True)
    assert result.is_complete


def test_it_finds_a_lost_wake_up_of_a_queue() -> None:
    with pytest.raises(Deadlock) as caught:
        explore(lambda _: use_queue(BadQueue()), runs=2000, exhaustive=True)
    assert "schedule" in caught.value.__notes__[0]
    result = explore(lambda _: use_queue(Queue()), runs=2000, exhaustive=True)
    assert result.is_complete
