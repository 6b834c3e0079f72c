"""A limit for a block of code, whatever it waits for."""

import gevent
from gevent import Timeout


def slow_query():
    """Wait too long."""
    gevent.sleep(10)


try:
    with Timeout(0.01):
        slow_query()
except Timeout as timeout:
    print("too slow:", timeout)

with Timeout(0.01, False):  # False: leave the block, raise nothing
    slow_query()
    print("this is not printed")
print("the program goes on")

print(gevent.with_timeout(0.01, slow_query, timeout_value="a default"))
