#!/usr/bin/env python3
"""Run mutated heads of HTTP requests through both parsers, and h11.

    python tools/fuzz_http_head.py [--from N] [N]     N inputs; default: 1,000,000

What must hold is in tests/servers/http/head_fuzz.py. Stops at the first input for which
it does not, and prints it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.servers.http.head_fuzz import run  # found by the line above

AT_A_TIME = 20_000


def main() -> int:
    """Run the inputs of a range of numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    arguments = parser.parse_args()
    last = arguments.first + arguments.n
    differences: dict[str, int] = {}
    n_accepted = 0
    begun = time.monotonic()
    for first in range(arguments.first, last, AT_A_TIME):
        end = min(first + AT_A_TIME, last)
        counts = run(range(first, end))
        n_accepted += counts.n_accepted
        for name, n in counts.differences.items():
            differences[name] = differences.get(name, 0) + n
        seconds = time.monotonic() - begun
        print(f"{end - arguments.first} inputs, {n_accepted} accepted, {seconds:.0f} s")
    print(f"known differences from h11: {differences or 'none met'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
