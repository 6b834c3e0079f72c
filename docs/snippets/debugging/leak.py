"""Greenlets that never end, counted by where they were spawned."""

import gc
from collections import Counter

import gevent
from gevent.event import Event

never = Event()


def handle(request):
    """Forget that somebody has to set the event."""
    never.wait()


for request in range(100):
    gevent.spawn(handle, request)
gevent.sleep(0.001)


# begin: count
def place(greenlet):
    """Return where a greenlet was spawned, outside of gevent."""
    frame = greenlet.spawning_stack
    while frame is not None and "/gevent/" in frame.f_code.co_filename:
        frame = frame.f_back
    return frame and f"line {frame.f_lineno} in {frame.f_code.co_name}"


def living():
    """Count the greenlets that have not ended, by the place of their spawn."""
    greenlets = [each for each in gc.get_objects() if isinstance(each, gevent.Greenlet)]
    return Counter(place(greenlet) for greenlet in greenlets if not greenlet.dead)


# end: count
print(living())
