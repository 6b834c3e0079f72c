"""A test that fails when a block holds the loop up."""

import time

import gevent
from gevent.util import assert_switches

with assert_switches(max_blocking_time=0.02):
    gevent.sleep(0.01)  # waits: others can run

try:
    with assert_switches(max_blocking_time=0.02):
        time.sleep(0.05)  # blocks
except AssertionError as error:
    print(type(error).__name__)
