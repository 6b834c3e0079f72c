"""A program that is no server stops at a place of its own choice."""

import os
import signal

import gevent
from gevent import runner

items = iter(range(1_000_000))


def work(item):
    """Take a moment, all of it."""
    gevent.sleep(0.001)


def main():
    """Work until the program has to stop."""
    for item in items:
        with gevent.CancelScope(shield=True):  # an item is done whole
            work(item)
        if runner.stopping():
            return "between two items"
    return "all done"


gevent.spawn_later(0.01, os.kill, os.getpid(), signal.SIGTERM)
print("stopped", gevent.run(main))
