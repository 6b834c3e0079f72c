"""A test that fails when a block lets nobody else run."""

import time

import gevent
from gevent.util import assert_switches

with assert_switches():
    gevent.sleep(0.01)  # waits: others can run

try:
    with assert_switches():
        time.sleep(0.01)  # blocks
except AssertionError as error:
    print(str(error).splitlines()[0])
