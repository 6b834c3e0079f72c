"""Two greenlets wait for each other, while others go on."""

import gevent
from gevent.lock import RLock
from gevent.util import find_deadlocks

first, second = RLock(), RLock()


def transfer(one, other):
    """Take two locks, in an order that depends on the caller."""
    with one:
        gevent.sleep(0.001)
        with other:
            pass


def heartbeat():
    """Stand for the rest of the program."""
    while True:
        gevent.sleep(0.001)


stuck = [gevent.spawn(transfer, first, second), gevent.spawn(transfer, second, first)]
gevent.spawn(heartbeat)
gevent.joinall(stuck, timeout=0.02)
for deadlock in find_deadlocks():
    print(deadlock.format())
gevent.killall(stuck)
