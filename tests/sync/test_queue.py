"""Queues within one thread."""

from __future__ import annotations

import copy
import gc
import pickle
import queue as stdlib
import weakref
from collections import deque
from collections.abc import Callable

import pytest

import gevent
from gevent.exceptions import LoopExit
from gevent.queue import (
    Channel,
    Empty,
    Full,
    JoinableQueue,
    LifoQueue,
    PriorityQueue,
    Queue,
    ShutDown,
    SimpleQueue,
)
from gevent.sync.queue import UnboundQueue
from tests.support.form import is_pure

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]


def stored(queue: SimpleQueue) -> list[object]:
    """What is in the storage."""
    assert isinstance(queue.queue, deque | list)
    return list(queue.queue)


KINDS = [SimpleQueue, Queue, LifoQueue, PriorityQueue]
Run = Callable[[], None]


@pytest.mark.parametrize("kind", KINDS)
def test_items_come_out_in_the_order_of_the_kind(kind: type[SimpleQueue]) -> None:
    queue = kind()
    for item in (2, 3, 1):
        queue.put(item)
    wanted = {"LifoQueue": [1, 3, 2], "PriorityQueue": [1, 2, 3]}
    taken = [queue.get() for _ in range(3)]
    assert taken == wanted.get(kind.__name__, [2, 3, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_neither_put_with_room_nor_get_with_items_switches(
    kind: type[SimpleQueue],
) -> None:
    log: list[object] = []
    other = gevent.spawn(log.append, "other")
    queue = kind(1)
    queue.put(1)
    assert queue.peek() == queue.get() == 1
    assert log == []
    other.join()


def test_the_exceptions_are_those_of_the_standard_library() -> None:
    assert Empty is stdlib.Empty
    assert Full is stdlib.Full
    assert JoinableQueue is Queue


def test_without_items_or_room_nothing_is_waited_for_if_not_asked() -> None:
    queue = Queue(1)
    for call in (queue.get_nowait, queue.peek_nowait):
        with pytest.raises(Empty):
            call()
    queue.put_nowait(1)
    with pytest.raises(Full):
        queue.put_nowait(2)
    assert queue.full()
    assert not queue.empty()
    assert len(queue) == 1


@pytest.mark.parametrize("timeout", [0, 0.001])
def test_waiting_ends_with_the_timeout(timeout: float) -> None:
    queue = Queue(1)
    with pytest.raises(Empty):
        queue.get(timeout=timeout)
    with pytest.raises(Empty):
        queue.peek(timeout=timeout)
    queue.put(1)
    with pytest.raises(Full):
        queue.put(2, timeout=timeout)
    assert repr(queue).count("ters[") == 0


def test_a_negative_timeout_is_refused_where_it_always_was() -> None:
    queue = Queue(1)
    message = "'timeout' must be a non-negative number"
    for call in (queue.get, queue.peek):
        with pytest.raises(ValueError, match=message):
            call(timeout=-1)
        with pytest.raises(Empty):
            call(False, -1)
    with pytest.raises(ValueError, match=message):
        queue.put(1, timeout=-1)
    queue.put(1)
    with pytest.raises(Full):
        queue.put(2, timeout=-1)
    assert queue.get(timeout=-1) == 1


def test_a_getter_waits_for_an_item() -> None:
    queue = Queue()
    getter = gevent.spawn(queue.get)
    gevent.sleep(0)
    queue.put("item")
    assert not getter.ready()
    assert getter.get() == "item"


def test_getters_are_served_in_arrival_order() -> None:
    queue = Queue()
    getters = [gevent.spawn(queue.get) for _ in range(3)]
    gevent.sleep(0)
    for item in range(3):
        queue.put(item)
    gevent.joinall(getters)
    assert [getter.value for getter in getters] == [0, 1, 2]


def test_putters_are_served_in_arrival_order() -> None:
    queue = Queue(1)
    queue.put("first")
    putters = [gevent.spawn(queue.put, item) for item in range(3)]
    gevent.sleep(0)
    assert [queue.get() for _ in range(4)] == ["first", 0, 1, 2]
    gevent.joinall(putters)


def test_killing_a_getter_that_is_to_be_woken_loses_no_item() -> None:
    for _ in range(300):
        queue = Queue()
        getter = gevent.spawn(queue.get)
        gevent.sleep(0)
        queue.put("item")
        getter.kill()
        taken = [] if isinstance(getter.value, gevent.GreenletExit) else [getter.value]
        assert [*taken, *stored(queue)] == ["item"]


def test_killing_it_first_leaves_the_item_to_the_next() -> None:
    queue = Queue()
    getters = [gevent.spawn(queue.get) for _ in range(2)]
    gevent.sleep(0)
    getters[0].kill(block=False)
    queue.put("item")
    assert getters[1].get(timeout=1) == "item"
    assert isinstance(getters[0].value, gevent.GreenletExit)


def test_killing_a_putter_takes_its_item_back() -> None:
    queue = Queue(1)
    queue.put(0)
    putters = [gevent.spawn(queue.put, item) for item in (1, 2)]
    gevent.sleep(0)
    putters[0].kill(block=False)
    assert [queue.get(), queue.get()] == [0, 2]
    gevent.joinall(putters)
    assert queue.unfinished_tasks == 2


def test_a_running_greenlet_may_be_faster_than_a_waiting_getter(
    run_until_idle: Run,
) -> None:
    queue = Queue()
    getter = gevent.spawn(queue.get)
    gevent.sleep(0)
    queue.put(1)
    assert queue.get() == 1
    run_until_idle()
    assert not getter.ready()
    queue.put(2)
    assert getter.get() == 2


def test_peek_waits_and_leaves_the_item() -> None:
    queue = Queue()
    peekers = [gevent.spawn(queue.peek) for _ in range(2)]
    getter = gevent.spawn(queue.get)
    gevent.sleep(0)
    queue.put(1)
    gevent.joinall([*peekers, getter])
    assert [each.value for each in (*peekers, getter)] == [1, 1, 1]


def test_peek_with_waiting_putters_shows_the_next_item() -> None:
    queue = Queue(1)
    queue.put(1)
    putter = gevent.spawn(queue.put, 2)
    gevent.sleep(0)
    assert queue.peek() == 1
    assert queue.get() == 1
    assert queue.peek() == 2
    putter.join()


def test_peek_of_a_stack_is_the_last_item() -> None:
    assert LifoQueue(items=[1, 2]).peek() == 2


def test_initial_items_of_a_priority_queue_are_a_heap() -> None:
    queue = PriorityQueue(items=[3, 1, 2])
    assert queue.peek() == 1
    assert [queue.get() for _ in range(3)] == [1, 2, 3]


def test_a_limit_of_zero_means_none_and_warns() -> None:
    with pytest.warns(DeprecationWarning, match="Channel"):
        assert Queue(0).maxsize is None
    assert Queue(-1).maxsize is None
    assert Queue(2).maxsize == 2


def test_the_limit_can_be_changed() -> None:
    queue = Queue(1, items=[1])
    queue.maxsize = 2
    queue.put_nowait(2)
    queue.maxsize = None
    queue.put_nowait(3)
    assert not queue.full()


def test_more_initial_items_than_the_limit_are_accepted() -> None:
    assert Queue(1, items=[1, 2]).qsize() == 2


def test_in_the_hub_nothing_waits(in_hub: Callable[..., object]) -> None:
    assert isinstance(in_hub(Queue().get), Empty)
    assert isinstance(in_hub(Queue().peek), Empty)
    assert isinstance(in_hub(Queue(1, items=[1]).put, 2), Full)
    assert in_hub(Queue(1).put, 2) is None


def test_put_in_the_hub_serves_a_waiting_getter_first() -> None:
    queue = Queue(1)
    getter = gevent.spawn(queue.get)
    gevent.sleep(0)
    log: list[object] = []

    def put_two() -> None:
        queue.put(1)
        queue.put(2)
        log.append(stored(queue))

    gevent.get_hub().loop.run_callback(put_two)
    assert getter.get() == 1
    gevent.sleep(0)
    assert log == [[2]]


def test_get_in_the_hub_serves_a_waiting_putter_first() -> None:
    queue = Queue(1, items=[1])
    putter = gevent.spawn(queue.put, 2)
    gevent.sleep(0)
    log: list[object] = []
    gevent.get_hub().loop.run_callback(lambda: log.extend([queue.get(), queue.get()]))
    putter.join()
    gevent.sleep(0)
    assert log == [1, 2]


def test_iteration_ends_at_the_class_stop_iteration() -> None:
    queue = Queue(items=[1, StopIteration(), StopIteration, 4])
    assert len(list(queue)) == 2
    assert queue.get() == 4


def test_waiting_for_what_nobody_puts_is_a_loop_exit() -> None:
    with pytest.raises(LoopExit):
        Queue().get()


def test_copies_have_the_same_limit_and_items() -> None:
    queue = PriorityQueue(5, items=[2, 1])
    copied = queue.copy()
    assert type(copied) is PriorityQueue
    assert copied.maxsize == 5
    assert copied.unfinished_tasks == 2
    assert copied.get() == 1
    assert queue.qsize() == 2


# -- tasks -----------------------------------------------------------------------------


def test_join_waits_for_all_tasks() -> None:
    queue = Queue(items=[1])
    queue.put(2)
    joiner = gevent.spawn(queue.join)
    for left in (1, 0):
        gevent.sleep(0)
        assert not joiner.ready()
        queue.task_done()
        assert queue.unfinished_tasks == left
    assert joiner.get() is True
    assert queue.join() is True


def test_who_joins_is_woken_although_a_task_comes_meanwhile() -> None:
    queue = Queue(items=[1])
    joiner = gevent.spawn(queue.join, 1)
    gevent.sleep(0)
    queue.task_done()
    queue.put(2)
    assert joiner.get() is True


def test_join_gives_up_after_its_timeout() -> None:
    assert Queue(items=[1]).join(timeout=0.001) is False


def test_task_done_cannot_be_called_more_often_than_put() -> None:
    with pytest.raises(ValueError, match="called too many times"):
        Queue().task_done()


def test_the_initial_count_can_be_given() -> None:
    assert Queue(items=[1], unfinished_tasks=3).unfinished_tasks == 3


# -- shutdown --------------------------------------------------------------------------


def test_after_shutdown_nothing_can_be_put_and_items_can_be_taken() -> None:
    queue = Queue(items=[1])
    queue.shutdown()
    assert queue.is_shutdown
    with pytest.raises(ShutDown):
        queue.put(2)
    assert queue.get() == 1
    for call in (queue.get, queue.peek, queue.get_nowait):
        with pytest.raises(ShutDown):
            call()


def raised(function: Callable[..., object], *args: object) -> str:
    """Call *function*; the name of what it raises."""
    try:
        return repr(function(*args))
    except Exception as error:  # the test compares it
        return type(error).__name__


def test_shutdown_wakes_getters_and_putters() -> None:
    empty, full = Queue(), Queue(1, items=[1])
    waiting = [gevent.spawn(raised, empty.get) for _ in range(2)]
    waiting += [gevent.spawn(raised, full.put, 2) for _ in range(2)]
    gevent.sleep(0)
    empty.shutdown()
    full.shutdown()
    gevent.joinall(waiting)
    assert [each.value for each in waiting] == ["ShutDown"] * 4


def test_immediate_shutdown_throws_items_away_and_ends_joins() -> None:
    queue = Queue(items=[1, 2])
    joiner = gevent.spawn(queue.join)
    gevent.sleep(0)
    queue.shutdown(immediate=True)
    assert queue.qsize() == queue.unfinished_tasks == 0
    assert joiner.get() is True


# -- subclasses and texts --------------------------------------------------------------


def test_hooks_of_subclasses_are_called() -> None:
    class Stack(Queue):
        def _init(self, maxsize: int | None) -> None:  # type: ignore[override]
            self.stack: list[object] = []

        def _qsize(self) -> int:
            return len(self.stack)

        def _put(self, item: object) -> None:
            self.stack.append(item)

        def _get(self) -> object:
            return self.stack.pop()

    queue = Stack(2)
    queue.put(1)
    queue.put(2)
    with pytest.raises(Full):
        queue.put_nowait(3)
    assert [queue.get(), queue.get()] == [2, 1]
    getter = gevent.spawn(queue.get)
    gevent.sleep(0)
    queue.put(4)
    assert getter.get() == 4


def test_the_storage_can_be_replaced() -> None:
    queue = Queue(items=[1])
    queue.queue = deque([7, 8])
    assert queue.get() == 7
    queue.put(9)
    assert stored(queue) == [8, 9]


def test_texts() -> None:
    assert str(Queue()) == "<Queue>"
    queue = Queue(1, items=[1])
    putter = gevent.spawn(queue.put, 2)
    gevent.sleep(0)
    text = str(queue)
    assert text.startswith(
        "<Queue maxsize=1 queue=deque([1]) putters[1] tasks=1 _cond="
    )
    assert repr(queue).startswith(f"<Queue at 0x{id(queue):x} maxsize=1 ")
    putter.kill()
    simple = SimpleQueue()
    getter = gevent.spawn(simple.get)
    gevent.sleep(0)
    assert str(simple) == "<SimpleQueue getters[1]>"
    getter.kill()
    assert str(PriorityQueue(items=[2, 1])).startswith("<PriorityQueue queue=[1, 2]")


@pytest.mark.compiled
@pytest.mark.parametrize("kind", KINDS)
def test_queues_are_true_have_no_dict_and_go_without_the_collector(
    kind: type[SimpleQueue],
) -> None:
    queue = kind()
    assert queue
    assert kind.__class_getitem__(int) is not None
    with pytest.raises(Empty):
        queue.get(timeout=0)
    with pytest.raises(AttributeError):
        queue.other = 1  # type: ignore[attr-defined]  # that is the test
    reference = weakref.ref(queue)
    gc.disable()
    try:
        del queue
        assert reference() is None
    finally:
        gc.enable()


def test_an_unbound_queue_has_no_limit() -> None:
    queue = UnboundQueue()
    queue.put(1)
    assert queue.maxsize is None
    with pytest.raises(ValueError, match="no maxsize"):
        UnboundQueue(1)


def test_the_hub_is_that_of_the_thread() -> None:
    assert Queue().hub is gevent.get_hub()


# -- what is called in the midst of an operation ---------------------------------------


@pytest.mark.cpython("PyPy's collector cannot be told when to run")
def test_a_finalizer_may_use_the_queue_it_interrupts() -> None:
    queue = Queue()

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            queue.put("finalized")

    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for number in range(200):
            Cycle()
            queue.put(number)
            queue.get()
    finally:
        gc.set_threshold(*before)
    gc.collect()
    assert queue.qsize() == 200
    assert queue.unfinished_tasks == 400


def test_a_comparison_may_put_into_the_priority_queue_it_is_made_for() -> None:
    queue = PriorityQueue()

    class Talkative(int):
        def __lt__(self, other: object) -> bool:
            if queue.qsize() < 100:
                queue.put(Talkative(1000 + queue.qsize()))
            return int.__lt__(self, int(other))  # type: ignore[call-overload]  # ints

    for number in (5, 3, 1, 4, 2):
        queue.put(Talkative(number))
    assert queue.unfinished_tasks == queue.qsize()
    taken = [queue.get() for _ in range(queue.qsize())]
    assert taken == sorted(map(int, taken))  # type: ignore[call-overload]  # ints
    assert taken[:5] == [1, 2, 3, 4, 5]


def test_a_comparison_cannot_take_from_the_priority_queue_it_is_made_for() -> None:
    queue = PriorityQueue()

    class Greedy(int):
        def __lt__(self, other: object) -> bool:
            queue.get()
            return True

    queue.put(Greedy(1))
    with pytest.raises(RuntimeError, match="a comparison of items"):
        queue.put(Greedy(2))


def test_an_item_that_cannot_be_stored_is_no_task() -> None:
    queue = Refusing()
    with pytest.raises(KeyError):
        queue.put(1)
    assert queue.unfinished_tasks == 0
    assert queue.join(timeout=0) is True


class Refusing(Queue):
    """Stores nothing."""

    def _put(self, item: object) -> None:
        raise KeyError(item)


# -- what programs of the standard library reach into --------------------------------


def test_who_clears_the_storage_under_the_mutex_makes_room_for_a_putter() -> None:
    queue = Queue(1, [1])
    putter = gevent.spawn(queue.put, 2)
    gevent.sleep(0)
    with queue.mutex:
        queue.queue.clear()  # type: ignore[attr-defined]
    gevent.sleep(0)
    assert putter.successful()


def test_the_mutex_excludes_who_takes_it() -> None:
    queue = Queue()
    with queue.mutex:
        assert queue.mutex.locked()
        assert queue.not_empty.acquire(False) is False
    assert queue.not_full.acquire(False) is True
    queue.mutex.release()
    with pytest.raises(RuntimeError):
        queue.mutex.release()


def test_what_is_stored_under_not_empty_wakes_a_getter() -> None:
    queue = Queue()
    getter = gevent.spawn(queue.get)
    gevent.sleep(0)
    with queue.not_empty:
        queue.queue.append(1)  # type: ignore[attr-defined]
        queue.not_empty.notify()
    gevent.sleep(0)
    assert getter.value == 1


def test_all_tasks_done_is_waited_for_with_a_timeout() -> None:
    queue = Queue(None, [1])
    with queue.all_tasks_done:
        assert queue.all_tasks_done.wait(0.001) is False
        gevent.spawn(queue.task_done)
        assert queue.all_tasks_done.wait(5) is True
        assert queue.mutex.locked()


def test_tasks_can_be_declared_done() -> None:
    queue = Queue(None, [1, 2])
    joiner = gevent.spawn(queue.join)
    gevent.sleep(0)
    with queue.mutex:
        queue.unfinished_tasks = 0
        queue.all_tasks_done.notify_all()
    gevent.sleep(0)
    assert joiner.value is True


def test_a_killed_wait_for_a_condition_holds_the_mutex_again() -> None:
    queue = Queue()
    held: list[bool] = []

    def wait() -> None:
        with queue.not_empty:
            try:
                queue.not_empty.wait()
            finally:
                held.append(queue.mutex.locked())

    waiter = gevent.spawn(wait)
    gevent.sleep(0)
    waiter.kill()
    assert held == [True]
    assert not queue.mutex.locked()


def test_a_wait_for_a_condition_needs_the_mutex() -> None:
    queue = Queue()
    with pytest.raises(RuntimeError, match="cannot wait on un-acquired lock"):
        queue.not_empty.wait()
    with pytest.raises(RuntimeError, match="cannot notify on un-acquired lock"):
        queue.not_empty.notify()


def test_wait_for_returns_what_its_predicate_does() -> None:
    queue = Queue(None, [1])
    with queue.not_empty:
        assert queue.not_empty.wait_for(queue.qsize) == 1
    with queue.all_tasks_done:
        assert queue.all_tasks_done.wait_for(lambda: 0, timeout=0) == 0


def test_a_queue_whose_mutex_was_used_goes_without_the_collector() -> None:
    queue: Queue | None = Queue()
    assert queue is not None
    with queue.not_full:
        reference = weakref.ref(queue)
    gc.disable()
    try:
        queue = None
        assert reference() is None
    finally:
        gc.enable()


@pytest.mark.skipif(is_pure(), reason="the pure form refuses nothing")
@pytest.mark.parametrize("kind", [*KINDS, Channel])
def test_a_queue_is_not_copied_with_its_waiters(kind: type[SimpleQueue]) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        copy.copy(kind())
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(kind())
