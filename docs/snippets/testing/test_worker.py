"""Tests of code that uses greenlets."""

import gevent
import pytest
from gevent.event import Event
from gevent.queue import Queue


class Worker:
    """What is tested: takes items, and says when it has done one."""

    def __init__(self):
        self.items = Queue()
        self.done = []
        self.did_one = Event()
        self.greenlet = gevent.spawn(self._run)

    def _run(self):
        while True:
            self.done.append(self.items.get() * 2)
            self.did_one.set()


@pytest.fixture(autouse=True)
def limit():
    """No test takes longer than this, whatever it waits for."""
    with gevent.Timeout(5):
        yield


@pytest.fixture
def worker():
    """A worker that is gone after the test."""
    worker = Worker()
    yield worker
    worker.greenlet.kill()


def test_it_doubles(worker):
    worker.items.put(21)
    worker.did_one.wait()  # for the state, never for a time
    assert worker.done == [42]


def test_it_waits_while_there_is_nothing(worker):
    gevent.idle()  # let everything run that can
    assert worker.done == []
    assert not worker.greenlet.ready()
