"""What is given to be raised elsewhere is looked at where it is given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import gevent
from gevent.event import AsyncResult
from gevent.greenlet import Greenlet
from gevent.hub import Waiter, get_hub
from gevent.pool import Pool
from gevent.timeout import Timeout
from tests.support.virtual import VirtualLoop

NONSENSE = [
    5,
    None,
    "text",
    int,
    object(),
    (),
    (ValueError,),
    (ValueError, "text"),
    (5, None, None),
    (ValueError, None, 5),
    (ValueError("one"), ValueError("two"), None),
]

each_nonsense = pytest.mark.parametrize("nonsense", NONSENSE, ids=repr)


def parked() -> Greenlet:
    greenlet = gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    return greenlet


@pytest.mark.parametrize("nonsense", [5, True, int, object(), (), (ValueError,)])
def test_a_timeout_refuses_what_cannot_be_raised(nonsense: object) -> None:
    with pytest.raises(TypeError, match=r"^exceptions must be classes, or instances"):
        Timeout(1, nonsense)
    with pytest.raises(TypeError, match=r"^exceptions must be classes, or instances"):
        Timeout.start_new(1, nonsense)


@pytest.mark.parametrize("usual", [None, False, "text", KeyError, KeyError("x")])
def test_a_timeout_takes_what_has_a_meaning(usual: object) -> None:
    assert Timeout(1, usual).exception is usual


def test_a_timeout_raises_type_error_for_nonsense_that_was_assigned(
    virtual_loop: VirtualLoop,
) -> None:
    timeout = Timeout(1)
    timeout.exception = 5
    with pytest.raises(TypeError, match=r"not int$"), timeout:
        gevent.sleep(5)
    assert virtual_loop.now() == 1.0


@each_nonsense
def test_kill_refuses_it_and_kills_nobody(nonsense: object) -> None:
    greenlet = parked()
    with pytest.raises(TypeError):
        greenlet.kill(nonsense)
    gevent.sleep(0)
    assert not greenlet.dead
    greenlet.kill()


@each_nonsense
def test_kill_of_one_that_never_ran_refuses_it(nonsense: object) -> None:
    greenlet = gevent.spawn(gevent.sleep, 10)
    with pytest.raises(TypeError):
        greenlet.kill(nonsense)
    assert not greenlet.dead
    greenlet.kill()


@each_nonsense
def test_killall_refuses_it_and_kills_nobody(nonsense: object) -> None:
    greenlets = [parked(), gevent.spawn(gevent.sleep, 10)]
    with pytest.raises(TypeError):
        gevent.killall(greenlets, nonsense)
    gevent.sleep(0)
    assert [each.dead for each in greenlets] == [False, False]
    gevent.killall(greenlets)


@each_nonsense
def test_gevent_kill_refuses_it_for_any_greenlet(nonsense: object) -> None:
    raw = gevent.spawn_raw(gevent.sleep, 10)
    greenlet = parked()
    for each in (raw, greenlet):
        with pytest.raises(TypeError):
            gevent.kill(each, nonsense)
    gevent.sleep(0)
    assert not raw.dead
    assert not greenlet.dead
    gevent.kill(raw)
    greenlet.kill()
    gevent.sleep(0)


def test_gevent_kill_takes_a_triple_for_a_raw_greenlet() -> None:
    seen: list[str] = []

    def body() -> None:
        try:
            gevent.sleep(10)
        except KeyError as error:
            seen.append(str(error))

    raw = gevent.spawn_raw(body)
    gevent.sleep(0)
    gevent.kill(raw, (KeyError, "why", None))
    gevent.sleep(0)
    assert seen == ["'why'"]


@each_nonsense
def test_a_pool_refuses_it_and_kills_nobody(nonsense: object) -> None:
    pool = Pool(2)
    greenlet = pool.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    with pytest.raises(TypeError):
        pool.kill(nonsense)
    with pytest.raises(TypeError):
        pool.killone(greenlet, nonsense)
    assert not greenlet.dead
    pool.kill()


@pytest.mark.parametrize(
    "arguments",
    [(5,), (None,), ("text",), (int,), (ValueError, None, 5), (ValueError, 1, None, 2)],
)
def test_throw_refuses_it_whatever_state_the_greenlet_is_in(
    arguments: tuple[object, ...],
) -> None:
    ended = gevent.spawn(int)
    ended.join()
    for greenlet in (Greenlet(int), gevent.spawn(gevent.sleep, 10), parked(), ended):
        with pytest.raises(TypeError):
            greenlet.throw(*arguments)
        assert greenlet.dead is (greenlet is ended)
        greenlet.kill()


@pytest.mark.parametrize(
    "arguments", [(5,), (None,), (int,), (ValueError, None, 5), (1, 2, 3, 4)]
)
def test_a_waiter_refuses_it(arguments: tuple[object, ...]) -> None:
    waiter = Waiter()
    with pytest.raises(TypeError):
        waiter.throw(*arguments)
    assert not waiter.ready()


def test_a_waiter_that_is_thrown_nothing_raises_greenlet_exit() -> None:
    waiter = Waiter()
    waiter.throw()
    with pytest.raises(gevent.GreenletExit):
        waiter.get()


@pytest.mark.parametrize("nonsense", [5, None, "text", int, (ValueError, None, None)])
def test_cancel_wait_refuses_it_and_the_wait_goes_on(nonsense: object) -> None:
    hub = get_hub()
    watcher = hub.loop.async_()
    greenlet = gevent.spawn(hub.wait, watcher)
    gevent.sleep(0)
    calls: list[Callable[[], object]] = [
        lambda: hub.cancel_wait(watcher, nonsense),  # type: ignore[arg-type]
        lambda: hub.cancel_wait(None, nonsense),  # type: ignore[arg-type]
        lambda: hub.cancel_waits_close_and_then([watcher], nonsense, int),  # type: ignore[arg-type]
        lambda: watcher.cancel_wait(nonsense),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()
    gevent.sleep(0)
    assert not greenlet.dead
    watcher.send()
    greenlet.join()


@pytest.mark.parametrize("nonsense", [5, None, "text", int, ValueError, ()])
def test_an_async_result_refuses_it(nonsense: object) -> None:
    result: AsyncResult[int] = AsyncResult()
    with pytest.raises(TypeError):
        result.set_exception(nonsense)  # type: ignore[arg-type]
    assert not result.ready()
