"""A gate between native threads: who waits, who opens it, and which loop it wakes."""

from __future__ import annotations

import threading

import pytest

import gevent
from gevent._native.gate import Gate
from gevent._native.scheduler import callback

pytestmark = pytest.mark.pure


def test_a_gate_is_closed_at_first() -> None:
    assert not Gate().wait(0.001, None)


def test_who_opens_it_may_be_earlier_than_who_waits() -> None:
    gate = Gate()
    gate.open()
    assert gate.wait(-1, None)
    assert not gate.wait(0, None)  # closed again


def test_it_lets_a_thread_go_on() -> None:
    gate, outcome = Gate(), []
    thread = threading.Thread(target=lambda: outcome.append(gate.wait(1e300, None)))
    thread.start()
    gate.open()
    thread.join(10)
    assert outcome == [True]


def test_a_loop_is_woken_before_the_wait() -> None:
    loop = gevent.get_hub().loop
    gate, arrived = Gate(), gevent.event.Event()

    def deliver_and_wait() -> None:
        gate.wait(-1, loop.deposit(callback(arrived.set, ())))

    thread = threading.Thread(target=deliver_and_wait)
    with gevent.Timeout(10):
        thread.start()
        arrived.wait()
    gate.open()
    thread.join(10)
    assert not thread.is_alive()


def test_a_destroyed_loop_is_left_alone() -> None:
    loop = gevent.get_hub().loop.__class__(default=False)
    backend = loop.backend_loop()
    loop.destroy()
    gate = Gate()
    gate.open()
    assert gate.wait(-1, backend)
