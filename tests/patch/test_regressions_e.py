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
