"""Forks at random points of a busy program, on every loop.

``GEVENT_FORKS`` says how many per loop; the default keeps the suite short.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loop.conftest import COMPILED, LIBRARIES, run_on
from tests.support.form import is_pure

PROGRAM = Path(__file__).with_name("busy_forks.py")
TREE = PROGRAM.parents[2]
# Since 3.12 a warning says that a process with threads should not fork.
IS_MEANT = "ignore:This process:DeprecationWarning"
COUNT = os.environ.get("GEVENT_FORKS", "60")


@pytest.mark.slow
@pytest.mark.parametrize("kind", LIBRARIES)
def test_every_child_runs_a_request_and_the_parent_loses_nothing(kind: str) -> None:
    if kind == COMPILED and is_pure():
        pytest.skip("the pure form has no compiled loop")
    done = subprocess.run(
        [sys.executable, "-W", IS_MEANT, str(PROGRAM), COUNT, "3"],
        env=dict(os.environ, GEVENT_LOOP=kind, PYTHONPATH=str(TREE)),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == f"{COUNT} of {COUNT} children ran a request\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", LIBRARIES)
def test_a_fork_while_the_thread_pool_works_hangs_nobody(kind: str) -> None:
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
