"""Semaphores and locks within one thread."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from unittest import mock

import pytest

import gevent
from gevent.exceptions import BlockingSwitchOutError, LoopExit
from gevent.lock import BoundedSemaphore, DummySemaphore, RLock, Semaphore
from gevent.thread import allocate_lock

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]


def acquirers(
    semaphore: Semaphore | RLock, n: int, log: list[int]
) -> list[gevent.Greenlet]:
    """Spawn *n* greenlets that acquire and log their number."""

    def body(number: int) -> None:
        if semaphore.acquire():
            log.append(number)

    greenlets = [gevent.spawn(body, number) for number in range(n)]
    gevent.sleep(0)
    return greenlets


@pytest.mark.parametrize("kind", [Semaphore, BoundedSemaphore])
def test_units_are_counted(kind: type[Semaphore]) -> None:
    semaphore = kind(2)
    assert semaphore.acquire() is True
    assert semaphore.acquire(blocking=False) is True
    assert semaphore.locked()
    assert not semaphore.ready()
    assert semaphore.acquire(blocking=False) is False
    assert semaphore.release() == 1
    assert semaphore.counter == 1


def test_waiters_are_served_in_order() -> None:
    semaphore = Semaphore(0)
    log: list[int] = []
    greenlets = acquirers(semaphore, 3, log)
    for _ in range(3):
        semaphore.release()
    assert log == []
    gevent.joinall(greenlets)
    assert log == [0, 1, 2]


def test_a_running_greenlet_may_be_faster_and_the_waiter_keeps_its_place() -> None:
    semaphore = Semaphore(0)
    log: list[int] = []
    greenlets = acquirers(semaphore, 2, log)
    semaphore.release()
    assert semaphore.acquire(blocking=False)
    gevent.sleep(0)
    assert log == []
    semaphore.release()
    gevent.sleep(0)
    assert log == [0]
    semaphore.release()
    gevent.joinall(greenlets)
    assert log == [0, 1]


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_waiter_leaves_its_unit_to_the_next(victim: int) -> None:
    semaphore = Semaphore(0)
    log: list[int] = []
    greenlets = acquirers(semaphore, 2, log)
    greenlets[victim].kill(block=False)
    semaphore.release()
    gevent.joinall(greenlets)
    assert log == [1 - victim]
    assert semaphore.counter == 0


@pytest.mark.parametrize("timeout", [0, -1, 0.001])
def test_acquire_gives_up_after_its_timeout(timeout: float) -> None:
    semaphore = Semaphore(0)
    assert semaphore.acquire(timeout=timeout) is False
    assert semaphore.wait(timeout=timeout) == 0
    assert semaphore.linkcount() == 0


def test_a_foreign_timeout_passes_through() -> None:
    semaphore = Semaphore(0)
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        semaphore.acquire()
    assert semaphore.linkcount() == 0
    assert semaphore.counter == 0


def test_wait_does_not_take_a_unit() -> None:
    semaphore = Semaphore(0)
    waiting = [gevent.spawn(semaphore.wait) for _ in range(2)]
    gevent.sleep(0)
    semaphore.release()
    assert [each.get() for each in waiting] == [1, 1]
    assert semaphore.wait() == 1


def test_acquiring_what_nobody_can_release_is_a_loop_exit() -> None:
    semaphore = Semaphore(1)
    semaphore.acquire()
    with pytest.raises(LoopExit):
        semaphore.acquire()


def test_in_the_hub_only_a_free_unit_is_taken(in_hub: Callable[..., object]) -> None:
    semaphore = Semaphore(1)
    assert in_hub(semaphore.acquire) is True
    assert in_hub(semaphore.acquire, False) is False
    assert isinstance(in_hub(semaphore.acquire), BlockingSwitchOutError)


def test_a_link_of_a_free_semaphore_is_called_and_takes_nothing() -> None:
    semaphore = Semaphore(1)
    log: list[object] = []
    semaphore.rawlink(log.append)
    assert log == []
    gevent.sleep(0)
    assert log == [semaphore]
    assert semaphore.counter == 1
    assert semaphore.linkcount() == 0


def test_a_link_is_called_when_a_unit_comes() -> None:
    semaphore = Semaphore(0)
    log: list[object] = []
    semaphore.rawlink(log.append)
    semaphore.rawlink(print)
    semaphore.unlink(print)
    gevent.sleep(0)
    assert log == []
    semaphore.release()
    gevent.sleep(0)
    assert log == [semaphore]


def test_gevent_wait_takes_semaphores() -> None:
    semaphore = Semaphore(1)
    assert gevent.wait([semaphore]) == [semaphore]
    assert semaphore.counter == 1


def test_assigning_to_counter_wakes_waiters() -> None:
    semaphore = Semaphore(0)
    log: list[int] = []
    greenlets = acquirers(semaphore, 2, log)
    semaphore.counter += 2
    gevent.joinall(greenlets)
    assert log == [0, 1]


def test_the_context_manager_releases() -> None:
    semaphore = Semaphore()
    with semaphore as entered:
        assert entered is None
        assert semaphore.locked()
    assert semaphore.ready()


@pytest.mark.parametrize(
    ("value", "error"), [(-1, ValueError), ("a", TypeError), (1.5, TypeError)]
)
def test_the_initial_value_is_checked(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        Semaphore(value)  # type: ignore[arg-type]  # that is the test


def test_a_bounded_semaphore_refuses_to_exceed_its_initial_value() -> None:
    semaphore = BoundedSemaphore(1)
    with pytest.raises(ValueError, match="released too many times"):
        semaphore.release()
    assert semaphore.counter == 1


def test_a_bounded_semaphore_forgets_its_hub_when_it_is_free() -> None:
    semaphore = BoundedSemaphore(1)
    semaphore.acquire()
    semaphore.acquire(timeout=0)
    assert semaphore.hub is gevent.get_hub()
    semaphore.release()
    assert semaphore.hub is None


def test_a_bounded_semaphore_is_as_new_after_a_fork() -> None:
    semaphore = BoundedSemaphore(2)
    semaphore.acquire()
    semaphore._at_fork_reinit()
    assert semaphore.counter == 2


@pytest.mark.parametrize("kind", [BoundedSemaphore, RLock])
def test_who_waits_in_the_thread_that_forked_gets_it_in_the_child(
    kind: type[BoundedSemaphore | RLock],
) -> None:
    lock = kind()
    lock.acquire()
    waiter = gevent.spawn(lock.acquire, timeout=5)
    gevent.sleep(0)
    lock._at_fork_reinit()
    gevent.sleep(0)
    assert waiter.value is True


@pytest.mark.parametrize("kind", [Semaphore, BoundedSemaphore])
def test_a_hub_that_is_none_is_refused(kind: type[Semaphore]) -> None:
    with pytest.raises(TypeError, match="expected a hub, got 1"):
        kind(1, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a hub, got 1"):
        RLock(1)  # type: ignore[arg-type]


def test_a_hub_can_be_given() -> None:
    hub = gevent.get_hub()
    assert Semaphore(1, hub).hub is hub
    assert Semaphore().hub is None


def test_texts_of_semaphores() -> None:
    semaphore = BoundedSemaphore(3)
    assert str(semaphore) == (
        f"<BoundedSemaphore at 0x{id(semaphore):x} counter=3 _links[0]>"
    )


@pytest.mark.compiled
@pytest.mark.parametrize("kind", [Semaphore, BoundedSemaphore])
def test_no_dict_but_weak_references(kind: type[Semaphore]) -> None:
    semaphore = kind()
    with pytest.raises(AttributeError):
        semaphore.other = 1  # type: ignore[attr-defined]  # that is the test
    reference = weakref.ref(semaphore)
    del semaphore
    gc.collect()
    assert reference() is None


# -- RLock ----------------------------------------------------------------------------


def test_the_owner_may_take_the_lock_again() -> None:
    lock = RLock()
    assert lock.acquire() is True
    assert lock.acquire() == 1
    assert lock.acquire(blocking=False) == 1
    for _ in range(3):
        assert lock.locked()
        lock.release()
    assert not lock.locked()


def test_others_wait_for_the_lock_in_order() -> None:
    lock = RLock()
    lock.acquire()
    log: list[int] = []

    def body(number: int) -> None:
        with lock:
            log.append(number)

    greenlets = [gevent.spawn(body, number) for number in range(3)]
    gevent.sleep(0)
    assert log == []
    lock.release()
    gevent.joinall(greenlets)
    assert log == [0, 1, 2]


def test_others_can_neither_take_nor_release_the_lock() -> None:
    lock = RLock()
    lock.acquire()
    assert gevent.spawn(lock.acquire, False).get() is False
    assert gevent.spawn(lock.acquire, True, 0.001).get() is False

    def release() -> str:
        with pytest.raises(RuntimeError, match="cannot release un-acquired lock"):
            lock.release()
        return "refused"

    assert gevent.spawn(release).get() == "refused"


def test_releasing_a_free_lock_and_a_timeout_of_minus_one() -> None:
    lock = RLock()
    with pytest.raises(RuntimeError):
        lock.release()
    lock.acquire()
    waiting = gevent.spawn(lock.acquire, True, -1)
    gevent.sleep(0)
    gevent.sleep(0)
    assert not waiting.ready()
    lock.release()
    assert waiting.get() is True


def test_the_lock_serves_a_condition() -> None:
    lock = RLock()
    condition = threading.Condition(lock)  # type: ignore[arg-type]  # like a lock
    lock.acquire()
    lock.acquire()
    saved = lock._release_save()
    assert not lock._is_owned()
    lock._acquire_restore(saved)
    assert lock._is_owned()
    condition.notify_all()
    lock.release()
    lock.release()
    assert not lock.locked()


def test_texts_of_locks() -> None:
    lock = RLock()
    assert f"<RLock at 0x{id(lock):x} _block=<Semaphore at " in repr(lock)
    assert str(lock).endswith(" counter=1 _links[0]> _count=0 _owner=None)>")


@pytest.mark.compiled
def test_users_may_assign_to_the_class_of_locks_but_not_to_locks() -> None:
    RLock.marker = 1  # type: ignore[attr-defined]  # that is the test
    del RLock.marker  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        RLock().other = 1  # type: ignore[attr-defined]
    assert weakref.ref(RLock()) is not None


@pytest.mark.cpython("PyPy's collector cannot be told when to run")
def test_a_finalizer_may_use_the_lock_whose_release_it_interrupts() -> None:
    lock = RLock()
    taken: list[object] = []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            if lock.acquire(blocking=False):
                taken.append(True)
                lock.release()

    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(200):
            with lock:
                Cycle()
    finally:
        gc.set_threshold(*before)
    gc.collect()
    assert len(taken) == 200
    assert not lock.locked()


def test_a_dummy_never_blocks() -> None:
    dummy = DummySemaphore(0)
    assert dummy.acquire()
    assert dummy.ready()
    assert not dummy.locked()
    dummy.release()
    dummy.rawlink(print)
    dummy.unlink(print)
    assert dummy.wait() == 1
    with dummy as entered:
        assert entered is None


def test_an_rlock_says_how_often_the_caller_holds_it() -> None:
    """multiprocessing asks it of the lock that patching gave it."""
    lock = RLock()
    with lock, lock:
        assert lock._recursion_count() == 2
        assert gevent.spawn(lock._recursion_count).get() == 0
    assert lock._recursion_count() == 0


def waiting_for_lock_again(
    lock: RLock, leave: list[BaseException]
) -> tuple[threading.Condition, gevent.Greenlet]:
    """Return a condition, and a greenlet that was notified; the caller has the lock."""
    condition = threading.Condition(lock)  # type: ignore[arg-type]  # like a lock

    def body() -> None:
        try:
            with condition:
                condition.wait()
        except BaseException as error:
            leave.append(error)
            raise

    with mock.patch.object(threading, "_allocate_lock", allocate_lock):
        greenlet = gevent.spawn(body)
        gevent.sleep(0)
    lock.acquire()
    condition.notify()
    gevent.sleep(0)
    return condition, greenlet


def test_a_kill_between_the_notice_and_the_lock_arrives_with_the_lock() -> None:
    """The ``with`` block released a lock that was not its own."""
    lock, left = RLock(), list[BaseException]()
    _, greenlet = waiting_for_lock_again(lock, left)
    greenlet.kill(block=False)
    gevent.sleep(0)
    assert not greenlet.ready()
    lock.release()
    greenlet.join()
    assert isinstance(greenlet.value, gevent.GreenletExit)
    assert left == [greenlet.value]
    assert not lock.locked()


def test_a_condition_whose_lock_never_comes_back_is_not_waited_for_again() -> None:
    lock = RLock()
    gevent.spawn(lock.acquire).join()
    with pytest.raises(LoopExit):
        lock._acquire_restore((1, gevent.getcurrent()))


def test_a_reentrant_lock_knows_its_owner_and_how_often_it_is_held() -> None:
    lock = RLock()
    assert (lock._owner, lock._count) == (None, 0)
    with lock, lock:
        assert (lock._owner, lock._count) == (gevent.getcurrent(), 2)
    assert (lock._owner, lock._count) == (None, 0)
