"""A producer that cannot run away from its consumers."""

import gevent
from gevent.pool import Group
from gevent.queue import Queue, ShutDown

queue = Queue(maxsize=2)
longest = 0


def produce():
    """Make ten items; `put` waits while the queue is full."""
    global longest
    for number in range(10):
        queue.put(number)
        longest = max(longest, queue.qsize())
    queue.shutdown()  # no more to come: consumers empty it, and end


def consume(done):
    """Take items until there are no more."""
    try:
        while True:
            number = queue.get()
            gevent.sleep(0.001)  # work
            done.append(number)
    except ShutDown:
        return


done = []
workers = Group()
workers.spawn(produce)
for _ in range(3):
    workers.spawn(consume, done)
workers.join()
print(sorted(done))
print("never more in the queue than", longest)
