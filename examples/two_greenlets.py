"""Two greenlets that take turns."""

import gevent


def count(name: str) -> None:
    """Count slowly."""
    for number in range(3):
        print(name, number)
        gevent.sleep(0.1)


gevent.joinall([gevent.spawn(count, "a"), gevent.spawn(count, "b")])
