"""Events, results, locks, queues and timeouts."""

from __future__ import annotations

from collections import deque
from typing import assert_type

import gevent
from gevent import Timeout, with_timeout
from gevent.event import AsyncResult, Event
from gevent.local import local
from gevent.lock import BoundedSemaphore, DummySemaphore, RLock, Semaphore
from gevent.queue import Channel, LifoQueue, PriorityQueue, Queue, SimpleQueue


def events(event: Event, result: AsyncResult[int], bare: AsyncResult) -> None:
    """Events and results."""
    assert_type(event.wait(), bool)
    assert_type(event.wait(timeout=1), bool)
    assert_type(event.is_set(), bool)
    assert_type(result.get(), int)
    assert_type(result.get(timeout=1.0), int)
    assert_type(result.get_nowait(), int)
    assert_type(result.wait(), int | None)
    assert_type(result.value, int | None)
    assert_type(bare.get(), object)
    result.set(3)
    AsyncResult[None]().set()
    result.set("3")  # type: ignore[arg-type]  # no int
    gevent.spawn(len, "three").link(result)


def locks(
    semaphore: Semaphore, bounded: BoundedSemaphore, rlock: RLock, dummy: DummySemaphore
) -> None:
    """Locks."""
    assert_type(semaphore.acquire(timeout=1), bool)
    assert_type(semaphore.release(), int)
    assert_type(semaphore.counter, int)
    assert_type(bounded.release(), int)
    assert_type(rlock.acquire(), int)
    assert_type(rlock.release(), None)
    assert_type(dummy.acquire(), bool)
    with semaphore, bounded, rlock, dummy:
        pass


def queues(queue: Queue[int], channel: Channel[str], bare: Queue) -> None:
    """Queues."""
    assert_type(queue.get(), int)
    assert_type(queue.get(timeout=1), int)
    assert_type(queue.get_nowait(), int)
    assert_type(queue.peek(), int)
    assert_type(queue.put(3), None)
    assert_type(queue.qsize(), int)
    assert_type(queue.join(timeout=1), bool)
    assert_type(queue.maxsize, int | None)
    assert_type(list(queue), list[int])
    assert_type(Queue(items=[1, 2]), Queue[int])
    assert_type(SimpleQueue[str]().get(), str)
    assert_type(LifoQueue[str]().get(), str)
    assert_type(PriorityQueue[tuple[int, str]]().get(), tuple[int, str])
    assert_type(channel.get(), str)
    assert_type([item for item, _ in channel.putters], list[str])
    assert_type(bare.get(), object)
    queue.put("3")  # type: ignore[arg-type]  # no int


def timeouts() -> None:
    """Timeouts."""
    with Timeout(1, False) as timeout:
        assert_type(timeout, Timeout)
    assert_type(Timeout.start_new(1.5), Timeout)
    assert_type(timeout.seconds, float | None)
    assert_type(with_timeout(1, len, "three"), int)
    assert_type(with_timeout(1, len, "three", timeout_value=None), int | None)
    with_timeout(1, len, 3)  # type: ignore[call-overload]  # has no length


class Request(local):
    """Subclasses declare what greenlets assign."""

    number: int


def locals_(request: Request) -> None:
    """Greenlet-local objects."""
    assert_type(request.number, int)
    request.anything = deque([1])
