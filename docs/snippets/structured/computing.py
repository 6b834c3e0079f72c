"""A loop that computes asks whether it is still wanted."""

import gevent


def search():
    """Compute for ever."""
    number = 0
    while True:
        number += number * number % 7 + 1
        gevent.check_cancelled()  # raises; never waits


with gevent.move_on_after(0.01) as scope:
    search()
print("gave up:", scope.cancelled_caught)
