"""Random operations on queues, with getters, putters, kills and time-outs."""

from __future__ import annotations

from differential import sequence

import gevent
from gevent import Timeout
from gevent.queue import (
    Channel,
    JoinableQueue,
    LifoQueue,
    PriorityQueue,
    Queue,
    SimpleQueue,
)

MODULE = "gevent.queue"

LONG = 3.0


class Play:
    """Performs operations on one queue; greenlets are numbered."""

    def __init__(self, case, queue):
        self.case = case
        self.queue = queue
        self.greenlets = []

    def perform(self, operations):
        for operation in operations:
            name, *arguments = operation
            self.case.named_call(str(operation), getattr(self, name), *arguments)
        gevent.sleep(0)
        gevent.sleep(0)
        for number, greenlet in enumerate(self.greenlets):
            self.case.show(f"greenlet {number} is dead", greenlet.dead)
        gevent.killall(self.greenlets)
        self.case.show("size", self.queue.qsize())
        self.case.attributes(self.queue, "balance", "getters", "putters")

    def _start(self, what, function, *arguments):
        number = len(self.greenlets)

        def body():
            self.case.named_call(f"{number} {what}", function, *arguments)

        self.greenlets.append(gevent.spawn(body))

    def getter(self):
        self._start("gets", self.queue.get, True, LONG)

    def putter(self, item):
        self._start("puts", self.queue.put, item, True, LONG)

    def peeker(self):
        self._start("peeks", self.queue.peek, True, LONG)

    def impatient_getter(self):
        self._start("gets in time", self.queue.get, True, 0)

    def timed_getter(self):
        def get():
            with Timeout(0.001, False):
                return self.queue.get()

        self._start("is bound", get)

    def put(self, item):
        self.queue.put(item, block=False)

    def get(self):
        return self.queue.get(block=False)

    def peek(self):
        return self.queue.peek(block=False)

    def looks(self):
        queue = self.queue
        return len(queue), queue.empty(), queue.full(), bool(queue)

    def task_done(self):
        self.queue.task_done()

    def joiner(self):
        self._start("joins", self.queue.join, LONG)

    def kill(self, number):
        if number < len(self.greenlets):
            self.greenlets[number].kill(block=False)

    def run(self):
        gevent.sleep(0)

    def pause(self):
        gevent.sleep(0.003)


SHARED = {
    "getter": [],
    "putter": [[1, 2, 3]],
    "impatient_getter": [],
    "timed_getter": [],
    "put": [[4, 5]],
    "get": [],
    "kill": [[0, 1, 2]],
    "run": [],
    "pause": [],
}


@sequence(peek=[], peeker=[], looks=[], **SHARED)
def queue(case, operations):
    Play(case, Queue()).perform(operations)


@sequence(peek=[], peeker=[], looks=[], **SHARED)
def queue_of_one(case, operations):
    Play(case, Queue(1)).perform(operations)


@sequence(peek=[], peeker=[], **SHARED)
def lifo_queue_of_two(case, operations):
    Play(case, LifoQueue(2)).perform(operations)


@sequence(peek=[], peeker=[], **SHARED)
def priority_queue_of_two(case, operations):
    Play(case, PriorityQueue(2)).perform(operations)


@sequence(peek=[], task_done=[], joiner=[], **SHARED)
def joinable_queue(case, operations):
    Play(case, JoinableQueue(2)).perform(operations)


@sequence(
    getter=[], put=[[4, 5]], putter=[[1, 2]], get=[], kill=[[0, 1, 2]], run=[], pause=[]
)
def simple_queue(case, operations):
    Play(case, SimpleQueue()).perform(operations)


@sequence(
    getter=[],
    putter=[[1, 2, 3]],
    impatient_getter=[],
    timed_getter=[],
    kill=[[0, 1, 2]],
    run=[],
    pause=[],
)
def channel(case, operations):
    Play(case, Channel()).perform(operations)
