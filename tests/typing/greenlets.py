"""Greenlets keep the types of their function."""

from __future__ import annotations

from typing import assert_type

from greenlet import greenlet as greenlet_type

import gevent
from gevent import Greenlet
from gevent.event import Event


def area(width: int, height: int = 1) -> float:
    """Return a float."""
    return float(width * height)


def nothing() -> None:
    """Return nothing."""


class Worker(Greenlet[[], str]):
    """A greenlet with a constructor and a body of its own."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def _run(self) -> str:
        return str(self.n)


def spawned(greenlet: Greenlet[..., float], anything: Greenlet) -> None:
    """Every way to get one."""
    assert_type(gevent.spawn(area, 1).get(), float)
    assert_type(gevent.spawn(area, 1, height=2).get(), float)
    assert_type(gevent.spawn_later(0.5, area, 1).get(), float)
    assert_type(Greenlet.spawn(area, 1).get(), float)
    assert_type(Greenlet.spawn_later(1, area, 1).get(), float)
    assert_type(Greenlet(area, 1).get(), float)
    assert_type(gevent.spawn(nothing).get(), None)
    assert_type(Worker(3), Worker)
    assert_type(Worker.spawn(3), Worker)
    assert_type(Worker.spawn_later(0, 3), Worker)
    assert_type(Worker.spawn(3).get(), str)
    assert_type(greenlet.get(timeout=1), float)
    assert_type(anything.get(), object)
    assert_type(gevent.spawn_raw(area, 1), greenlet_type)


def outcome(greenlet: Greenlet[..., int]) -> None:
    """What is known of one."""
    assert_type(greenlet.value, int | None)
    assert_type(greenlet.exception, BaseException | None)
    assert_type(greenlet.ready(), bool)
    assert_type(greenlet.join(), None)
    assert_type(greenlet.name, str)
    assert_type(greenlet.minimal_ident, int)
    with greenlet as same:
        assert_type(same, Greenlet[..., int])


def several(greenlets: list[Greenlet[..., int]], event: Event) -> None:
    """Waiting for many."""
    assert_type(gevent.joinall(greenlets), list[Greenlet[..., int]])
    assert_type(gevent.killall(greenlets), None)
    assert_type(gevent.wait(), bool)
    assert_type(gevent.wait(timeout=1.0), bool)
    assert_type(gevent.wait(greenlets, count=1), list[Greenlet[..., int]])
    assert_type(gevent.wait([event], timeout=1), list[Event])
    for greenlet in gevent.iwait(greenlets):
        assert_type(greenlet, Greenlet[..., int])
    with gevent.iwait(greenlets, timeout=1) as ready:
        assert_type(next(ready), Greenlet[..., int])


def wrong() -> None:
    """What is refused."""
    gevent.spawn(area, "1")  # type: ignore[arg-type]  # no number
    gevent.spawn(3)  # type: ignore[arg-type]  # not callable
    Worker.spawn("3")  # type: ignore[call-overload]  # no number
