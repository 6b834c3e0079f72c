"""Run programs side by side, and read what they print while they run.

    python examples/processes.py COMMAND...

Each argument is a command line for the shell. What the programs print comes as they
print it, each line with the number of its program; in the end come their exit statuses.
The exit status is that of the first program that failed, or 0. Ctrl-C ends all of them.

    $ python examples/processes.py "echo one; sleep 1" "echo two; exit 3"
    1 | one
    2 | two
    2 ended with 3
    1 ended with 0
"""

from __future__ import annotations

import signal
import sys

import gevent
from gevent.subprocess import PIPE, STDOUT, Popen

GRACE = 5.0  # seconds between SIGTERM and SIGKILL


def follow(number: int, command: str) -> int:
    """Run one program to its end; return its exit status."""
    program = Popen(command, shell=True, stdout=PIPE, stderr=STDOUT, text=True)
    assert program.stdout is not None  # it is a pipe
    try:
        with program.stdout as lines:
            for line in lines:
                print(number, "|", line, end="", flush=True)
        status = program.wait()
    except gevent.GreenletExit:
        status = end(program)
    print(number, "ended with", status, flush=True)
    return status


def end(program: Popen[str]) -> int:
    """Ask a program to end, then make it."""
    program.terminate()
    with gevent.Timeout(GRACE, False):
        return program.wait()
    program.kill()
    return program.wait()


def main() -> int:
    """Run what the command line says."""
    running = [
        gevent.spawn(follow, number, command)
        for number, command in enumerate(sys.argv[1:], 1)
    ]
    gevent.signal_handler(signal.SIGINT, gevent.killall, running)
    gevent.joinall(running, raise_error=True)
    failed = next((each.get() for each in running if each.get()), 0)
    return failed if failed >= 0 else 128 - failed  # as shells say it


if __name__ == "__main__":
    sys.exit(main())
