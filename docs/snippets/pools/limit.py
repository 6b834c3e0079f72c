"""At most three at a time."""

import gevent
from gevent.pool import Pool

running = most = 0


def fetch(number):
    """Count how many run at the same time."""
    global running, most
    running += 1
    most = max(most, running)
    gevent.sleep(0.001)
    running -= 1
    return number * number


pool = Pool(3)
print(pool.map(fetch, range(10)))  # all results, in the order of the arguments
print("at the same time:", most)

for square in pool.imap_unordered(fetch, range(3)):  # as they come
    print(square)
