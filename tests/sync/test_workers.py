"""The workers of a thread pool: who is called, and who relies on whom."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from errno import EMFILE

import pytest

import gevent
from gevent.sync.threads.thread_start import start_greenlet
from gevent.sync.threads.workers import Workers, staff
from gevent.threadpool import ThreadPool
from tests.support.schedule import wait_until

pytestmark = pytest.mark.pure


@pytest.fixture
def one_thread_at_a_time() -> Iterator[None]:
    """Nobody else gets the GIL before this thread gives it up."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(before)


class Together:
    """A task that ends when as many as are wanted have begun."""

    def __init__(self, count: int) -> None:
        self.barrier = threading.Barrier(count)

    def run(self, worker: object) -> None:
        """Wait for the others."""
        self.barrier.wait(10)

    def deliver(self) -> None:
        """No loop waits for it."""


class Noted:
    """A task that says when it has run."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def run(self, worker: object) -> None:
        """Do nothing."""

    def deliver(self) -> None:
        """No loop waits for it."""
        self.over.set()


def idle_crew(count: int) -> Workers:
    """That many workers, all of them idle."""
    crew = Workers(gevent.get_hub(), count, -1)
    task = Together(count + 1)
    for _ in range(count):
        crew.submit(task)
    task.run(None)
    # A worker tells nobody that it has gone to sleep.
    wait_until(lambda: len(crew.idle) == count and not crew.coming)
    return crew


@pytest.mark.usefixtures("one_thread_at_a_time")
def test_a_burst_calls_one_worker_which_calls_the_next() -> None:
    crew = idle_crew(4)
    tasks = [Noted() for _ in range(4)]
    for task in tasks:
        crew.submit(task)
    assert len(crew.coming) == 1
    assert len(crew.idle) == 3
    for task in tasks:
        assert task.over.wait(10)
    crew.dismiss(4)


def test_tasks_that_wait_for_each_other_all_get_a_worker() -> None:
    crew = idle_crew(4)
    task = Together(5)
    for _ in range(4):
        crew.submit(task)
    task.run(None)
    assert len(crew.members) == 4
    crew.dismiss(4)


@pytest.mark.usefixtures("one_thread_at_a_time")
def test_more_tasks_than_workers_hire_others_while_one_is_coming() -> None:
    crew = idle_crew(1)
    crew.limit = 3
    task = Together(4)
    for _ in range(3):
        crew.submit(task)
    assert len(crew.members) == 3
    task.run(None)
    crew.dismiss(3)


@pytest.mark.usefixtures("one_thread_at_a_time")
def test_nobody_relies_on_a_worker_that_was_dismissed_while_it_came() -> None:
    crew = idle_crew(1)
    first, second = Noted(), Noted()
    crew.submit(first)
    crew.dismiss(1)
    assert not crew.coming
    crew.submit(second)
    assert first.over.wait(10)
    assert second.over.wait(10)
    crew.dismiss(1)


def test_a_refused_thread_is_not_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise RuntimeError("can't start new thread")

    crew = Workers(gevent.get_hub(), 1, -1)
    monkeypatch.setattr("gevent.sync.threads.workers.start_new_thread", refuse)
    with pytest.raises(RuntimeError, match="can't start"):
        crew.submit(Noted())
    assert not crew.coming
    assert not crew.members
    assert not crew.backlog


def test_a_task_that_a_leaving_worker_takes_is_not_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ValueError, and the pool counted the task out although it ran."""
    crew = Workers(gevent.get_hub(), 1, -1)
    taken: list[object] = []

    def refuse(*_: object) -> int:
        taken.append(crew.backlog.popleft())  # as the worker does in its last look
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("gevent.sync.threads.workers.start_new_thread", refuse)
    task = Noted()
    crew.submit(task)
    assert taken == [task]


def test_a_task_starts_at_once_although_an_awaited_one_is_put_off() -> None:
    pool = ThreadPool(2)
    pool.apply(int)
    ran: list[bool] = []
    awaited, other = threading.Event(), threading.Event()

    def submit_and_block() -> None:
        # The hub is about to poll: until it does, what was put off stays shut.
        watcher.stop()
        pool.spawn(other.set)
        ran.append(awaited.wait(10) and other.wait(10))

    watcher = pool.hub.loop.prepare()
    watcher.start(submit_and_block)
    pool.apply(awaited.set)
    assert ran == [True]
    watcher.close()
    pool.kill()


def _refuse(error: BaseException) -> Callable[[object], object]:
    def announce(_: object) -> None:
        raise error

    return announce


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(EMFILE, "no descriptor left"), RuntimeError),
        (MemoryError(), RuntimeError),
        (KeyError("announced"), KeyError),
    ],
    ids=repr,
)
def test_a_thread_of_a_worker_that_cannot_begin_is_refused(
    error: BaseException, raised: type[BaseException]
) -> None:
    """The worker waited for ever for the word that it has begun."""
    pool = ThreadPool(1)
    before = set(staff)
    started = pool.spawn(start_greenlet, _refuse(error), print)
    with pytest.raises(raised) as caught:
        started.get(timeout=30)
    assert error in (caught.value, caught.value.__cause__)
    wait_until(lambda: len(staff - before) <= 1)  # the worker itself
    pool.kill()


def test_a_forked_child_has_the_worker_that_forked_and_no_other() -> None:
    """New threads got the idents of those that are gone, and passed for workers."""

    def look() -> int:
        mine = threading.get_ident()
        pid = os.fork()
        if not pid:
            os._exit(0 if staff == {mine} else 1)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    pool = ThreadPool(2)
    together = threading.Barrier(2)
    gevent.wait([pool.spawn(together.wait, 30) for _ in range(2)])
    assert len(staff) >= 2
    assert pool.apply(look) == 0
    pool.kill()
