#!/usr/bin/env python3
"""Run mutated chunked bodies, or applications that answer at random, by number.

    python tools/fuzz_http.py {body,reply} [--from N] [N]     default: 1,000,000

What must hold is in tests/servers/http/body_fuzz.py and reply_fuzz.py. Stops at the
first input for which it does not, and prints it.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

AT_A_TIME = 5_000


def main() -> int:
    """Run the inputs of a range of numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("body", "reply"))
    parser.add_argument("n", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    arguments = parser.parse_args()
    run = importlib.import_module(f"tests.servers.http.{arguments.what}_fuzz").run
    last = arguments.first + arguments.n
    begun = time.monotonic()
    n_accepted = 0
    for first in range(arguments.first, last, AT_A_TIME):
        end = min(first + AT_A_TIME, last)
        n_accepted += run(range(first, end)).n_accepted
        seconds = time.monotonic() - begun
        done = end - arguments.first
        print(f"{done} inputs, {n_accepted} accepted, {seconds:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
