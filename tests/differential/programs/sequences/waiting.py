"""Random operations on what greenlets wait for, with waiters, kills and time-outs.

Time passes only in ``pause``, and all time-outs are far apart: who is woken in which
order is decided by the operations alone.
"""

from __future__ import annotations

from differential import sequence

import gevent
from gevent import Timeout
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore

MODULE = "gevent.event"

LONG = 3.0


class Play:
    """Performs operations on one object; greenlets and links are numbered."""

    def __init__(self, case, thing, wait):
        self.case = case
        self.thing = thing
        self.wait = wait
        self.greenlets = []
        self.links = []

    def perform(self, operations):
        for operation in operations:
            name, *arguments = operation
            self.case.named_call(str(operation), getattr(self, name), *arguments)
        gevent.sleep(0)
        gevent.sleep(0)
        for number, greenlet in enumerate(self.greenlets):
            self.case.show(f"greenlet {number} is dead", greenlet.dead)
            greenlet.unlink_all()
        gevent.killall(self.greenlets)
        self.case.show("in the end", repr(self.thing))

    def call(self, name, *arguments):
        return getattr(self.thing, name)(*arguments)

    def waiter(self):
        """Start a greenlet that waits and tells."""
        number = len(self.greenlets)

        def body():
            try:
                result = self.wait(self.thing, LONG)
            except BaseException as error:
                self.case.show(f"{number} got", error)
                raise
            self.case.show(f"{number} got", result)

        self.greenlets.append(gevent.spawn(body))

    def impatient(self):
        """Start one whose time is over at the next poll."""
        number = len(self.greenlets)

        def body():
            self.case.named_call(f"{number} in time", self.wait, self.thing, 0)

        self.greenlets.append(gevent.spawn(body))

    def timed(self):
        """Start one that a Timeout of its own interrupts."""
        number = len(self.greenlets)

        def body():
            with Timeout(0.001, False):
                self.case.named_call(f"{number} bound", self.wait, self.thing, LONG)
            self.case.show(f"{number} goes on", True)

        self.greenlets.append(gevent.spawn(body))

    def kill(self, number):
        if number < len(self.greenlets):
            self.greenlets[number].kill(block=False)

    def link(self):
        number = len(self.links)
        self.links.append(lambda source: self.case.show(f"link {number}", True))
        self.thing.rawlink(self.links[-1])

    def unlink(self, number):
        if number < len(self.links):
            self.thing.unlink(self.links[number])

    def run(self):
        gevent.sleep(0)

    def pause(self):
        gevent.sleep(0.003)


SHARED = {
    "waiter": [],
    "impatient": [],
    "timed": [],
    "kill": [[0, 1, 2]],
    "link": [],
    "unlink": [[0, 1]],
    "run": [],
    "pause": [],
}


@sequence(call=[["set", "clear", "is_set"]], **SHARED)
def event(case, operations):
    Play(case, Event(), lambda thing, timeout: thing.wait(timeout)).perform(operations)


@sequence(
    call=[["set", "ready", "successful", "cancel", "get_nowait"]],
    fail=[["KeyError", "Timeout"]],
    **SHARED,
)
def async_result(case, operations):
    class Result(Play):
        def fail(self, name):
            error = KeyError("k") if name == "KeyError" else Timeout(1)
            self.thing.set_exception(error)

    wait = Result(
        case, AsyncResult(), lambda thing, timeout: thing.get(timeout=timeout)
    )
    wait.perform(operations)


@sequence(call=[["release", "locked", "ready"]], take=[], **SHARED)
def semaphore(case, operations):
    class Units(Play):
        def take(self):
            return self.thing.acquire(blocking=False)

    Units(case, Semaphore(1), lambda s, timeout: s.acquire(timeout=timeout)).perform(
        operations
    )


@sequence(call=[["release", "locked", "ready"]], take=[], **SHARED)
def bounded_semaphore(case, operations):
    class Units(Play):
        def take(self):
            return self.thing.acquire(blocking=False)

    Units(
        case, BoundedSemaphore(2), lambda s, timeout: s.acquire(timeout=timeout)
    ).perform(operations)


@sequence(
    call=[["release", "locked"]],
    take=[],
    waiter=[],
    impatient=[],
    kill=[[0, 1, 2]],
    run=[],
    pause=[],
)
def rlock(case, operations):
    class Lock(Play):
        def take(self):
            return self.thing.acquire(blocking=False)

    Lock(case, RLock(), lambda lock, timeout: lock.acquire(timeout=timeout)).perform(
        operations
    )
    case.show("locked", True)
