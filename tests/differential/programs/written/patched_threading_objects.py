"""Programs that use what ``threading`` has besides threads, patched and unpatched."""

from __future__ import annotations

import threading
import time

from differential import each

MODULE = "gevent.monkey"
PATCHED = True


def beside(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    return thread


# -- Timer ---------------------------------------------------------------------------


def timer_fires(case):
    seen = []
    timer = threading.Timer(0.001, lambda *a, **k: seen.append((a, k)), [1], {"k": 2})
    case.attributes(timer, "interval", "args", "kwargs", "daemon")
    timer.start()
    timer.join()
    case.show("seen", seen)
    case.show("finished", timer.finished.is_set())


def timer_cancelled(case):
    seen = []
    timer = threading.Timer(60, seen.append, (1,))
    timer.start()
    case.call(timer.cancel)
    timer.join()
    case.show("seen", seen)
    case.call(timer.is_alive)
    case.call(timer.cancel)


def timer_cancelled_before_start(case):
    seen = []
    timer = threading.Timer(0.001, seen.append, (1,))
    timer.cancel()
    timer.start()
    timer.join()
    case.show("seen", seen)


@each(0, -1, "x", None)
def timer_with(case, interval):
    seen = []
    timer = threading.Timer(interval, seen.append, (1,))
    if interval is None:
        timer.cancel()
    timer.name = "timer"
    timer.start()
    timer.join()
    case.show("seen", seen)


def timer_fails(case):
    def fail():
        raise ValueError("wrong")

    timer = threading.Timer(0.001, fail)
    timer.name = "timer"
    timer.start()
    timer.join()


def timer_subclass(case):
    seen = []

    class Repeat(threading.Timer):
        def run(self):
            while not self.finished.wait(self.interval):
                self.function(*self.args, **self.kwargs)

    def count():
        seen.append(1)
        if len(seen) == 3:
            timer.cancel()

    timer = Repeat(0.001, count)
    timer.start()
    timer.join()
    case.show("seen", seen)
    case.show("is a thread", isinstance(timer, threading.Thread))


def timer_started_twice(case):
    timer = threading.Timer(0.001, print)
    timer.start()
    case.call(timer.start)
    timer.cancel()
    timer.join()


# -- Barrier -------------------------------------------------------------------------


@each(1, 2, 3)
def barrier_is_passed(case, parties):
    barrier = threading.Barrier(parties)
    seen = []
    threads = [beside(lambda: seen.append(barrier.wait())) for _ in range(parties - 1)]
    seen.append(barrier.wait())
    for thread in threads:
        thread.join()
    case.show("seen", sorted(seen))
    case.attributes(barrier, "parties", "n_waiting", "broken")


@each(0, -1, "x", None, 1.5)
def barrier_of(case, parties):
    case.named_call("made", lambda: threading.Barrier(parties).parties)


def barrier_action(case):
    seen = []
    barrier = threading.Barrier(2, action=lambda: seen.append("action"))
    thread = beside(barrier.wait)
    barrier.wait()
    thread.join()
    case.show("seen", seen)


def barrier_action_fails(case):
    def fail():
        raise ValueError("action")

    barrier = threading.Barrier(2, action=fail)
    seen = []

    def wait():
        try:
            barrier.wait()
        except Exception as error:
            seen.append(type(error).__name__)

    thread = beside(wait)
    wait()
    thread.join()
    case.show("seen", sorted(seen))
    case.attributes(barrier, "broken", "n_waiting")


@each(0.001, 0, -1)
def barrier_times_out(case, timeout):
    barrier = threading.Barrier(2)
    case.call(barrier.wait, timeout)
    case.attributes(barrier, "broken", "n_waiting")
    case.call(barrier.wait)
    case.call(barrier.reset)
    case.attributes(barrier, "broken")


def barrier_with_a_default_timeout(case):
    barrier = threading.Barrier(2, timeout=0.001)
    case.call(barrier.wait)
    case.attributes(barrier, "broken")


def barrier_aborted(case):
    barrier = threading.Barrier(2)
    seen = []

    def wait():
        try:
            barrier.wait()
        except threading.BrokenBarrierError as error:
            seen.append(repr(error))

    thread = beside(wait)
    while barrier.n_waiting < 1:
        time.sleep(0.001)
    case.call(barrier.abort)
    thread.join()
    case.show("seen", seen)
    case.attributes(barrier, "broken", "n_waiting")


def barrier_reset_while_one_waits(case):
    barrier = threading.Barrier(2)
    seen = []

    def wait():
        try:
            barrier.wait()
        except threading.BrokenBarrierError as error:
            seen.append(repr(error))

    thread = beside(wait)
    while barrier.n_waiting < 1:
        time.sleep(0.001)
    barrier.reset()
    thread.join()
    case.show("seen", seen)
    case.attributes(barrier, "broken", "n_waiting")


def barrier_repr(case):
    barrier = threading.Barrier(2)
    case.show("repr", repr(barrier))
    barrier.abort()
    case.show("repr", repr(barrier))


def barrier_many_rounds(case):
    barrier = threading.Barrier(3)
    seen = []

    def work(number):
        for turn in range(3):
            barrier.wait()
            seen.append(turn)

    threads = [beside(work, number) for number in range(3)]
    for thread in threads:
        thread.join()
    case.show("seen", seen)


# -- Event ---------------------------------------------------------------------------


@each(None, 0, 0.001, -1, True)
def event_wait(case, timeout):
    event = threading.Event()
    if timeout is not None:
        case.call(event.wait, timeout)
    event.set()
    case.call(event.wait, timeout)
    event.clear()
    case.call(event.is_set)
    case.call(event.isSet)


@each("x", [], b"")
def event_wait_wrong(case, timeout):
    event = threading.Event()
    case.call(event.wait, timeout)
    event.set()
    case.call(event.wait, timeout)


def event_repr(case):
    event = threading.Event()
    case.show("unset", "unset" in repr(event))
    event.set()
    case.show("set", ": set" in repr(event))


def event_wakes_all(case):
    event = threading.Event()
    seen = []

    def wait(number):
        seen.append((number, event.wait()))

    threads = [beside(wait, number) for number in range(3)]
    event.set()
    for thread in threads:
        thread.join()
    case.show("seen", sorted(seen))


def event_set_twice(case):
    event = threading.Event()
    case.call(event.set)
    case.call(event.set)
    case.call(event.clear)
    case.call(event.clear)


def event_subclass(case):
    class Named(threading.Event):
        def __init__(self, name):
            super().__init__()
            self.name = name

    event = Named("n")
    case.attributes(event, "name")
    event.set()
    case.call(event.wait)


# -- Condition -----------------------------------------------------------------------


@each("Lock", "RLock", None)
def condition_of(case, kind):
    lock = None if kind is None else getattr(threading, kind)()
    condition = threading.Condition(lock)
    items = []

    def take():
        with condition:
            while not items:
                condition.wait()
            items.append(items.pop() + 1)
            condition.notify()

    thread = beside(take)
    with condition:
        items.append(1)
        condition.notify()
    thread.join()
    case.show("items", items)
    with condition:
        case.call(condition.wait, 0.001)
        case.call(condition.wait, 0)


@each("wait", "notify", "notify_all", "notifyAll", "release")
def condition_not_held(case, name):
    condition = threading.Condition()
    case.call(getattr(condition, name))


@each("wait", "notify", "notify_all", "release")
def condition_not_held_of_a_lock(case, name):
    condition = threading.Condition(threading.Lock())
    case.call(getattr(condition, name))


@each(0, 1, 2, 5, -1)
def condition_notifies(case, count):
    condition = threading.Condition()
    woken = []
    waiting = []

    def wait(number):
        with condition:
            waiting.append(number)
            woken.append((condition.wait(0.05), number))

    threads = []
    for number in range(3):
        threads.append(beside(wait, number))
        while len(waiting) <= number:
            time.sleep(0.001)
    with condition:
        case.call(condition.notify, count)
    for thread in threads:
        thread.join()
    case.show("woken", sorted(woken))


@each(None, 0, 0.001)
def condition_wait_for(case, timeout):
    condition = threading.Condition()
    with condition:
        case.call(condition.wait_for, lambda: 5, timeout)
        if timeout is not None:
            case.call(condition.wait_for, lambda: 0, timeout)
        case.call(condition.wait_for, lambda: 1 / 0, timeout)
    case.call(condition.wait_for, lambda: 5)


@each(True, False)
def condition_acquire(case, blocking):
    condition = threading.Condition(threading.Lock())
    case.call(condition.acquire, blocking)
    case.call(condition.acquire, False)
    case.call(condition.release)


def condition_repr(case):
    lock = threading.Lock()
    condition = threading.Condition(lock)
    case.show("repr", repr(condition).replace(repr(lock), "LOCK"))


def condition_wait_gives_up_recursion(case):
    condition = threading.Condition(threading.RLock())
    order = []

    def other():
        with condition:
            order.append("other")
            condition.notify()

    with condition, condition:
        thread = beside(other)
        order.append(condition.wait(1))
    thread.join()
    case.show("order", order)
    case.call(condition.release)


def condition_of_a_semaphore(case):
    condition = threading.Condition(threading.Semaphore(1))
    with condition:
        case.call(condition.wait, 0.001)
        case.call(condition.notify)


# -- Semaphore -----------------------------------------------------------------------


@each("Semaphore", "BoundedSemaphore")
def semaphore(case, kind):
    made = getattr(threading, kind)(2)
    case.call(made.acquire)
    case.call(made.acquire, timeout=0.001)
    case.call(made.acquire, timeout=0.001)
    case.call(made.acquire, False)
    case.call(made.acquire, blocking=False)
    case.call(made.release)
    case.call(made.release, 1)
    case.call(made.release)
    case.call(made.release, 0)
    case.call(made.release, n=2)


@each("Semaphore", "BoundedSemaphore")
def semaphore_refuses(case, kind):
    make = getattr(threading, kind)
    case.call(make, -1)
    case.named_call("text", lambda: make("x"))
    case.call(make(1).acquire, False, 1)
    made = make(0)
    case.call(made.acquire, timeout=-1)
    case.call(made.acquire, True, 0)


@each("Semaphore", "BoundedSemaphore")
def semaphore_repr(case, kind):
    made = getattr(threading, kind)(2)
    case.show("repr", repr(made))
    case.call(made.__enter__)
    case.show("repr", repr(made))
    case.call(made.__exit__, None, None, None)


def semaphore_limits(case):
    gate = threading.Semaphore(2)
    inside, most = [], []

    def work(number):
        with gate:
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.001)
            inside.remove(number)

    threads = [beside(work, number) for number in range(6)]
    for thread in threads:
        thread.join()
    case.show("most", max(most))


def semaphore_release_many(case):
    gate = threading.Semaphore(0)
    done = []

    def wait(number):
        gate.acquire()
        done.append(number)

    threads = [beside(wait, number) for number in range(3)]
    gate.release(3)
    for thread in threads:
        thread.join()
    case.show("done", sorted(done))


# -- Lock, RLock ---------------------------------------------------------------------


@each("Lock", "RLock")
def lock_states(case, kind):
    lock = getattr(threading, kind)()
    case.call(lock.acquire)
    case.call(lock.release)
    case.call(lock.release)
    case.call(lock.__enter__)
    case.call(lock.__exit__, None, None, None)
    with lock:
        pass


@each("Lock", "RLock")
def lock_of_another(case, kind):
    lock = getattr(threading, kind)()
    seen = []

    def work():
        seen.append(lock.acquire(False))
        seen.append(lock.acquire(timeout=0.001))
        seen.append(lock.acquire(True, 0))
        try:
            lock.release()
        except RuntimeError as error:
            seen.append(str(error))

    lock.acquire()
    beside(work).join()
    case.show("seen", seen)


def lock_released_by_another(case):
    lock = threading.Lock()
    lock.acquire()
    beside(lock.release).join()
    case.call(lock.locked)
    case.call(lock.acquire, False)


def rlock_is_recursive(case):
    lock = threading.RLock()
    case.call(lock.acquire)
    case.call(lock.acquire, False)
    case.call(lock.acquire, True, 1)
    for _ in range(4):
        case.call(lock.release)


def rlock_private(case):
    lock = threading.RLock()
    lock.acquire()
    lock.acquire()
    case.call(lock._is_owned)
    state = lock._release_save()
    case.call(lock._is_owned)
    lock._acquire_restore(state)
    case.call(lock._is_owned)
    case.call(lock.release)
    case.call(lock.release)
    case.call(lock.release)


def lock_order_is_first_come(case):
    lock = threading.Lock()
    lock.acquire()
    order = []

    def work(number):
        with lock:
            order.append(number)

    threads = [beside(work, number) for number in range(3)]
    lock.release()
    for thread in threads:
        thread.join()
    case.show("order", sorted(order))
