"""A program that is no server stops at a place of its own choice."""

import os
import signal

import gevent
from gevent.event import Event
from gevent.queue import Empty, Queue

stopping = Event()
gevent.signal_handler(signal.SIGTERM, stopping.set)

queue = Queue(items=[1, 2, 3])
gevent.spawn_later(0.01, os.kill, os.getpid(), signal.SIGTERM)

while not stopping.is_set():
    try:
        item = queue.get(timeout=0.005)
    except Empty:
        continue
    print("item", item)
print("between two items: nothing is lost")
