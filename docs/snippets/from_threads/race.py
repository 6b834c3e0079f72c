"""What is safe without a lock, and what is not."""

import gevent

counter = 0


def safe():
    """Read and write without a switch between."""
    global counter
    value = counter
    counter = value + 1


def unsafe():
    """Read, wait, and write what is out of date by then."""
    global counter
    value = counter
    gevent.sleep(0)  # a switch: also in recv, put, print to a pipe ...
    counter = value + 1


gevent.joinall([gevent.spawn(safe) for _ in range(10)])
print("without a switch:", counter)
counter = 0
gevent.joinall([gevent.spawn(unsafe) for _ in range(10)])
print("with a switch:", counter)
