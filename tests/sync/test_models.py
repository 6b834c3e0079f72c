"""Property tests: locks and queues against small models, schedules drawn as data.

Time is virtual: a step that waits for nothing else lets some of it pass, and whoever
gave himself less gives up then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

import gevent
from gevent._hub.hub import Hub
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
from gevent.timeout import Timeout
from tests.support.leaks import destroy_hub
from tests.support.virtual import VirtualLoop

pytestmark = pytest.mark.pure

# Whole virtual seconds that somebody waits at most; None: for ever.
PATIENCE = st.none() | st.integers(1, 4)


class Waiting:
    """One greenlet in a blocking call, and when it gives up."""

    def __init__(
        self, greenlet: gevent.Greenlet, deadline: int | None, item: object
    ) -> None:
        self.greenlet = greenlet
        self.deadline = deadline
        self.item = item

    def ready(self) -> bool:
        """Whether the call is over."""
        return self.greenlet.ready()

    @property
    def outcome(self) -> object:
        """What the call returned, or the name of what it raised."""
        assert self.ready()
        value = self.greenlet.value
        return "killed" if isinstance(value, gevent.GreenletExit) else value


def outcome_of(call: Callable[..., object], *args: object, timeout: object) -> object:
    """Make a blocking call; return its outcome, as a text if it is an exception."""
    try:
        return call(*args, timeout=timeout)
    except (Empty, Full, KeyError, Timeout) as error:
        return type(error).__name__


class Machine(RuleBasedStateMachine):
    """What all machines do: time, and who waits, in order."""

    def __init__(self) -> None:
        super().__init__()
        destroy_hub()
        self.loop = VirtualLoop()
        Hub(loop=self.loop)
        self.now = 0
        self.waiting: list[Waiting] = []

    def settle(self) -> None:
        """Run whatever is queued, and what that queues; no time passes."""
        gevent.sleep(0)
        while self.loop.pendingcnt:
            gevent.sleep(0)

    def begin(
        self, patience: int | None, call: Callable[..., object], *args: object
    ) -> Waiting:
        """Let a new greenlet make a call; it has not run yet."""
        deadline = None if patience is None else self.now + patience
        greenlet = gevent.spawn(outcome_of, call, *args, timeout=patience)
        return Waiting(greenlet, deadline, args[0] if args else None)

    def kill(self, victim: Waiting, then: Callable[[], object] = bool) -> None:
        """Kill somebody who waits; *then* is done before anybody runs."""
        self.waiting.remove(victim)
        victim.greenlet.kill(block=False)
        then()
        self.settle()
        assert victim.outcome == "killed"

    def sleep(self, seconds: int) -> None:
        """Let time pass, and everybody run."""
        self.now += seconds
        gevent.sleep(seconds)
        self.settle()

    def give_up(self, seconds: int, outcome: object) -> None:
        """Let time pass; who waited for less has this outcome, the others wait on."""
        self.sleep(seconds)
        for each in self.waiting:
            if self.is_late(each):
                assert each.outcome == outcome
        self.waiting = [each for each in self.waiting if not self.is_late(each)]

    def is_late(self, each: Waiting) -> bool:
        """Whether its time is over."""
        return each.deadline is not None and each.deadline <= self.now

    def teardown(self) -> None:
        """Nobody stays behind."""
        gevent.killall([each.greenlet for each in self.waiting])
        destroy_hub()


class SemaphoreMachine(Machine):
    """A counter and a list of waiters; units go to the first when everybody ran."""

    kind: type[Semaphore] = Semaphore

    def __init__(self) -> None:
        super().__init__()
        self.semaphore = self.kind(3)
        self.units = 3

    @rule()
    def run(self) -> None:
        """Let everybody run."""
        self.settle()
        while self.units and self.waiting:
            self.units -= 1
            assert self.waiting.pop(0).outcome is True

    @rule(patience=PATIENCE)
    def acquire(self, patience: int | None) -> None:
        """A new greenlet wants a unit."""
        self.run()
        self.waiting.append(self.begin(patience, self.semaphore.acquire, True))
        self.run()

    @rule()
    def try_acquire(self) -> None:
        """We may be faster than who waits."""
        assert self.semaphore.acquire(blocking=False) is (self.units > 0)
        self.units -= self.units > 0

    @precondition(lambda self: self.units < 3)
    @rule()
    def release(self) -> None:
        """A unit comes, and nobody runs yet."""
        self.units += 1
        assert self.semaphore.release() == self.units

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds: int) -> None:
        """Who gives up takes nothing."""
        self.run()
        self.give_up(seconds, False)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), then_release=st.booleans())
    def lose_one(self, data: st.DataObject, then_release: bool) -> None:
        """A waiter is killed; a unit that comes after that is not for it."""
        self.run()
        if not self.waiting:
            return
        victim = data.draw(st.sampled_from(self.waiting))
        if then_release and self.units < 3:
            self.kill(victim, self.release)
        else:
            self.kill(victim)
        self.run()

    @invariant()
    def agrees(self) -> None:
        """Units and waiters are those of the model."""
        assert self.semaphore.counter == self.units
        assert self.semaphore.linkcount() == len(self.waiting)
        assert not any(each.ready() for each in self.waiting)


class BoundedMachine(SemaphoreMachine):
    """The same, and no unit too many."""

    kind = BoundedSemaphore

    @precondition(lambda self: self.units == 3)
    @rule()
    def release_too_often(self) -> None:
        """There are never more than there were."""
        with pytest.raises(ValueError, match="too many"):
            self.semaphore.release()


class RLockMachine(Machine):
    """An owner, how often it has the lock, and who waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = RLock()
        self.commands = SimpleQueue()
        self.owner: Waiting | None = None
        self.depth = 0

    def live(self, timeout: int | None) -> str:
        """Take the lock, do as the machine says until it is free again."""
        if not self.lock.acquire(timeout=timeout):
            return "gave up"
        depth = 1
        while depth:
            if self.commands.get() == "again":
                assert self.lock.acquire() == 1
                depth += 1
            else:
                self.lock.release()
                depth -= 1
        return "done"

    def promote(self) -> None:
        """The first who waits gets the free lock."""
        self.settle()
        if self.owner is None and self.waiting:
            self.owner, self.depth = self.waiting.pop(0), 1

    @rule(patience=PATIENCE)
    def come(self, patience: int | None) -> None:
        """A new greenlet wants the lock."""
        self.waiting.append(self.begin(patience, self.live))
        self.promote()

    @precondition(lambda self: self.owner)
    @rule()
    def take_again(self) -> None:
        """The owner takes it once more."""
        self.commands.put("again")
        self.depth += 1
        self.settle()

    @precondition(lambda self: self.owner)
    @rule()
    def release(self) -> None:
        """The owner undoes one acquire."""
        assert self.owner is not None, "see the precondition"
        self.commands.put("release")
        self.depth -= 1
        self.settle()
        if self.depth == 0:
            assert self.owner.outcome == "done"
            self.owner = None
            self.promote()

    @rule()
    def try_as_another(self) -> None:
        """The machine's own greenlet never owns it."""
        with pytest.raises(RuntimeError):
            self.lock.release()
        if self.owner is not None:
            assert self.lock.acquire(blocking=False) is False

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds: int) -> None:
        """Who gives up does not own it."""
        self.give_up(seconds, "gave up")

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def lose_one(self, data: st.DataObject) -> None:
        """A waiter is killed."""
        self.kill(data.draw(st.sampled_from(self.waiting)))

    @invariant()
    def agrees(self) -> None:
        """It is locked while somebody owns it, as often as the model says."""
        assert self.lock.locked() is (self.owner is not None)
        assert f"_count={self.depth} " in repr(self.lock)
        assert self.lock.linkcount() == len(self.waiting)
        assert self.owner is None or not self.owner.ready()

    def teardown(self) -> None:
        """Nobody stays behind."""
        if self.owner is not None:
            self.waiting.append(self.owner)
        super().teardown()


class EventMachine(Machine):
    """A flag; who waits when it is raised is woken, whatever comes next."""

    def __init__(self) -> None:
        super().__init__()
        self.event = Event()
        self.flag = False

    @rule(patience=PATIENCE)
    def wait(self, patience: int | None) -> None:
        """A new greenlet waits, unless the flag is up."""
        each = self.begin(patience, self.event.wait)
        self.settle()
        if self.flag:
            assert each.outcome is True
        else:
            self.waiting.append(each)

    @rule(then_clear=st.booleans(), patience=PATIENCE)
    def set(self, then_clear: bool, patience: int | None) -> None:
        """The flag goes up, perhaps for a moment; somebody comes meanwhile."""
        self.event.set()
        newcomer = self.begin(patience, self.event.wait)
        if then_clear:
            self.event.clear()
        self.wake(not then_clear)
        if then_clear:
            self.waiting.append(newcomer)
        else:
            assert newcomer.outcome is True

    def wake(self, flag: bool) -> None:
        """Everybody who waits is woken."""
        self.flag = flag
        self.settle()
        assert all(each.outcome is True for each in self.waiting)
        self.waiting = []

    @rule()
    def clear(self) -> None:
        """The flag goes down."""
        self.event.clear()
        self.flag = False

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds: int) -> None:
        """Who gives up says so."""
        self.give_up(seconds, False)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), then_set=st.booleans())
    def lose_one(self, data: st.DataObject, then_set: bool) -> None:
        """A waiter is killed; the others are woken all the same."""
        victim = data.draw(st.sampled_from(self.waiting))
        if then_set:
            self.kill(victim, self.event.set)
            self.wake(True)
        else:
            self.kill(victim)

    @invariant()
    def agrees(self) -> None:
        """The flag and the waiters are those of the model."""
        assert self.event.is_set() is self.flag
        assert self.event.linkcount() == len(self.waiting)
        assert not any(each.ready() for each in self.waiting)


class AsyncResultMachine(Machine):
    """Nothing, or the last value or exception that was set."""

    def __init__(self) -> None:
        super().__init__()
        self.renew()

    @precondition(lambda self: not self.waiting)
    @rule()
    def renew(self) -> None:
        """Begin with another result."""
        self.result = AsyncResult()
        self.outcome: object = None

    @rule(patience=PATIENCE)
    def get(self, patience: int | None) -> None:
        """A new greenlet wants the result."""
        each = self.begin(patience, self.result.get, True)
        self.settle()
        if self.outcome is None:
            self.waiting.append(each)
        else:
            assert each.outcome == self.outcome

    @rule(value=st.integers())
    def set(self, value: int) -> None:
        """A value comes; it may be the second."""
        self.result.set(value)
        self.wake(value)

    @precondition(lambda self: self.outcome is None)
    @rule()
    def fail(self) -> None:
        """An exception comes."""
        self.result.set_exception(KeyError("failed"))
        self.wake("KeyError")

    def wake(self, outcome: object) -> None:
        """Everybody who waits gets this."""
        self.outcome = outcome
        self.settle()
        assert all(each.outcome == outcome for each in self.waiting)
        self.waiting = []

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds: int) -> None:
        """Who gives up says so."""
        self.give_up(seconds, "Timeout")

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), then_set=st.booleans())
    def lose_one(self, data: st.DataObject, then_set: bool) -> None:
        """A waiter is killed; the others get the result all the same."""
        victim = data.draw(st.sampled_from(self.waiting))
        if then_set:
            self.kill(victim, lambda: self.result.set(0))
            self.wake(0)
        else:
            self.kill(victim)

    @invariant()
    def agrees(self) -> None:
        """What is known and who waits are those of the model."""
        assert self.result.ready() is (self.outcome is not None)
        assert self.result.successful() is isinstance(self.outcome, int)
        assert self.result.linkcount() == len(self.waiting)


class QueueMachine(Machine):
    """Nothing is lost or doubled; nobody waits for what is there."""

    kind: type[SimpleQueue] = Queue

    def __init__(self) -> None:
        super().__init__()
        self.queue = self.new_queue()
        self.numbers = iter(range(1_000_000))
        self.stored: list[object] = []
        self.taken: list[object] = []
        self.getters: list[Waiting] = []
        self.putters: list[Waiting] = []

    def new_queue(self) -> SimpleQueue:
        """Return what is tested."""
        return self.kind(2)

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

    @rule(patience=PATIENCE)
    def put(self, patience: int | None) -> None:
        """A greenlet puts an item, when there is room."""
        number = next(self.numbers)
        self.putters.append(self.begin(patience, self.queue.put, number, True))

    @rule(patience=PATIENCE)
    def get(self, patience: int | None) -> None:
        """A greenlet takes an item, when there is one."""
        self.getters.append(self.begin(patience, self.queue.get, True))

    @precondition(lambda self: self.getters or self.putters)
    @rule(data=st.data())
    def lose_one(self, data: st.DataObject) -> None:
        """Somebody is killed, whatever it is waiting for."""
        victim = data.draw(st.sampled_from([*self.getters, *self.putters]))
        victim.greenlet.kill(block=False)

    @rule(seconds=st.integers(0, 3))
    def pass_time(self, seconds: int) -> None:
        """Let everybody run, and look at the outcome."""
        self.sleep(seconds)
        self.collect()
        assert not any(map(self.is_late, [*self.getters, *self.putters]))
        self.agrees()

    def collect(self) -> None:
        """Sort out who has ended, and how."""
        for putter in [each for each in self.putters if each.ready()]:
            self.putters.remove(putter)
            if putter.outcome is None:
                self.stored.append(putter.item)
            else:
                assert putter.outcome == "killed" or self.is_late(putter)
        for getter in [each for each in self.getters if each.ready()]:
            self.getters.remove(getter)
            if isinstance(getter.outcome, int):
                self.taken.append(getter.outcome)
            else:
                assert getter.outcome == "killed" or self.is_late(getter)

    def agrees(self) -> None:
        """What everybody put is there or was taken."""
        assert not (self.getters and self.queue.qsize()), "a getter beside an item"
        assert not (self.putters and not self.queue.full()), "a putter beside room"
        held = self.queue.queue
        assert isinstance(held, deque | list)
        everything = [*self.taken, *held]
        assert sorted(everything) == sorted(self.stored)  # type: ignore[type-var]  # ints
        if isinstance(self.queue, Queue):
            assert self.queue.unfinished_tasks == len(self.stored)

    def teardown(self) -> None:
        """The last look; nobody stays behind."""
        self.pass_time(0)
        self.waiting = [*self.getters, *self.putters]
        super().teardown()


class SimpleMachine(QueueMachine):
    """The same without tasks."""

    kind = SimpleQueue


class LifoMachine(QueueMachine):
    """The same for stacks."""

    kind = LifoQueue


class PriorityMachine(QueueMachine):
    """The same for heaps."""

    kind = PriorityQueue


class ChannelMachine(QueueMachine):
    """Nothing is stored: what was taken is what was put."""

    def new_queue(self) -> SimpleQueue:
        """Return what is tested."""
        return Channel()  # type: ignore[return-value]  # acts as one

    def agrees(self) -> None:
        """Each item was taken once, or is still offered; nobody waits needlessly."""
        channel: Channel = self.queue  # type: ignore[assignment]  # see new_queue
        assert not (self.getters and self.putters), "a getter beside an offer"
        assert channel.balance == len(self.putters) - len(self.getters)
        assert len(set(self.taken)) == len(self.taken)
        assert set(self.stored) <= set(self.taken)
        offered = {each.item for each in self.putters}
        assert not offered & set(self.taken)
        assert {item for item, _ in channel.putters} == offered


# Each step costs some switches; these many find a broken hand-over at once.
FEW = settings(max_examples=40, stateful_step_count=25, deadline=None)

TestSemaphoreAgreesWithItsModel = SemaphoreMachine.TestCase
TestBoundedSemaphoreAgreesWithItsModel = BoundedMachine.TestCase
TestRLockAgreesWithItsModel = RLockMachine.TestCase
TestEventAgreesWithItsModel = EventMachine.TestCase
TestAsyncResultAgreesWithItsModel = AsyncResultMachine.TestCase
TestQueueLosesNothing = QueueMachine.TestCase
TestSimpleQueueLosesNothing = SimpleMachine.TestCase
TestLifoQueueLosesNothing = LifoMachine.TestCase
TestPriorityQueueLosesNothing = PriorityMachine.TestCase
TestChannelLosesNothing = ChannelMachine.TestCase

for _case in (
    TestSemaphoreAgreesWithItsModel,
    TestBoundedSemaphoreAgreesWithItsModel,
    TestRLockAgreesWithItsModel,
    TestEventAgreesWithItsModel,
    TestAsyncResultAgreesWithItsModel,
    TestQueueLosesNothing,
    TestSimpleQueueLosesNothing,
    TestLifoQueueLosesNothing,
    TestPriorityQueueLosesNothing,
    TestChannelLosesNothing,
):
    _case.settings = FEW
del _case
