"""Look many names up at once, and give up on slow ones."""

import gevent
from gevent import socket
from gevent.pool import Pool


def look_up(name):
    """Return an address, or why there is none."""
    try:
        with gevent.Timeout(5, TimeoutError("no answer")):
            answers = socket.getaddrinfo(name, 80, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:  # gaierror and TimeoutError are some
        return f"{type(error).__name__}"
    return answers[0][4][0]


names = ["localhost", "192.0.2.7", "192.0.2.7.8"]
for name, outcome in zip(names, Pool(20).map(look_up, names), strict=True):
    print(name, outcome)
