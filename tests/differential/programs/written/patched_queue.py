"""Programs that use ``queue`` after patching, and unpatched with native threads."""

from __future__ import annotations

import queue
import threading

from differential import each

MODULE = "gevent.monkey"
PATCHED = True

KINDS = ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue")


@each(*KINDS)
def items_come_out(case, kind):
    made = getattr(queue, kind)()
    for item in (3, 1, 2):
        made.put(item)
    case.show("size", (made.qsize(), made.empty()))
    for _ in range(3):
        case.call(made.get)
    case.call(made.get, timeout=0.001)
    case.call(made.get_nowait)


@each(
    "maxsize",
    "queue",
    "mutex",
    "not_empty",
    "not_full",
    "all_tasks_done",
    "unfinished_tasks",
)
def attribute(case, name):
    made = queue.Queue(2)
    made.put(1)
    value = getattr(made, name)
    methods = ("__enter__", "acquire", "release", "wait", "wait_for", "notify_all")
    has = [each_one for each_one in methods if hasattr(value, each_one)]
    case.show(name, value if isinstance(value, int) else has)


@each(*KINDS[:3])
def a_bounded_one_is_full(case, kind):
    made = getattr(queue, kind)(1)
    case.call(made.put, 1)
    case.call(made.put, 2, block=False)
    case.call(made.put, 2, timeout=0.001)
    case.call(made.put, 2, timeout=-1)
    case.call(made.get, timeout=-1)
    case.call(made.full)


def cleared_with_its_mutex(case):
    made = queue.Queue(1)
    made.put(1)
    with made.mutex:
        made.queue.clear()
    case.show("size", made.qsize())


def joined_by_a_thread(case):
    made = queue.Queue()
    done = []

    def work():
        while (item := made.get()) is not None:
            done.append(item)
            made.task_done()
        made.task_done()

    worker = threading.Thread(target=work)
    worker.start()
    for item in (1, 2, None):
        made.put(item)
    made.join()
    worker.join()
    case.show("done", done)
    case.call(made.task_done)


@each(*KINDS)
def a_negative_timeout(case, kind):
    made = getattr(queue, kind)()
    case.call(made.put, 1, timeout=-1)
    case.call(made.get, timeout=-1)
    case.call(made.get, False, -1)


def tasks_declared_done(case):
    made = queue.Queue()
    made.put(1)
    joiner = threading.Thread(target=made.join)
    joiner.start()
    with made.mutex:
        made.queue.clear()
        made.unfinished_tasks = 0
        made.all_tasks_done.notify_all()
    joiner.join(2)
    case.show("alive", joiner.is_alive())


def joined_with_a_timeout(case):
    made = queue.Queue()
    made.put(1)
    with made.all_tasks_done:
        case.call(made.all_tasks_done.wait, 0.001)
        case.show("predicate", made.all_tasks_done.wait_for(lambda: 0, 0.001))
    made.task_done()
    with made.all_tasks_done:
        case.show(
            "predicate", made.all_tasks_done.wait_for(lambda: not made.unfinished_tasks)
        )


def without_the_mutex(case):
    made = queue.Queue()
    case.call(made.not_empty.wait)
    case.call(made.not_full.notify)
    case.call(made.mutex.release)
