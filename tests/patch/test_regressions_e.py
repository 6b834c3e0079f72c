"""Rows of class E: processes and signals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]


@pytest.mark.pure
def test_e2_a_hook_in_the_child_uses_the_thread_pool(program: Program) -> None:
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


@pytest.mark.pure
def test_e7_a_child_that_resets_sigchld_waits_for_processes(
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


def test_e22_children_of_a_patched_parent_use_its_pool_of_connections(
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
