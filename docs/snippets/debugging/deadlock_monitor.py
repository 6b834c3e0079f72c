"""Is there a dead-lock? The monitor thread looks for them."""

import gevent
from gevent import config, events
from gevent.lock import RLock

# begin: on
config.monitor_thread = True
config.deadlock_monitor_period = 0.1  # seconds; 5 are enough for a program that works
# end: on
config.print_blocking_reports = False  # this program prints them itself
first, second = RLock(), RLock()
found = gevent.get_hub().loop.async_()


# begin: alert
def alert(event):
    """Say which greenlets wait for each other: in the monitor thread."""
    print(f"a dead-lock of {len(event.deadlock.circle)} greenlets")
    found.send()


events.subscribe(events.DeadlockFound, alert)
# end: alert


def take(one, other):
    """Take two locks, in an order that differs."""
    with one:
        gevent.sleep(0)
        with other:
            print("never")


gevent.spawn(take, first, second)
gevent.spawn(take, second, first)
gevent.get_hub().wait(found)
