"""Cancel one greenlet."""

import gevent


def work():
    """Wait for long."""
    try:
        gevent.sleep(3600)
    finally:
        print("cleaning up")


with gevent.TaskGroup() as group:
    worker = group.spawn(work)
    gevent.sleep(0)  # it begins
    worker.cancel("nobody needs it any more")
print(repr(worker.value), worker.successful())
