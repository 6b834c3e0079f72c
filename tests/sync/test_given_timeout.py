"""A ``Timeout`` object given as ``timeout``, wherever one can be given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent import Greenlet, Timeout
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.pool import Group, Pool, PoolFull
from gevent.queue import Channel, LifoQueue, PriorityQueue, Queue, SimpleQueue
from tests.support.schedule import no_switches

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]

# What waits, and what it gives when a plain Timeout has fired; Timeout: raises that.
Wait = Callable[[Timeout], object]
Case = tuple[Wait, object]


class MineError(Exception):
    """What the caller wants to be raised."""


_started: list[Greenlet] = []


@pytest.fixture(autouse=True)
def _end_all(virtual_loop: object) -> Iterator[None]:
    """End the greenlets that the cases leave behind."""
    yield
    while _started:
        greenlet = _started.pop()
        greenlet.kill(block=False)
        gevent.sleep(0)
        greenlet.kill()  # again: it may have refused to die


def start(function: Callable[..., object], *args: object) -> Greenlet:
    """Spawn a greenlet that the fixture ends."""
    greenlet = gevent.spawn(function, *args)
    _started.append(greenlet)
    return greenlet


def taken(lock: BoundedSemaphore | RLock) -> BoundedSemaphore | RLock:
    """Return a lock that another greenlet holds."""
    gevent.spawn(lock.acquire)
    gevent.sleep(0)
    return lock


def busy() -> Greenlet:
    """Return a greenlet that does not end."""
    return start(Event().wait)


def refusing() -> Greenlet:
    """Return a greenlet that runs and does not die when it is killed once."""

    def refuse() -> None:
        try:
            Event().wait()
        except gevent.GreenletExit:
            Event().wait()

    greenlet = start(refuse)
    gevent.sleep(0)
    return greenlet


def full(kind: type[SimpleQueue]) -> SimpleQueue:
    """Return a queue without room."""
    queue = kind(1)
    queue.put(1)
    return queue


def full_pool() -> Pool:
    """Return a pool without room."""
    pool = Pool(1)
    pool.add(busy())
    return pool


CASES: dict[str, Case] = {
    "Event.wait": (lambda t: Event().wait(t), False),
    "AsyncResult.get": (lambda t: AsyncResult().get(timeout=t), Timeout),
    "AsyncResult.result": (lambda t: AsyncResult().result(t), Timeout),
    "AsyncResult.wait": (lambda t: AsyncResult().wait(t), None),
    "Semaphore.acquire": (lambda t: Semaphore(0).acquire(timeout=t), False),
    "Semaphore.wait": (lambda t: Semaphore(0).wait(t), 0),
    "BoundedSemaphore": (
        lambda t: taken(BoundedSemaphore()).acquire(timeout=t),
        False,
    ),
    "RLock": (lambda t: taken(RLock()).acquire(timeout=t), False),
    "SimpleQueue.get": (lambda t: SimpleQueue().get(timeout=t), Timeout),
    "Queue.get": (lambda t: Queue().get(timeout=t), Timeout),
    "Queue.peek": (lambda t: Queue().peek(timeout=t), Timeout),
    "Queue.put": (lambda t: full(Queue).put(2, timeout=t), Timeout),
    "Queue.join": (lambda t: full(Queue).join(t), False),  # type: ignore[attr-defined]
    "LifoQueue.get": (lambda t: LifoQueue().get(timeout=t), Timeout),
    "PriorityQueue.put": (lambda t: full(PriorityQueue).put(2, timeout=t), Timeout),
    "Channel.get": (lambda t: Channel().get(timeout=t), Timeout),
    "Channel.put": (lambda t: Channel().put(1, timeout=t), Timeout),
    "Group.join": (lambda t: Group([busy()]).join(t), False),
    "Group.join, raise_error": (lambda t: Group([busy()]).join(t, True), False),
    "Group.kill": (lambda t: Group([refusing()]).kill(timeout=t), None),
    "Group.killone": (lambda t: kill_one(t), None),
    "Pool.join": (lambda t: full_pool().join(t), False),
    "Pool.wait_available": (lambda t: full_pool().wait_available(t), 0),
    "Pool.add": (lambda t: full_pool().add(Greenlet(), timeout=t), PoolFull),
    "Greenlet.join": (lambda t: busy().join(t), None),
    "Greenlet.get": (lambda t: busy().get(timeout=t), Timeout),
    "Greenlet.kill": (lambda t: refusing().kill(timeout=t), None),
    "killall": (lambda t: gevent.killall([refusing()], timeout=t), Timeout),
    "wait": (lambda t: gevent.wait([Event()], timeout=t), []),
    "iwait": (lambda t: list(gevent.iwait([Event()], timeout=t)), []),
    "joinall": (lambda t: gevent.joinall([busy()], timeout=t), []),
    "joinall, raise_error": (
        lambda t: gevent.joinall([busy()], timeout=t, raise_error=True),
        [],
    ),
}


def kill_one(timeout: Timeout) -> None:
    """Kill a member of a group that does not die."""
    greenlet = refusing()
    Group([greenlet]).killone(greenlet, timeout=timeout)


every_case = pytest.mark.parametrize("name", CASES)


def outcome(name: str, timeout: Timeout) -> object:
    """Return what comes of a case."""
    wait, _ = CASES[name]
    try:
        return wait(timeout)
    except Timeout as error:
        return Timeout if error is timeout else error
    except PoolFull:
        return PoolFull


@every_case
@pytest.mark.parametrize("seconds", [5, 0])
def test_a_plain_one_ends_the_wait_as_seconds_would(name: str, seconds: int) -> None:
    assert outcome(name, Timeout(seconds)) == CASES[name][1]


@every_case
def test_one_that_is_pending_ends_the_wait(name: str) -> None:
    timeout = Timeout.start_new(5)
    assert outcome(name, timeout) == CASES[name][1]
    assert not timeout.pending


@every_case
@pytest.mark.parametrize("is_pending", [False, True])
def test_its_own_exception_comes_out(name: str, is_pending: bool) -> None:
    timeout = Timeout(5, MineError)
    if is_pending:
        timeout.start()
    with pytest.raises(MineError):
        outcome(name, timeout)
    assert not timeout.pending


@every_case
def test_one_without_seconds_never_ends_the_wait(name: str) -> None:
    with pytest.raises(MineError), Timeout(5, MineError):
        outcome(name, Timeout(None))


@every_case
def test_another_one_ends_the_wait_first(name: str) -> None:
    timeout = Timeout(5)
    with pytest.raises(MineError), Timeout(3, MineError):
        outcome(name, timeout)
    assert not timeout.pending


READY: dict[str, Wait] = {
    "Event.wait": lambda t: of_event(lambda event: event.wait(t)),
    "wait": lambda t: of_event(lambda event: gevent.wait([event], t)),
    "iwait": lambda t: of_event(lambda event: list(gevent.iwait([event], t))),
    "AsyncResult.get": lambda t: of_result(lambda result: result.get(timeout=t)),
    "Semaphore.acquire": lambda t: of_semaphore(lambda lock: lock.acquire(timeout=t)),
    "Queue.get": lambda t: of_queue(lambda queue: queue.get(timeout=t)),
    "Channel.put": lambda t: of_taker(lambda channel: channel.put(1, timeout=t)),
    "Group.join": lambda t: Group([gevent.spawn(gevent.sleep, 1)]).join(t),
    "Greenlet.join": lambda t: gevent.spawn(gevent.sleep, 1).join(t),
}


def of_event(wait: Callable[[Event], object]) -> object:
    """Wait for an event that is set in a second."""
    event = Event()
    gevent.spawn_later(1, event.set)
    return wait(event)


def of_result(wait: Callable[[AsyncResult], object]) -> object:
    """Wait for a result that is set in a second."""
    result = AsyncResult()
    gevent.spawn_later(1, result.set)
    return wait(result)


def of_semaphore(wait: Callable[[Semaphore], object]) -> object:
    """Wait for a semaphore that is released in a second."""
    semaphore = Semaphore(0)
    gevent.spawn_later(1, semaphore.release)
    return wait(semaphore)


def of_queue(wait: Callable[[Queue], object]) -> object:
    """Wait for an item that is put in a second."""
    queue = Queue()
    gevent.spawn_later(1, queue.put, 1)
    return wait(queue)


def of_taker(wait: Callable[[Channel], object]) -> object:
    """Offer what is taken in a second."""
    channel = Channel()
    gevent.spawn_later(1, channel.get)
    return wait(channel)


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("is_pending", [False, True])
def test_it_is_cancelled_when_the_wait_ends_in_time(
    name: str, is_pending: bool
) -> None:
    timeout = Timeout(5)
    if is_pending:
        timeout.start()
    READY[name](timeout)
    assert not timeout.pending
    timeout.start()  # it was not closed
    timeout.cancel()


@pytest.mark.parametrize(
    "call",
    [
        lambda t: set_event().wait(t),
        lambda t: Semaphore(1).acquire(timeout=t),
        lambda t: RLock().acquire(timeout=t),
        lambda t: full(Queue).get(timeout=t),
        lambda t: Queue().put(1, timeout=t),
        lambda t: Group().join(t),
        lambda t: Pool(1).wait_available(t),
    ],
)
def test_what_is_ready_does_not_touch_it(call: Wait) -> None:
    timeout = Timeout.start_new(5)
    with no_switches():
        call(timeout)
    assert timeout.pending
    timeout.close()


def set_event() -> Event:
    """Return an event that is set."""
    event = Event()
    event.set()
    return event


@every_case
def test_another_exception_is_no_timeout(name: str) -> None:
    with pytest.raises(TypeError, match="must be real number, not ValueError"):
        CASES[name][0](ValueError())  # type: ignore[arg-type]  # the point
    with pytest.raises((TypeError, AttributeError)):
        CASES[name][0](ValueError)  # type: ignore[arg-type]  # the point


def test_who_lost_a_race_waits_for_the_rest_of_the_time() -> None:
    semaphore = Semaphore(0)
    timeout = Timeout(5)
    waiter = gevent.spawn(semaphore.acquire, timeout=timeout)
    gevent.sleep(3)
    semaphore.release()
    semaphore.acquire()
    gevent.sleep(1)
    assert timeout.pending
    gevent.sleep(2)
    assert waiter.ready()


def test_iwait_counts_it_once_for_the_whole_iteration() -> None:
    greenlets = [start(gevent.sleep, seconds) for seconds in (3, 6)]
    assert list(gevent.iwait(greenlets, timeout=Timeout(5))) == greenlets[:1]


def test_iwait_does_not_raise_it_between_two_steps() -> None:
    events = [set_event(), Event()]
    timeout = Timeout(5)
    for _ in gevent.iwait(events, timeout=timeout):
        gevent.sleep(10)
    assert not timeout.pending


def test_waiting_for_the_loop_ends_by_it() -> None:
    start(gevent.sleep, 10)
    assert gevent.wait(timeout=Timeout(5)) is False


def test_waiting_for_the_loop_is_not_prolonged_by_it() -> None:
    gevent.spawn(gevent.sleep, 2)
    timeout = Timeout(5)
    assert gevent.wait(timeout=timeout) is True
    assert not timeout.pending
