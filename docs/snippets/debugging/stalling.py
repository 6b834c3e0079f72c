"""Where does it stand, while it keeps the loop from running?"""

import time

import gevent
from gevent import events

gevent.config.max_blocking_time = 0.1


def complain(event):
    """Say where it stands: in the thread of the watch, while the hub stands still."""
    print(f"it runs: {event.greenlet!r}")
    print("".join(event.stack.format()), end="")
    if event.c_function:
        print(f"in {event.c_function}, which is not Python code")


events.subscribe(events.LoopStalling, complain)


def careless():
    """Block the thread: this is not gevent's sleep."""
    time.sleep(0.5)


gevent.spawn(careless).join()
