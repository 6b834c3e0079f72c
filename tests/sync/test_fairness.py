"""Greenlets that always have something to do, beside timers of the real clock."""

from __future__ import annotations

import gevent
from gevent.queue import Queue


def test_a_tight_pair_on_a_queue_of_one_does_not_hold_up_a_timer() -> None:
    queue = Queue(1)
    n_items = 0

    def produce() -> None:
        while True:
            queue.put(None)

    def consume() -> None:
        nonlocal n_items
        while True:
            queue.get()
            n_items += 1

    pair = [gevent.spawn(produce), gevent.spawn(consume)]
    # An endless pair: this returns only if timers fire beside it. Time must pass: a
    # virtual clock stands still while anything runs.
    gevent.sleep(0.001)
    gevent.killall(pair)
    assert n_items > 1
