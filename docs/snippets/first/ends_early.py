"""A program ends with its main greenlet; it does not wait for the others."""

import gevent


def work():
    """Print something, later."""
    gevent.sleep(0.01)
    print("nobody sees this")


gevent.spawn(work)
print("the program ends here")
