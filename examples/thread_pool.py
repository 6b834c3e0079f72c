"""Compute in native threads while greenlets go on.

    python examples/thread_pool.py FILE...

It prints the SHA-256 of each file as it is known, and in the end how often a greenlet
could tick meanwhile: never, if the loop had been blocked by the computation.

``hashlib`` lets other threads run while it computes, so two threads use two cores. Code
that does not would still let the loop run now and then, at the interpreter's pace.
"""

from __future__ import annotations

import hashlib
import itertools
import sys

import gevent
from gevent.threadpool import ThreadPool

THREADS = 4
TICK = 0.001  # seconds


def digest(path: str) -> tuple[str, str]:
    """Return a path and the digest of its file; runs in a native thread."""
    try:
        with open(path, "rb") as file:
            return path, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return path, error.strerror or str(error)


def tick(counter: itertools.count[int]) -> None:
    """Count for ever, as long as the loop runs."""
    while True:
        gevent.sleep(TICK)
        next(counter)


def main() -> None:
    """Hash what the command line names."""
    counter = itertools.count()
    ticker = gevent.spawn(tick, counter)
    pool = ThreadPool(THREADS)
    for path, text in pool.imap_unordered(digest, sys.argv[1:]):
        print(text, "", path, flush=True)
    ticker.kill()
    pool.kill()
    print(f"and {next(counter)} ticks")


if __name__ == "__main__":
    main()
