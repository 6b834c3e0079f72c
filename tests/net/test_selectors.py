"""Selectors, by themselves and under asyncio."""

from __future__ import annotations

import asyncio
import errno
import math
import os
import selectors as stdlib

import pytest

import gevent
from gevent import selectors, socket
from gevent.net.selectors import Registered
from gevent.selectors import EVENT_READ, EVENT_WRITE
from tests.net.tls_pairs import tls_pair

pytestmark = pytest.mark.pure


@pytest.fixture(params=["epoll", "registered"])
def selector(request):
    made = selectors.DefaultSelector()
    if request.param == "registered":
        made._kernel.close()
        made._kernel = Registered()
    yield made
    made.close()


def test_select_returns_keys_and_events(selector, pair):
    a, b = pair
    key = selector.register(a, EVENT_READ, "data")
    assert key == (a, a.fileno(), EVENT_READ, "data")
    other = selector.register(b, EVENT_READ | EVENT_WRITE)
    assert selector.select(0) == [(other, EVENT_WRITE)]
    b.send(b"x")
    assert sorted(selector.select(), key=lambda each: each[0].fd) == [
        (key, EVENT_READ),
        (other, EVENT_WRITE),
    ]
    # Not consumed: reported again.
    assert (key, EVENT_READ) in selector.select()


def test_select_waits_and_sees_what_is_registered_meanwhile(pair, parked):
    selector = selectors.DefaultSelector()
    with selector:
        selector.register(pair[1], EVENT_READ)
        waiting = parked(selector.select)
        key = selector.register(pair[0], EVENT_READ)
        pair[1].send(b"x")
        assert waiting.get() == [(key, EVENT_READ)]


def test_select_waits(selector, pair, parked):
    key = selector.register(pair[0], EVENT_READ)
    waiting = parked(selector.select, 5)
    pair[1].send(b"x")
    assert waiting.get() == [(key, EVENT_READ)]


def test_select_ends_when_the_time_has_passed(selector, pair):
    assert selector.select(0.001) == []
    selector.register(pair[0], EVENT_READ)
    assert selector.select(0.001) == []
    assert selector.select(-1) == []


def test_select_without_waiting_lets_others_run(selector):
    ran = []
    gevent.spawn(ran.append, 1)
    selector.select(0)
    assert ran == [1]


def test_select_of_nothing_for_ever_is_an_error(selector):
    with pytest.raises(gevent.exceptions.LoopExit):
        selector.select()


def test_registrations_can_be_changed(selector, pair):
    a, b = pair
    selector.register(a, EVENT_READ)
    key = selector.modify(a, EVENT_WRITE, "new")
    assert selector.select() == [(key, EVENT_WRITE)]
    assert selector.unregister(a) == key
    assert selector.select(0) == []
    with pytest.raises(KeyError, match="is not registered"):
        selector.unregister(a)
    with pytest.raises(KeyError, match="is not registered"):
        selector.modify(b, EVENT_READ)
    selector.register(a, EVENT_READ)
    with pytest.raises(KeyError, match="is already registered"):
        selector.register(a, EVENT_READ)


def test_wrong_arguments_register_nothing(selector, pair):
    for fileobj, events in ((pair[0], 0), (pair[0], 8), ("x", 1), (-1, 1)):
        with pytest.raises(ValueError, match="Invalid"):
            selector.register(fileobj, events)
    assert not selector.get_map()


@pytest.mark.parametrize(
    ("timeout", "error"), [("x", TypeError), ([], TypeError), (math.nan, ValueError)]
)
def test_select_refuses_what_is_no_time(selector, pair, timeout, error):
    """Whether something is ready or not."""
    selector.register(pair[0], EVENT_WRITE)
    with pytest.raises(error):
        selector.select(timeout)


def test_a_closed_number_is_refused_and_not_remembered(pipe_end):
    with selectors.DefaultSelector() as selector:
        os.close(pipe_end)
        with pytest.raises(OSError, match="Bad file descriptor") as caught:
            selector.register(pipe_end, EVENT_READ)
        assert caught.value.errno == errno.EBADF
        assert not selector.get_map()


@pytest.fixture
def pipe_end():
    first, second = os.pipe()
    yield first
    os.close(second)


def test_what_is_closed_can_be_unregistered(selector):
    """Closed before it was unregistered, and the number used again."""
    a, b = socket.socketpair()
    number = a.fileno()
    selector.register(a, EVENT_READ)
    a.close()
    assert selector.select(0) == [] or isinstance(selector._kernel, Registered)
    assert selector.unregister(a).fileobj is a
    again, other = socket.socketpair()
    with again, other, b:
        assert again.fileno() == number
        key = selector.register(again, EVENT_READ)
        other.send(b"x")
        assert selector.select() == [(key, EVENT_READ)]


def test_numbers_above_the_limit_of_select_work(selector, pair):
    high = os.dup2(pair[0].fileno(), 1500)
    try:
        key = selector.register(high, EVENT_READ)
        pair[1].send(b"x")
        assert selector.select() == [(key, EVENT_READ)]
        selector.unregister(high)
    finally:
        os.close(high)


def test_regular_files_are_always_ready(selector, tmp_path):
    with open(tmp_path / "file", "w") as file:
        key = selector.register(file, EVENT_WRITE)
        assert selector.select() == [(key, EVENT_WRITE)]
        selector.unregister(file)
        assert selector.select(0) == []


def test_a_closed_selector_says_so(selector, pair):
    selector.register(pair[0], EVENT_READ)
    selector.close()
    selector.close()
    assert selector.get_map() is None
    for call in (
        selector.select,
        lambda: selector.get_key(pair[0]),
    ):
        with pytest.raises(RuntimeError, match="Selector is closed"):
            call()


def test_input_that_tls_has_read_ahead_is_ready(selector):
    client, server = tls_pair()
    with client, server:
        key = selector.register(client, EVENT_READ)
        for each in (b"one", b"two"):
            server.sendall(each)
        assert client.recv(10) == b"one"
        assert selector.select() == [(key, EVENT_READ)]
        assert client.recv(10) == b"two"
        assert selector.select(0) == []


def test_the_default_is_ours_and_a_base_selector():
    assert selectors.DefaultSelector is selectors.GeventSelector
    with selectors.GeventSelector() as made:
        assert isinstance(made, stdlib.BaseSelector)
        assert made.hub is gevent.get_hub()
    with selectors.GeventSelector(gevent.get_hub()) as made:
        assert made.hub is gevent.get_hub()


def test_asyncio_runs_on_it_beside_other_greenlets(listener):
    ticks = []

    def tick():
        while True:
            ticks.append(1)
            gevent.sleep(0)

    ticking = gevent.spawn(tick)
    serving = gevent.spawn(lambda: listener.accept()[0])

    async def talk():
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        with serving.get() as server:
            writer.write(b"ping")
            await writer.drain()
            assert await asyncio.to_thread(lambda: 3) == 3
            assert server.recv(10) == b"ping"
            server.sendall(b"pong")
            assert await asyncio.wait_for(reader.read(10), 5) == b"pong"
            writer.close()
            await writer.wait_closed()

    loop = asyncio.SelectorEventLoop(selectors.DefaultSelector())
    try:
        loop.run_until_complete(talk())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()
    ticking.kill()
    assert len(ticks) > 1
