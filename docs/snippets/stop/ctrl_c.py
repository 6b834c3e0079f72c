"""Ctrl-C reaches the main greenlet; it ends the others."""

import os
import signal

import gevent
from gevent.pool import Group


def work(name):
    """Work for ever; tidy up in the end."""
    try:
        while True:
            gevent.sleep(1)
    finally:
        print(name, "tidies up")


workers = Group()
for name in ("first", "second"):
    workers.spawn(work, name)
gevent.spawn_later(0.01, os.kill, os.getpid(), signal.SIGINT)  # stands for Ctrl-C

try:
    workers.join()
except KeyboardInterrupt:
    print("Ctrl-C")
finally:
    workers.kill(timeout=5)  # raises GreenletExit in each, and waits for them
print("the end")
