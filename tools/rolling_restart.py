"""Restart a server under load, again and again, and count what clients lose.

    rolling_restart.py [-n REQUESTS] [-r RESTARTS] [-c CLIENTS] [--port]

``--port``: each process has its own listener (SO_REUSEPORT), else they share one. Ends
with status 1 if a request was lost.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> int:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=100_000, help="requests")
    parser.add_argument("-r", type=int, default=10, help="restarts")
    parser.add_argument("-c", type=int, default=20, help="clients")
    parser.add_argument("--port", action="store_true", help="share the port only")
    options = parser.parse_args()
    rolling = importlib.import_module("tests.servers.http.rolling")
    outcome = rolling.Rolling(shares_port=options.port).run(
        options.n, options.r, options.c
    )
    print(
        f"{outcome.served} served, {len(outcome.lost)} lost, {outcome.retried} retried;"
        f" processes ended with {sorted(set(outcome.statuses))}"
    )
    for line in outcome.lost[:20]:
        print(line)
    return 1 if outcome.lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
