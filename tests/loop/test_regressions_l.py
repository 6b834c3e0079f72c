"""Rows of class L, on every loop."""

from __future__ import annotations

import pytest

from tests.loop.conftest import LIBRARIES, run_on


@pytest.mark.slow
@pytest.mark.parametrize("kind", LIBRARIES)
def test_l11_a_lock_whose_owners_hub_is_gone_can_be_used(kind: str) -> None:
    """An AttributeError of the hub that was None, on libuv."""
    printed = run_on(
        kind,
        """
        import threading
        import gevent
        from gevent.lock import RLock, Semaphore

        lock, units = RLock(), Semaphore()

        def work():
            with lock, units:
                gevent.sleep(0.001)
            gevent.get_hub().destroy(destroy_loop=True)

        for _ in range(5):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            with lock, units:
                gevent.sleep(0)
        print("used")
        """,
    )
    assert printed == "used\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", LIBRARIES)
def test_l11_a_fork_while_the_thread_pool_works_hangs_nobody(kind: str) -> None:
    """The child waited for threads that it did not have."""
    printed = run_on(
        kind,
        """
        import os, signal, warnings
        import gevent

        # Since 3.12 one says that a process with threads should not fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        pool = gevent.get_hub().threadpool
        release, hold = os.pipe()
        busy = [pool.spawn(os.read, release, 1) for _ in range(3)]
        gevent.sleep(0.001)
        for reinit in (False, True):
            pid = os.fork()
            if pid == 0:
                signal.alarm(30)
                if reinit:
                    gevent.reinit()
                gevent.sleep(0.001)
                worked = gevent.get_hub().threadpool.apply(abs, (-7,))
                os._exit(worked)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        os.write(hold, b"xxx")
        gevent.joinall(busy)
        print([each.get() for each in busy])
        """,
    )
    assert printed == "7\n7\n[b'x', b'x', b'x']\n"
