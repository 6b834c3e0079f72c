"""Hubs of native threads: how they end, and what they leave behind."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

import gevent
from gevent.hub import get_hub
from tests.hub.conftest import type_of_program
from tests.support.leaks import open_descriptors
from tests.support.memory import n_objects


@pytest.mark.slow
@pytest.mark.compiled  # else the interpreter ends daemon threads through greenlet's C++
def test_daemon_threads_with_hubs_do_not_disturb_the_exit(
    run_program: type_of_program,
) -> None:
    """Callbacks of the loop took the interpreter's lock while it finalised (#2170)."""
    done = run_program("""
        import threading
        all_tick = threading.Barrier(9)
        def work():
            import gevent
            def tick(then):
                gevent.sleep(0.0001)
                then()
                while True:
                    gevent.sleep(0.0001)
            others = [gevent.spawn(tick, int) for _ in range(4)]
            tick(all_tick.wait)
        for _ in range(8):
            threading.Thread(target=work, daemon=True).start()
        all_tick.wait()
    """)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.compiled
def test_spawn_works_without_a_python_frame_beneath(
    run_program: type_of_program,
) -> None:
    """Spawning from C in a thread without any Python frame crashed (#1212)."""
    done = run_program("""
        import _thread, threading
        import gevent
        stacks, done = [], threading.Lock()
        done.acquire()
        def note(greenlet):
            stacks.append(greenlet.spawning_stack)
            done.release()
        gevent.Greenlet.add_spawn_callback(note)
        _thread.start_new_thread(gevent.spawn, (print,))
        done.acquire()
        print(stacks)
    """)
    assert (done.returncode, done.stdout) == (0, "[None]\n"), done.stderr


def in_thread(function: object) -> None:
    thread = threading.Thread(target=function)  # type: ignore[arg-type]  # any callable
    thread.start()
    thread.join()


@pytest.mark.slow
@pytest.mark.compiled  # else each thread leaves a weak reference of thread-local data
def test_a_thread_that_ends_frees_its_hub() -> None:
    """Hubs, descriptors and parents of ended threads were kept (#1601)."""
    hubs: list[weakref.ref[object]] = []

    def work() -> None:
        gevent.spawn(lambda: None).join()
        hubs.append(weakref.ref(get_hub()))

    in_thread(work)
    before = n_objects(), len(open_descriptors())
    for _ in range(100):
        in_thread(work)
    del hubs[:]
    in_thread(work)
    assert len(open_descriptors()) == before[1]
    assert n_objects() - before[0] < 100
    assert hubs[0]() is None


def test_a_thread_that_ends_frees_armed_timeouts() -> None:
    """A Timeout and its timer in the heap referred to each other."""
    alive: list[weakref.ref[gevent.Timeout]] = []

    def work() -> None:
        for seconds in (100.0, 0.0):
            timeout = gevent.Timeout(seconds)
            timeout.start()
            alive.append(weakref.ref(timeout))

    in_thread(work)
    gc.collect()
    assert [each() for each in alive] == [None, None]


@pytest.mark.cpython("PyPy tells nobody that a thread ends")
def test_a_thread_ends_although_its_greenlets_block_in_finally() -> None:
    """Doing so made a second hub in the dying thread, whose descriptors stayed."""
    ends: list[str] = []

    def parked() -> None:
        try:
            gevent.sleep(10)
        finally:
            ends.append("begin")
            gevent.sleep(0)
            ends.append("not reached")

    def work() -> None:
        gevent.spawn(parked)
        gevent.sleep(0)

    before = len(open_descriptors())
    in_thread(work)
    assert ends == ["begin"]
    assert len(open_descriptors()) == before


@pytest.mark.slow
def test_threads_that_destroy_their_hub_leave_nothing() -> None:
    """Some 30 objects and 10 KB stayed of each."""

    def work() -> None:
        gevent.spawn(gevent.sleep, 0.0001).join()
        get_hub().destroy()

    in_thread(work)
    before = n_objects(), len(open_descriptors())
    for _ in range(200):
        in_thread(work)
    assert len(open_descriptors()) == before[1]
    assert n_objects() - before[0] < 20


@pytest.mark.cpython("PyPy tells nobody that a thread ends")
def test_a_greenlet_that_fails_in_the_end_of_a_thread_does_not_keep_the_others() -> (
    None
):
    freed: list[str] = []

    def good() -> None:
        try:
            gevent.sleep(100)
        finally:
            freed.append("freed")

    def bad() -> None:
        try:
            gevent.sleep(100)
        finally:
            raise ValueError("bad")

    def use() -> None:
        get_hub().exception_stream = None
        gevent.spawn(good)
        gevent.spawn_raw(bad)
        gevent.sleep(0)
        gevent.sleep(0)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    gc.collect()
    assert freed == ["freed"]
