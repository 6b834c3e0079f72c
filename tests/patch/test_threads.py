"""Threads that are greenlets: what ``threading`` is after patching."""

from __future__ import annotations

import _thread
import subprocess
import sys
from collections.abc import Callable

import pytest

Program = Callable[..., str]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.pure

PATCHED = """
from gevent import monkey
monkey.patch_all()
import threading
import gevent
"""


def test_threads_are_greenlets(program: Program) -> None:
    program(
        PATCHED
        + """
seen = []
def body():
    seen.append((gevent.getcurrent(), threading.current_thread()))
thread = threading.Thread(target=body)
thread.start()
thread.join()
assert not thread.is_alive()
((greenlet, current),) = seen
assert isinstance(greenlet, gevent.Greenlet)
assert current is thread
assert thread.ident == id(greenlet)
"""
    )


def test_classes_made_before_patching_can_be_joined(program: Program) -> None:
    program(
        """
        import threading
        class Early(threading.Thread):
            def run(self):
                self.name = "ran"
        made = Early()
        from gevent import monkey
        monkey.patch_all()
        for thread in (made, Early()):
            thread.start()
            thread.join()
            assert thread.name == "ran"
            assert not thread.is_alive()
        """
    )


def test_a_thread_that_runs_already_can_be_joined(program: Program) -> None:
    program(
        """
        import threading
        release = threading.Lock()
        release.acquire()
        native = threading.Thread(target=release.acquire)
        native.start()
        from gevent import monkey
        monkey.patch_all()
        import gevent
        native.join(0.001)
        assert native.is_alive()
        # Only if joining lets others run.
        gevent.spawn(release.release)
        native.join()
        assert native not in threading.enumerate()
        """
    )


def test_non_daemons_are_waited_for_at_exit(program: Program) -> None:
    printed = program(
        PATCHED
        + """
import time
def body():
    gevent.sleep(0)
    threading.main_thread().join()
    time.sleep(0)
    print("last")
threading.Thread(target=body).start()
threading.Thread(target=threading.Event().wait, daemon=True).start()
"""
    )
    assert printed == "last\n"


def test_a_thread_that_nothing_can_end_does_not_hold_the_exit_up(
    program: Program,
) -> None:
    program(PATCHED + "threading.Thread(target=threading.Event().wait).start()\n")


def test_greenlets_are_dummy_threads_for_as_long_as_they_live(
    program: Program,
) -> None:
    program(
        PATCHED
        + """
greenlet = gevent.spawn(threading.current_thread)
greenlet.join()
gevent.sleep(0)
assert greenlet.value.name == "Dummy-1"
assert threading.enumerate() == [threading.main_thread()]
"""
    )


def test_locks_of_logging_are_renewed(program: Program) -> None:
    program(
        """
        import logging, sys
        handler = logging.StreamHandler(sys.stdout)
        quiet = logging.NullHandler()
        old = handler.lock
        from gevent import monkey
        monkey.patch_all()
        import gevent.thread
        assert isinstance(logging._lock, gevent.thread.RLockType)
        assert isinstance(handler.lock, gevent.thread.RLockType)
        assert quiet.lock is None
        kept = handler.lock
        monkey.patch_thread()
        assert handler.lock is kept
        # Not at finalization, when the pure form knows no current greenlet.
        del handler, quiet
        """
    )


def test_a_held_python_lock_stays_held(program: Program) -> None:
    program(
        """
        import threading
        lock = threading._PyRLock()
        lock.acquire()
        from gevent import monkey
        monkey.patch_all()
        import gevent
        other = gevent.spawn(lock.acquire)
        gevent.sleep(0)
        assert not other.ready()
        lock.release()
        other.join()
        assert other.value is True
        """
    )


def test_errors_are_printed_by_the_hook_of_threading(program: Program) -> None:
    program(
        PATCHED
        + """
seen = []
threading.excepthook = lambda args: seen.append((args.exc_type, args.thread))
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
assert seen == [(ZeroDivisionError, thread)]
"""
    )


def test_parts_can_be_left_out(program: Program) -> None:
    program(
        """
        import logging, threading
        event, lock = threading.Event, logging._lock
        from gevent import monkey
        monkey.patch_thread(Event=False, logging=False)
        assert (threading.Event, logging._lock) == (event, lock)
        assert monkey.is_module_patched("threading")
        """
    )


def test_threading_can_be_left_out(program: Program) -> None:
    program(
        """
        import threading
        thread = threading.Thread
        from gevent import monkey
        monkey.patch_thread(threading=False)
        assert threading.Thread is thread
        assert monkey.is_module_patched("_thread")
        assert threading.current_thread() is threading.main_thread()
        """
    )


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


def test_a_greenlet_stays_the_same_dummy_thread(program: Program) -> None:
    """Since 3.12 the next one that asked ended the one before."""
    program(
        PATCHED
        + """
def ask():
    first = threading.current_thread()
    gevent.sleep(0)
    assert threading.current_thread() is first
    assert first in threading.enumerate()
gevent.joinall([gevent.spawn(ask) for _ in range(3)], raise_error=True)
"""
    )


@pytest.mark.skipif(
    not hasattr(_thread, "set_name"), reason="the system learns no names before 3.14"
)
def test_the_native_thread_keeps_its_name(program: Program) -> None:
    """Every greenlet gave the name of its thread to the one that runs them all."""
    program(
        PATCHED
        + """
def name():
    with open("/proc/self/comm") as comm:
        return comm.read()
before = name()
seen = []
def body():
    threading.current_thread().name = "renamed"
    seen.append(name())
thread = threading.Thread(target=body, name="a-greenlet")
thread.start()
thread.join()
assert seen == [before], seen
threading.main_thread().name = "served"
assert name() == "served\\n"
"""
    )


@pytest.mark.skipif(sys.version_info < (3, 14), reason="threads have no context")
def test_a_thread_runs_in_the_context_it_is_given(program: Program) -> None:
    program(
        PATCHED
        + """
import contextvars
variable = contextvars.ContextVar("variable", default="fresh")
variable.set("mine")
def seen_in(**options):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(variable.get()), **options)
    thread.start()
    thread.join()
    return seen[0]
assert seen_in(context=contextvars.copy_context()) == "mine"
assert seen_in() == "fresh"
"""
    )


@pytest.mark.skipif(sys.version_info < (3, 13), reason="queues have no shutdown")
def test_a_queue_that_is_shut_down_lets_its_threads_end(program: Program) -> None:
    program(
        PATCHED
        + """
import queue
jobs = queue.Queue()
def work():
    try:
        while True:
            jobs.get()
            jobs.task_done()
    except queue.ShutDown:
        pass
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
jobs.put(1)
jobs.join()
jobs.shutdown()
for thread in threads:
    thread.join()
"""
    )


def test_the_end_waits_for_threads_that_are_no_daemons(program: Program) -> None:
    printed = program(
        """
import threading, time
released = threading.Event()
early = threading.Thread(target=released.wait)
early.start()
from gevent import monkey
monkey.patch_all()
import atexit
def late():
    time.sleep(0.001)
    print("late")
    released.set()
atexit.register(lambda: print("alive:", thread.is_alive(), early.is_alive()))
thread = threading.Thread(target=late)
thread.start()
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
"""
    )
    assert printed == "late\nalive: False False\n"


@pytest.mark.parametrize("debug", [False, True])
def test_asyncio_hears_of_the_end_of_a_thread_at_once(
    program: Program, debug: bool
) -> None:
    """Since 3.14 its loop slept on until a timer woke it, or failed when debugging."""
    program(
        PATCHED
        + f"""
import asyncio, time
async def main():
    return await asyncio.wait_for(asyncio.to_thread(divmod, 7, 4), 3600)
assert asyncio.run(main(), debug={debug}) == (1, 3)
"""
    )


# Waits for `thread` with `wait()`, which something ends early.
LEFT = (
    PATCHED
    + """
class Left(BaseException):
    pass
released = threading.Event()
def body():
    released.wait()
    print("worked")
thread = threading.Thread(target=body)
thread.start()
def leave(wait):
    def leaving():
        try:
            wait()
        except Left:
            return "left"
    waiting = gevent.spawn(leaving)
    gevent.sleep(0)
    waiting.kill(Left)
    assert waiting.value == "left"
"""
)


@pytest.mark.parametrize("wait", ["join()", "join(3600)"])
def test_a_thread_whose_join_is_left_lives_on(program: Program, wait: str) -> None:
    """It counted as ended, and was dropped at exit with its work undone; issue 12."""
    printed = program(
        LEFT
        + f"""
leave(lambda: thread.{wait})
assert thread.is_alive()
assert thread in threading.enumerate()
with gevent.Timeout(0, False):
    thread.join()
    raise AssertionError
assert thread.is_alive()
import atexit
atexit.register(lambda: print("alive:", thread.is_alive()))
threading.Thread(target=released.set).start()
"""
    )
    assert printed == "worked\nalive: False\n"


def test_a_thread_that_is_killed_while_it_asks_leaves_the_other_alive(
    program: Program,
) -> None:
    """`is_alive` yields, so that loops around it end."""
    program(
        LEFT
        + """
leave(lambda: [thread.is_alive() for _ in iter(int, 1)])
assert thread.is_alive()
released.set()
while thread.is_alive():
    pass
thread.join()
"""
    )


def test_the_main_thread_lives_on_when_a_join_of_it_is_left(program: Program) -> None:
    printed = program(
        LEFT
        + """
main = threading.main_thread()
leave(main.join)
leave(lambda: main.join(3600))
assert main.is_alive()
def last():
    main.join()
    print("main has ended:", not main.is_alive())
    released.set()
threading.Thread(target=last).start()
"""
    )
    assert printed == "main has ended: True\nworked\n"


def test_a_join_in_a_native_thread_ends_with_the_thread(program: Program) -> None:
    program(
        LEFT
        + """
pool = gevent.get_hub().threadpool
joining = pool.spawn(thread.join)
timed = pool.spawn(lambda: (thread.join(0), thread.is_alive()))
assert timed.get() == (None, True)
released.set()
joining.get()
assert not thread.is_alive()
"""
    )


def test_exit_ends_a_thread_quietly(program: Program) -> None:
    program(
        PATCHED
        + """
import _thread
thread = threading.Thread(target=_thread.exit)
thread.start()
thread.join()
"""
    )


def test_exit_ends_the_program_in_the_main_thread(program: Program) -> None:
    said = program(
        PATCHED
        + """
import _thread
print("before")
_thread.exit()
print("after")
"""
    )
    assert said == "before\n"


def test_exit_ends_just_a_greenlet_that_is_no_thread(program: Program) -> None:
    program(
        PATCHED
        + """
import _thread
greenlet = gevent.spawn(_thread.exit)
greenlet.join()
assert isinstance(greenlet.value, gevent.GreenletExit)
"""
    )


def test_a_failing_thread_is_reported_by_its_function(run: Run) -> None:
    done = run(
        "-c",
        PATCHED
        + """
import _thread
def handler(number, key):
    raise ValueError
_thread.start_new_thread(handler, (1,), {"key": 2})
gevent.wait()
""",
    )
    assert ": handler(1, key=2)> failed with ValueError" in done.stderr


def test_a_thread_is_not_joined_for_ages(program: Program) -> None:
    program(
        PATCHED
        + """
go = threading.Event()
thread = threading.Thread(target=go.wait)
thread.start()
for timeout in (1e300, float("inf"), 1e10):
    try:
        thread.join(timeout)
    except OverflowError:
        pass
    else:
        raise AssertionError(timeout)
assert thread.is_alive()
go.set()
thread.join()
"""
    )


# -- a thread forks and returns --------------------------------------------------------

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
