"""Executors of ``concurrent.futures`` whose threads are greenlets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("early", [True, False])
def test_waiting_for_a_future_lets_others_run(program: Program, early: bool) -> None:
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


def test_a_fork_while_another_submits_leaves_no_lock_held(program: Program) -> None:
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
