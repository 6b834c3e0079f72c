"""A gate between native threads: who waits, who opens it, and which loop it wakes."""

from __future__ import annotations

import threading

import pytest

import gevent
from gevent._native.library.hand_over import Gate, open_due
from gevent._native.scheduling.scheduler import callback

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


def test_what_waits_for_the_poll_is_opened_by_it() -> None:
    hub = gevent.get_hub()
    gate = Gate()
    gate.open_at_poll(hub.loop, hub.loop.backend_loop())
    gevent.sleep(0.001)
    assert gate.wait(0, None)
    assert not gate.wait(0, None)  # once


def test_a_poll_that_need_not_block_opens_it_too() -> None:
    hub = gevent.get_hub()
    gate = Gate()
    gate.open_at_poll(hub.loop, hub.loop.backend_loop())
    gevent.sleep(0)
    gevent.idle()
    assert gate.wait(0, None)


def test_a_second_gate_opens_the_first() -> None:
    hub = gevent.get_hub()
    first, second = Gate(), Gate()
    first.open_at_poll(hub.loop, hub.loop.backend_loop())
    second.open_at_poll(hub.loop, hub.loop.backend_loop())
    assert first.wait(0, None)
    gevent.sleep(0.001)
    assert second.wait(0, None)


def test_what_waits_for_the_poll_may_be_opened_before() -> None:
    hub = gevent.get_hub()
    gate = Gate()
    gate.open_at_poll(hub.loop, hub.loop.backend_loop())
    open_due(hub.loop.backend_loop())
    assert gate.wait(0, None)
    gevent.sleep(0.001)
    assert not gate.wait(0, None)


def test_a_gate_is_opened_at_once_if_others_run_before_the_poll() -> None:
    hub = gevent.get_hub()
    gate = Gate()
    seen: list[bool] = []
    others = [gevent.spawn(list), gevent.spawn(lambda: seen.append(gate.wait(0, None)))]
    gate.open_at_poll(hub.loop, hub.loop.backend_loop())
    gevent.joinall(others)
    assert seen == [True]


def test_a_loop_that_is_destroyed_opens_what_waited_for_its_poll() -> None:
    loop = gevent.get_hub().loop.__class__(default=False)
    loop.backend_loop()
    gate = Gate()
    gate.open_at_poll(loop, loop.backend_loop())
    loop.destroy()
    assert gate.wait(0, None)
