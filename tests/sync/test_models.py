"""Property tests: locks and queues against small models, schedules drawn as data."""

from __future__ import annotations

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

import gevent
from gevent.lock import Semaphore
from gevent.queue import Empty, Full, LifoQueue, PriorityQueue, Queue


def run_until_idle() -> None:
    """Run whatever is queued, and what that queues."""
    gevent.sleep(0)
    while gevent.get_hub().loop.pendingcnt:
        gevent.sleep(0)


class SemaphoreMachine(RuleBasedStateMachine):
    """A counter and a list of waiters; units go to the first when everybody ran."""

    def __init__(self) -> None:
        super().__init__()
        self.semaphore = Semaphore(1)
        self.units = 1
        self.waiting: list[gevent.Greenlet] = []
        self.served: list[gevent.Greenlet] = []

    @rule()
    def run(self) -> None:
        """Let everybody run."""
        run_until_idle()
        while self.units and self.waiting:
            self.units -= 1
            self.served.append(self.waiting.pop(0))

    @rule()
    def acquire(self) -> None:
        """A new greenlet wants a unit."""
        self.run()
        self.waiting.append(gevent.spawn(self.semaphore.acquire))
        self.run()

    @rule()
    def try_acquire(self) -> None:
        """We may be faster than who waits."""
        assert self.semaphore.acquire(blocking=False) is (self.units > 0)
        self.units -= self.units > 0

    @rule(n=st.integers(1, 3))
    def release(self, n: int) -> None:
        """Units come, and nobody runs yet."""
        for _ in range(n):
            self.semaphore.release()
        self.units += n

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """A waiter is killed; its turn comes behind what is queued."""
        victim = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(victim)
        queued = self.waiting[:]
        victim.kill(block=False)
        run_until_idle()
        if victim.value is True:
            # It was woken before the kill, which then found it dead.
            self.units -= 1
        else:
            assert isinstance(victim.value, gevent.GreenletExit)
        assert self.waiting == queued
        self.run()

    @invariant()
    def agrees(self) -> None:
        """Units and waiters are those of the model."""
        assert self.semaphore.counter == self.units
        assert self.semaphore.linkcount() == len(self.waiting)
        assert all(each.value is True for each in self.served)
        assert not any(each.ready() for each in self.waiting)

    def teardown(self) -> None:
        """Nobody stays behind."""
        gevent.killall(self.waiting)


class QueueMachine(RuleBasedStateMachine):
    """Nothing is lost or doubled; nobody waits for what is there; turns are kept."""

    kind: type[Queue] = Queue

    def __init__(self) -> None:
        super().__init__()
        self.queue = self.kind(2)
        self.numbers = iter(range(1_000_000))
        self.stored: list[int] = []
        self.taken: list[object] = []
        self.getters: list[gevent.Greenlet] = []
        self.putters: dict[gevent.Greenlet, int] = {}

    @rule()
    def put_nowait(self) -> None:
        """Put from the running greenlet."""
        number = next(self.numbers)
        try:
            self.queue.put_nowait(number)
        except Full:
            return
        self.stored.append(number)

    @rule()
    def get_nowait(self) -> None:
        """Get in the running greenlet."""
        try:
            self.taken.append(self.queue.get_nowait())
        except Empty:
            return

    @rule()
    def put(self) -> None:
        """A greenlet puts an item, when there is room."""
        number = next(self.numbers)
        self.putters[gevent.spawn(self.queue.put, number)] = number

    @rule()
    def get(self) -> None:
        """A greenlet takes an item, when there is one."""
        self.getters.append(gevent.spawn(self.queue.get))

    @precondition(lambda self: self.getters or self.putters)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """Somebody is killed, whatever it is waiting for."""
        victim = data.draw(st.sampled_from([*self.getters, *self.putters]))
        victim.kill(block=False)

    @rule()
    def run(self) -> None:
        """Let everybody run, and look at the outcome."""
        run_until_idle()
        self.collect()
        waiting = len(self.getters), len(self.putters)
        assert not (waiting[0] and self.queue.qsize()), "a getter beside an item"
        assert not (waiting[1] and not self.queue.full()), "a putter beside room"
        held = self.queue.queue
        assert isinstance(held, deque | list)
        assert sorted([*self.taken, *held]) == sorted(self.stored)
        assert self.queue.unfinished_tasks == len(self.stored)

    def collect(self) -> None:
        """Sort out who has ended, and how."""
        for putter, number in list(self.putters.items()):
            if putter.ready():
                del self.putters[putter]
                if not isinstance(putter.value, gevent.GreenletExit):
                    self.stored.append(number)
        for getter in list(self.getters):
            if getter.ready():
                self.getters.remove(getter)
                if not isinstance(getter.value, gevent.GreenletExit):
                    self.taken.append(getter.value)

    def teardown(self) -> None:
        """The last look; nobody stays behind."""
        self.run()
        gevent.killall([*self.getters, *self.putters])


class LifoMachine(QueueMachine):
    """The same for stacks."""

    kind = LifoQueue


class PriorityMachine(QueueMachine):
    """The same for heaps."""

    kind = PriorityQueue


# Each step costs some switches; these many find a broken hand-over at once.
FEW = settings(max_examples=40, stateful_step_count=25, deadline=None)

TestSemaphoreAgreesWithItsModel = SemaphoreMachine.TestCase
TestSemaphoreAgreesWithItsModel.settings = FEW
TestQueueLosesNothing = QueueMachine.TestCase
TestQueueLosesNothing.settings = FEW
TestLifoQueueLosesNothing = LifoMachine.TestCase
TestLifoQueueLosesNothing.settings = FEW
TestPriorityQueueLosesNothing = PriorityMachine.TestCase
TestPriorityQueueLosesNothing.settings = FEW
