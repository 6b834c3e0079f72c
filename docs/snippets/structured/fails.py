"""The first failure ends the others."""

import gevent


def fetch(name):
    """Wait for long, and clean up."""
    try:
        gevent.sleep(3600)
    finally:
        gevent.sleep(0.01)  # say good-bye: cleanup may wait
        print(f"{name} has cleaned up")


def broken():
    """Fail."""
    raise ValueError("no such host")


try:
    with gevent.TaskGroup() as group:
        group.spawn(fetch, "ann")
        group.spawn(fetch, "bob")
        group.spawn(broken)
except* ValueError as errors:
    print("failed:", *errors.exceptions)
