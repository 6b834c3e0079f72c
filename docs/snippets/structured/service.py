"""A heartbeat for as long as there is work."""

import gevent


def heartbeat():
    """Beat for ever."""
    try:
        while True:
            print("beat")
            gevent.sleep(0.05)
    except gevent.Cancelled as error:
        print("no more beats:", error)
        raise


def work(number):
    """Work for a while."""
    gevent.sleep(0.01)
    print("done", number)


with gevent.TaskGroup() as group:
    group.spawn_service(heartbeat)
    group.spawn(work, 1)
    group.spawn(work, 2)
