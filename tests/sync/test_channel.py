"""Channel: a rendezvous of putters and getters."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import pytest

import gevent
from gevent.queue import Channel, Empty, Full

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]


def test_put_waits_until_the_item_is_taken() -> None:
    channel = Channel()
    putter = gevent.spawn(channel.put, "item")
    gevent.sleep(0)
    assert not putter.ready()
    assert channel.balance == 1
    assert channel.get() == "item"
    assert not putter.ready()
    putter.join()


def test_get_waits_until_an_item_is_offered() -> None:
    channel = Channel()
    getter = gevent.spawn(channel.get)
    gevent.sleep(0)
    assert channel.balance == -1
    channel.put("item")
    assert getter.get() == "item"


@pytest.mark.parametrize("getter_first", [True, False])
def test_the_getter_runs_before_the_putter(getter_first: bool) -> None:
    channel = Channel()
    log: list[str] = []

    def put() -> None:
        channel.put(1)
        log.append("put")

    def get() -> None:
        channel.get()
        log.append("got")

    bodies = [get, put] if getter_first else [put, get]
    gevent.joinall([gevent.spawn(body) for body in bodies])
    assert log == ["got", "put"]


def test_items_are_taken_in_the_order_of_the_offers() -> None:
    channel = Channel()
    putters = [gevent.spawn(channel.put, number) for number in range(3)]
    gevent.sleep(0)
    assert [item for item, _ in channel.putters] == [0, 1, 2]
    assert [channel.get() for _ in range(3)] == [0, 1, 2]
    gevent.joinall(putters)


def test_getters_are_served_in_the_order_of_their_arrival() -> None:
    channel = Channel()
    getters = [gevent.spawn(channel.get) for _ in range(3)]
    gevent.sleep(0)
    assert len(channel.getters) == 3
    for number in range(3):
        channel.put(number)
    gevent.joinall(getters)
    assert [getter.value for getter in getters] == [0, 1, 2]


@pytest.mark.parametrize("timeout", [0, -1, 0.001])
def test_nobody_at_the_other_side_in_time(timeout: float) -> None:
    channel = Channel()
    with pytest.raises(Full):
        channel.put(1, timeout=timeout)
    with pytest.raises(Empty):
        channel.get(timeout=timeout)
    with pytest.raises(Full):
        channel.put_nowait(1)
    with pytest.raises(Empty):
        channel.get_nowait()
    assert channel.balance == 0


def test_calls_without_blocking_succeed_if_the_other_side_waits() -> None:
    channel = Channel()
    getter = gevent.spawn(channel.get)
    gevent.sleep(0)
    channel.put_nowait(1)
    assert getter.get() == 1
    putter = gevent.spawn(channel.put, 2)
    gevent.sleep(0)
    assert channel.get_nowait() == 2
    putter.join()


def test_a_killed_putter_takes_its_offer_back() -> None:
    channel = Channel()
    putters = [gevent.spawn(channel.put, number) for number in range(2)]
    gevent.sleep(0)
    putters[0].kill()
    assert channel.get() == 1
    gevent.joinall(putters)


def test_a_getter_killed_before_it_runs_leaves_the_item_to_the_next() -> None:
    channel = Channel()
    getters = [gevent.spawn(channel.get) for _ in range(2)]
    gevent.sleep(0)
    getters[0].kill(block=False)
    channel.put("item")
    assert getters[1].get() == "item"


def test_in_the_hub_only_the_waiting_side_is_served(
    in_hub: Callable[..., object],
) -> None:
    channel = Channel()
    assert isinstance(in_hub(channel.get), Empty)
    assert isinstance(in_hub(channel.put, 1), Full)
    getter = gevent.spawn(channel.get)
    gevent.sleep(0)
    assert in_hub(channel.put, 2) is None
    assert getter.get() == 2
    putter = gevent.spawn(channel.put, 3)
    gevent.sleep(0)
    assert in_hub(channel.get) == 3
    putter.join()


def test_iteration_ends_at_the_class_stop_iteration() -> None:
    channel = Channel()

    def put() -> None:
        for item in (1, 2, StopIteration):
            channel.put(item)

    putter = gevent.spawn(put)
    assert list(channel) == [1, 2]
    putter.join()


def test_a_channel_stores_nothing() -> None:
    channel = Channel()
    assert channel.empty()
    assert channel.full()
    assert channel.qsize() == 0
    with pytest.raises(ValueError, match="maxsize of 1"):
        Channel(2)
    with pytest.raises(TypeError):
        len(channel)  # type: ignore[arg-type]  # that is the test
    assert weakref.ref(channel)() is channel
    assert Channel.__class_getitem__(int) is not None
    assert channel.hub is gevent.get_hub()


def test_texts() -> None:
    channel = Channel()
    assert str(channel) == "<Channel >"
    getter = gevent.spawn(channel.get)
    gevent.sleep(0)
    assert repr(channel) == f"<Channel at 0x{id(channel):x}  getters[1]>"
    channel.put(1)
    getter.join()


def test_a_channel_that_was_not_initialised_raises() -> None:
    """It crashed the interpreter."""

    class Forgetful(Channel):
        def __init__(self) -> None:
            """Forget what the base class needs."""

    channel = Forgetful()
    for use in (channel.get_nowait, lambda: channel.put_nowait(1), channel.__repr__):
        with pytest.raises(AttributeError):
            use()
