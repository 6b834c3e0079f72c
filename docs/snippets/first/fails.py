"""What a failure looks like, and who hears of it."""

import gevent


def divide(a, b):
    """Divide; fails when b is zero."""
    return a / b


greenlet = gevent.spawn(divide, 1, 0)
greenlet.join()  # does not raise: it waits, that is all
print("successful:", greenlet.successful())
print("exception:", repr(greenlet.exception))

try:
    greenlet.get()  # raises what the greenlet raised
except ZeroDivisionError as error:
    print("get() raised:", error)
