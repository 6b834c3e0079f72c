"""Groups, pools, thread pools, and twins of the thread modules."""

from __future__ import annotations

from typing import assert_type

from gevent import Greenlet, _threading, thread, threading, time
from gevent.event import AsyncResult
from gevent.pool import Group, Pool
from gevent.threadpool import ThreadPool, ThreadPoolExecutor


def digits(number: int, base: str = "10") -> list[str]:
    """What the pools below call."""
    return list(f"{number}{base}")


def pools(group: Group, pool: Pool) -> None:
    """Groups and pools."""
    assert_type(group.spawn(digits, 3).get(), list[str])
    assert_type(pool.spawn(digits, 3, base="2").get(), list[str])
    pool.spawn(digits, "3")  # type: ignore[arg-type]  # no int
    assert_type(pool.map(digits, [1, 2]), list[list[str]])
    pool.map(digits, "ab")  # type: ignore[arg-type]  # no ints
    assert_type(pool.apply(digits, (1,)), list[str])
    assert_type(pool.apply_async(digits, (1,)).get(), list[str])
    assert_type(pool.map_async(digits, [1]).get(), list[list[str]])
    assert_type(next(pool.imap(digits, [1])), list[str])
    assert_type(list(pool.imap(digits, [1], ["2"], maxsize=3)), list[list[str]])
    assert_type(next(pool.imap_unordered(digits, [1])), list[str])
    assert_type(pool.join(timeout=1), bool)
    assert_type(pool.free_count(), int)
    assert_type(pool.size, int | None)
    pool.add(Greenlet(digits, 1), blocking=False)


def thread_pools(pool: ThreadPool, executor: ThreadPoolExecutor) -> None:
    """Thread pools."""
    assert_type(pool.spawn(digits, 3), AsyncResult[list[str]])
    assert_type(pool.apply(digits, (3,)), list[str])
    assert_type(pool.map(digits, [3]), list[list[str]])
    assert_type(pool.size, int)
    assert_type(executor.submit(digits, 3, base="2").result(timeout=1), list[str])
    assert_type(executor.submit(digits, 3).exception(), BaseException | None)


def native(name: str) -> None:
    """Twins of the thread modules, and of time."""
    lock = thread.allocate_lock()
    assert_type(lock.acquire(timeout=1), bool)
    assert_type(thread.start_new_thread(digits, (3,)), int)
    assert_type(thread.get_ident(), int)
    assert_type(threading.Thread(target=digits, name=name).is_alive(), bool)
    assert_type(threading.main_native_thread().name, str)
    assert_type(time.sleep(0), None)
    assert_type(time.monotonic(), float)
    _threading.Lock().release()
