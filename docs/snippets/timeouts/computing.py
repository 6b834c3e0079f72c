"""A time-out comes at the next switch, not in the middle of a computation."""

import time

import gevent
from gevent import Timeout


def compute(seconds):
    """Keep the processor busy, and never wait."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


begin = time.perf_counter()
try:
    with Timeout(0.01):
        compute(0.1)
        print("computed to the end")
        gevent.sleep(1)  # the loop looks at its timers: here it comes
        print("this is not printed")
except Timeout:
    print("late:", time.perf_counter() - begin >= 0.1)
