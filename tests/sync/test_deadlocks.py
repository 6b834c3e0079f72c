"""Dead-locks are named while other greenlets run, and nothing else is called one."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import gevent
from gevent.event import AsyncResult, Event
from gevent.greenlet import Greenlet
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.pool import Group, Pool
from gevent.queue import Queue
from gevent.taskgroup import TaskGroup
from gevent.timeout import Timeout
from gevent.util import Deadlock, declare_wakers, find_deadlocks
from tests.support.virtual import VirtualLoop

pytestmark = pytest.mark.usefixtures("virtual_loop")

# Seconds of the virtual clock.
LATER = 5
N_PROGRAMS = 30

Step = Callable[[], object]


class Ring:
    """Greenlets in a ring, each of which waits for its successor.

    How one waits is a method that returns the step that does it; what has to be held
    for that, or to be a member of, is arranged by it before.
    """

    def __init__(self, size: int):
        self.size = size
        self.before: list[list[Step]] = [[] for _ in range(size)]
        self.waits: list[Step] = [lambda: None for _ in range(size)]
        self.after: list[list[Step]] = [[] for _ in range(size)]
        self.others: list[Greenlet] = []
        self.greenlets = [Greenlet(self._run, place) for place in range(size)]

    def _run(self, place: int) -> None:
        for step in self.before[place]:
            step()
        gevent.sleep(0)
        try:
            self.waits[place]()
        finally:
            for step in self.after[place]:
                step()

    def start(self) -> None:
        for each in self.greenlets:
            each.start()
        for _ in range(4):
            gevent.sleep(0)

    def kill(self) -> None:
        gevent.killall([*self.greenlets, *self.others])
        for each in self.greenlets:
            each.join()

    def next(self, place: int) -> int:
        return (place + 1) % self.size

    # -- waits that only the successor can end --

    def lock(self, place: int) -> Step:
        lock = RLock()
        self.before[self.next(place)].append(lock.acquire)
        self.after[self.next(place)].append(lock.release)
        return lock.__enter__

    def lock_twice(self, place: int) -> Step:
        lock = RLock()
        self.before[self.next(place)] += [lock.acquire, lock.acquire]
        self.after[self.next(place)] += [lock.release, lock.release]
        return lock.acquire

    def join(self, place: int) -> Step:
        return self.greenlets[self.next(place)].join

    def get(self, place: int) -> Step:
        return self.greenlets[self.next(place)].get

    def wait(self, place: int) -> Step:
        ended = gevent.spawn(int)
        objects = [ended, self.greenlets[self.next(place)]]
        return lambda: gevent.wait(objects)

    def joinall(self, place: int) -> Step:
        return lambda: gevent.joinall([self.greenlets[self.next(place)]])

    def iwait(self, place: int) -> Step:
        return lambda: list(gevent.iwait([self.greenlets[self.next(place)]]))

    def full_pool(self, place: int) -> Step:
        pool = Pool(1)
        pool.add(self.greenlets[self.next(place)])
        return lambda: pool.spawn(int)

    def pool_join(self, place: int) -> Step:
        pool = Pool()
        pool.add(self.greenlets[self.next(place)])
        return pool.join

    def group_join(self, place: int) -> Step:
        group = Group()
        group.add(self.greenlets[self.next(place)])
        busy = gevent.spawn(gevent.sleep, LATER)
        group.add(busy)
        self.others.append(busy)
        return group.join

    def declared_queue(self, place: int) -> Step:
        queue: Queue[object] = Queue()
        declare_wakers(queue, self.greenlets[self.next(place)])
        self.after[self.next(place)].append(lambda: queue.put(1))
        return queue.get

    def declared_full_queue(self, place: int) -> Step:
        queue: Queue[object] = Queue(1, [1])
        declare_wakers(queue, self.greenlets[self.next(place)])
        self.after[self.next(place)].append(queue.get)
        return lambda: queue.put(2)

    def declared_event(self, place: int) -> Step:
        event = Event()
        declare_wakers(event, self.greenlets[self.next(place)])
        self.after[self.next(place)].append(event.set)
        return event.wait

    def declared_result(self, place: int) -> Step:
        result: AsyncResult[object] = AsyncResult()
        declare_wakers(result, self.greenlets[self.next(place)])
        self.after[self.next(place)].append(result.set)
        return result.get

    def declared_semaphore(self, place: int) -> Step:
        semaphore = BoundedSemaphore(1)
        declare_wakers(semaphore, self.greenlets[self.next(place)])
        self.before[self.next(place)].append(semaphore.acquire)
        self.after[self.next(place)].append(semaphore.release)
        return semaphore.__enter__

    # -- waits that look like one of those, and end by themselves --

    def lock_with_time_out(self, place: int) -> Step:
        lock = RLock()
        self.before[self.next(place)].append(lock.acquire)
        self.after[self.next(place)].append(lock.release)
        return lambda: lock.acquire(timeout=LATER)

    def join_with_time_out(self, place: int) -> Step:
        return lambda: self.greenlets[self.next(place)].join(LATER)

    def wait_with_time_out(self, place: int) -> Step:
        return lambda: gevent.wait([self.greenlets[self.next(place)]], LATER)

    def lock_under_timeout(self, place: int) -> Step:
        step = self.lock(place)

        def wait() -> None:
            with Timeout(LATER, False):
                step()

        return wait

    def lock_of_an_outsider(self, place: int) -> Step:
        lock = RLock()

        def hold() -> None:
            with lock:
                gevent.sleep(LATER)

        self._add(hold)
        return lock.__enter__

    def join_of_an_outsider(self, place: int) -> Step:
        return self._add(lambda: gevent.sleep(LATER)).join

    def semaphore(self, place: int) -> Step:
        semaphore = Semaphore(0)
        self._add_later(semaphore.release)
        return semaphore.acquire

    def event(self, place: int) -> Step:
        event = Event()
        self._add_later(event.set)
        return event.wait

    def queue(self, place: int) -> Step:
        queue: Queue[int] = Queue()
        self._add_later(lambda: queue.put(1))
        return queue.get

    def result(self, place: int) -> Step:
        """Linked to the successor, but anybody may set it."""
        result: AsyncResult[None] = AsyncResult()
        self.greenlets[self.next(place)].rawlink(result)
        self._add_later(result.set)
        return result.get

    def one_of_two(self, place: int) -> Step:
        event = Event()
        self._add_later(event.set)
        objects = [self.greenlets[self.next(place)], event]
        return lambda: gevent.wait(objects, count=1)

    def pool_with_room_later(self, place: int) -> Step:
        pool = Pool(2)
        pool.add(self.greenlets[self.next(place)])
        pool.add(self._add(lambda: gevent.sleep(LATER)))
        return lambda: pool.spawn(int)

    def declared_with_an_outsider(self, place: int) -> Step:
        event = Event()
        setter = self._add(lambda: (gevent.sleep(LATER), event.set()))
        declare_wakers(event, self.greenlets[self.next(place)], setter)
        return event.wait

    def killed_in_a_moment(self, place: int) -> Step:
        victim = self.greenlets[place]
        self._add_later(lambda: victim.kill(block=False))
        watcher = gevent.get_hub().loop.timer(LATER)
        watcher.start(victim.throw, gevent.GreenletExit)
        self.after[place].append(watcher.close)
        return self.join(place)

    def killed_by_a_greenlet_to_come(self, place: int) -> Step:
        victim = self.greenlets[place]
        self.others.append(gevent.spawn_later(LATER, victim.kill, block=False))
        return self.join(place)

    def _add(self, body: Callable[[], object]) -> Greenlet:
        greenlet = gevent.spawn(body)
        self.others.append(greenlet)
        gevent.sleep(0)
        return greenlet

    def _add_later(self, step: Step) -> None:
        self.others.append(gevent.spawn_later(LATER, step))


CERTAIN = (
    Ring.lock,
    Ring.lock_twice,
    Ring.join,
    Ring.get,
    Ring.wait,
    Ring.joinall,
    Ring.iwait,
    Ring.full_pool,
    Ring.pool_join,
    Ring.group_join,
    Ring.declared_queue,
    Ring.declared_full_queue,
    Ring.declared_event,
    Ring.declared_result,
    Ring.declared_semaphore,
)
HARMLESS = (
    Ring.lock_with_time_out,
    Ring.join_with_time_out,
    Ring.wait_with_time_out,
    Ring.lock_under_timeout,
    Ring.lock_of_an_outsider,
    Ring.join_of_an_outsider,
    Ring.semaphore,
    Ring.event,
    Ring.queue,
    Ring.result,
    Ring.one_of_two,
    Ring.pool_with_room_later,
    Ring.declared_with_an_outsider,
    Ring.killed_in_a_moment,
    Ring.killed_by_a_greenlet_to_come,
)


def make_ring(seed: int, kinds: list[Callable[[Ring, int], Step]]) -> Ring:
    chance = random.Random(seed)
    ring = Ring(len(kinds))
    chance.shuffle(kinds)
    ring.waits = [kind(ring, place) for place, kind in enumerate(kinds)]
    return ring


@contextmanager
def started(ring: Ring) -> Iterator[Ring]:
    ring.start()
    try:
        yield ring
    finally:
        ring.kill()


def members(deadlock: Deadlock) -> set[object]:
    return {each.greenlet for each in deadlock.circle}


@pytest.mark.parametrize("seed", range(N_PROGRAMS))
def test_a_ring_of_greenlets_that_wait_for_each_other_is_named(seed: int) -> None:
    chance = random.Random(seed)
    ring = make_ring(seed, chance.choices(CERTAIN, k=chance.randint(2, 6)))
    with started(ring):
        [found] = find_deadlocks()
        assert members(found) == set(ring.greenlets)
        for each in found.circle:
            place = ring.greenlets.index(each.greenlet)  # type: ignore[arg-type]
            assert each.holders == (ring.greenlets[ring.next(place)],)


@pytest.mark.parametrize("seed", range(N_PROGRAMS))
def test_a_ring_with_one_wait_that_will_end_is_none(
    seed: int, virtual_loop: VirtualLoop
) -> None:
    chance = random.Random(seed)
    kinds = chance.choices(CERTAIN, k=chance.randint(1, 5))
    ring = make_ring(seed, [*kinds, HARMLESS[seed % len(HARMLESS)]])
    with started(ring):
        assert find_deadlocks() == []
        # And so it is: all of them come to their end.
        gevent.joinall(ring.greenlets)
        gevent.joinall(ring.others)


@pytest.mark.parametrize("kind", CERTAIN, ids=lambda kind: kind.__name__)
def test_two_that_wait_in_the_same_way_are_named(
    kind: Callable[[Ring, int], Step],
) -> None:
    with started(make_ring(0, [kind, kind])) as ring:
        [found] = find_deadlocks()
        assert members(found) == set(ring.greenlets)


def test_a_report_names_greenlets_objects_holders_and_stacks() -> None:
    first, second = RLock(), RLock()

    def take(one: RLock, other: RLock) -> None:
        with one:
            gevent.sleep(0)
            with other:
                pass

    a, b = gevent.spawn(take, first, second), gevent.spawn(take, second, first)
    a.name, b.name = "Anna", "Bert"
    gevent.sleep(0)
    gevent.sleep(0)
    [found] = find_deadlocks()
    text = found.format()
    assert "Dead-lock of 2" in text
    assert 'Greenlet "Anna"' in text
    assert 'Greenlet "Bert"' in text
    assert f"RLock at 0x{id(first):x}" in text
    assert "in take" in text
    assert "with other:" in text
    gevent.killall([a, b])


def test_who_waits_behind_a_circle_is_told_apart() -> None:
    with started(make_ring(0, [Ring.join, Ring.join])) as ring:
        behind = gevent.spawn(ring.greenlets[0].join)
        further = gevent.spawn(behind.join)
        gevent.sleep(0)
        [found] = find_deadlocks()
        assert members(found) == set(ring.greenlets)
        assert {each.greenlet for each in found.behind} == {behind, further}
        gevent.killall([behind, further])


def test_two_circles_are_two_dead_locks() -> None:
    with (
        started(make_ring(0, [Ring.join, Ring.get])) as one,
        started(make_ring(1, [Ring.lock, Ring.lock])) as other,
    ):
        found = [members(each) for each in find_deadlocks()]
        assert len(found) == 2
        assert set(one.greenlets) in found
        assert set(other.greenlets) in found


def test_a_greenlet_that_waits_for_itself_is_one() -> None:
    result: AsyncResult[Greenlet] = AsyncResult()

    def body() -> None:
        result.get().join()

    greenlet = gevent.spawn(body)
    result.set(greenlet)
    gevent.sleep(0)
    gevent.sleep(0)
    [found] = find_deadlocks()
    assert members(found) == {greenlet}
    greenlet.kill()


def test_a_member_of_a_full_pool_that_spawns_in_it_is_one() -> None:
    pool = Pool(1)
    greenlet = pool.spawn(lambda: pool.spawn(int))
    gevent.sleep(0)
    [found] = find_deadlocks()
    assert members(found) == {greenlet}
    greenlet.kill()


def test_a_member_that_waits_for_its_own_pool_is_one() -> None:
    group = Group()
    greenlet = group.spawn(group.join)
    gevent.sleep(0)
    [found] = find_deadlocks()
    assert members(found) == {greenlet}
    greenlet.kill()


def test_a_member_that_waits_for_the_block_of_its_task_group_is_one() -> None:
    def open_group() -> None:
        with TaskGroup() as group:
            group.spawn(gevent.getcurrent().join)  # type: ignore[attr-defined]

    greenlet = gevent.spawn(open_group)
    gevent.sleep(0)
    gevent.sleep(0)
    [found] = find_deadlocks()
    assert greenlet in members(found)
    assert len(found.circle) == 2
    greenlet.kill()


def test_a_member_that_waits_for_a_cancelled_block_is_none() -> None:
    groups: list[TaskGroup] = []

    def open_group() -> None:
        with TaskGroup() as group:
            groups.append(group)
            group.spawn(gevent.getcurrent().join)  # type: ignore[attr-defined]

    greenlet = gevent.spawn(open_group)
    gevent.sleep(0)
    gevent.sleep(0)
    groups[0].cancel()
    assert find_deadlocks() == []
    greenlet.join()


def test_a_lock_whose_owner_ended_without_releasing_it_holds_who_waits_for_it() -> None:
    lock = RLock()
    gevent.spawn(lock.acquire).join()
    waiting = gevent.spawn(lock.acquire)
    gevent.sleep(0)
    [found] = find_deadlocks()
    assert members(found) == {waiting}
    assert found.circle[0].holders == ()
    assert "nobody that is left" in found.format()
    waiting.kill()


def test_a_declared_waker_that_has_ended_wakes_nobody() -> None:
    event = Event()
    setter = gevent.spawn(int)
    declare_wakers(event, setter)
    setter.join()
    waiting = gevent.spawn(event.wait)
    gevent.sleep(0)
    assert [members(each) for each in find_deadlocks()] == [{waiting}]
    declare_wakers(event)
    assert find_deadlocks() == []
    waiting.kill()


def test_threads_that_join_each_other_are_seen_as_greenlets() -> None:
    # What patched `threading` makes of two threads.
    from gevent.sync.threads.joinable import start_joinable

    handles: list[object] = []
    first = start_joinable(lambda: handles[1].join())  # type: ignore[attr-defined]
    second = start_joinable(lambda: handles[0].join())  # type: ignore[attr-defined]
    handles += [first, second]
    gevent.sleep(0)
    [found] = find_deadlocks()
    assert {id(each.greenlet) for each in found.circle} == {first.ident, second.ident}
    gevent.killall([each.greenlet for each in found.circle])


def test_a_lock_that_was_just_released_holds_nobody() -> None:
    with started(make_ring(0, [Ring.lock, Ring.join])) as ring:
        assert len(find_deadlocks()) == 1
        # The exception is on its way; nothing has run since.
        ring.greenlets[0].kill(block=False)
        assert find_deadlocks() == []


def test_one_that_is_to_be_woken_by_an_exception_is_none() -> None:
    with started(make_ring(0, [Ring.join, Ring.join])) as ring:
        gevent.kill(ring.greenlets[1])
        assert find_deadlocks() == []


def test_a_queue_with_items_is_about_to_wake_who_waits() -> None:
    queue: Queue[int] = Queue()
    waiting = gevent.spawn(queue.get)
    declare_wakers(queue, waiting)
    gevent.sleep(0)
    assert len(find_deadlocks()) == 1
    queue.put(1)
    assert find_deadlocks() == []
    waiting.join()


def test_the_calling_greenlet_is_never_stuck() -> None:
    lock = RLock()
    with lock:
        waiting = gevent.spawn(lock.acquire)
        gevent.sleep(0)
        assert find_deadlocks() == []
    waiting.kill()


def test_a_long_chain_behind_a_circle_takes_no_recursion() -> None:
    with started(make_ring(0, [Ring.join, Ring.join])) as ring:
        chain: list[Greenlet] = [ring.greenlets[0]]
        for _ in range(3000):
            chain.append(gevent.spawn(chain[-1].join))
        gevent.sleep(0)
        [found] = find_deadlocks()
        assert len(found.behind) == 3000
        gevent.killall(chain[1:])


def test_hubs_of_other_threads_are_looked_at() -> None:
    found: list[set[object]] = []
    greenlets: list[object] = []

    def run() -> None:
        ring = make_ring(0, [Ring.join, Ring.lock])
        with started(ring):
            greenlets.extend(ring.greenlets)
            found.extend(members(each) for each in find_deadlocks())
        gevent.get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [set(greenlets)]


def look_from_outside() -> list[Deadlock]:
    """Look from another native thread; this one does not go on meanwhile."""
    found: list[Deadlock] = []
    thread = threading.Thread(target=lambda: found.extend(find_deadlocks()))
    thread.start()
    thread.join()
    return found


def test_what_a_thread_is_about_to_kill_is_none_for_others() -> None:
    seen: list[list[Deadlock]] = []
    with started(make_ring(0, [Ring.join, Ring.join])) as ring:

        def kill() -> None:
            # The timer is not armed any more.
            seen.append(look_from_outside())
            ring.greenlets[0].kill(block=False)

        timer = gevent.get_hub().loop.timer(0)
        timer.start(kill)
        gevent.joinall(ring.greenlets)
        timer.close()
    assert seen == [[]]


def test_what_is_stuck_in_a_thread_that_switches_is_seen_by_others() -> None:
    found: list[Deadlock] = []
    with started(make_ring(0, [Ring.join, Ring.join])) as ring:
        thread = threading.Thread(target=lambda: found.extend(find_deadlocks()))
        thread.start()
        while thread.is_alive():
            gevent.sleep(0)
        assert [members(each) for each in found] == [set(ring.greenlets)]


@pytest.mark.parametrize(
    "arrange",
    [
        lambda target: gevent.spawn(gevent.kill, target),
        lambda target: gevent.spawn(target.kill),
        lambda target: gevent.spawn_raw(target.kill),
        lambda target: gevent.spawn(gevent.killall, [target]),
        lambda target: gevent.killall([target], block=False),
    ],
)
def test_one_that_is_about_to_be_killed_is_none(
    arrange: Callable[[Greenlet], object],
) -> None:
    with started(make_ring(0, [Ring.join, Ring.join])) as ring:
        assert len(find_deadlocks()) == 1
        arrange(ring.greenlets[0])
        assert find_deadlocks() == []
        gevent.joinall(ring.greenlets)
        for _ in range(3):
            gevent.sleep(0)  # who killed goes on


def test_one_that_a_timer_is_about_to_kill_which_has_fired_is_none() -> None:
    seen: list[list[Deadlock]] = []
    loop = gevent.get_hub().loop
    first, second = loop.timer(1), loop.timer(1)
    with started(make_ring(0, [Ring.join, Ring.join])) as ring:
        # Both fire before the first one runs.
        first.start(lambda: seen.append(find_deadlocks()))
        second.start(ring.greenlets[0].kill, gevent.GreenletExit, False)
        gevent.joinall(ring.greenlets)
    first.close()
    second.close()
    assert seen == [[]]


def test_a_report_says_once_what_each_waits_for() -> None:
    with started(make_ring(0, [Ring.join, Ring.join])):
        [found] = find_deadlocks()
        for each in found.circle:
            assert "waits for" in repr(each.greenlet)
            # Objects that are waited for are shown with their own repr.
            assert f"{each}".count(f"0x{id(each.greenlet):x}: _run waits") == 0


def test_declaring_for_what_cannot_be_remembered_is_an_error() -> None:
    with pytest.raises(TypeError):
        declare_wakers(3, gevent.getcurrent())


def test_a_lock_in_the_arguments_of_its_owner_has_a_repr() -> None:
    lock = RLock()
    greenlet = gevent.spawn(lambda lock: lock.acquire() and gevent.sleep(1), lock)
    gevent.sleep(0)
    assert f"RLock at 0x{id(lock):x}" in repr(lock)
    assert f"RLock at 0x{id(lock):x}" in repr(greenlet)
    greenlet.kill()


def test_only_greenlets_are_declared() -> None:
    with pytest.raises(TypeError, match="a greenlet is expected, not 3"):
        declare_wakers(Queue(), 3)  # type: ignore[arg-type]
