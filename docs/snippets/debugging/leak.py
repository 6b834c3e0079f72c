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
def living():
    """Count the greenlets that have not ended, by function and place of the spawn."""
    counts = Counter()
    for thing in gc.get_objects():
        if isinstance(thing, gevent.Greenlet) and not thing.dead:
            where = thing.spawning_stack
            place = f"line {where.f_lineno}" if where is not None else "?"
            counts[thing._run.__name__ if hasattr(thing, "_run") else "?", place] += 1
    return counts


# end: count
print(living())
