"""Events, locks and queues between native threads."""

from __future__ import annotations

import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent._native.scheduling.scheduler import current_hub_or_none
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.queue import (
    Channel,
    Empty,
    Full,
    LifoQueue,
    PriorityQueue,
    Queue,
    SimpleQueue,
)

pytestmark = pytest.mark.steps

Start = Callable[..., threading.Thread]
LOCKS = [Semaphore, BoundedSemaphore, RLock]
QUEUES = [SimpleQueue, Queue, LifoQueue, PriorityQueue, Channel]


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Switch between native threads as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def once_parked() -> Callable[[], object]:
    """Return what waits, in another thread, until the calling greenlet has parked."""
    parked = threading.Event()
    gevent.get_hub().loop.run_callback(parked.set)
    return lambda: parked.wait(10)


def in_a_thread(
    start_thread: Start, has_hub: bool, function: Callable[[], object]
) -> tuple[threading.Thread, list[object]]:
    """Run *function* in a thread that has just begun; return its outcome, later."""
    results: list[object] = []
    has_begun = threading.Event()

    def body() -> None:
        if has_hub:
            gevent.get_hub()
        has_begun.set()
        try:
            results.append(function())
        except BaseException as error:  # the test looks at it
            results.append(type(error))
        assert (current_hub_or_none() is not None) is has_hub
        if has_hub:
            gevent.get_hub().destroy(destroy_loop=True)

    thread = start_thread(body)
    assert has_begun.wait(10)
    return thread, results


def join(thread: threading.Thread) -> None:
    """Wait for a native thread and let greenlets run meanwhile."""
    while thread.is_alive():
        gevent.sleep(0)
        thread.join(0)


def test_an_event_set_in_another_thread_wakes_a_greenlet(start_thread: Start) -> None:
    event = Event()

    parked = once_parked()

    def set_it() -> None:
        parked()
        event.set()
        event.clear()

    start_thread(set_it)
    assert event.wait(10) is True


def test_a_result_set_in_another_thread_wakes_a_greenlet(
    start_thread: Start,
) -> None:
    result = AsyncResult()

    parked = once_parked()

    def set_it() -> None:
        parked()
        result.set("v")

    start_thread(set_it)
    assert result.get(timeout=10) == "v"


@pytest.mark.parametrize("is_owned", [True, False])
@pytest.mark.parametrize("has_hub", [True, False])
def test_another_thread_can_wait_for_an_event(
    start_thread: Start, has_hub: bool, is_owned: bool
) -> None:
    event = Event()
    if is_owned:
        event.wait(0)
    thread, results = in_a_thread(start_thread, has_hub, lambda: event.wait(10))
    event.set()
    thread.join(10)
    assert results == [True]


@pytest.mark.parametrize("has_hub", [True, False])
def test_another_thread_can_wait_for_a_result(
    start_thread: Start, has_hub: bool
) -> None:
    result = AsyncResult()
    result.wait(0)
    thread, results = in_a_thread(start_thread, has_hub, result.get)
    result.set_exception(KeyError())
    thread.join(10)
    assert results == [KeyError]


@pytest.mark.parametrize("has_hub", [True, False])
def test_another_thread_waits_no_longer_than_its_timeout(
    start_thread: Start, has_hub: bool
) -> None:
    event, semaphore, queue, channel = Event(), Semaphore(0), Queue(), Channel()

    def wait() -> object:
        with pytest.raises(Full):
            channel.put(1, timeout=0.001)
        for get in (queue.get, channel.get):
            with pytest.raises(Empty):
                get(timeout=0.001)
        return (event.wait(0.001), semaphore.acquire(timeout=0.001))

    thread, results = in_a_thread(start_thread, has_hub, wait)
    thread.join(10)
    assert results == [(False, False)]


def test_objects_can_be_waited_for_together_by_another_thread(
    start_thread: Start,
) -> None:
    events = [Event(), Event()]
    events[0].wait(0)
    is_linked = threading.Event()

    def wait() -> object:
        gevent.spawn(is_linked.set)
        return gevent.wait(events, timeout=10) == events

    thread, results = in_a_thread(start_thread, True, wait)
    assert is_linked.wait(10)
    for event in events:
        event.set()
    join(thread)
    assert results == [True]


def test_setting_an_event_makes_no_hub(start_thread: Start) -> None:
    gevent.get_hub()
    event = Event()
    results: list[object] = []
    event.rawlink(results.append)

    def set_it() -> None:
        event.set()
        results.append(current_hub_or_none())

    start_thread(set_it).join(10)
    while len(results) < 2:
        gevent.sleep(0)
    assert results == [None, event]


def test_links_of_an_event_are_called_at_once_where_there_is_no_hub(
    start_thread: Start,
) -> None:
    log: list[object] = []

    def body() -> None:
        event = Event()
        event.rawlink(log.append)
        event.set()
        log.append(log == [event] and current_hub_or_none() is None)

    start_thread(body).join(10)
    assert log[1] is True


def test_a_thread_without_a_hub_releases_what_a_greenlet_waits_for(
    start_thread: Start,
) -> None:
    semaphore = Semaphore(0)
    parked = once_parked()

    def release() -> None:
        parked()
        semaphore.release()

    start_thread(release)
    assert semaphore.acquire(timeout=10) is True


def test_a_message_to_a_loop_that_is_gone_is_not_waited_for(
    start_thread: Start,
) -> None:
    semaphore = BoundedSemaphore()

    def own_it_for_a_while() -> None:
        gevent.get_hub()
        semaphore.acquire()
        semaphore.rawlink(print)
        start_thread(semaphore.release).join(10)  # posts to this thread's loop
        semaphore.unlink(print)
        semaphore.acquire()
        semaphore.release()  # nobody waits: it has no owner now
        gevent.get_hub().destroy(destroy_loop=True)

    start_thread(own_it_for_a_while).join(10)
    semaphore.acquire()
    parked = once_parked()

    def release() -> None:
        parked()
        semaphore.release()

    waiter = gevent.spawn(semaphore.acquire)
    start_thread(release)
    waiter.join(10)
    assert waiter.ready()


def test_waiting_for_a_unit_of_another_thread_is_no_loop_exit(
    start_thread: Start,
) -> None:
    semaphore = Semaphore(1)
    is_held = threading.Event()
    parked = threading.Event()

    def hold() -> None:
        semaphore.acquire()
        is_held.set()
        parked.wait(10)
        semaphore.release()

    start_thread(hold)
    assert is_held.wait(10)
    gevent.get_hub().loop.run_callback(parked.set)
    assert semaphore.acquire() is True


def test_who_waits_gets_the_lock_from_a_thread_that_spins_on_it(
    start_thread: Start, busy_threads: None
) -> None:
    semaphore = Semaphore(1)
    is_over = threading.Event()

    def spin() -> None:
        while not is_over.is_set():
            semaphore.acquire()
            semaphore.release()

    start_thread(spin)
    try:
        assert semaphore.acquire(timeout=10) is True
    finally:
        is_over.set()
        semaphore.release()


@pytest.mark.parametrize("kind", LOCKS)
@pytest.mark.parametrize("has_hub", [True, False])
def test_no_waiter_is_forgotten_under_load(
    kind: type[Semaphore], has_hub: bool, start_thread: Start, busy_threads: None
) -> None:
    lock = kind()
    inside: list[int] = []
    faults: list[object] = []

    def body() -> None:
        for _ in range(50):
            with lock:
                inside.append(1)
                if has_hub:
                    gevent.sleep(0)
                if len(inside) != 1:
                    faults.append("two at once")
                inside.pop()

    def run() -> None:
        try:
            if not has_hub:
                body()
                return
            gevent.joinall([gevent.spawn(body) for _ in range(2)], raise_error=True)
            gevent.get_hub().destroy(destroy_loop=True)
        except BaseException as error:  # the test shows it
            faults.append(repr(error))

    for thread in [start_thread(run) for _ in range(4)]:
        thread.join(10)
    assert faults == []
    assert not lock.locked()


def test_a_thread_that_gives_up_passes_its_wake_up_on(start_thread: Start) -> None:
    semaphore = Semaphore(0)
    semaphore.acquire(timeout=0)
    results: list[object] = []

    def wait(timeout: float) -> None:
        results.append(semaphore.acquire(timeout=timeout))

    threads = [start_thread(wait, timeout) for timeout in (0.001, 10)]
    threads[0].join(10)
    semaphore.release()
    threads[1].join(10)
    assert results == [False, True]


def test_a_contended_lock_makes_no_hub(start_thread: Start) -> None:
    semaphore = Semaphore(0)
    hubs: list[object] = []

    def wait() -> None:
        semaphore.acquire()
        hubs.append(current_hub_or_none())

    thread = start_thread(wait)
    semaphore.release()
    thread.join(10)
    assert hubs == [None]


def test_the_next_thread_takes_over_when_the_owner_has_gone(
    start_thread: Start,
) -> None:
    event = Event()

    def wait() -> None:
        event.wait(0)
        gevent.get_hub().destroy(destroy_loop=True)

    start_thread(wait).join(10)
    assert event.wait(0.001) is False
    assert event.hub is gevent.get_hub()


def test_items_put_by_other_threads_arrive(
    start_thread: Start, busy_threads: None
) -> None:
    queue = Queue(2)

    def put() -> None:
        for number in range(100):
            queue.put(number)

    for _ in range(2):
        start_thread(put)
    total = sum(queue.get(timeout=10) for _ in range(200))  # type: ignore[misc]  # ints
    assert total == 2 * sum(range(100))


def test_items_are_taken_by_other_threads(start_thread: Start) -> None:
    queue = Queue(1)
    taken: list[object] = []

    def take() -> None:
        for _ in range(50):
            taken.append(queue.get(timeout=10))

    threads = [start_thread(take) for _ in range(2)]
    for number in range(100):
        queue.put(number, timeout=10)
    for thread in threads:
        thread.join(10)
    assert sorted(taken) == list(range(100))  # type: ignore[type-var]  # ints


def test_shutdown_reaches_the_waits_of_other_threads(start_thread: Start) -> None:
    queue = Queue()
    with pytest.raises(Empty):
        queue.get(timeout=0)
    errors: list[str] = []

    def take() -> None:
        try:
            queue.get(timeout=10)
        except Exception as error:  # compared below
            errors.append(type(error).__name__)

    threads = [start_thread(take) for _ in range(3)]
    queue.shutdown()
    for thread in threads:
        thread.join(10)
    assert errors == ["ShutDown"] * 3


@pytest.mark.parametrize("has_hub", [True, False])
@pytest.mark.parametrize("kind", QUEUES)
def test_another_thread_can_wait_for_an_item(
    kind: type[Queue], has_hub: bool, start_thread: Start
) -> None:
    queue = kind()
    thread, results = in_a_thread(start_thread, has_hub, queue.get)
    queue.put("v", timeout=10)
    thread.join(10)
    assert results == ["v"]


@pytest.mark.parametrize("has_hub", [True, False])
@pytest.mark.parametrize("kind", QUEUES)
def test_another_thread_can_wait_until_its_item_has_room(
    kind: type[Queue], has_hub: bool, start_thread: Start
) -> None:
    queue = kind(1)

    def put() -> str:
        for number in range(3):
            queue.put(number)
        return "done"

    thread, results = in_a_thread(start_thread, has_hub, put)
    assert [queue.get(timeout=10) for _ in range(3)] == [0, 1, 2]
    thread.join(10)
    assert results == ["done"]


@pytest.mark.parametrize("has_hub", [True, False])
def test_another_thread_can_wait_for_the_end_of_all_tasks(
    start_thread: Start, has_hub: bool
) -> None:
    queue = Queue(items=[1, 2])
    thread, results = in_a_thread(start_thread, has_hub, queue.join)
    queue.task_done()
    queue.task_done()
    thread.join(10)
    assert results == [True]


@pytest.mark.parametrize("has_hub", [True, False])
def test_threads_pass_notifications_of_a_condition_on_our_lock(
    start_thread: Start, has_hub: bool
) -> None:
    condition = threading.Condition(RLock())  # type: ignore[arg-type]  # the same methods
    turns: list[int] = []

    def take_turns(me: int) -> int:
        for _ in range(20):
            with condition:
                assert condition.wait_for(lambda: len(turns) % 2 == me, 10)
                turns.append(me)
                condition.notify_all()
        return me

    pairs = [in_a_thread(start_thread, has_hub, lambda: take_turns(0))]
    pairs.append(in_a_thread(start_thread, has_hub, lambda: take_turns(1)))
    for thread, _ in pairs:
        thread.join(10)
    assert [results for _, results in pairs] == [[0], [1]]
    assert turns == [0, 1] * 20


def test_a_greenlet_of_another_thread_can_be_killed_while_it_waits(
    start_thread: Start,
) -> None:
    semaphore = Semaphore(0)
    semaphore.acquire(timeout=0)
    is_killed = threading.Event()

    def wait() -> object:
        waiters = [gevent.spawn(semaphore.acquire) for _ in range(2)]
        gevent.sleep(0)
        waiters[0].kill()
        is_killed.set()
        return waiters[1].get(timeout=10)

    thread, results = in_a_thread(start_thread, True, wait)
    assert is_killed.wait(10)
    semaphore.release()
    thread.join(10)
    assert results == [True]


def test_many_greenlets_of_another_thread_are_woken_in_their_order(
    start_thread: Start,
) -> None:
    event = Event()
    event.wait(0)
    order: list[int] = []
    are_waiting = threading.Event()

    def wait(number: int) -> None:
        event.wait()
        order.append(number)

    def body() -> None:
        greenlets = [gevent.spawn(wait, number) for number in range(100)]
        gevent.sleep(0)
        are_waiting.set()
        gevent.joinall(greenlets)

    thread, _ = in_a_thread(start_thread, True, body)
    assert are_waiting.wait(10)
    event.set()
    event.clear()
    thread.join(10)
    assert order == list(range(100))


def test_units_that_come_at_once_wake_as_many_threads(start_thread: Start) -> None:
    semaphore = Semaphore(0)
    threads = [in_a_thread(start_thread, False, semaphore.acquire) for _ in range(3)]
    semaphore.counter += 3
    for thread, _ in threads:
        thread.join(10)
    assert [results for _, results in threads] == [[True]] * 3


def test_links_made_in_a_thread_that_has_ended_are_called_by_the_next_one(
    start_thread: Start,
) -> None:
    event = Event()
    called: list[object] = []

    def link() -> None:
        gevent.get_hub()
        event.rawlink(called.append)
        gevent.get_hub().destroy(destroy_loop=True)

    start_thread(link).join(10)
    event.set()
    gevent.sleep(0)
    assert called == [event]


@pytest.mark.parametrize("kind", QUEUES)
def test_nothing_is_lost_or_doubled_between_threads_and_their_greenlets(
    kind: type[Queue], start_thread: Start, busy_threads: None
) -> None:
    queue = kind(1)
    n_items = 50
    taken: list[object] = []
    faults: list[BaseException] = []

    def move(number: int, has_hub: bool) -> None:
        if not has_hub:
            for item in range(n_items):
                queue.put((number, item))
            return
        greenlets = [gevent.spawn(take) for _ in range(2)]
        gevent.joinall(greenlets, raise_error=True)
        gevent.get_hub().destroy(destroy_loop=True)

    def take() -> None:
        for _ in range(n_items // 2):
            taken.append(queue.get())

    def run(number: int, has_hub: bool) -> None:
        try:
            move(number, has_hub)
        except BaseException as error:  # the test shows it
            faults.append(error)

    threads = [
        start_thread(run, number, has_hub)
        for number in range(2)
        for has_hub in (False, True)
    ]
    for thread in threads:
        thread.join(20)
    assert faults == []
    assert sorted(taken) == [  # type: ignore[type-var]  # pairs
        (number, item) for number in range(2) for item in range(n_items)
    ]


def test_items_of_a_priority_queue_may_compare_themselves_in_python(
    start_thread: Start, busy_threads: None
) -> None:
    class Slow(tuple[int, int]):
        def __lt__(self, other: object) -> bool:
            return [*self] < [*other]  # type: ignore[misc]  # pairs

    queue = PriorityQueue()
    taken: list[object] = []

    def put(number: int) -> None:
        for item in range(200):
            queue.put(Slow((item, number)))

    def take() -> None:
        for _ in range(200):
            taken.append(queue.get(timeout=10))
            queue.task_done()

    threads = [start_thread(put, number) for number in range(2)]
    threads += [start_thread(take) for _ in range(2)]
    for thread in threads:
        thread.join(20)
    assert sorted(map(tuple, taken)) == [  # type: ignore[arg-type]  # pairs
        (item, number) for item in range(200) for number in range(2)
    ]
    assert queue.join(timeout=0) is True


def test_a_unit_is_not_left_to_a_greenlet_whose_hub_is_gone(
    start_thread: Start,
) -> None:
    semaphore = Semaphore(0)
    semaphore.acquire(timeout=0)
    leftovers: list[gevent.Greenlet] = []

    def leave() -> None:
        leftovers.append(gevent.spawn(semaphore.acquire))
        gevent.sleep(0)
        gevent.get_hub().destroy(destroy_loop=True)

    start_thread(leave).join(10)
    thread, results = in_a_thread(start_thread, False, semaphore.acquire)
    gevent.spawn(semaphore.release)
    join(thread)
    assert results == [True]


def test_another_thread_may_take_over_while_the_loop_of_the_last_owner_is_freed(
    start_thread: Start,
) -> None:
    """Freeing it runs finalizers, and lets other threads run."""
    semaphore = Semaphore(0)
    results: list[object] = []
    refs: list[object] = []
    takers: list[threading.Thread] = []

    def wait_with_a_hub() -> None:
        gevent.get_hub()
        results.append(semaphore.acquire(timeout=10))

    def take_over(ref: object) -> None:
        takers.append(start_thread(wait_with_a_hub))
        while not semaphore.linkcount():
            time.sleep(0)  # nothing tells when another thread has parked

    def own() -> None:
        refs.append(weakref.ref(gevent.get_hub().loop, take_over))
        assert semaphore.acquire(timeout=0.001) is False
        gevent.get_hub().destroy(destroy_loop=True)

    owner = start_thread(own)
    owner.join(10)
    waiting = gevent.spawn(semaphore.acquire, timeout=10)
    gevent.sleep(0)
    assert semaphore.linkcount() == 1
    semaphore.release()
    semaphore.release()
    assert waiting.get() is True
    for thread in takers:
        thread.join(10)
    assert results == [True]
