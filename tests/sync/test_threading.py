"""``gevent.threading``: what patching puts into ``threading``.

These programs do to ``threading`` the part of patching that this module is about.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

import gevent.local
import gevent.lock
import gevent.thread
import gevent.threading

pytestmark = pytest.mark.pure

PATCH = """
import gevent, threading
import gevent.thread, gevent.threading
for name in gevent.threading.__implements__:
    setattr(threading, name, getattr(gevent.threading, name))
main = threading._active.pop(threading.main_thread().ident)
main._ident = gevent.thread.get_ident()
threading._active[main._ident] = main
"""


def run_patched(code: str) -> str:
    """Run a program with the names of ``threading`` replaced; return its output."""
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", PATCH + textwrap.dedent(code)],
        env=dict(os.environ, PYTHONPATH=root, PYTHONFAULTHANDLER="1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_importing_it_changes_nothing_in_the_standard_library() -> None:
    for name in gevent.threading.__implements__:
        assert hasattr(threading, name)
        assert getattr(threading, name) is not getattr(gevent.threading, name), name


def test_its_names_are_those_of_the_other_modules() -> None:
    assert gevent.threading.Lock is gevent.thread.LockType
    assert gevent.threading.RLock is gevent.lock.RLock
    assert gevent.threading.local is gevent.local.local
    assert gevent.threading.get_ident is gevent.thread.get_ident
    assert gevent.threading.main_native_thread() is threading.main_thread()


def test_an_unpatched_thread_is_a_native_one() -> None:
    idents: list[int] = []
    thread = gevent.threading.Thread(
        target=lambda: idents.append(threading.get_ident())
    )
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert idents == [thread.ident]
    assert idents != [threading.get_ident()]


def test_threads_are_greenlets_and_can_be_joined() -> None:
    output = run_patched(
        """
        log = []
        def body(number):
            gevent.sleep(0)
            log.append((number, threading.current_thread().name))
        threads = [threading.Thread(None, body, f"t{n}", (n,)) for n in (1, 2)]
        for thread in threads:
            thread.start()
            assert thread.is_alive()
        for thread in threads:
            thread.join()
            assert not thread.is_alive()
        print(log, len(threading.enumerate()))
        """
    )
    assert output == "[(1, 't1'), (2, 't2')] 1\n"


def test_join_gives_up_after_its_timeout() -> None:
    output = run_patched(
        """
        event = threading.Event()
        thread = threading.Thread(target=event.wait, daemon=True)
        thread.start()
        thread.join(0.001)
        print(thread.is_alive())
        event.set()
        thread.join()
        print(thread.is_alive())
        """
    )
    assert output == "True\nFalse\n"


def test_a_timer_runs_in_a_greenlet() -> None:
    output = run_patched(
        """
        timer = threading.Timer(0.001, print, ["timer"])
        timer.start()
        timer.join()
        cancelled = threading.Timer(1000, print, ["never"])
        cancelled.start()
        cancelled.cancel()
        cancelled.join()
        print(isinstance(timer, gevent.threading.Thread))
        """
    )
    assert output == "timer\nTrue\n"


@pytest.mark.parametrize("spawn", ["spawn", "spawn_raw"])
def test_a_dummy_thread_goes_with_its_greenlet(spawn: str) -> None:
    output = run_patched(
        f"""
        import gc
        def body():
            print(threading.current_thread().name[:6], len(threading._active))
            gc.collect()  # it is still running: nothing may happen

        gevent.{spawn}(body)
        for _ in range(3):
            gevent.sleep(0)
        gc.collect()
        gc.collect()  # PyPy's weak references call back a little later
        print(len(threading._active))
        """
    )
    assert output == "Dummy- 2\n1\n"


def test_condition_barrier_and_semaphore_work_between_threads() -> None:
    output = run_patched(
        """
        barrier = threading.Barrier(3)
        condition = threading.Condition()
        semaphore = threading.Semaphore(0)
        ready = []
        def body():
            barrier.wait()
            with condition:
                condition.wait_for(lambda: ready)
            semaphore.release()
        threads = [threading.Thread(target=body) for _ in range(2)]
        for thread in threads:
            thread.start()
        barrier.wait()
        with condition:
            ready.append(1)
            condition.notify_all()
        print(semaphore.acquire(), semaphore.acquire())
        lock = threading.RLock()
        with lock, lock:
            print(type(lock).__name__)
        """
    )
    assert output == "True True\nRLockType\n"


def test_thread_locals_are_those_of_greenlets() -> None:
    output = run_patched(
        """
        data = threading.local()
        data.value = "main"
        def body():
            print(hasattr(data, "value"))
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        print(data.value)
        """
    )
    assert output == "False\nmain\n"


def test_a_fresh_thread_forks_and_returns_in_the_child() -> None:
    """Who started it goes on there; in both processes."""
    printed = run_patched(
        """
        import os
        pids = []
        thread = threading.Thread(target=lambda: pids.append(os.fork()))
        thread.start()
        thread.join()
        if pids[0]:
            assert os.waitpid(pids[0], 0)[1] == 0
        print("joined", flush=True)
        """
    )
    assert printed == "joined\njoined\n"
