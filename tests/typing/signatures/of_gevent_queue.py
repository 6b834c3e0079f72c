"""Every signature of ``gevent.queue``: pinned, so that a change is seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import assert_type

from typing_extensions import TypeVar

from gevent.hub import Waiter
from gevent.queue import (
    Channel,
    Queue,
    SimpleQueue,
    UnboundQueue,
    _QueueCondition,
    _QueueMutex,
    demand_not_negative,
)
from gevent.timeout import Timeout

_T = TypeVar("_T", default=object)


def channel_getters(it: Channel[_T]) -> None:
    assert_type(it.getters, deque[Waiter])


def channel_putters(it: Channel[_T]) -> None:
    assert_type(it.putters, deque[tuple[_T, Waiter]])


def channel_balance(it: Channel[_T]) -> None:
    assert_type(it.balance, int)


def channel_qsize(it: Channel[_T]) -> None:
    assert_type(it.qsize(), int)


def channel_empty(it: Channel[_T]) -> None:
    assert_type(it.empty(), bool)


def channel_full(it: Channel[_T]) -> None:
    assert_type(it.full(), bool)


def channel_put(
    it: Channel[_T], item: _T, block: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.put(item, block, timeout), None)


def channel_put_nowait(it: Channel[_T], item: _T) -> None:
    assert_type(it.put_nowait(item), None)


def channel_get(it: Channel[_T], block: bool, timeout: float | Timeout | None) -> None:
    assert_type(it.get(block, timeout), _T)


def channel_get_nowait(it: Channel[_T]) -> None:
    assert_type(it.get_nowait(), _T)


def channel_next(it: Channel[_T]) -> None:
    assert_type(it.next(), _T)


def simplequeue_maxsize(it: SimpleQueue[_T]) -> None:
    assert_type(it.maxsize, int | None)


def simplequeue_queue(it: SimpleQueue[_T]) -> None:
    assert_type(it.queue, deque[_T] | list[_T])


def simplequeue_made(maxsize: int | None, items: Iterable[_T]) -> None:
    assert_type(SimpleQueue(maxsize, items), SimpleQueue[_T])


def simplequeue_qsize(it: SimpleQueue[_T]) -> None:
    assert_type(it.qsize(), int)


def simplequeue_length(it: SimpleQueue[_T]) -> None:
    assert_type(len(it), int)


def simplequeue_empty(it: SimpleQueue[_T]) -> None:
    assert_type(it.empty(), bool)


def simplequeue_full(it: SimpleQueue[_T]) -> None:
    assert_type(it.full(), bool)


def simplequeue_copy(it: SimpleQueue[_T]) -> None:
    assert_type(it.copy(), SimpleQueue[_T])


def simplequeue_put(
    it: SimpleQueue[_T], item: _T, block: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.put(item, block, timeout), None)


def simplequeue_put_nowait(it: SimpleQueue[_T], item: _T) -> None:
    assert_type(it.put_nowait(item), None)


def simplequeue_get(
    it: SimpleQueue[_T], block: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.get(block, timeout), _T)


def simplequeue_get_nowait(it: SimpleQueue[_T]) -> None:
    assert_type(it.get_nowait(), _T)


def simplequeue_peek(
    it: SimpleQueue[_T], block: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.peek(block, timeout), _T)


def simplequeue_peek_nowait(it: SimpleQueue[_T]) -> None:
    assert_type(it.peek_nowait(), _T)


def queue_unfinished_tasks(it: Queue[_T]) -> None:
    assert_type(it.unfinished_tasks, int)


def queue_mutex(it: Queue[_T]) -> None:
    assert_type(it.mutex, _QueueMutex)


def queue_not_empty(it: Queue[_T]) -> None:
    assert_type(it.not_empty, _QueueCondition)


def queue_not_full(it: Queue[_T]) -> None:
    assert_type(it.not_full, _QueueCondition)


def queue_all_tasks_done(it: Queue[_T]) -> None:
    assert_type(it.all_tasks_done, _QueueCondition)


def queue_made(
    maxsize: int | None, items: Iterable[_T], unfinished_tasks: int | None
) -> None:
    assert_type(Queue(maxsize, items, unfinished_tasks), Queue[_T])


def queue_task_done(it: Queue[_T]) -> None:
    assert_type(it.task_done(), None)


def queue_join(it: Queue[_T], timeout: float | Timeout | None) -> None:
    assert_type(it.join(timeout), bool)


def queue_shutdown(it: Queue[_T], immediate: bool) -> None:
    assert_type(it.shutdown(immediate), None)


def unboundqueue_made(maxsize: int | None, items: Iterable[_T]) -> None:
    assert_type(UnboundQueue(maxsize, items), UnboundQueue[_T])


def of_demand_not_negative(timeout: float | Timeout) -> None:
    assert_type(demand_not_negative(timeout), int)
