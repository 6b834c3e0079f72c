"""Programs about ``gevent.queue``."""

from __future__ import annotations

from differential import each

import gevent
from gevent.queue import (
    Channel,
    Empty,
    JoinableQueue,
    LifoQueue,
    PriorityQueue,
    Queue,
    ShutDown,
    SimpleQueue,
)

MODULE = "gevent.queue"

KINDS = {
    "Queue": Queue,
    "SimpleQueue": SimpleQueue,
    "LifoQueue": LifoQueue,
    "PriorityQueue": PriorityQueue,
    "JoinableQueue": JoinableQueue,
}
WITH_TASKS = ("Queue", "LifoQueue", "PriorityQueue", "JoinableQueue")


@each(*KINDS)
def items_in_their_order(case, kind):
    queue = KINDS[kind](items=[3, 1, 2])
    case.show("text", str(queue))
    case.call(queue.peek)
    for _ in range(3):
        case.call(queue.get)
    case.call(queue.get_nowait)
    case.call(queue.peek_nowait)


@each(*KINDS)
def full_and_empty(case, kind):
    queue = KINDS[kind](1)
    case.attributes(queue, "maxsize", "full", "empty", "qsize", "queue")
    case.call(queue.put, 1)
    case.attributes(queue, "full", "empty", "qsize")
    case.call(queue.put_nowait, 2)
    case.call(queue.put, 2, timeout=0.001)
    case.show("text", str(queue))


@each(*KINDS)
def a_putter_waits_for_a_getter(case, kind):
    queue = KINDS[kind](1)
    log = []

    def put():
        for number in range(3):
            queue.put(number)
            log.append(f"put {number}")

    def get():
        for _ in range(3):
            log.append(f"got {queue.get()}")

    gevent.joinall([gevent.spawn(put), gevent.spawn(get)])
    case.show("log", log)


@each(*KINDS)
def two_getters_one_of_them_killed(case, kind):
    queue = KINDS[kind]()
    getters = [gevent.spawn(queue.get) for _ in range(2)]
    gevent.sleep(0)
    case.show("waiting", str(queue))
    queue.put("item")
    getters[0].kill()
    gevent.joinall(getters, timeout=0.01)
    case.show("values", [getter.value for getter in getters])
    case.call(queue.qsize)


@each(*KINDS)
def iterated_over(case, kind):
    queue = KINDS[kind](items=[1, 2])
    case.call(next, queue)
    case.call(next, queue)
    other = Queue(items=[1, StopIteration, 2])
    case.show("list", list(other))


@each(*KINDS)
def copied(case, kind):
    queue = KINDS[kind](3, items=[1, 2])
    copy = queue.copy()
    copy.get()
    case.show("sizes", (queue.qsize(), copy.qsize(), copy.maxsize))
    case.call(bool, KINDS[kind]())
    case.call(len, queue)


@each(*WITH_TASKS)
def tasks_are_counted(case, kind):
    queue = KINDS[kind]()
    case.call(queue.join)
    queue.put(1)
    queue.put(2)
    case.show("tasks", queue.unfinished_tasks)
    case.call(queue.join, 0.001)
    queue.get()
    case.call(queue.task_done)
    case.call(queue.task_done)
    case.call(queue.join)
    case.call(queue.task_done)


@each(False, True)
def shut_down(case, immediate):
    queue = Queue(items=[1, 2])
    case.call(queue.shutdown, immediate)
    case.attributes(queue, "is_shutdown", "unfinished_tasks")
    case.call(queue.put, 3)
    case.call(queue.get)
    case.call(queue.get)
    case.call(queue.get)
    case.call(queue.get_nowait)


@each("get", "put", "join")
def shut_down_while_somebody_waits(case, what):
    queue = Queue(1)
    if what != "get":
        queue.put(1)
    call = {"get": queue.get, "put": lambda: queue.put(2), "join": queue.join}[what]

    def wait():
        try:
            return call()
        except ShutDown:
            return "shut down"

    waiter = gevent.spawn(wait)
    gevent.sleep(0)
    queue.shutdown(True)
    gevent.joinall([waiter], timeout=0.01)
    case.show("outcome", waiter.value)


@each(None, 0, -1, 1, "x", 1.5)
def a_size_of(case, size):
    for kind in (Queue, SimpleQueue, LifoQueue, PriorityQueue):
        queue = case.named_call(kind.__name__, kind, size)
        if queue is not None:
            case.attributes(queue, "maxsize", "full")


@each(0, -1, 0.001)
def a_timeout_of(case, timeout):
    case.call(Queue().get, timeout=timeout)
    case.call(Queue(items=[1]).get, timeout=timeout)
    case.call(Queue().put, 1, timeout=timeout)
    case.call(Queue(1, [1]).put, 1, timeout=timeout)
    case.call(Queue().peek, timeout=timeout)


def in_a_callback_of_the_hub(case):
    queue = Queue(1)
    log = []

    def use():
        for call in (queue.get, lambda: queue.put(1), lambda: queue.put(2), queue.get):
            try:
                log.append(call())
            except Exception as error:  # it is what the program is about
                log.append(type(error).__name__)

    gevent.get_hub().loop.run_callback(use)
    gevent.sleep(0)
    case.show("log", log)


def a_subclass_with_hooks(case):
    class Reversed(Queue):
        def _init(self, maxsize, items=()):
            self.queue = list(items)

        def _put(self, item):
            self.queue.insert(0, item)

        def _get(self):
            return self.queue.pop(0)

    queue = Reversed()
    queue.put(1)
    queue.put(2)
    case.call(queue.get)
    case.call(queue.get)
    case.call(queue.get_nowait)


def items_that_do_not_compare(case):
    queue = PriorityQueue()
    queue.put(1)
    case.call(queue.put, "x")
    case.call(queue.qsize)


@each("put", "get", "put_nowait", "get_nowait")
def a_channel_nobody_waits_at(case, name):
    channel = Channel()
    arguments = (1,) if "put" in name else ()
    if "nowait" in name:
        case.call(getattr(channel, name), *arguments)
    else:
        case.call(getattr(channel, name), *arguments, timeout=0.001)
    case.attributes(channel, "balance", "qsize", "empty", "full", "getters", "putters")


@each("pg", "gp", "yppgg", "yggpp")
def a_channel_with(case, order):
    channel = Channel()
    log = []

    def put(number):
        channel.put(number)
        log.append(f"put {number}")

    def get(number):
        log.append(f"{number} got {channel.get()}")

    greenlets = []
    for number, each_one in enumerate(order.lstrip("y")):
        greenlets.append(gevent.spawn({"p": put, "g": get}[each_one], number))
        if "y" in order:
            gevent.sleep(0)
    gevent.joinall(greenlets, timeout=0.05)
    case.show("log", log)


@each(0, 1, 2, None)
def a_channel_of_size(case, size):
    case.call(Channel, size)


def waiting_for_ever(case):
    case.call(Queue().get)
    case.call(Channel().get)
    case.call(Queue(items=[1]).join)


def the_classes_of_errors(case):
    import queue

    case.show("same", (Empty is queue.Empty, issubclass(ShutDown, Exception)))
