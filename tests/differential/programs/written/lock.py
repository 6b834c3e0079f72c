"""Programs about ``gevent.lock``."""

from __future__ import annotations

from differential import each

import gevent
from gevent import Timeout
from gevent.lock import BoundedSemaphore, DummySemaphore, RLock, Semaphore

MODULE = "gevent.lock"

KINDS = {
    "Semaphore": Semaphore,
    "BoundedSemaphore": BoundedSemaphore,
    "RLock": RLock,
    "DummySemaphore": DummySemaphore,
}
COUNTING = ("Semaphore", "BoundedSemaphore")


@each(*KINDS)
def taken_and_given_back(case, kind):
    lock = KINDS[kind]()
    case.call(lock.acquire)
    case.call(lock.locked)
    case.call(lock.release)
    case.call(lock.locked)


@each(*KINDS)
def released_once_too_often(case, kind):
    lock = KINDS[kind]()
    case.call(lock.release)
    case.call(lock.locked)


@each(*KINDS)
def used_with_with(case, kind):
    lock = KINDS[kind]()
    with lock as entered:
        case.show("entered", entered)
        case.show("locked", lock.locked())
    case.show("afterwards", lock.locked())


@each(*KINDS)
def a_greenlet_waits_in_vain(case, kind):
    lock = KINDS[kind]()
    lock.acquire()
    waiter = gevent.spawn(lock.acquire, timeout=0.001)
    case.call(waiter.get)
    waiter = gevent.spawn(lock.acquire, False)
    case.call(waiter.get)


@each(*COUNTING, "RLock")
def three_wait_in_turn(case, kind):
    lock = KINDS[kind]()
    log = []

    def take(number):
        with lock:
            log.append(number)
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(take, number) for number in range(3)])
    case.show("order", log)


@each(*COUNTING, "RLock")
def the_first_who_waits_is_killed(case, kind):
    lock = KINDS[kind]()
    lock.acquire()
    waiters = [gevent.spawn(lock.acquire) for _ in range(2)]
    gevent.sleep(0)
    lock.release()
    waiters[0].kill()
    gevent.joinall(waiters, timeout=0.01)
    for waiter in waiters:
        case.show("value", waiter.value)


@each(*COUNTING, "RLock")
def a_timeout_object_ends_a_wait(case, kind):
    lock = KINDS[kind]()
    lock.acquire()

    def wait():
        with Timeout(0.001, False):
            lock.acquire()
        return "over"

    case.call(gevent.spawn(wait).get)
    case.call(lock.release)


@each(0, 1, 3, -1, None, "1", True)
def a_semaphore_of(case, value):
    semaphore = case.call(Semaphore, value)
    if semaphore is not None:
        case.attributes(semaphore, "counter", "hub")
        case.call(semaphore.locked)
        case.call(semaphore.ready)
        case.call(semaphore.linkcount)
        case.show("text", str(semaphore))


@each(*COUNTING)
def wait_takes_nothing(case, kind):
    semaphore = KINDS[kind](1)
    case.call(semaphore.wait)
    case.call(semaphore.acquire)
    case.call(semaphore.wait, 0.001)
    case.show("counter", semaphore.counter)


@each(*COUNTING)
def links_are_called_once(case, kind):
    semaphore = KINDS[kind](1)
    log = []
    case.call(semaphore.rawlink, log.append)
    case.show("at once", len(log))
    gevent.sleep(0)
    gevent.sleep(0)
    case.show("later", len(log))
    semaphore.acquire()
    semaphore.release()
    gevent.sleep(0)
    case.show("again", len(log))
    case.call(semaphore.unlink, log.append)
    case.call(semaphore.unlink, print)


def the_counter_is_assigned(case):
    semaphore = Semaphore(0)
    waiters = [gevent.spawn(semaphore.acquire) for _ in range(3)]
    gevent.sleep(0)
    semaphore.counter = 2
    gevent.joinall(waiters, timeout=0.01)
    case.show("values", [waiter.value for waiter in waiters])
    case.show("counter", semaphore.counter)


def release_returns(case):
    semaphore = Semaphore(1)
    case.call(semaphore.release)
    bounded = BoundedSemaphore(2)
    bounded.acquire()
    case.call(bounded.release)


def an_rlock_taken_twice(case):
    lock = RLock()
    case.call(lock.acquire)
    case.call(lock.acquire)
    case.call(lock.acquire, False)
    other = gevent.spawn(lock.acquire, False)
    case.call(other.get)
    for _ in range(4):
        case.call(lock.release)


def an_rlock_of_somebody_else(case):
    lock = RLock()
    lock.acquire()
    gevent.get_hub().exception_stream = None
    try:
        gevent.spawn(lock.release).get()
    except RuntimeError as error:
        case.show("error", type(error))


@each(1, "hub", 1.5)
def a_hub_that_is_none(case, hub):
    case.call(RLock, hub)
    case.call(Semaphore, 1, hub)
    case.call(BoundedSemaphore, 1, hub)


@each(-1, 0, 0.001, None)
def acquire_of_a_free_one_with_a_timeout(case, timeout):
    for kind in (Semaphore, BoundedSemaphore, RLock):
        case.call(kind().acquire, True, timeout)
        case.call(kind().acquire, False, timeout)


def waiting_for_ever(case):
    semaphore = Semaphore(0)
    case.call(semaphore.acquire)
    case.call(semaphore.wait)
