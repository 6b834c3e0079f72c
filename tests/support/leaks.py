"""What a test must not leave behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from time import sleep

import gevent
from gevent._hub.hub import Hub, get_hub_if_exists
from gevent._loop.loop import SignalPipe
from gevent._loop.watchers import Armable
from tests.support.memory import collect

# At descriptors of threads that end, a millisecond apart.
MOST_LOOKS = 200


def open_descriptors() -> dict[int, str]:
    """Return every open descriptor of this process and what it is."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the descriptor of the listing itself
    return found


def left_in(hub: Hub) -> list[str]:
    """Say what still waits in a hub: parked greenlets and active watchers."""
    left = [f"parked: {greenlet}" for greenlet in hub.describe_parked()]
    for watcher in hub.loop.kept:
        if not is_of_gate(watcher):
            left.append(f"active: {watcher!r}")
    if hub.loop.references:
        left.append(f"what keeps the loop running, timers perhaps: {hub.loop!r}")
    return left


def destroy_hub() -> None:
    """Destroy the hub and the loop of this thread, if there are any."""
    hub = get_hub_if_exists()
    if hub is not None:
        hub.destroy(destroy_loop=True)


@cache
def make_what_stays() -> None:
    """Let libuv make the pipe that it has once per process and never closes."""
    from gevent._loop.libuv_cffi import loop

    loop(default=False).destroy()


def wait_once() -> None:
    """Let the hub of this thread wait, so that it has all that takes."""
    loop = gevent.get_hub().loop
    # A short time may be over before a slow interpreter waits.
    for delay in (1e-4, 1e-3, 1e-2, 1e-1):
        gevent.sleep(delay)
        if any(is_of_gate(watcher) for watcher in loop.kept):
            return


def is_of_gate(watcher: Armable) -> bool:
    """Tell whether a watcher is the loop's own, for signals."""
    return isinstance(getattr(watcher.callback, "__self__", None), SignalPipe)


@contextmanager
def nothing_left() -> Iterator[None]:
    """Demand that nothing is left waiting, and no descriptor open.

    The block begins with a new hub, whose loop has waited once: it has all that a
    loop makes on first use. The hub is destroyed at the end.
    """
    make_what_stays()
    before = open_descriptors()
    destroy_hub()
    wait_once()
    yield
    hub = get_hub_if_exists()
    left = [] if hub is None else left_in(hub)
    destroy_hub()
    # A worker that was told to end may be about to close what its hub had.
    for _ in range(MOST_LOOKS):
        if not open_descriptors().items() - before.items():
            break
        collect()
        sleep(0.001)
    left += [
        f"open: {number} ({what})"
        for number, what in open_descriptors().items() - before.items()
    ]
    assert not left, f"the test left behind: {left}"
