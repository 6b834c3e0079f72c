"""Keep track of greenlets, so that none is lost."""

import gevent
from gevent.pool import Group

background = Group()  # holds each greenlet until it has ended


def poll():
    """Run until somebody ends it."""
    while True:
        gevent.sleep(1)


for _ in range(3):
    background.spawn(poll)
gevent.sleep(0)
print("alive:", len(background))
background.kill()
print("alive:", len(background))
