"""Threads that are greenlets: what ``threading`` is after patching."""

from __future__ import annotations

import _thread
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.patch.conftest import PATCHED

Program = Callable[..., str]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.pure


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


def test_a_thread_waits_for_a_hook_at_exit(program: Program) -> None:
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import threading
        stop = threading.Event()
        threading._register_atexit(stop.set)
        def body():
            stop.wait()
            print("stopped")
        threading.Thread(target=body).start()
        """
    )
    assert printed == "stopped\n"


def test_a_thread_that_nothing_can_end_does_not_hold_the_exit_up(
    program: Program,
) -> None:
    program(PATCHED + "threading.Thread(target=threading.Event().wait).start()\n")


def test_waiting_in_the_main_thread_for_what_cannot_come_is_a_loop_exit(
    program: Program,
) -> None:
    """It ended with LoopExit, and the process hung (#1462)."""
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import sys, threading
        import gevent
        never = threading.Event()
        thread = threading.Thread(target=never.wait, daemon=True)
        thread.start()
        try:
            never.wait()
        except gevent.exceptions.LoopExit as error:
            print(type(error).__name__)
            sys.exit()
        """
    )
    assert printed == "LoopExit\n"


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


@pytest.mark.skipif(sys.version_info < (3, 14), reason="threads got contexts in 3.14")
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


@pytest.mark.skipif(sys.version_info < (3, 13), reason="queues shut down since 3.13")
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
    """It counted as ended, and was dropped at exit with its work undone."""
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


def test_systemexit_ends_its_bare_thread_only(program: Program) -> None:
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import _thread, sys
        import gevent
        _thread.start_new_thread(sys.exit, (3,))
        gevent.sleep(0)
        print("goes on")
        """
    )
    assert printed == "goes on\n"


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


def test_idents_larger_than_a_c_long(program: Program) -> None:
    program(
        """
        import _thread
        native = _thread.get_ident
        _thread.get_ident = lambda: native() + 2**63
        # Whom `threading` asks since 3.13 when it is imported.
        _thread._get_main_thread_ident = _thread.get_ident
        from gevent import monkey
        monkey.patch_all()
        import threading
        import gevent
        greenlet = gevent.spawn(threading.current_thread)
        greenlet.join()
        thread = threading.Thread(target=gevent.sleep)
        thread.start()
        thread.join()
        assert gevent.get_hub().threadpool.apply(str, (5,)) == "5"
        """
    )


def test_the_main_thread_stays_the_same_when_threading_was_imported_first(
    program: Program,
) -> None:
    printed = program(
        """
        import threading
        main = threading.main_thread()
        from gevent import monkey
        monkey.patch_all()
        import gevent
        assert threading.current_thread() is threading.main_thread() is main
        assert main.is_alive()
        assert repr(main) == f"<_MainThread(MainThread, started {main.ident})>"
        assert main.ident == id(gevent.getcurrent())
        def join():
            main.join()
            print("joined")
        threading.Thread(target=join).start()
        gevent.sleep(0)
        """
    )
    assert printed == "joined\n"


@pytest.mark.parametrize(
    "name",
    ["_shutdown_locks", "_dangling", "_PyRLock", "_set_sentinel", "_CRLock"],
)
def test_threading_may_lack_one_of_its_private_names(
    program: Program, name: str
) -> None:
    program(
        f"""
        import os, threading
        if hasattr(threading, {name!r}):
            delattr(threading, {name!r})
        from gevent import monkey
        monkey.patch_all()
        # Its own functions miss that name.
        os._exit(0)
        """
    )


def test_names_of_dummy_threads_go_on_counting(program: Program) -> None:
    program(
        """
        import gevent.monkey
        import _thread, threading
        names, done = [], threading.Event()
        def native():
            names.append(threading.current_thread().name)
            done.set()
        _thread.start_new_thread(native, ())
        done.wait()
        gevent.monkey.patch_all()
        gevent.spawn(native).join()
        threading.Thread(target=native).start()
        gevent.sleep(0)
        # One counter for all of them, as without patching.
        assert names == ["Dummy-1", "Dummy-2", "Thread-3 (native)"], names
        """
    )


TOOL = """
import threading
seen = []
def install():
    class Tool(threading.Thread):
        def start(self):
            seen.append(self.name)
            super().start()
    threading.Thread = Tool
def check():
    import gevent
    greenlets = []
    thread = threading.Thread(
        target=lambda: greenlets.append(gevent.getcurrent()), name="name")
    thread.start()
    thread.join()
    assert seen == ["name"], seen
    assert isinstance(greenlets[0], gevent.Greenlet)
"""


@pytest.mark.parametrize(
    "order",
    [
        "install(); patch_all()",
        "patch_all(); install()",
        "import gevent.threading; install(); patch_all()",
    ],
)
def test_a_tool_may_replace_the_thread_class_before_or_after(
    program: Program, order: str
) -> None:
    program(f"{TOOL}\nfrom gevent.monkey import patch_all\n{order}\ncheck()\n")


@pytest.mark.parametrize("threading", [True, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_local_of_underscore_threading_is_patched_unless_it_is_not_wanted(
    program: Program, threading: bool, wanted: bool
) -> None:
    """Of issue 15: ``patch_thread(_threading_local=...)``, the second parameter."""
    program(
        f"""
        import _threading_local
        from gevent import monkey
        before = _threading_local.local
        monkey.patch_thread({threading}, {wanted})
        assert (_threading_local.local is not before) == {wanted}
        assert monkey.is_module_patched("threading") == {threading}
        """
    )


def test_a_subscriber_that_wants_no_patch_keeps_local_of_underscore_threading(
    program: Program,
) -> None:
    program(
        """
        import _threading_local
        from gevent import events, monkey
        def refuse(event):
            if getattr(event, "module_name", None) == "_thread":
                raise events.DoNotPatch
        events.subscribers.append(refuse)
        before = _threading_local.local
        monkey.patch_thread(threading=False)
        assert _threading_local.local is before
        """
    )
