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


class Play:
    """Getters and putters that write down how they went on."""

    def __init__(self) -> None:
        self.channel = Channel()
        self.log: list[str] = []

    def get(self, name: object, timeout: float | None = None) -> None:
        """Take an item."""
        item = self.channel.get(timeout=timeout)
        self.log.append(f"{name} got {item}")

    def put(self, item: object) -> None:
        """Offer an item."""
        self.channel.put(item)
        self.log.append(f"put {item}")

    def getters(self, *names: object) -> list[gevent.Greenlet]:
        """Start some, and let them wait."""
        found = [gevent.spawn(self.get, name) for name in names]
        gevent.sleep(0)
        return found

    def putters(self, *items: object) -> list[gevent.Greenlet]:
        """Start some, and let them wait."""
        found = [gevent.spawn(self.put, item) for item in items]
        gevent.sleep(0)
        return found


@pytest.mark.parametrize("getters_first", [True, False])
def test_pairs_go_on_in_the_order_in_which_they_met(getters_first: bool) -> None:
    """All getters went on before all putters."""
    play = Play()
    if getters_first:
        waiting = play.getters("a", "b", "c") + play.putters(1, 2, 3)
    else:
        waiting = play.putters(1, 2, 3) + play.getters("a", "b", "c")
    gevent.joinall(waiting)
    assert play.log == ["a got 1", "put 1", "b got 2", "put 2", "c got 3", "put 3"]


def test_a_getter_waits_for_its_turn_though_an_item_is_offered() -> None:
    play = Play()
    putters = play.putters(1, 2)
    other = gevent.spawn(play.log.append, "other")
    play.get("main")
    play.get("main")
    assert play.log == ["other", "main got 1", "put 1", "main got 2"]
    gevent.joinall([*putters, other])


def test_a_later_getter_does_not_overtake() -> None:
    play = Play()
    first = gevent.spawn(play.get, "first")
    putter = gevent.spawn(play.put, 1)
    later = gevent.spawn(play.get, "later")
    gevent.sleep(0)
    gevent.sleep(0)
    assert play.log == ["first got 1", "put 1"]
    play.put(2)
    gevent.joinall([first, putter, later])
    assert play.log == ["first got 1", "put 1", "later got 2", "put 2"]


def test_pairs_that_meet_on_and_on_let_others_run() -> None:
    play = Play()

    def get() -> None:
        for _ in range(3):
            play.get("a")

    def put() -> None:
        for item in range(3):
            play.put(item)

    pair = [gevent.spawn(get), gevent.spawn(put)]
    gevent.sleep(0)
    for _ in range(2):
        play.log.append("other")
        gevent.sleep(0)
    gevent.joinall(pair)
    assert play.log == [
        "other", "a got 0", "put 0",
        "other", "a got 1", "put 1",
        "a got 2", "put 2",
    ]  # fmt: skip


def test_a_getter_whose_putter_left_keeps_its_place() -> None:
    play = Play()
    getters = play.getters("a", "b")
    putter = gevent.spawn(play.put, 1)
    gevent.get_hub().loop.run_callback(putter.throw)
    gevent.sleep(0)
    gevent.sleep(0)
    assert play.log == []
    assert play.channel.balance == -2
    putters = play.putters(2, 3)
    gevent.joinall([*getters, *putters])
    assert play.log == ["a got 2", "put 2", "b got 3", "put 3"]


def test_a_putter_whose_getter_left_keeps_its_place() -> None:
    play = Play()
    putters = play.putters(1, 2)
    getters = [gevent.spawn(play.get, name) for name in "ab"]
    gevent.get_hub().loop.run_callback(getters[0].throw)
    gevent.joinall([getters[1], putters[0]])
    assert play.log == ["b got 1", "put 1"]
    assert [item for item, _ in play.channel.putters] == [2]
    putters += play.putters(3)
    play.get("c")
    play.get("d")
    gevent.joinall(putters)
    assert play.log[2:] == ["c got 2", "put 2", "d got 3", "put 3"]


def test_the_next_getter_is_called_when_a_called_one_leaves() -> None:
    play = Play()
    getters = play.getters("a", "b")
    putter = gevent.spawn(play.put, 1)
    gevent.get_hub().loop.run_callback(getters[0].throw)
    gevent.joinall([getters[1], putter])
    assert play.log == ["b got 1", "put 1"]


def test_the_next_putter_is_called_when_a_called_one_leaves() -> None:
    play = Play()
    putters = play.putters(1, 2)
    getter = gevent.spawn(play.get, "a")
    gevent.get_hub().loop.run_callback(putters[0].throw)
    gevent.joinall([getter, putters[1]])
    assert play.log == ["a got 2", "put 2"]


def test_those_who_were_called_still_count_as_waiting() -> None:
    play = Play()
    getters = play.getters("a", "b")
    seen: list[object] = []

    def look() -> None:
        channel = play.channel
        seen.extend([channel.balance, len(channel.getters), len(channel.putters)])

    greenlets = [gevent.spawn(play.put, 1), gevent.spawn(look)]
    gevent.joinall([*greenlets, getters[0]])
    assert seen == [-1, 2, 1]
    getters[1].kill()


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


def test_in_the_hub_the_getter_that_was_called_first_is_served() -> None:
    play = Play()
    getters = play.getters("a", "b")
    putter = gevent.spawn(play.put, 1)
    gevent.get_hub().loop.run_callback(play.channel.put_nowait, 2)
    gevent.joinall([*getters, putter])
    assert play.log == ["a got 2", "b got 1", "put 1"]


def test_in_the_hub_the_first_offer_is_taken() -> None:
    play = Play()
    putters = play.putters(1, 2)
    taken: list[object] = []
    getter = gevent.spawn(play.get, "a")
    gevent.get_hub().loop.run_callback(lambda: taken.append(play.channel.get_nowait()))
    gevent.joinall([*putters, getter])
    assert taken == [1]
    assert play.log == ["a got 2", "put 1", "put 2"]


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
