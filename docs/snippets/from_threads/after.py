"""With greenlets."""

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.queue import Queue

queue, begin = Queue(), Event()


def work(number):
    """Put a number into the queue, when told to begin."""
    begin.wait()
    queue.put(number)  # no lock: nobody else runs between two switches


greenlets = [gevent.spawn(work, n) for n in range(3)]
begin.set()
gevent.joinall(greenlets, raise_error=True)
print(sorted(queue.get() for _ in greenlets))

print(Pool(4).map(abs, [-1, -2]))
