"""``wait`` and ``iwait``: what the API promises."""

from __future__ import annotations

import threading

import pytest

import gevent
from gevent.event import Event
from tests.support.schedule import Restless

pytestmark = pytest.mark.usefixtures("virtual_loop")


def test_wait_returns_in_the_order_of_becoming_ready() -> None:
    slow, fast = gevent.spawn(gevent.sleep, 0.002), gevent.spawn(gevent.sleep, 0)
    assert gevent.wait([slow, fast]) == [fast, slow]


def test_wait_for_a_count_links_to_all() -> None:
    greenlets = [gevent.spawn(gevent.sleep, delay) for delay in (0.001, 10, 10)]
    assert gevent.wait(greenlets, count=1) == [greenlets[0]]
    assert not any(greenlet.has_links() for greenlet in greenlets)
    gevent.killall(greenlets)


def test_wait_for_none_of_them_returns_at_once() -> None:
    assert gevent.wait([Event()], count=0) == []
    assert gevent.wait([]) == []


@pytest.mark.parametrize("timeout", [0, -1, 0.001])
def test_wait_with_a_timeout_returns_what_is_ready(timeout: float) -> None:
    ready, not_ready = Event(), Event()
    ready.set()
    assert gevent.wait([not_ready, ready], timeout=timeout) == [ready]
    assert not_ready.linkcount() == 0


def test_what_is_listed_twice_is_returned_twice() -> None:
    greenlet = gevent.spawn(gevent.sleep, 0)
    assert gevent.wait([greenlet, greenlet]) == [greenlet, greenlet]
    event = Event()
    event.set()
    assert list(gevent.iwait([event, event])) == [event, event]


def test_sets_are_fine_and_iterators_are_not() -> None:
    greenlets = {gevent.spawn(gevent.sleep, 0) for _ in range(3)}
    assert set(gevent.wait(greenlets)) == greenlets
    with pytest.raises(TypeError):
        gevent.wait(iter(greenlets))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        gevent.iwait(iter(greenlets))  # type: ignore[arg-type]


def test_what_has_no_rawlink_is_refused_and_no_link_stays() -> None:
    event = Event()
    with pytest.raises(AttributeError):
        gevent.wait([event, 5])
    assert event.linkcount() == 0


def test_an_exception_passes_and_no_link_stays() -> None:
    event = Event()
    waiting = gevent.spawn(gevent.wait, [event])
    gevent.sleep(0)
    assert event.linkcount() == 1
    waiting.kill()
    assert event.linkcount() == 0


def test_iwait_is_lazy() -> None:
    event = Event()
    ready = gevent.iwait([event], timeout=0)
    assert event.linkcount() == 0
    assert list(ready) == []
    assert event.linkcount() == 0


def test_iwait_ends_after_count() -> None:
    greenlets = [gevent.spawn(gevent.sleep, delay) for delay in (0, 0.001, 10)]
    assert list(gevent.iwait(greenlets, count=2)) == greenlets[:2]
    assert not greenlets[2].has_links()
    greenlets[2].kill()


def test_iwait_allows_switches_between_items() -> None:
    """A switch between two items led to LoopExit (#467)."""
    greenlets = [gevent.spawn(gevent.sleep, 0) for _ in range(5)]
    seen = []
    for greenlet in gevent.iwait(greenlets):
        gevent.sleep(0)
        seen.append(greenlet)
        gevent.sleep(0.001)
    assert seen == greenlets


def test_leaving_iwait_early_takes_the_links_back() -> None:
    """The links of the objects that were not reached stayed (#1290)."""
    greenlets = [gevent.spawn(gevent.sleep, 0), gevent.spawn(gevent.sleep, 10)]
    with gevent.iwait(greenlets) as ready:
        assert next(ready) is greenlets[0]
        assert greenlets[1].has_links()
    assert not greenlets[1].has_links()
    greenlets[1].kill()


def test_the_timeout_of_iwait_is_for_the_whole() -> None:
    greenlets = [gevent.spawn(gevent.sleep, delay) for delay in (0, 10)]
    assert list(gevent.iwait(greenlets, timeout=0.002)) == greenlets[:1]
    greenlets[1].kill()


def test_wait_for_the_loop_tells_whether_it_finished() -> None:
    timer = gevent.get_hub().loop.timer(10)
    timer.start(print)
    assert gevent.wait(timeout=0.001) is False
    timer.close()
    assert gevent.wait(timeout=10) is True
    assert gevent.wait() is True


def test_wait_for_the_loop_is_for_the_main_greenlet_only() -> None:
    def body() -> str:
        with pytest.raises(
            AssertionError, match="only possible from the MAIN greenlet"
        ):
            gevent.wait()
        return "refused"

    assert gevent.spawn(body).get() == "refused"


def test_joinall_raises_the_first_failure(reports: list[object]) -> None:
    def fail() -> None:
        raise KeyError("first")

    greenlets = [gevent.spawn(gevent.sleep, 10), gevent.spawn(fail)]
    with pytest.raises(KeyError):
        gevent.joinall(greenlets, raise_error=True)
    assert not greenlets[0].dead
    assert len(reports) == 1
    gevent.killall(greenlets)


def test_killall_raises_timeout_when_it_is_over() -> None:
    def stubborn() -> None:
        try:
            gevent.sleep(10)
        except gevent.GreenletExit:
            gevent.sleep(10)

    greenlet = gevent.spawn(stubborn)
    gevent.sleep(0)
    with pytest.raises(gevent.Timeout):
        gevent.killall([greenlet], timeout=0.001)
    gevent.killall([greenlet])
    assert greenlet.dead


def test_killall_accepts_raw_greenlets_and_nothing() -> None:
    raw = gevent.spawn_raw(gevent.sleep, 10)
    gevent.sleep(0)
    gevent.killall([raw])
    assert raw.dead
    assert gevent.killall([]) is None  # type: ignore[func-returns-value]


def test_killall_accepts_a_generator() -> None:
    """It was consumed before the kill (#404)."""
    greenlets = [gevent.spawn(gevent.sleep, 10) for _ in range(3)]
    gevent.sleep(0)
    gevent.killall(greenlet for greenlet in greenlets)
    assert all(greenlet.dead for greenlet in greenlets)


def test_wait_sees_what_happened_before_it_parked() -> None:
    event = Event()
    waiting = Restless(gevent.wait, [event])
    waiting.start()
    gevent.spawn(event.set)
    assert waiting.get(timeout=5) == [event]


def test_who_waits_in_a_dead_loop_disturbs_nobody(reports: list[object]) -> None:
    event = Event()
    here = gevent.spawn(event.wait)
    gevent.sleep(0)
    kept: list[object] = []

    def body() -> None:
        kept.append(gevent.spawn(gevent.wait, [event]))
        gevent.sleep(0)
        kept.append(gevent.get_hub())
        gevent.get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    event.set()
    assert here.get() is True
    gevent.sleep(0)
    assert reports == []
