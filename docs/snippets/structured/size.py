"""At most three at a time."""

import gevent

running = most = 0


def fetch(number):
    """Count how many run at the same time."""
    global running, most
    running += 1
    most = max(most, running)
    gevent.sleep(0.001)
    running -= 1


with gevent.TaskGroup(size=3) as group:
    for number in range(10):
        group.spawn(fetch, number)  # waits while there are three
print("at the same time:", most)
