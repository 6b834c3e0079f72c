"""Steering and observing who runs when, without sleeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent
from gevent import Greenlet
from gevent.hub import Waiter, get_hub


def run_until_idle() -> None:
    """Let everything run that can run without time passing or anything happening."""
    gevent.idle(-2)


def wait_until(happened: Callable[[], object]) -> None:
    """Wait for what no event tells: something of another thread, or of a process.

    It looks a bounded number of times, a millisecond of rest between two looks.
    """
    for _ in range(30_000):
        if happened():
            return
        gevent.sleep(0.001)
    raise AssertionError(f"it did not happen: {happened}")


class Sequencer:
    """Makes greenlets pass numbered places in the order of the numbers.

    `with sequencer(2): ...` waits until the block of 1 has been left.
    """

    def __init__(self) -> None:
        self._next = 0
        self._seen: set[int] = set()
        self._waiters: dict[int, Waiter] = {}

    @contextmanager
    def __call__(self, place: int) -> Iterator[None]:
        assert place not in self._seen, f"place {place} is used twice"
        self._seen.add(place)
        if place != self._next:
            waiter = self._waiters[place] = Waiter()
            waiter.get()
        try:
            yield
        finally:
            self._next = place + 1
            waiting = self._waiters.pop(self._next, None)
            if waiting is not None:
                get_hub().loop.run_callback(waiting.switch, None)


@contextmanager
def switches() -> Iterator[None]:
    """Demand that the current greenlet switches in here."""
    before = get_hub().loop.n_switches
    yield
    assert get_hub().loop.n_switches > before, "it did not switch"


@contextmanager
def no_switches() -> Iterator[None]:
    """Demand that the current greenlet does not switch in here."""
    before = get_hub().loop.n_switches
    yield
    assert get_hub().loop.n_switches == before, "it switched"


class Restless(Greenlet):
    """Lets others run between announcing its first wait and parking."""

    has_rested = False

    def switch_out(self) -> None:
        if not self.has_rested:
            self.has_rested = True
            gevent.idle()
