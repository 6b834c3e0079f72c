"""Native threads and greenlets share a queue."""

import threading

import gevent
from gevent.queue import Queue

to_thread, from_thread = Queue(), Queue()


def native():
    """Work in a native thread: no hub, no greenlets here."""
    while (number := to_thread.get()) is not None:
        from_thread.put((threading.current_thread().name, number * number))


thread = threading.Thread(target=native, name="native")
thread.start()
for number in (2, 3):
    to_thread.put(number)
    print(from_thread.get())  # this greenlet waits; the others go on
to_thread.put(None)
gevent.get_hub().threadpool.apply(thread.join)
