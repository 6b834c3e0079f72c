"""Two locks in two orders."""

import gevent
from gevent.lock import Semaphore
from gevent.virtual import Deadlock, virtual_time


def both(first, second):
    with first:
        gevent.sleep(1)
        with second:
            pass


with virtual_time():
    left, right = Semaphore(), Semaphore()
    greenlets = [gevent.spawn(both, left, right), gevent.spawn(both, right, left)]
    try:
        gevent.joinall(greenlets)
    except Deadlock as error:
        print(len(error.waits), "greenlets wait for each other")
