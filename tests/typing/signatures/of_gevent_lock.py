"""Every signature of ``gevent.lock``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_type

from gevent.hub import Hub
from gevent.lock import DummySemaphore, ReentrantLock, Semaphore
from gevent.timeout import Timeout


def semaphore_counter(it: Semaphore) -> None:
    assert_type(it.counter, int)


def semaphore_made(value: int, hub: Hub | None) -> None:
    assert_type(Semaphore(value, hub), Semaphore)


def semaphore_locked(it: Semaphore) -> None:
    assert_type(it.locked(), bool)


def semaphore_ready(it: Semaphore) -> None:
    assert_type(it.ready(), bool)


def semaphore_acquire(
    it: Semaphore, blocking: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.acquire(blocking, timeout), bool)


def semaphore_release(it: Semaphore) -> None:
    assert_type(it.release(), int)


def semaphore_wait(it: Semaphore, timeout: float | Timeout | None) -> None:
    assert_type(it.wait(timeout), int)


def semaphore_rawlink(it: Semaphore, callback: Callable[[Semaphore], object]) -> None:
    assert_type(it.rawlink(callback), None)


def semaphore_unlink(it: Semaphore, callback: Callable[[Semaphore], object]) -> None:
    assert_type(it.unlink(callback), None)


def semaphore_entered(it: Semaphore) -> None:
    assert_type(it.__enter__(), None)


def reentrantlock_made(hub: Hub | None) -> None:
    assert_type(ReentrantLock(hub), ReentrantLock)


def reentrantlock_locked(it: ReentrantLock) -> None:
    assert_type(it.locked(), bool)


def reentrantlock_acquire(
    it: ReentrantLock, blocking: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.acquire(blocking, timeout), int)


def reentrantlock_release(it: ReentrantLock) -> None:
    assert_type(it.release(), None)


def reentrantlock_entered(it: ReentrantLock) -> None:
    assert_type(it.__enter__(), int)


def dummysemaphore_made(value: object) -> None:
    assert_type(DummySemaphore(value), DummySemaphore)


def dummysemaphore_locked(it: DummySemaphore) -> None:
    assert_type(it.locked(), bool)


def dummysemaphore_ready(it: DummySemaphore) -> None:
    assert_type(it.ready(), bool)


def dummysemaphore_acquire(
    it: DummySemaphore, blocking: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.acquire(blocking, timeout), bool)


def dummysemaphore_release(it: DummySemaphore) -> None:
    assert_type(it.release(), None)


def dummysemaphore_wait(it: DummySemaphore, timeout: float | Timeout | None) -> None:
    assert_type(it.wait(timeout), int)


def dummysemaphore_rawlink(
    it: DummySemaphore, callback: Callable[[DummySemaphore], object]
) -> None:
    assert_type(it.rawlink(callback), None)


def dummysemaphore_unlink(
    it: DummySemaphore, callback: Callable[[DummySemaphore], object]
) -> None:
    assert_type(it.unlink(callback), None)


def dummysemaphore_entered(it: DummySemaphore) -> None:
    assert_type(it.__enter__(), None)
