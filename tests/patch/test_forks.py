"""Forks in patched programs: what the child can use."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from tests.patch.conftest import PATCHED

Program = Callable[..., str]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.pure


def test_a_hook_in_the_child_uses_the_thread_pool(program: Program) -> None:
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        import os, subprocess, sys, warnings
        import gevent
        def hook():
            assert gevent.get_hub().threadpool.apply(int, ("5",)) == 5
        gevent.get_hub().threadpool.apply(int)
        os.register_at_fork(after_in_child=hook)
        process = subprocess.Popen([sys.executable, "-c", ""], close_fds=False)
        assert process.wait() == 0
        # Since 3.12 one says that a process with threads should not fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
        if not pid:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        """
    )


def test_children_of_a_patched_parent_use_its_pool_of_connections(
    program: Program,
) -> None:
    """A lock that was held at the fork stayed held (urllib3#3061)."""
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import os, queue, threading
        import gevent
        pool = queue.LifoQueue(2)
        lock = threading.Lock()
        for _ in range(2):
            pool.put(object())
        def use():
            connection = pool.get(timeout=20)
            gevent.sleep(0.001)
            with lock:
                pool.put(connection)
        with gevent.Timeout(30):
            busy = [gevent.spawn(use) for _ in range(6)]
            gevent.sleep(0)
            children = []
            for _ in range(3):
                pid = os.fork()
                if not pid:
                    use()
                    os._exit(0)
                children.append(pid)
            gevent.joinall(busy, raise_error=True)
            print([os.waitpid(pid, 0)[1] for pid in children], pool.qsize())
        """
    )
    assert printed == "[0, 0, 0] 2\n"


def test_a_child_that_resets_sigchld_waits_for_processes(
    program: Program,
) -> None:
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        import os, signal, subprocess, sys
        subprocess.run([sys.executable, "-c", ""], check=True)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
            os._exit(process.wait())
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
        """
    )


# `forked` is what fork() returned: in the parent it waits for the child.
FORKS = (
    PATCHED
    + """
import os
forked = []
def fork():
    forked.append(os.fork())
def wait_for_child():
    if forked[0]:
        print(os.waitstatus_to_exitcode(os.waitpid(forked[0], 0)[1]), flush=True)
held = threading.Lock()
held.acquire()
def in_parent():
    # What the main thread waits for comes in the parent only.
    held.acquire()
def fork_and_release():
    fork()
    if forked[0]:
        held.release()
"""
)


# How the main thread waits for what never comes in the child.
MAIN_WAITS = {
    "lock": "held.acquire()",
    "event": """
event = threading.Event()
threading.Thread(target=lambda: (in_parent(), event.set())).start()
event.wait()
""",
    "condition": """
condition = threading.Condition()
def notify():
    in_parent()
    with condition:
        condition.notify()
with condition:
    threading.Thread(target=notify).start()
    condition.wait()
""",
    "queue": """
import queue
items = queue.Queue()
threading.Thread(target=lambda: (in_parent(), items.put(1))).start()
items.get()
""",
    "RLock": """
lock, owned = threading.RLock(), threading.Event()
def own():
    with lock:
        owned.set()
        in_parent()
threading.Thread(target=own).start()
owned.wait()
lock.acquire()
""",
    "join": """
other = threading.Thread(target=in_parent)
other.start()
other.join()
""",
    "executor": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as executor:
    executor.submit(in_parent).result()
""",
    "greenlet": "gevent.spawn(in_parent).join()",
}


@pytest.mark.parametrize("waits", MAIN_WAITS.values(), ids=MAIN_WAITS)
def test_a_child_ends_well_whose_thread_forked_and_returned(
    program: Program, waits: str
) -> None:
    """Its main greenlet, which waits for ever there, ended it with LoopExit."""
    code = FORKS + "threading.Thread(target=fork_and_release).start()\n" + waits
    assert program(code + "\nwait_for_child()\n") == "0\n"


def test_a_child_ends_well_whose_thread_forked_while_main_shuts_down(
    program: Program,
) -> None:
    code = """
threading.Thread(target=lambda: os.fork() or None).start()
threading.Thread(target=lambda: (fork_and_release(), wait_for_child())).start()
threading.Thread(target=in_parent).start()
"""
    assert program(FORKS + code) == "0\n"


def test_a_deadlock_of_the_thread_that_forked_is_told(run: Run) -> None:
    code = """
def fork_and_wait():
    fork_and_release()
    if not forked[0]:
        threading.Event().wait()
threading.Thread(target=fork_and_wait).start()
held.acquire()
wait_for_child()
"""
    done = run("-c", FORKS + code)
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert "LoopExit: This operation would block forever" in done.stderr


def test_what_waited_at_the_fork_ends_well_in_the_child(program: Program) -> None:
    """``Thread._delete`` did not find it in the list of threads: a KeyError."""
    code = """
lock, rlock, go = threading.Lock(), threading.RLock(), threading.Event()
condition, ends = threading.Condition(), []
lock.acquire()
def waits_for_lock():
    with lock:
        ends.append("lock")
def waits_for_rlock():
    with rlock:
        ends.append("rlock")
def waits_for_condition():
    with condition:
        condition.wait()
        ends.append("condition")
def waits_for_event():
    go.wait()
    ends.append("event")
bodies = [waits_for_lock, waits_for_rlock, waits_for_condition, waits_for_event]
threads = [threading.Thread(target=body) for body in bodies]
def fork_and_wake():
    with rlock:
        for thread in threads:
            thread.start()
        gevent.sleep(0)
        fork()
    lock.release()
    with condition:
        condition.notify()
    go.set()
    while len(ends) < 4:
        gevent.sleep(0)
    print(sorted(ends), flush=True)
    gevent.sleep(0)
    assert set(threads).isdisjoint(threading.enumerate())
forking = threading.Thread(target=fork_and_wake)
forking.start()
forking.join()
wait_for_child()
"""
    ends = "['condition', 'event', 'lock', 'rlock']\n"
    assert program(FORKS + code) == ends + ends + "0\n"


def test_a_thread_that_was_starting_at_the_fork_begins_in_the_child(
    program: Program,
) -> None:
    """It was not found among the threads that start: a KeyError."""
    code = """
begun = []
def start_another():
    other = threading.Thread(target=lambda: begun.append(1))
    other.start()
    other.join()
gevent.spawn(start_another)
gevent.spawn(fork)
while not begun or not forked:
    gevent.sleep(0)
print("begun", flush=True)
wait_for_child()
"""
    assert program(FORKS + code) == "begun\nbegun\n0\n"


def test_who_held_an_rlock_at_the_fork_can_release_it_in_the_child(
    program: Program,
) -> None:
    """The lock of a logging handler is made new there, and was not its any more."""
    code = """
import logging
handler, go = logging.StreamHandler(), threading.Event()
def hold():
    handler.acquire()
    handler.acquire()
    go.wait()
    handler.release()
    handler.release()
    try:
        handler.release()
    except RuntimeError:
        print("once too often", flush=True)
holder = gevent.spawn(hold)
gevent.sleep(0)
fork()
if not forked[0]:
    # It is free at once, as for who is alone.
    assert handler.lock.acquire(blocking=False)
    handler.release()
go.set()
holder.get()
with handler.lock:
    wait_for_child()
"""
    assert program(FORKS + code) == "once too often\nonce too often\n0\n"


def test_a_forked_child_has_its_thread_as_the_main_one(program: Program) -> None:
    program(
        PATCHED
        + """
import os
other = threading.Thread(target=threading.Event().wait, daemon=True)
other.start()
pid = os.fork()
if not pid:
    good = threading.current_thread() is threading.main_thread()
    os._exit(0 if good and not other.is_alive() else 1)
assert os.waitpid(pid, 0)[1] == 0
"""
    )


def test_a_child_forked_by_a_greenlet_has_it_as_its_main_thread(
    program: Program,
) -> None:
    """Since 3.13 the new main thread took the native ident: an error on stderr."""
    program(
        PATCHED
        + """
import os
def fork():
    pid = os.fork()
    if not pid:
        main = threading.main_thread()
        good = main is threading.current_thread() and main.is_alive()
        os._exit(0 if good and main.ident == threading.get_ident() else 1)
    return os.waitpid(pid, 0)[1]
assert gevent.spawn(fork).get() == 0
"""
    )
