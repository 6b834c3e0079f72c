"""Locks that were made before patching."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(
        not hasattr(sys, "getrefcount"), reason="needs reference counts"
    ),
]

# `find()` returns a lock made before; a greenlet holds it while another wants it.
TWO_GREENLETS = """
import collections, queue, sys, threading, _thread
{before}
from gevent import monkey
monkey.patch_all()
import gevent
log = []
def hold():
    with find():
        log.append("taken")
        gevent.sleep(0.001)
        log.append("given")
gevent.joinall([gevent.spawn(hold), gevent.spawn(hold)], raise_error=True)
print(*log)
"""

OF_OBJECTS = """
class Holder:
    shared = threading.Lock()
    def __init__(self, lock):
        self.lock = lock
class Slotted:
    __slots__ = ("_lock",)
    def __init__(self):
        self._lock = threading.Lock()
class Guarded(Slotted):
    def __setattr__(self, name, value):
        assert not hasattr(self, name), "code of the program runs"
        super().__setattr__(name, value)
def closure():
    lock = threading.Lock()
    return lambda: lock
holder = Holder(threading.Lock())
Holder.shared  # the class remembers where it found it
"""


@pytest.mark.parametrize(
    "before",
    [
        "lock = threading.Lock(); find = lambda: lock",
        "many = [threading.Lock() for _ in range(100)]; find = lambda: many[50]",
        "lock = _thread.allocate_lock(); find = lambda: lock",
        "lock = threading.RLock(); find = lambda: lock",
        "lock = threading.Condition(); find = lambda: lock",
        "lock = threading.Condition(threading.Lock()); find = lambda: lock",
        "lock = threading.Semaphore(1); find = lambda: lock",
        "found = queue.Queue(); find = lambda: found.mutex",
        "found = queue.Queue(); find = lambda: found.not_empty",
        "found = [threading.Lock()]; find = lambda: found[0]",
        "found = {1: {'a': threading.Lock()}}; find = lambda: found[1]['a']",
        OF_OBJECTS + "find = lambda: holder.lock",
        OF_OBJECTS + "find = lambda: Holder.shared",
        OF_OBJECTS + "find = closure()",
        OF_OBJECTS + "found = Slotted(); find = lambda: found._lock",
        OF_OBJECTS + "found = Guarded(); find = lambda: found._lock",
    ],
)
def test_two_greenlets_use_a_lock_made_before(before: str, program: Program) -> None:
    """The one that waited blocked the thread, and with it the one that held it."""
    printed = program(TWO_GREENLETS.replace("{before}", before))
    assert printed == "taken given taken given\n"


def test_the_main_greenlet_holds_a_lock_made_before(program: Program) -> None:
    printed = program(
        """
        import threading
        lock = threading.Lock()
        from gevent import monkey
        monkey.patch_all()
        import gevent
        with lock:
            waiting = gevent.spawn(lock.acquire)
            gevent.sleep(0.001)
            print(waiting.ready())
        print(waiting.get())
        """
    )
    assert printed == "False\nTrue\n"


def test_a_class_forgets_the_lock_that_it_looked_up_before(program: Program) -> None:
    printed = program(
        """
        import threading
        class Holder:
            shared = threading.Lock()
        def find():
            return Holder.shared
        for _ in range(100):
            find()
        kept = id(find())
        from gevent import monkey
        monkey.patch_all()
        print(find() is vars(Holder)["shared"], id(find()) == kept)
        """
    )
    assert printed == "True False\n"


def test_a_queue_made_before_lets_greenlets_wait(program: Program) -> None:
    printed = program(
        """
        import queue
        tasks = queue.Queue(1)
        from gevent import monkey
        monkey.patch_all()
        import gevent
        putting = gevent.spawn(lambda: [tasks.put(each) for each in range(4)])
        print([tasks.get() for _ in range(4)])
        """
    )
    assert printed == "[0, 1, 2, 3]\n"


def test_a_lock_is_replaced_everywhere_or_nowhere(program: Program) -> None:
    printed = program(
        """
        import threading, weakref
        everywhere = threading.Lock()
        places = [everywhere, {"a": everywhere}, everywhere.acquire]
        nowhere = threading.Lock()
        others = [nowhere, (nowhere,)]
        kept_method = threading.Lock()
        methods = (kept_method.release,)
        watched = threading.Lock()
        reference = weakref.ref(watched)
        key = threading.Lock()
        keys = {key: key}
        held = threading.Lock()
        held.acquire()
        held_again = threading.RLock()
        held_again.acquire()
        from gevent import monkey
        monkey.patch_all()
        import gevent.thread
        ours = gevent.thread.LockType
        print(type(everywhere) is ours, places[0] is everywhere,
              places[1]["a"] is everywhere, places[2].__self__ is everywhere)
        print([type(each) is ours for each in (nowhere, kept_method, watched, key)])
        print(others[0] is nowhere, others[1][0] is nowhere, reference() is watched)
        print(type(held) is ours, type(held_again).__module__)
        held.release()
        held_again.release()
        """
    )
    assert printed == (
        "True True True True\n[False, False, False, False]\nTrue True True\n"
        "False _thread\n"
    )


def test_locks_of_the_interpreter_and_originals_stay(program: Program) -> None:
    printed = program(
        """
        import functools, importlib, logging, threading
        before = threading._active_limbo_lock, logging._lock
        from gevent import monkey
        monkey.patch_all()
        print(threading._active_limbo_lock is before[0])
        print(monkey.get_original("logging", "_lock") is before[1])
        """
    )
    assert printed == "True\nTrue\n"


@pytest.mark.parametrize(
    ("option", "expected"),
    [("existing_locks", "True False\n"), ("logging", "False True\n")],
)
def test_what_shall_stay_as_it_is_does(
    option: str, expected: str, program: Program
) -> None:
    printed = program(
        """
        import logging, threading
        lock, kept = threading.Lock(), logging._lock
        before = id(lock), id(kept)
        del kept
        from gevent import monkey
        monkey.patch_thread({option}=False)
        print(id(lock) == before[0], id(logging._lock) == before[1])
        """.replace("{option}", option)
    )
    assert printed == expected


def test_a_native_thread_and_a_greenlet_share_a_lock_made_before(
    program: Program,
) -> None:
    printed = program(
        """
        import threading
        start, n_added = threading.Event(), 0
        lock = threading.Lock()
        def add():
            global n_added
            start.wait()
            for _ in range(2000):
                with lock:
                    before = n_added
                    n_added = before + 1
        thread = threading.Thread(target=add)
        thread.start()
        import warnings
        from gevent import monkey
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            monkey.patch_all()
        import gevent
        start.set()
        def yielding():
            global n_added
            for _ in range(200):
                with lock:
                    before = n_added
                    gevent.sleep(0)
                    n_added = before + 1
        gevent.joinall([gevent.spawn(yielding), gevent.spawn(yielding)])
        thread.join()
        print(n_added)
        """
    )
    assert printed == "2400\n"


def test_the_switch_interval_and_the_collector_are_as_before(program: Program) -> None:
    printed = program(
        """
        import gc, sys
        gc.disable()
        before = sys.getswitchinterval()
        from gevent import monkey
        monkey.patch_all()
        print(gc.isenabled(), sys.getswitchinterval() == before)
        """
    )
    assert printed == "False True\n"
