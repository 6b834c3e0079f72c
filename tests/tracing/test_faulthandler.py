"""faulthandler shows the frames of the greenlet that runs."""

from __future__ import annotations

import pytest

from tests.tracing.conftest import Program, Run

pytestmark = pytest.mark.pure


def test_it_shows_the_stack_of_the_greenlet_that_runs(program: Program) -> None:
    printed = program(
        """
        import faulthandler
        import sys
        import gevent

        def inner():
            faulthandler.dump_traceback(sys.stdout.fileno())

        def outer():
            gevent.sleep(0)
            inner()

        def other():
            gevent.sleep(0)

        def main():
            gevent.joinall([gevent.spawn(outer), gevent.spawn(other)])

        main()
        """
    )
    assert " in inner" in printed
    assert " in outer" in printed
    assert " in other" not in printed
    # Those of the greenlet that waits are not below it.
    assert " in main" not in printed


def test_a_crash_in_a_greenlet_shows_where(run: Run) -> None:
    done = run(
        "-c",
        "import faulthandler, os, subprocess, sys, gevent\n"
        "def crash(): os.kill(os.getpid(), 11)\n"
        "if len(sys.argv) == 1:\n"
        "    text = open(0).read()\n"
        "    command = [sys.executable, '-c', text, 'crash']\n"
        "    print(subprocess.run(command, stderr=-1).stderr.decode())\n",
        stdin="import faulthandler, os, resource, gevent\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "faulthandler.enable()\n"
        "def crash():\n"
        "    gevent.sleep(0)\n"
        "    os.kill(os.getpid(), 11)\n"
        "gevent.spawn(crash).join()\n",
    )
    assert "Segmentation fault" in done.stdout
    assert "line 6 in crash" in done.stdout
