"""Who waits for the end of a greenlet: one listener, several, late ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import gevent
from gevent.greenlet import Greenlet
from tests.hub.conftest import Report


def nothing() -> None:
    """The body."""


def a_join(greenlet: Greenlet[..., object], seen: list[object], name: str) -> None:
    def wait() -> None:
        greenlet.join()
        seen.append(name)

    gevent.spawn(wait)
    gevent.sleep(0)


def a_link(greenlet: Greenlet[..., object], seen: list[object], name: str) -> None:
    greenlet.rawlink(lambda _: seen.append(name))


Listener = Callable[[Greenlet[..., object], list[object], str], None]
BOTH = pytest.mark.parametrize("first", [a_join, a_link])


@BOTH
@pytest.mark.parametrize("second", [a_join, a_link])
@pytest.mark.parametrize("third", [a_join, a_link])
def test_listeners_are_told_in_the_order_of_registration(
    first: Listener, second: Listener, third: Listener
) -> None:
    seen: list[object] = []
    greenlet = Greenlet(nothing)
    for number, listen in enumerate((first, second, third)):
        listen(greenlet, seen, str(number))
    greenlet.start()
    gevent.idle()
    assert seen == ["0", "1", "2"]
    assert not greenlet.has_links()


def test_links_of_both_kinds_run_in_the_order_of_registration() -> None:
    """They ran in another order (#143)."""
    seen: list[int] = []
    greenlet = gevent.Greenlet(lambda: None)
    for number in range(10):
        if number % 2:
            greenlet.rawlink(lambda _, number=number: seen.append(number))
        else:
            greenlet.link(lambda _, number=number: seen.append(number))
    greenlet.start()
    gevent.idle()
    assert seen == list(range(10))


@BOTH
def test_who_comes_after_the_end_is_told_after_the_first(first: Listener) -> None:
    seen: list[object] = []
    greenlet = Greenlet(lambda: greenlet.loop.run_callback(late))

    def late() -> None:
        seen.append("between")
        greenlet.rawlink(lambda _: seen.append("late"))

    first(greenlet, seen, "first")
    greenlet.start()
    gevent.idle()
    assert seen == ["between", "first", "late"]


def test_a_link_taken_back_after_the_end_is_not_called() -> None:
    seen: list[object] = []
    greenlet = Greenlet(lambda: greenlet.loop.run_callback(greenlet.unlink, link))
    link = seen.append
    greenlet.rawlink(link)
    greenlet.start()
    gevent.idle()
    assert greenlet.dead
    assert seen == []


@pytest.mark.parametrize("n_links", [1, 2])
def test_unlink_all_leaves_no_link(n_links: int) -> None:
    seen: list[object] = []
    greenlet = gevent.spawn(nothing)
    for _ in range(n_links):
        greenlet.rawlink(seen.append)
    greenlet.unlink_all()
    assert not greenlet.has_links()
    gevent.idle()
    assert seen == []


def test_unlink_all_leaves_who_joins() -> None:
    seen: list[object] = []
    greenlet = Greenlet(nothing)
    a_join(greenlet, seen, "joined")
    greenlet.unlink_all()
    greenlet.start()
    gevent.idle()
    assert seen == ["joined"]


def test_unlink_of_the_only_link_compares_by_equality() -> None:
    seen: list[object] = []
    greenlet = gevent.spawn(nothing)
    greenlet.rawlink(seen.append)
    greenlet.unlink(seen.append)
    assert not greenlet.has_links()


def test_a_failing_only_link_is_reported(reports: list[Report]) -> None:
    def bad(_: object) -> None:
        raise ZeroDivisionError

    greenlet = gevent.spawn(nothing)
    greenlet.rawlink(bad)
    gevent.idle()
    assert [(context, kind) for context, kind, _ in reports] == [
        ((bad, greenlet), ZeroDivisionError)
    ]


def test_a_joiner_that_is_killed_takes_its_place_back() -> None:
    greenlet = Greenlet(nothing)
    joiner = gevent.spawn(greenlet.join)
    gevent.sleep(0)
    assert greenlet.has_links()
    joiner.kill()
    assert not greenlet.has_links()


def test_a_joiner_that_is_killed_after_the_end_dies_of_that() -> None:
    seen: list[object] = []
    greenlet = Greenlet(lambda: joiner.kill(block=False))

    def wait() -> None:
        try:
            greenlet.join()
            seen.append("joined")
            gevent.sleep(0)
        except gevent.GreenletExit:
            seen.append("killed")

    joiner = gevent.spawn(wait)
    gevent.sleep(0)
    greenlet.start()
    gevent.idle()
    # The kill was queued before the end, so it comes first.
    assert seen == ["killed"]


def test_what_cannot_be_called_is_no_link() -> None:
    greenlet = Greenlet(nothing)
    with pytest.raises(TypeError, match="callable"):
        greenlet.rawlink(5)  # type: ignore[arg-type]
    assert not greenlet.has_links()
