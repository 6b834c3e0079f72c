"""Three greenlets that wait at the same time."""

import gevent


def fetch(name, seconds):
    """Wait, as a program does for a network."""
    print(f"{name} starts")
    gevent.sleep(seconds)
    print(f"{name} is done")
    return f"{name}: {seconds} s"


greenlets = [
    gevent.spawn(fetch, "slow", 0.03),
    gevent.spawn(fetch, "fast", 0.01),
    gevent.spawn(fetch, "middle", 0.02),
]
gevent.joinall(greenlets)
print([greenlet.value for greenlet in greenlets])
