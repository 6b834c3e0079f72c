"""A library that catches everything cannot keep a block open."""

import gevent
from gevent import events


def stubborn():
    """Try three times, for an hour each, whatever comes."""
    for attempt in range(1, 4):
        try:
            gevent.sleep(3600)
        except BaseException as error:  # as some libraries do
            print(f"attempt {attempt}: {error}")


def tell(event):
    """Say who does so."""
    print(f"swallowed: {event.count}")


with (
    events.subscribe(events.CancelSwallowed, tell),
    gevent.move_on_after(0.01) as scope,
):
    stubborn()
print("cut short:", scope.cancelled_caught)
