"""Programs that use executors and pools of threads, patched and unpatched."""

from __future__ import annotations

import concurrent.futures
import multiprocessing.pool
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from differential import each, limit

MODULE = "gevent.monkey"
PATCHED = True


def double(number):
    return number * 2


def fail(*args):
    raise ValueError("wrong")


def submit(case):
    with ThreadPoolExecutor(2) as pool:
        future = pool.submit(pow, 2, 3)
        case.call(future.result)
        case.call(future.result, 1)
        case.call(future.exception)
        case.call(future.done)
        case.call(future.running)
        case.call(future.cancel)
        case.call(future.cancelled)
        case.show("repr", repr(future).split("at")[1].split(" ", 2)[2])


def submit_failing(case):
    with ThreadPoolExecutor(2) as pool:
        future = pool.submit(fail)
        case.call(future.result)
        case.call(future.exception)
        case.call(future.done)


@each(SystemExit(3), KeyboardInterrupt("k"), GeneratorExit("g"))
def submit_base_exception(case, error):
    def raise_it():
        raise error

    with ThreadPoolExecutor(1) as pool:
        case.call(pool.submit(raise_it).result)
        case.call(pool.submit(double, 2).result)


@each(0, 0.001, -1)
def result_times_out(case, timeout):
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(go.wait)
        case.call(future.result, timeout)
        case.call(future.exception, timeout)
        go.set()
        case.call(future.result)


def cancelled(case):
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(go.wait)
        second = pool.submit(double, 1)
        case.call(second.cancel)
        case.call(second.cancelled)
        case.call(second.result)
        case.call(second.exception)
        case.call(first.cancel)
        go.set()
        case.call(first.result)


def callbacks(case):
    seen = []
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(double, 4)
        future.add_done_callback(lambda f: seen.append(f.result()))
    future.add_done_callback(lambda f: seen.append("late"))
    case.show("seen", seen)


def callback_fails(case):
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(time.sleep, 0.002)
        future.add_done_callback(fail)
    case.call(future.result)


@each(None, 0, 0.001, 1)
def mapped(case, timeout):
    go = threading.Event()
    slow = 0.01 if timeout in (None, 1) else 4
    with ThreadPoolExecutor(3) as pool:
        case.named_call("map", lambda: list(pool.map(double, range(4))))
        case.named_call(
            "timed", lambda: list(pool.map(go.wait, [slow], timeout=timeout))
        )
        go.set()


def map_fails(case):
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda n: 1 // n, [1, 0, 2])
        case.call(next, results)
        case.call(next, results)
        case.call(next, results)


@each("FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED", "x")
def waited(case, when):
    go = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(double, 1), pool.submit(fail), pool.submit(go.wait)]
        while not (futures[0].done() and futures[1].done()):
            time.sleep(0.001)
        if when == "ALL_COMPLETED":
            go.set()
        try:
            done, waiting = concurrent.futures.wait(futures, return_when=when)
            case.show("counts", (len(done), len(waiting)))
        except ValueError as error:
            case.show("error", error)
        go.set()


def waited_with_a_timeout(case):
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        futures = [pool.submit(go.wait)]
        done, waiting = concurrent.futures.wait(futures, timeout=0.001)
        case.show("counts", (len(done), len(waiting)))
        case.named_call(
            "iterated",
            lambda: list(concurrent.futures.as_completed(futures, timeout=0.001)),
        )
        go.set()


def as_completed(case):
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(time.sleep, n / 100) for n in (3, 0, 1.5)]
        order = [futures.index(f) for f in concurrent.futures.as_completed(futures)]
    case.show("order", order)


def shut_down(case):
    pool = ThreadPoolExecutor(1)
    case.call(pool.submit(double, 1).result)
    case.call(pool.shutdown)
    case.call(pool.submit, double, 1)
    case.named_call("map", lambda: list(pool.map(double, [1])))
    case.call(pool.shutdown)
    case.call(pool.__enter__)


def shut_down_cancelling(case):
    go = threading.Event()
    pool = ThreadPoolExecutor(1)
    futures = [pool.submit(go.wait), pool.submit(double, 1)]
    pool.shutdown(wait=False, cancel_futures=True)
    case.call(futures[1].cancelled)
    go.set()
    case.call(futures[0].result)
    pool.shutdown()


@each(0, -1, "x", None, 1.5)
def workers(case, count):
    case.named_call(
        "made", lambda: type(ThreadPoolExecutor(max_workers=count)).__name__
    )


def names_of_workers(case):
    with ThreadPoolExecutor(1, thread_name_prefix="work") as pool:
        case.call(pool.submit(lambda: threading.current_thread().name).result)
        case.call(pool.submit(lambda: threading.current_thread().daemon).result)


def initializer(case):
    place = threading.local()

    def prepare(value):
        place.value = value

    with ThreadPoolExecutor(1, initializer=prepare, initargs=(7,)) as pool:
        case.call(pool.submit(lambda: place.value).result)
    case.call(ThreadPoolExecutor, 1, initializer=5)


def initializer_fails(case):
    import logging

    logging.getLogger("concurrent.futures").disabled = True
    pool = ThreadPoolExecutor(1, initializer=fail)
    case.named_call("result", lambda: pool.submit(double, 1).result())
    case.call(pool.submit, double, 1)
    pool.shutdown()


def workers_are_reused(case):
    with ThreadPoolExecutor(2) as pool:
        idents = {pool.submit(threading.get_ident).result() for _ in range(5)}
    case.show("few", len(idents) <= 2)


def many_workers_run_at_once(case):
    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(barrier.wait, 5) for _ in range(4)]
        case.show("all", sorted(f.result() for f in futures))


def a_future_by_hand(case):
    future = concurrent.futures.Future()
    case.call(future.set_running_or_notify_cancel)
    case.call(future.running)
    threading.Timer(0.001, future.set_result, (5,)).start()
    case.call(future.result)
    case.call(future.set_result, 6)
    case.call(future.set_exception, ValueError())


def at_exit_the_work_is_done(case):
    pool = ThreadPoolExecutor(1)
    pool.submit(time.sleep, 0.003).add_done_callback(lambda f: print("done"))


def at_exit_submitting_is_refused(case):
    pool = ThreadPoolExecutor(1)

    def late():
        try:
            pool.submit(double, 1)
        except RuntimeError as error:
            print(error)

    import atexit

    atexit.register(late)


def submit_from_a_worker(case):
    with ThreadPoolExecutor(2) as pool:
        case.call(pool.submit(lambda: pool.submit(double, 4).result()).result)


@limit(10)
@each("fork", "spawn")
def processes(case, method):
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        case.call(pool.submit(pow, 2, 3).result)
        case.named_call("map", lambda: list(pool.map(abs, [-1, -2])))
        case.call(pool.submit(int, "x").result)


# -- multiprocessing.pool.ThreadPool --


def pool_maps(case):
    with multiprocessing.pool.ThreadPool(2) as pool:
        case.call(pool.map, double, range(4))
        case.call(pool.starmap, pow, [(2, 3), (3, 2)])
        case.named_call("imap", lambda: list(pool.imap(double, range(3))))
        case.named_call(
            "unordered", lambda: sorted(pool.imap_unordered(double, range(3)))
        )
        case.call(pool.apply, double, (5,))
        pool.close()
        pool.join()


def pool_async(case):
    seen = []
    with multiprocessing.pool.ThreadPool(2) as pool:
        result = pool.apply_async(double, (5,), callback=seen.append)
        case.call(result.get)
        case.call(result.ready)
        case.call(result.successful)
        result = pool.map_async(fail, [1], error_callback=lambda e: seen.append(1))
        case.call(result.get)
        case.call(result.successful)
    case.show("seen", seen)


def pool_times_out(case):
    go = threading.Event()
    with multiprocessing.pool.ThreadPool(1) as pool:
        result = pool.apply_async(go.wait)
        case.call(result.get, 0.001)
        case.call(result.wait, 0.001)
        case.call(result.ready)
        case.call(result.successful)
        go.set()
        case.call(result.get)


def pool_closed(case):
    pool = multiprocessing.pool.ThreadPool(1)
    case.call(pool.join)
    pool.close()
    case.call(pool.apply, double, (1,))
    case.call(pool.join)
    case.call(pool.terminate)


@each(0, -1, "x")
def pool_of(case, count):
    case.call(multiprocessing.pool.ThreadPool, count)
