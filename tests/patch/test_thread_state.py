"""What is of a thread in other programs, and stays so when threads are greenlets."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from tests.support.form import IS_PYPY, is_pure

Program = Callable[..., str]

pytestmark = pytest.mark.pure

# Uncompiled, nothing keeps the end of the interpreter from stopping a thread in the
# middle of a greenlet's switch, and then it crashes now and then (docs, "What is not
# there yet"). What these programs are about has come to pass before.
END = "\nimport os; sys.stdout.flush(); os._exit(0)\n"


@pytest.fixture
def program(program: Program) -> Program:
    """Run a program, uncompiled without the end of the interpreter."""
    if not is_pure() or IS_PYPY:
        return program
    return lambda code, **env: program(textwrap.dedent(code) + END, **env)


PATCHED = """
from gevent import monkey
monkey.patch_all()
import asyncio, sys, threading, time, _thread
import gevent
"""

# A worker of a thread pool blocks as a whole: nobody ran what it had started.
POOL = (
    PATCHED
    + """
pool = gevent.get_hub().threadpool
ran = []
def body():
    time.sleep(0)
    ran.append(threading.current_thread())
"""
)


def test_a_thread_that_a_pool_worker_starts_runs(program: Program) -> None:
    program(
        POOL
        + """
thread = threading.Thread(target=body)
pool.apply(thread.start)
thread.join()
assert ran == [thread]
assert not thread.is_alive()
assert thread not in threading.enumerate()
"""
    )


def test_a_pool_worker_joins_a_thread_that_it_started(program: Program) -> None:
    program(
        POOL
        + """
def work():
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    return thread
assert pool.apply(work) is ran[0]
"""
    )


def test_a_bare_thread_that_a_pool_worker_starts_runs(program: Program) -> None:
    program(
        POOL
        + """
done = threading.Event()
def bare():
    idents.append(_thread.get_ident())
    done.set()
idents = []
ident = pool.apply(_thread.start_new_thread, (bare, ()))
done.wait()
assert idents == [ident]
"""
    )


def test_a_pool_worker_may_use_an_executor_of_threads(program: Program) -> None:
    program(
        POOL
        + """
from concurrent.futures import ThreadPoolExecutor
def work():
    with ThreadPoolExecutor(2) as executor:
        return list(executor.map(abs, [-1, -2, -3]))
assert pool.apply(work) == [1, 2, 3]
"""
    )


@pytest.mark.skipif(
    is_pure() and not IS_PYPY, reason="uncompiled, the end may crash there"
)
def test_the_end_waits_for_a_thread_of_a_pool_worker(program: Program) -> None:
    printed = program(
        POOL
        + """
gate = threading.Event()
def late():
    gate.wait()
    print("late")
pool.apply(threading.Thread(target=late).start)
threading.Thread(target=gate.set).start()
"""
    )
    assert printed == "late\n"


LOOPS = (
    PATCHED
    + """
def body():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise AssertionError("a loop runs in a thread without one")
    return asyncio.run(in_thread())
async def in_thread():
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.001)
    assert asyncio.get_running_loop() is loop
    assert asyncio.current_task().get_loop() is loop
    return loop
"""
)


def test_each_thread_has_its_own_running_loop(program: Program) -> None:
    """`asyncio.run` in a thread said that a loop was running: the main thread's."""
    program(
        LOOPS
        + """
async def main():
    own = asyncio.get_running_loop()
    others = await asyncio.gather(*(asyncio.to_thread(body) for _ in range(3)))
    assert len({own, *others}) == 4
    assert asyncio.get_running_loop() is own
    assert asyncio.current_task() is not None
asyncio.run(main())
assert asyncio._get_running_loop() is None
"""
    )


def test_a_loop_goes_on_after_its_greenlet_waited_for_a_thread(
    program: Program,
) -> None:
    program(
        LOOPS
        + """
async def main():
    own = asyncio.get_running_loop()
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    await asyncio.sleep(0.001)
    assert asyncio.get_running_loop() is own
asyncio.run(main())
"""
    )


def test_a_loop_of_a_thread_does_not_run_in_the_main_one(program: Program) -> None:
    program(
        LOOPS
        + """
entered, left = threading.Event(), threading.Event()
async def main():
    entered.set()
    await asyncio.to_thread(left.wait)
thread = threading.Thread(target=asyncio.run, args=(main(),))
thread.start()
entered.wait()
assert asyncio._get_running_loop() is None
assert asyncio.run(in_thread()) is not None
left.set()
thread.join()
"""
    )


def test_greenlets_that_are_no_threads_share_the_running_loop(
    program: Program,
) -> None:
    """Programs bridge to asyncio in greenlets of their own."""
    program(
        LOOPS
        + """
import greenlet
async def main():
    await asyncio.to_thread(body)
    own = asyncio.get_running_loop()
    assert greenlet.greenlet(asyncio.get_running_loop).switch() is own
asyncio.run(main())
"""
    )


@pytest.mark.parametrize("kind", ["trace", "profile"])
def test_functions_that_trace_are_of_one_thread(program: Program, kind: str) -> None:
    """The main greenlet kept the function after a thread had run."""
    program(
        PATCHED
        + f"""
get, set_for_threads = sys.get{kind}, threading.set{kind}
def see(*args):
    return None
gate = threading.Event()
seen = []
def body():
    seen.append(get())
    gate.wait()
    seen.append(get())
outer = get()
set_for_threads(see)
threads = [threading.Thread(target=body) for _ in range(2)]
for thread in threads:
    thread.start()
    assert get() is outer
gevent.sleep(0)
assert get() is outer
assert gevent.spawn(get).get() is outer
gate.set()
for thread in threads:
    thread.join()
assert get() is outer
assert seen == [see] * 4
set_for_threads(None)
"""
    )
