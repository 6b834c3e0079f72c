"""Crashes that users met (class A of the list of regressions)."""

from __future__ import annotations

import os
import signal

import pytest

import gevent
from gevent.hub import get_hub
from tests.hub.conftest import Report, type_of_program


def test_a1_two_loop_objects_may_be_destroyed_in_turn(
    run_program: type_of_program,
) -> None:
    """Destroying one of two default loops and then the other crashed (#1098)."""
    done = run_program("""
        import gc
        from gevent.hub import get_hub
        kind = type(get_hub().loop)
        one, two = kind(default=True), kind(default=True)
        one.destroy()
        one.destroy()
        del one
        gc.collect()
        two.destroy()
        print("alive")
    """)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_a2_a_hub_with_active_watchers_may_be_destroyed() -> None:
    """A second hub of the thread crashed when it was destroyed with its loop (#237)."""
    for _ in range(3):
        hub = get_hub()
        hub.loop.timer(10).start(print)
        hub.loop.io(0, 1).start(print)
        gevent.spawn_later(10, print)
        gevent.sleep(0)
        hub.destroy(destroy_loop=True)
    assert get_hub() is not hub


def test_a3_a_destroyed_loop_refuses_with_value_error() -> None:
    """Attributes of a destroyed loop crashed (#251)."""
    loop = get_hub().loop
    get_hub().destroy(destroy_loop=True)
    for use in (
        lambda: loop.backend,
        lambda: loop.backend_int,
        lambda: loop.activecnt,
        lambda: loop.fileno(),
        lambda: loop.timer(1),
        lambda: loop.io(0, 1),
        lambda: loop.run_callback(print),
        lambda: loop.run(),
    ):
        with pytest.raises(ValueError, match="operation on destroyed loop"):
            use()
    assert "destroyed" in repr(loop)


def test_a3_a_stat_watcher_outlives_close_and_loop(tmp_path: os.PathLike[str]) -> None:
    """Its attributes read freed memory."""
    loop = get_hub().loop
    closed, other = loop.stat(os.fspath(tmp_path)), loop.stat(os.fspath(tmp_path))
    closed.start(print)
    other.start(print)
    closed.close()
    get_hub().destroy(destroy_loop=True)
    assert (closed.attr, closed.prev, other.attr, other.prev) == (None,) * 4


def test_a7_a_watcher_may_close_itself_and_raise(reports: list[Report]) -> None:
    """Closing a watcher in its own callback and then raising crashed (#1482)."""
    reader, writer = os.pipe()
    watcher = get_hub().loop.io(reader, 1)

    def close_and_raise() -> None:
        watcher.close()
        raise KeyError("once")

    watcher.start(close_and_raise)
    os.write(writer, b"x")
    gevent.idle()
    gevent.idle()
    os.close(reader)
    os.close(writer)
    assert [kind for _, kind, _ in reports] == [KeyError]


def test_a9_an_io_watcher_may_be_closed_twice() -> None:
    """The second close crashed (#1587)."""
    watcher = get_hub().loop.io(0, 1)
    watcher.start(print)
    watcher.close()
    watcher.close()
    assert not watcher.active


def test_a10_signal_handlers_come_and_go_while_signals_arrive() -> None:
    """Making and cancelling many of them crashed (#1606)."""
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    seen = []
    for _ in range(50):
        handler = gevent.signal_handler(signal.SIGUSR1, seen.append, 1)
        os.kill(os.getpid(), signal.SIGUSR1)
        gevent.idle()
        os.kill(os.getpid(), signal.SIGUSR1)
        handler.cancel()
    signal.signal(signal.SIGUSR1, before)
    assert len(seen) == 50


def test_a11_the_default_loop_works_again_after_destroy() -> None:
    """The destroyed default loop was used again (#1580)."""
    first = get_hub().loop
    first.timer(0).start(lambda: None)
    get_hub().destroy(destroy_loop=True)
    assert gevent.spawn(lambda: 5).get() == 5
    assert get_hub().loop is not first
    assert get_hub().loop.default


@pytest.mark.slow
@pytest.mark.compiled  # else the interpreter ends daemon threads through greenlet's C++
def test_a17_daemon_threads_with_hubs_do_not_disturb_the_exit(
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
def test_a18_spawn_works_without_a_python_frame_beneath(
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


def test_a19_denormal_numbers_are_left_alone(run_program: type_of_program) -> None:
    """Code compiled with -ffast-math flushed them to zero at import (#1820, #1864)."""
    done = run_program("""
        import gevent
        gevent.sleep(0)
        print(5e-324 * 1.0 > 0.0, 2.2250738585072014e-308 / 2 > 0.0)
    """)
    assert done.stdout == "True True\n", done.stderr


@pytest.mark.compiled
def test_a_forgotten_init_is_an_error_and_no_crash(
    run_program: type_of_program,
) -> None:
    """Subclasses that do not call __init__ have no loop."""
    done = run_program("""
        import gevent
        from gevent.hub import Waiter
        class Forgetful(gevent.Greenlet):
            def __init__(self):
                pass
        for name in "start", "join", "get":
            try:
                getattr(Forgetful(), name)()
            except AttributeError:
                print(name)
        class Empty(Waiter):
            def __init__(self):
                pass
        waiter = Empty()
        waiter.hub
        waiter.switch(3)
        print(waiter.get())
    """)
    assert done.stdout.split() == ["start", "join", "get", "3"], done.stderr


def test_a3_a_destroyed_loop_has_no_address_and_nothing_to_renew() -> None:
    loop = get_hub().loop
    get_hub().destroy(destroy_loop=True)
    assert loop.ptr == 0
    loop.reinit()
