"""Who kept the loop from running?"""

import time

import gevent
from gevent import events
from gevent.util import loop_lag, run_times

gevent.config.max_blocking_time = 0.2  # seconds; 0.1 is the default


def complain(event):
    """Say who ran too long."""
    print(f"{event.greenlet!r} ran for {event.duration:.3f} seconds")


events.subscribe(events.LoopStalled, complain)


def careless():
    """Block the thread: this is not gevent's sleep."""
    time.sleep(0.3)


greenlet = gevent.spawn(careless)
greenlet.name = "careless"
greenlet.join()
gevent.sleep(0.001)

# begin: times
usual = run_times().quantile(0.5)  # seconds; half of the runs were shorter
lag = loop_lag().quantile(0.99)  # from one look for events to the next
# end: times
print("half of the runs were short:", usual < 0.2)
