"""Programs about ``gevent.threadpool``."""

from __future__ import annotations

import concurrent.futures
import threading

from differential import each

import gevent
from gevent.threadpool import ThreadPool, ThreadPoolExecutor

MODULE = "gevent.threadpool"


def double(number):
    return number * 2


@each(1, 3)
def calls_in_threads(case, size):
    pool = ThreadPool(size)
    case.call(pool.apply, double, (1,))
    case.call(pool.spawn(double, 2).get)
    case.call(pool.map, double, [1, 2, 3])
    case.call(list, pool.imap(double, [1, 2]))
    case.call(sorted, pool.imap_unordered(double, [1, 2]))
    case.call(pool.join)
    case.show("left", len(pool))
    pool.kill()


@each(0, 1, -1, None, "x")
def a_size_of(case, size):
    pool = case.call(ThreadPool, size)
    if pool is not None:
        case.attributes(pool, "maxsize", "size")
        pool.kill()


def a_call_fails(case):
    pool = ThreadPool(1)
    gevent.get_hub().exception_stream = None
    case.call(pool.apply, int, ("x",))
    result = pool.spawn(int, "x")
    result.wait()
    case.attributes(result, "successful", "ready", "value", "exception")
    pool.kill()


def sizes(case):
    pool = ThreadPool(2)
    case.attributes(pool, "size", "maxsize")
    pool.size = 1
    case.attributes(pool, "size", "maxsize")
    pool.maxsize = 1
    case.attributes(pool, "size", "maxsize")
    pool.adjust()
    case.call(pool.apply, double, (2,))
    pool.kill()
    case.attributes(pool, "size")


def used_after_kill(case):
    pool = ThreadPool(1)
    pool.kill()
    case.call(pool.apply, double, (2,))
    pool.kill()


def it_is_another_thread(case):
    pool = ThreadPool(1)
    ident = pool.apply(threading.get_ident)
    case.show("other", ident != threading.get_ident())
    pool.kill()


def a_link_is_called(case):
    pool = ThreadPool(1)
    log = []
    result = pool.spawn(double, 3)
    result.rawlink(lambda found: log.append(found.value))
    result.get()
    gevent.sleep(0)
    case.show("log", log)
    case.call(result.rawlink, 1)
    pool.kill()


@each("done", "cancel", "cancelled", "result", "exception", "running")
def a_future(case, name):
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(double, 2)
        future.result()
        case.call(getattr(future, name))


@each("result", "exception")
def a_future_that_failed(case, name):
    gevent.get_hub().exception_stream = None
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(int, "x")
        case.call(getattr(future, name))
        case.call(future.done)


def futures_are_waited_for(case):
    with ThreadPoolExecutor(2) as executor:
        futures = [executor.submit(double, number) for number in range(3)]
        done, waiting = concurrent.futures.wait(futures)
        case.show("done", (len(done), len(waiting)))
        found = [each.result() for each in concurrent.futures.as_completed(futures)]
        case.show("results", sorted(found))


def a_done_callback(case):
    log = []
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(double, 2)
        future.add_done_callback(lambda each: log.append(each.result()))
        future.result()
        gevent.sleep(0)
        future.add_done_callback(lambda each: log.append("late"))
        gevent.sleep(0)
    case.show("log", log)


def after_shutdown(case):
    executor = ThreadPoolExecutor(1)
    case.call(executor.shutdown)
    case.call(executor.submit, double, 1)
    case.call(executor.shutdown)


def map_of_an_executor(case):
    with ThreadPoolExecutor(2) as executor:
        case.call(list, executor.map(double, [1, 2, 3]))
