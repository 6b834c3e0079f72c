"""Finalizers, weakref callbacks and signal handlers that use what they interrupt."""

from __future__ import annotations

import gc
import itertools
import signal
import weakref
from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.queue import (
    Channel,
    Full,
    LifoQueue,
    PriorityQueue,
    Queue,
    SimpleQueue,
)

pytestmark = pytest.mark.steps

Act = Callable[[], object]
Restless = Callable[[Act], None]


class Cycle:
    """Garbage for the collector; acts when found, and leaves another one."""

    is_over = False
    n_found = 0

    def __init__(self, act: Act):
        self.me = self
        self.act = act

    def __del__(self) -> None:
        if not Cycle.is_over:
            Cycle.n_found += 1
            Cycle(self.act)
            self.act()


@pytest.fixture
def at_every_allocation() -> Iterator[Restless]:
    """``at_every_allocation(act)``: from now on, the collector calls *act* often.

    It looks at each allocation that it may look at, and there is always garbage.
    """
    before = gc.get_threshold()
    Cycle.is_over = False
    Cycle.n_found = 0

    def begin(act: Act) -> None:
        Cycle(act)
        gc.set_threshold(1)

    yield begin
    gc.set_threshold(*before)
    assert Cycle.n_found > 10, "the collector hardly looked"
    Cycle.is_over = True
    gc.collect()


def steps() -> Iterator[int]:
    """Count to a hundred, and keep what makes the collector look at the next step."""
    kept = []
    for step in range(100):
        kept.append([step])
        yield step


def in_greenlets(n: int, function: Act, meanwhile: Act | None = None) -> None:
    """Run a function in several greenlets at once, and another one ever again."""
    greenlets = [gevent.spawn(function) for _ in range(n)]
    while meanwhile is not None and not all(greenlets_ended(greenlets)):
        meanwhile()
        gevent.sleep(0)
    gevent.joinall(greenlets, raise_error=True)


def greenlets_ended(greenlets: list[gevent.Greenlet]) -> Iterator[bool]:
    """Say of each greenlet whether it has ended."""
    return (each.ready() for each in greenlets)


@pytest.mark.parametrize("kind", [Semaphore, BoundedSemaphore])
def test_a_finalizer_takes_and_gives_units_at_any_time(
    kind: type[Semaphore], at_every_allocation: Restless
) -> None:
    semaphore = kind(2)
    inside: list[int] = []

    def act() -> None:
        if semaphore.acquire(blocking=False):
            assert len(inside) < 2
            semaphore.release()

    def body() -> None:
        for step in steps():
            if semaphore.acquire(timeout=None if step % 3 else 10):
                inside.append(step)
                gevent.sleep(0)
                inside.pop()
                semaphore.release()

    at_every_allocation(act)
    in_greenlets(5, body)
    assert semaphore.counter == 2
    assert semaphore.linkcount() == 0


def test_a_finalizer_takes_and_frees_the_lock_at_any_time(
    at_every_allocation: Restless,
) -> None:
    lock = RLock()
    inside: list[gevent.Greenlet] = []

    def act() -> None:
        if lock.acquire(blocking=False):
            assert not inside or inside == [gevent.getcurrent()]
            lock.release()

    def body() -> None:
        for _ in steps():
            with lock, lock:
                inside.append(gevent.getcurrent())  # type: ignore[arg-type]  # it is one
                gevent.sleep(0)
                inside.pop()

    at_every_allocation(act)
    in_greenlets(5, body)
    assert not lock.locked()


def test_a_finalizer_sets_links_and_waits_at_any_time(
    at_every_allocation: Restless,
) -> None:
    event = Event()
    n_called = 0

    def called(source: Event) -> None:
        nonlocal n_called
        n_called += 1

    def act() -> None:
        event.set()
        event.rawlink(called)
        event.clear()
        event.unlink(called)

    def body() -> None:
        for _ in steps():
            assert event.wait(10) is True

    at_every_allocation(act)
    in_greenlets(5, body, meanwhile=act)
    assert event.linkcount() == 0


def test_a_finalizer_sets_the_result_that_is_just_being_waited_for(
    at_every_allocation: Restless,
) -> None:
    result = AsyncResult()

    def body() -> None:
        nonlocal result
        for _ in steps():
            result = AsyncResult()
            assert result.get(timeout=10) == 1
            assert result.wait(timeout=10) == 1

    def act() -> None:
        result.set(1)

    at_every_allocation(act)
    in_greenlets(1, body, meanwhile=act)


@pytest.mark.parametrize("kind", [SimpleQueue, Queue, LifoQueue, PriorityQueue])
@pytest.mark.parametrize("limit", [None, 2])
def test_no_item_is_lost_or_doubled_by_finalizers_at_any_time(
    kind: type[SimpleQueue], limit: int | None, at_every_allocation: Restless
) -> None:
    queue = kind(limit)
    numbers = itertools.count()
    stored: list[object] = []
    taken: list[object] = []

    def act() -> None:
        number = next(numbers)
        try:
            queue.put_nowait(number)
        except Full:
            return
        stored.append(number)
        if number % 2 and queue.qsize():
            taken.append(queue.get_nowait())

    def put() -> None:
        for _ in steps():
            number = next(numbers)
            queue.put(number)
            stored.append(number)

    def take() -> None:
        while True:
            taken.append(queue.get())

    at_every_allocation(act)
    takers = [gevent.spawn(take) for _ in range(2)]
    in_greenlets(2, put)
    gevent.killall(takers)
    gc.set_threshold(100_000)
    Cycle.is_over = True
    while queue.qsize():
        taken.append(queue.get_nowait())
    assert sorted(taken) == sorted(stored)  # type: ignore[type-var]  # numbers


def test_a_finalizer_offers_to_a_channel_at_any_time(
    at_every_allocation: Restless,
) -> None:
    channel = Channel()
    taken: list[object] = []

    def act() -> None:
        assert channel.balance == len(channel.putters) - len(channel.getters)
        assert channel.qsize() == 0

    def put() -> None:
        for number in steps():
            channel.put(number)

    def take() -> None:
        for _ in steps():
            taken.append(channel.get())

    at_every_allocation(act)
    takers = [gevent.spawn(take) for _ in range(2)]
    in_greenlets(2, put)
    gevent.joinall(takers, timeout=10, raise_error=True)
    assert sorted(taken) == sorted(2 * list(range(100)))  # type: ignore[type-var]  # numbers


class Item:
    """What can be referred to weakly."""


def test_a_weakref_callback_uses_the_result_whose_value_goes() -> None:
    result = AsyncResult()
    seen: list[object] = []
    item = Item()
    reference = weakref.ref(item, lambda _: seen.append(result.value))
    result.set(item)
    del item
    result.set("next")
    assert seen == ["next"]
    assert reference() is None


def test_a_weakref_callback_uses_the_queue_that_throws_its_item_away() -> None:
    queue = Queue()
    sizes: list[int] = []
    items = [Item() for _ in range(3)]
    references = [
        weakref.ref(each, lambda _: sizes.append(len(queue))) for each in items
    ]
    for each in items:
        queue.put(each)
    items.clear()
    del each
    queue.shutdown(immediate=True)
    assert sizes == [2, 1, 0]
    assert all(reference() is None for reference in references)
    assert queue.unfinished_tasks == 0


@pytest.mark.parametrize(
    ("make", "wait", "act"),
    [
        (Event, lambda event: event.wait(), lambda event: event.set()),
        (
            lambda: Semaphore(0),
            lambda semaphore: semaphore.acquire(),
            lambda semaphore: semaphore.release(),
        ),
        (AsyncResult, lambda result: result.get(), lambda result: result.set(1)),
        (Queue, lambda queue: queue.get(), lambda queue: queue.put(1)),
    ],
    ids=["event", "semaphore", "result", "queue"],
)
def test_a_signal_handler_ends_the_wait_that_it_interrupts(
    make: Callable[[], object],
    wait: Callable[[object], object],
    act: Callable[[object], object],
) -> None:
    waited_for = make()
    before = signal.signal(signal.SIGUSR1, lambda *_: act(waited_for))
    try:
        gevent.get_hub().loop.run_callback(signal.raise_signal, signal.SIGUSR1)
        assert wait(waited_for)
    finally:
        signal.signal(signal.SIGUSR1, before)
