"""A name that was copied before patching stays what it was."""

from time import sleep  # a copy of the name, taken too early

from gevent import monkey

monkey.patch_all()

import time

import gevent


def run(name, pause):
    """Do two steps with a pause between."""
    print(name, "begins")
    pause(0.01)
    print(name, "ends")


print("with the early copy:")
gevent.joinall([gevent.spawn(run, name, sleep) for name in "ab"])
print("with the patched name:")
gevent.joinall([gevent.spawn(run, name, time.sleep) for name in "ab"])
