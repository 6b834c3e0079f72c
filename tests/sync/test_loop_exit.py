"""``LoopExit`` is raised when nobody can wake a greenlet, and not before."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

import gevent
from gevent._base.exceptions import LoopExit
from gevent._hub import other_threads
from gevent._hub.other_threads import IDLE_THREAD
from gevent.event import AsyncResult, Event
from gevent.lock import RLock, Semaphore
from gevent.queue import Channel, Queue

pytestmark = pytest.mark.steps

Start = Callable[..., threading.Thread]


@pytest.fixture
def has_looked(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a hub with nothing left to wait for has looked for other threads."""
    event = threading.Event()
    any_left = other_threads.any_left

    def look() -> bool:
        event.set()
        return any_left()

    monkeypatch.setattr(other_threads, "any_left", look)
    return event


@pytest.fixture
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that waits for other threads looks at them after 5 ms."""
    monkeypatch.setattr(other_threads, "LOOK_AGAIN", 0.005)


def test_a_thread_that_has_touched_nothing_yet_may_set_a_result(
    start_thread: Start, has_looked: threading.Event
) -> None:
    result = AsyncResult()

    def set_it() -> None:
        has_looked.wait(10)
        result.set("v")

    start_thread(set_it)
    assert result.get() == "v"


def test_a_thread_may_be_about_to_queue_a_callback(
    start_thread: Start, has_looked: threading.Event
) -> None:
    result = AsyncResult()
    loop = gevent.get_hub().loop
    start_thread(
        lambda: has_looked.wait(10) and loop.run_callback_threadsafe(result.set, "v")
    )
    assert result.get() == "v"


@pytest.mark.parametrize(
    ("wait", "act"),
    [
        (lambda each: each[0].wait(), lambda each: each[0].set()),
        (lambda each: each[1].acquire(), lambda each: each[1].release()),
        (lambda each: each[2].get(), lambda each: each[2].put(1)),
        (lambda each: each[3].get(), lambda each: each[3].put(1)),
    ],
    ids=["event", "semaphore", "queue", "channel"],
)
def test_a_thread_may_do_what_is_waited_for(
    wait: Callable[[object], object],
    act: Callable[[object], object],
    start_thread: Start,
    has_looked: threading.Event,
) -> None:
    objects = Event(), Semaphore(0), Queue(), Channel()
    start_thread(lambda: has_looked.wait(10) and act(objects))
    assert wait(objects)


@pytest.mark.usefixtures("_looks_often")
def test_a_thread_that_ends_without_a_word_leaves_no_hope(
    start_thread: Start, has_looked: threading.Event
) -> None:
    start_thread(has_looked.wait, 10)
    with pytest.raises(LoopExit):
        Event().wait()


def test_a_message_sent_last_is_not_lost(start_thread: Start) -> None:
    for number in range(50):
        result = AsyncResult()
        start_thread(result.set, number)
        assert result.get() == number


def test_a_thread_that_waits_for_work_gives_no_hope(start_thread: Start) -> None:
    waits, is_over = threading.Event(), threading.Event()

    def work() -> None:
        with IDLE_THREAD:
            waits.set()
            is_over.wait(10)

    start_thread(work)
    assert waits.wait(10)
    try:
        with pytest.raises(LoopExit):
            Queue().get()
    finally:
        is_over.set()


def test_a_lock_of_a_thread_that_has_ended_gives_no_hope(start_thread: Start) -> None:
    lock = RLock()
    start_thread(lock.acquire).join(10)
    with pytest.raises(LoopExit):
        lock.acquire()


@pytest.mark.parametrize("has_hub", [True, False])
def test_two_threads_that_wait_for_each_other_give_no_hope(
    has_hub: bool, start_thread: Start
) -> None:
    """Both waited for ever."""
    of_main, of_other, result = Event(), Event(), []
    waits = threading.Event()

    def body() -> None:
        if has_hub:
            gevent.get_hub().loop.run_callback(waits.set)
        else:
            waits.set()
        of_other.wait()
        result.append("told")

    thread = start_thread(body)
    waits.wait(10)
    with pytest.raises(LoopExit):
        of_main.wait()
    of_other.set()
    thread.join(10)
    assert result == ["told"]


@pytest.mark.usefixtures("_looks_often")
def test_a_thread_that_waits_with_a_time_out_gives_hope(start_thread: Start) -> None:
    of_main, of_other = Event(), Event()

    def body() -> None:
        of_other.wait(0.02)  # for some looks of the hub, in time of another thread
        of_main.set()

    start_thread(body)
    assert of_main.wait()


@pytest.mark.parametrize("has_hub", [True, False])
def test_a_message_between_two_looks_gives_hope(
    has_hub: bool, start_thread: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is asked for the second time has been told of something meanwhile."""
    of_main, of_other = Event(), Event()
    waits = threading.Event()

    def body() -> None:
        if has_hub:
            gevent.get_hub().loop.run_callback(waits.set)
        else:
            waits.set()
        of_other.wait()
        of_main.set()

    count = other_threads.n_other_threads

    def tell_then_count() -> int:
        if other_threads._blocked:
            of_other.set()
        return count()

    monkeypatch.setattr(other_threads, "n_other_threads", tell_then_count)
    start_thread(body)
    waits.wait(10)
    assert of_main.wait()


def test_joining_the_hub_does_not_wait_for_threads(start_thread: Start) -> None:
    is_over = threading.Event()
    start_thread(is_over.wait, 10)
    greenlet = gevent.spawn(Event().wait)
    try:
        assert gevent.wait() is True
    finally:
        is_over.set()
        greenlet.kill()
