"""What the scripts of all contenders share: choosing a case, and measuring it.

A case is ``fn(loops) -> seconds`` for that many operations, without the set-up.
``run`` hands the one that the command line names (``--case NAME``) to pyperf, or prints
the number that a case about memory returns.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter as perf_counter

Case = Callable[[int], float]

N_TASKS = 10_000
N_CONNECTIONS = 100
MESSAGE = b"x"
PIECE = b"x" * 65536
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def run(
    cases: dict[str, Case], wrap: Callable[[Case], Case] = lambda case: case
) -> None:
    """Run the case that the command line names under pyperf; ``--list`` lists all."""
    if sys.argv[1:] == ["--list"]:
        print("\n".join(cases))
        return
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--case", required=True)
    options, _ = parser.parse_known_args()
    case = wrap(cases[options.case])
    if options.case.startswith("memory."):
        print(case(N_TASKS))
        return
    import pyperf

    runner = pyperf.Runner(add_cmdline_args=_hand_on)
    runner.argparser.add_argument("--case")
    runner.parse_args()
    runner.bench_time_func(options.case, case)


def _hand_on(command: list[str], options: argparse.Namespace) -> None:
    command += ["--case", options.case]


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def shares(total: int, parts: int) -> Sequence[int]:
    """Divide *total* into *parts* that differ by one at most."""
    return [total // parts + (part < total % parts) for part in range(parts)]
