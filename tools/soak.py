#!/usr/bin/env python3
"""Run a mixed load for a long time, and look for dead-locks all the while.

    python tools/soak.py [--minutes 30] [--seed 1] [--hubs 2]

Every hub (that of the main thread, and of other native threads) has greenlets that use
locks, semaphores, queues, joins, pools, events, results, sockets, thread pools and
patched threads, under time-outs and under fire: others kill them. None of it is a
dead-lock: locks are taken in one order, and who gives to others is never among those
who get killed.

A native thread of its own calls ``find_deadlocks`` without a pause, a greenlet does
between its sleeps, and so do callbacks of the hubs. A report that is
still true after some seconds is a fault of this program; any other is a false one.
Prints a line per minute, and what was reported; exits 1 if anything was.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

# ruff: noqa: E402 - what follows is to be patched
import argparse
import queue as patched_queue
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import gevent
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.pool import Group, Pool
from gevent.queue import Channel, JoinableQueue, Queue
from gevent.socket import socketpair
from gevent.threadpool import ThreadPool
from gevent.util import Deadlock, declare_wakers, find_deadlocks

# Native threads, in a patched program.
start_native = monkey.get_original("_thread", "start_new_thread")
native_sleep = monkey.get_original("time", "sleep")

N_LOCKS = 12
# Seconds after which the same report is the truth.
UNTIL_TRUE = 5.0
MOST_SHOWN = 5
# Of one small step of the load.
SHORT = 0.004

Step = Callable[[], None]


class Looks:
    """Who looks for dead-locks, how often, and what was found."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.found: list[tuple[str, Deadlock, str]] = []
        self.is_over = False
        self.n_greenlets = 0

    def look(self, who: str) -> None:
        """Look once; keep what is reported, as it is at this moment."""
        began = time.perf_counter()
        found = find_deadlocks()
        self.counts[who] += 1
        self.seconds[who] += time.perf_counter() - began  # type: ignore[assignment]
        for each in found:
            self.found.append((who, each, each.format()))

    def in_thread(self) -> None:
        """Look all the time, in a thread without a hub."""
        while not self.is_over and not self.found:
            self.look("thread")
            native_sleep(0.001)

    def in_greenlet(self) -> None:
        """Look between sleeps."""
        while not self.is_over and not self.found:
            self.look("greenlet")
            gevent.sleep(0.05)

    def in_hub(self) -> None:
        """Look between two callbacks of this thread's hub, and again later."""
        if self.is_over or self.found:
            return
        self.look("hub")
        loop = gevent.get_hub().loop
        timer = loop.timer(0.03)

        def again() -> None:
            timer.close()
            self.in_hub()

        timer.start(again)


class Load:
    """The load of one hub.

    Args:
        seed: Of its random numbers.
        shared: Locks that all hubs use; taken before the own ones.
    """

    def __init__(self, seed: int, shared: list[RLock]):
        self.random = random.Random(seed)
        self.shared = shared
        self.locks = [RLock() for _ in range(N_LOCKS)]
        self.steps: Counter[str] = Counter()
        self.pool = Pool(5)
        self.slots = Semaphore(3)
        self.bounded = BoundedSemaphore(2)
        self.condition = threading.Condition()
        self.threads: ThreadPool
        self.is_over = False

    # -- what one greenlet does, over and over ------------------------------------

    def nap(self) -> None:
        """Let others run."""
        if self.random.random() < 0.3:
            gevent.sleep(0)
        else:
            gevent.sleep(self.random.random() * SHORT)

    def use_locks(self) -> None:
        """Hold three of the hub, one of them twice."""
        chosen = sorted(self.random.sample(range(N_LOCKS), 3))
        with self.locks[chosen[0]], self.locks[chosen[1]]:
            self.nap()
            with self.locks[chosen[1]], self.locks[chosen[2]]:
                self.nap()

    def use_shared_locks(self) -> None:
        """Hold two that the other hubs use, too."""
        first, second = sorted(self.random.sample(range(len(self.shared)), 2))
        with self.shared[first]:
            self.nap()
            with self.shared[second]:
                self.nap()

    def use_semaphores(self) -> None:
        """Hold one of each kind."""
        with self.slots:
            self.nap()
            with self.bounded:
                self.nap()

    def join_tree(self, depth: int = 2) -> None:
        """Wait for children, which wait for theirs."""
        children = [
            gevent.spawn(self.join_tree, depth - 1) if depth else gevent.spawn(self.nap)
            for _ in range(2)
        ]
        way = self.random.randrange(4)
        if way == 0:
            gevent.joinall(children)
        elif way == 1:
            gevent.wait(children, count=1)
            children[-1].join()
        elif way == 2:
            for _ in gevent.iwait(children):
                self.nap()
        else:
            for each in children:
                each.get()

    def queue(self) -> None:
        """Take what another greenlet puts."""
        queue: Queue | Channel = self.random.choice([Queue, JoinableQueue, Channel])()
        bounded = Queue(1)
        n_items = self.random.randrange(1, 8)

        def produce() -> None:
            for item in range(n_items):
                self.nap()
                queue.put(item)
                bounded.put(item)

        producer = gevent.spawn(produce)
        # It is true: nobody else puts into it.
        declare_wakers(queue, producer)
        try:
            for _ in range(n_items):
                queue.get()
                bounded.get()
            producer.join()
        finally:
            producer.kill(block=False)

    def patched_queue(self) -> None:
        """Take what a patched thread puts."""
        queue: patched_queue.Queue[int] = patched_queue.Queue(2)

        def produce() -> None:
            with suppress(patched_queue.Full):  # who takes was killed
                for item in range(5):
                    queue.put(item, timeout=100 * SHORT)

        thread = threading.Thread(target=produce)
        thread.start()
        for _ in range(5):
            queue.get()
        thread.join()

    def patched_condition(self) -> None:
        """Wait for a notification, or notify."""
        with self.condition:
            if self.random.random() < 0.5:
                self.condition.notify_all()
            else:
                self.condition.wait(SHORT)

    def pool_of_greenlets(self) -> None:
        """Wait for members, or for a place."""
        if self.random.random() < 0.5:
            self.pool.spawn(self.nap).join()
        else:
            own = Pool(2)
            list(own.imap_unordered(lambda _: self.nap(), range(5)))
            own.join()

    def group(self) -> None:
        """Wait for members, or kill them."""
        group = Group()
        for _ in range(4):
            group.spawn(self.nap)
        if self.random.random() < 0.3:
            group.kill()
        group.join()

    def event(self) -> None:
        """Wait for what another one sets later."""
        event, result = Event(), AsyncResult()

        def tell() -> None:
            self.nap()
            event.set()
            self.nap()
            result.set(1)

        teller = gevent.spawn_later(self.random.random() * SHORT, tell)
        declare_wakers(event, teller)
        try:
            event.wait()
            result.get()
        finally:
            teller.kill(block=False)

    def thread_pool(self) -> None:
        """Wait for a call in a native thread."""
        if self.random.random() < 0.5:
            self.threads.apply(native_sleep, (self.random.random() * SHORT,))
        else:
            self.threads.spawn(native_sleep, self.random.random() * SHORT).get()

    def in_thread_pool_with_lock(self) -> None:
        """A worker takes what greenlets of all hubs take."""
        self.threads.apply(self._take_shared)

    def _take_shared(self) -> None:
        with self.shared[-1]:
            native_sleep(0.0005)

    def socket(self) -> None:
        """Wait for an echo."""
        one, other = socketpair()

        def echo() -> None:
            with suppress(OSError):
                while octets := other.recv(100):
                    self.nap()
                    other.sendall(octets)

        echoer = gevent.spawn(echo)
        try:
            for _ in range(3):
                one.sendall(b"x" * 50)
                one.recv(50)
        finally:
            one.close()
            echoer.kill(block=False)
            other.close()

    def linger_behind_a_lock(self) -> None:
        """Two that wait for each other, one of them under a time-out."""
        lock = RLock()

        def hold() -> None:
            with lock, suppress(gevent.Timeout):
                caller.join(timeout=SHORT)

        caller = cast("gevent.Greenlet", gevent.getcurrent())
        holder = gevent.spawn(hold)
        gevent.sleep(0)
        with lock:
            pass
        holder.join()

    def time_out(self) -> None:
        """Two that wait for each other for ever, but for a Timeout around one."""
        event = Event()

        def wait_for_me() -> None:
            caller.join()

        caller = cast("gevent.Greenlet", gevent.getcurrent())
        other = gevent.spawn(wait_for_me)
        gevent.sleep(0)
        try:
            with gevent.Timeout(self.random.random() * SHORT, False):
                other.join()
        finally:
            # Without waiting: a Timeout of the caller during that would replace a kill.
            other.kill(block=False)
        event.set()

    def kill_in_time(self) -> None:
        """Two that wait for each other, until a timer kills one."""
        pair: list[gevent.Greenlet] = []
        pair.append(gevent.spawn(lambda: pair[1].join()))
        pair.append(gevent.spawn(lambda: pair[0].join()))
        killer: gevent.Greenlet | None = None
        timer = gevent.get_hub().loop.timer(SHORT)
        try:
            if self.random.random() < 0.5:
                killer = gevent.spawn_later(SHORT, pair[0].kill)
            else:
                timer.start(pair[1].kill, gevent.GreenletExit, False)
            gevent.joinall(pair)
        finally:
            # In one step: the two that are left must not be without a killer.
            gevent.killall(pair, block=False)
            timer.close()
            if killer is not None:
                killer.kill(block=False)

    # -- who does it ----------------------------------------------------------------

    def work(self) -> None:
        """Do one thing after the other; being killed ends one of them."""
        steps: tuple[Step, ...] = (
            self.use_locks,
            self.use_shared_locks,
            self.use_semaphores,
            self.join_tree,
            self.queue,
            self.patched_queue,
            self.patched_condition,
            self.pool_of_greenlets,
            self.group,
            self.event,
            self.thread_pool,
            self.in_thread_pool_with_lock,
            self.socket,
            self.linger_behind_a_lock,
            self.time_out,
            self.kill_in_time,
        )
        while not self.is_over:
            step = self.random.choice(steps)
            limit = self.random.choice((None, SHORT, 10 * SHORT))
            with gevent.Timeout(limit, False):
                step()
            self.steps[step.__name__] += 1

    def run(self, n_workers: int) -> None:
        """Keep so many workers, and kill one of them now and then; to the end."""
        self.threads = ThreadPool(3)  # of this hub
        workers = [gevent.spawn(self.work) for _ in range(n_workers)]
        while not self.is_over:
            gevent.sleep(self.random.random() * 4 * SHORT)
            victim = self.random.randrange(n_workers)
            workers[victim].kill(block=self.random.random() < 0.3, timeout=UNTIL_TRUE)
            self.steps["killed"] += 1
            workers[victim] = gevent.spawn(self.work)
        gevent.killall(workers)
        self.pool.kill()
        self.threads.kill()


def still_true(reports: list[tuple[str, Deadlock, str]]) -> list[str]:
    """Wait; return which reports are still found, as text."""
    gevent.sleep(UNTIL_TRUE)
    now = {frozenset(id(e.greenlet) for e in each.circle) for each in find_deadlocks()}
    return [
        text
        for _, each, text in reports
        if frozenset(id(e.greenlet) for e in each.circle) in now
    ]


def run_elsewhere(load: Load, looks: Looks, n_workers: int) -> None:
    """Run a load on the hub of a native thread."""

    def body() -> None:
        gevent.get_hub().loop.run_callback(looks.in_hub)
        load.run(n_workers)
        gevent.get_hub().destroy(destroy_loop=True)

    start_native(body, ())


def main() -> int:
    """Run the soak; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hubs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=40)
    given = parser.parse_args()
    looks = Looks()
    shared = [RLock() for _ in range(4)]
    loads = [Load(given.seed + each, shared) for each in range(given.hubs)]
    start_native(looks.in_thread, ())
    looker = gevent.spawn(looks.in_greenlet)
    for each in loads[1:]:
        run_elsewhere(each, looks, given.workers)
    gevent.get_hub().loop.run_callback(looks.in_hub)
    mine = gevent.spawn(loads[0].run, given.workers)
    end = time.monotonic() + given.minutes * 60
    while time.monotonic() < end and not looks.found:
        wait_until = min(end, time.monotonic() + 60)
        while time.monotonic() < wait_until and not looks.found:
            gevent.sleep(0.5)
        _say(looks, loads)
    found = list(looks.found)
    true_ones = still_true(found) if found else []
    for who, _, text in found[:MOST_SHOWN]:
        print(f"reported by the {who}:\n{text}", flush=True)
    print(f"{len(found)} reports, {len(true_ones)} of them true", flush=True)
    looks.is_over = True
    for load in loads:
        load.is_over = True
    gevent.joinall([mine, looker], timeout=10)
    _say(looks, loads)
    return 1 if found else 0


def _say(looks: Looks, loads: list[Load]) -> None:
    steps: Counter[str] = Counter()
    for each in loads:
        steps += each.steps
    each_took = {
        who: f"{n} at {1000 * looks.seconds[who] / n:.1f} ms"
        for who, n in looks.counts.items()
    }
    print(
        f"{time.strftime('%H:%M:%S')} looks: {each_took}; steps: {dict(steps)}; "
        f"reports: {len(looks.found)}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
