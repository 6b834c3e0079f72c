"""The repr of a greenlet that waits says on what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import gevent
from gevent.event import AsyncResult, Event
from gevent.lock import RLock, Semaphore
from gevent.queue import Queue

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]


def parked(function: Callable[..., object]) -> gevent.Greenlet[..., object]:
    """Spawn a greenlet that calls it, and let it wait there."""
    greenlet = gevent.spawn(lambda: function())
    gevent.sleep(0)
    return greenlet


def taken(lock: Semaphore) -> Semaphore:
    lock.acquire()
    return lock


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (Event(), "wait"),
        (AsyncResult(), "get"),
        (Queue(), "get"),
        (taken(Semaphore()), "acquire"),
    ],
)
def test_the_object_is_named(subject: object, name: str) -> None:
    greenlet = parked(getattr(subject, name))
    kind = type(subject).__name__
    assert repr(greenlet) == (
        f"<Greenlet at 0x{id(greenlet):x}: <lambda> "
        f"waits for {kind} at 0x{id(subject):x}>"
    )
    greenlet.kill()


def test_a_sleep_is_one() -> None:
    greenlet = parked(lambda: gevent.sleep(1))
    assert repr(greenlet).endswith(" waits for sleep>")
    greenlet.kill()


def test_several_objects_are_counted() -> None:
    others = [Event(), Event()]
    greenlet = parked(lambda: gevent.wait(others))
    assert repr(greenlet).endswith(" waits for 2 objects>")
    greenlet.kill()


def test_who_does_not_wait_says_nothing_of_it() -> None:
    greenlet = gevent.spawn(lambda: repr(gevent.getcurrent()))
    assert "waits" not in repr(greenlet)
    assert "waits" not in str(greenlet.get())
    assert "waits" not in repr(greenlet)


def test_a_name_comes_first() -> None:
    greenlet = parked(Event().wait)
    greenlet.name = "the one"
    assert repr(greenlet).startswith('<Greenlet "the one" at 0x')
    greenlet.kill()


def test_two_that_wait_for_each_other_have_one() -> None:
    pair: list[gevent.Greenlet[..., object]] = []
    pair.append(gevent.spawn(lambda: pair[1].join()))
    pair.append(gevent.spawn(lambda: pair[0].join()))
    gevent.sleep(0)
    assert repr(pair[0]).endswith(f" waits for Greenlet at 0x{id(pair[1]):x}>")
    gevent.killall(pair)


def test_the_object_is_asked_for_nothing() -> None:
    class Fails(Event):
        def __repr__(self) -> str:
            raise AssertionError("it was asked")

    lock = RLock()
    lock.acquire()
    greenlets = [parked(Fails().wait), parked(lock.acquire)]
    assert "Fails at 0x" in repr(greenlets)
    assert "RLock at 0x" in repr(greenlets)
    gevent.killall(greenlets)
    lock.release()
