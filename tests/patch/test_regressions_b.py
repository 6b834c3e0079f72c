"""Rows of class B: dead-locks and hangs, those that patching decides about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


def test_b7_logging_inside_the_lock_of_the_list_of_threads(program: Program) -> None:
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import logging, sys, threading
        import gevent
        class Slow(logging.StreamHandler):
            def emit(self, record):
                gevent.sleep(0)
                super().emit(record)
        logging.basicConfig(handlers=[Slow(sys.stdout)], format="%(threadName)s")
        def log():
            with threading._active_limbo_lock:
                logging.error("")
        threads = [threading.Thread(target=log, name=name) for name in "ab"]
        for thread in threads:
            thread.start()
        gevent.joinall([gevent.spawn(log), gevent.spawn(log)])
        for thread in threads:
            thread.join()
        """
    )
    assert sorted(printed.split()) == ["Dummy-1", "Dummy-2", "a", "b"]


def test_b10_patching_off_the_main_thread_lets_the_program_end(
    program: Program,
) -> None:
    printed = program(
        """
        import threading, warnings
        def body():
            from gevent import monkey
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                monkey.patch_all()
            assert [warning.category for warning in caught] == [
                monkey.MonkeyPatchWarning] * 2
            print("patched", threading.current_thread().name)
        thread = threading.Thread(target=body, name="first")
        thread.start()
        thread.join()
        print("end")
        """
    )
    assert printed == "patched first\nend\n"


def test_b11_a_thread_waits_for_a_hook_at_exit(program: Program) -> None:
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


@pytest.mark.parametrize("early", [True, False])
def test_b15_waiting_for_a_future_lets_others_run(
    program: Program, early: bool
) -> None:
    program(
        f"""
        if {early}:
            import concurrent.futures.thread
        from gevent import monkey
        monkey.patch_all()
        import concurrent.futures, threading
        import gevent
        release = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            future = executor.submit(release.wait)
            gevent.spawn(release.set)
            assert future.result() is True
        """
    )


def test_b9_a_fork_while_another_submits_to_an_executor(program: Program) -> None:
    """The locks of concurrent.futures are held around both (#1865)."""
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import os, sys, time
        from concurrent.futures import ThreadPoolExecutor
        import gevent
        executor = ThreadPoolExecutor(2)
        def slow(value):
            time.sleep(0)
            return value
        def submit():
            for _ in range(50):
                assert executor.submit(slow, 1).result() == 1
        submitting = gevent.spawn(submit)
        def fork():
            gevent.sleep(0)
            pid = os.fork()
            if not pid:
                with ThreadPoolExecutor(1) as mine:
                    os._exit(mine.submit(int, "7").result())
            return os.waitpid(pid, 0)[1] >> 8
        with gevent.Timeout(30):
            print(gevent.spawn(fork).get())
            submitting.get()
            print(executor.submit(int, "3").result())
        """
    )
    assert printed == "7\n3\n"


def test_b17_the_main_greenlet_waits_for_what_cannot_come(program: Program) -> None:
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
