"""Events, locks and queues between native threads."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent._native.scheduler import current_hub_or_none
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.queue import Empty, Queue

Start = Callable[..., threading.Thread]
LOCKS = [Semaphore, BoundedSemaphore, RLock]


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Switch between native threads as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def when(condition: Callable[[], object]) -> None:
    """Wait, as a native thread, for a state of another one."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "the state never comes"
        time.sleep(0.0005)


def test_an_event_set_in_another_thread_wakes_a_greenlet(start_thread: Start) -> None:
    event = Event()

    def set_it() -> None:
        when(event.linkcount)
        event.set()
        event.clear()

    start_thread(set_it)
    assert event.wait(10) is True


def test_b14_a_result_set_in_another_thread_wakes_a_greenlet(
    start_thread: Start,
) -> None:
    result = AsyncResult()

    def set_it() -> None:
        when(result.linkcount)
        result.set("v")

    start_thread(set_it)
    assert result.get(timeout=10) == "v"


@pytest.mark.parametrize("has_hub", [True, False])
def test_another_thread_can_wait_for_an_event(
    start_thread: Start, has_hub: bool
) -> None:
    event = Event()
    event.wait(0)
    results: list[object] = []

    def wait() -> None:
        if has_hub:
            gevent.get_hub()
        results.append("waits")
        results.append(event.wait(10))

    thread = start_thread(wait)
    when(lambda: results)
    event.set()
    thread.join(10)
    assert results == ["waits", True]


def test_setting_an_event_makes_no_hub(start_thread: Start) -> None:
    gevent.get_hub()
    event = Event()
    results: list[object] = []
    event.rawlink(results.append)

    def set_it() -> None:
        event.set()
        results.append(current_hub_or_none())

    start_thread(set_it).join(10)
    gevent.sleep(0.01)
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


def test_d9_a_thread_without_a_hub_releases_what_a_greenlet_waits_for(
    start_thread: Start,
) -> None:
    semaphore = Semaphore(0)

    def release() -> None:
        when(semaphore.linkcount)
        semaphore.release()

    start_thread(release)
    assert semaphore.acquire(timeout=10) is True


def test_l3_waiting_for_a_unit_of_another_thread_is_no_loop_exit(
    start_thread: Start,
) -> None:
    semaphore = Semaphore(1)

    def hold() -> None:
        semaphore.acquire()
        when(semaphore.linkcount)
        semaphore.release()

    start_thread(hold)
    when(semaphore.locked)
    assert semaphore.acquire() is True


def test_d10_who_waits_gets_the_lock_from_a_thread_that_spins_on_it(
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
def test_l3_no_waiter_is_forgotten_under_load(
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
