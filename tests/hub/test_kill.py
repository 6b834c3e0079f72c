"""``kill``, ``killall`` and ``throw``: what arrives, when, and who waits for it."""

from __future__ import annotations

import io

import pytest

import gevent
from gevent.exceptions import BlockingSwitchOutError
from gevent.greenlet import Greenlet
from gevent.hub import get_hub
from tests.hub.conftest import Report, fail

pytestmark = pytest.mark.usefixtures("virtual_loop")


def never() -> None:
    raise AssertionError("the body ran")


def test_kill_before_the_start_calls_the_links_and_not_the_body() -> None:
    """The body ran, or links were forgotten (#330)."""
    seen: list[object] = []
    greenlet = gevent.spawn(never)
    greenlet.rawlink(seen.append)
    greenlet.kill()
    gevent.idle()
    assert seen == [greenlet]
    assert isinstance(greenlet.value, gevent.GreenletExit)


def test_kill_before_the_start_with_an_error_is_a_failure(
    reports: list[Report],
) -> None:
    """It counted as success (#607, #608)."""
    greenlet = gevent.spawn(never)
    greenlet.kill(ZeroDivisionError)
    assert not greenlet.successful()
    with pytest.raises(ZeroDivisionError):
        greenlet.get()
    assert [kind for _, kind, _ in reports] == [ZeroDivisionError]


def test_kill_waits_until_it_is_dead() -> None:
    seen: list[str] = []

    def body() -> None:
        try:
            gevent.sleep(10)
        finally:
            gevent.sleep(0.001)
            seen.append("end")

    greenlet = gevent.spawn(body)
    gevent.sleep(0)
    assert greenlet.kill() is None  # type: ignore[func-returns-value]
    assert seen == ["end"]


def test_kill_without_block_only_queues() -> None:
    greenlet = gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    greenlet.kill(block=False)
    assert not greenlet.dead
    gevent.sleep(0)
    assert greenlet.dead


def test_kill_of_a_greenlet_about_to_run_arrives_right_behind_its_wake_up() -> None:
    """The exception came at a later switch (#394)."""
    seen: list[str] = []

    def body() -> None:
        gevent.sleep(0)
        seen.append("first")
        gevent.sleep(0)
        seen.append("second")

    greenlet = gevent.spawn(body)
    gevent.sleep(0)  # it is in its first sleep(0) now: queued to run
    greenlet.kill(block=False)
    gevent.idle()
    # Its wake-up was queued first; the kill comes right behind.
    assert seen == ["first"]


def test_kill_may_be_caught_and_ends_with_its_timeout() -> None:
    def stubborn() -> str:
        try:
            gevent.sleep(10)
        except gevent.GreenletExit:
            gevent.sleep(0.002)
        return "survived"

    greenlet = gevent.spawn(stubborn)
    gevent.sleep(0)
    greenlet.kill(timeout=0)
    assert not greenlet.dead
    assert greenlet.get() == "survived"


def test_kill_takes_a_triple() -> None:
    greenlet = gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    end = gevent.GreenletExit("x")
    greenlet.kill((type(end), end, None))
    assert greenlet.value is end


def test_kill_takes_an_instance_and_prints_nothing(printed: io.StringIO) -> None:
    """An instance instead of a class was refused, or printed (#1663)."""
    end = gevent.GreenletExit("now")
    running, unstarted = gevent.spawn(gevent.sleep, 10), gevent.Greenlet(never)
    gevent.sleep(0)
    running.kill(end)
    unstarted.kill(end)
    assert (running.value, unstarted.value) == (end, end)
    assert printed.getvalue() == ""


@pytest.mark.parametrize("block", [True, False])
def test_killall_of_unstarted_greenlets_runs_none(block: bool) -> None:
    """Their bodies ran (#1473)."""
    greenlets = [gevent.spawn(never) for _ in range(3)]
    gevent.killall(greenlets, block=block)
    gevent.idle()
    assert all(greenlet.dead for greenlet in greenlets)


def test_a_greenlet_may_kill_itself() -> None:
    seen: list[str] = []

    def now() -> None:
        gevent.getcurrent().kill()
        seen.append("not reached")

    def at_the_next_switch() -> None:
        gevent.getcurrent().kill(block=False)
        seen.append("reached")
        gevent.sleep(10)

    greenlets = [gevent.spawn(now), gevent.spawn(at_the_next_switch)]
    gevent.joinall(greenlets)
    assert seen == ["reached"]
    assert all(isinstance(each.value, gevent.GreenletExit) for each in greenlets)


def test_only_nonblocking_kills_in_the_hub(reports: list[Report]) -> None:
    victims = [gevent.spawn(gevent.sleep, 10) for _ in range(2)]
    gevent.sleep(0)
    get_hub().loop.run_callback(lambda: victims[0].kill(block=False))
    get_hub().loop.run_callback(victims[1].join)
    gevent.sleep(0)
    gevent.sleep(0)
    assert victims[0].dead
    assert [kind for _, kind, _ in reports] == [BlockingSwitchOutError]
    victims[1].kill()


def test_throw_on_one_that_never_ran_records_the_death(reports: list[Report]) -> None:
    seen: list[object] = []
    greenlet = gevent.spawn(fail)
    greenlet.rawlink(seen.append)
    greenlet.throw(ValueError("thrown"))
    gevent.idle()
    assert seen == [greenlet]
    assert isinstance(greenlet.exception, ValueError)


def test_kill_joins_by_the_method_that_a_subclass_overrides() -> None:
    joined: list[float | None] = []

    class Counting(Greenlet):
        def join(self, timeout: float | None = None) -> None:
            joined.append(timeout)
            Greenlet.join(self, timeout)

    counting = Counting(gevent.sleep, 100)
    counting.start()
    gevent.sleep(0)
    counting.kill(timeout=5)
    assert joined == [5]
    assert counting.dead


def test_killall_does_not_wait_for_a_raw_one_that_goes_on() -> None:
    def stubborn() -> None:
        try:
            gevent.sleep(10)
        except gevent.GreenletExit:
            seen.append("caught")
            gevent.sleep(0)

    seen: list[str] = []
    raw = gevent.spawn_raw(stubborn)
    gevent.sleep(0)
    gevent.killall([raw])
    assert (seen, raw.dead) == (["caught"], False)
    gevent.idle()
    assert raw.dead


def test_thrown_at_before_it_ran_it_is_reported_with_its_body(
    printed: io.StringIO,
) -> None:
    Greenlet(fail, 1).throw(KeyError)
    assert "fail(1)> failed with KeyError" in printed.getvalue()


def test_what_the_target_raises_meanwhile_is_its_failure(
    reports: list[Report],
) -> None:
    def body() -> None:
        try:
            gevent.sleep(10)
        finally:
            fail()

    greenlet = gevent.spawn(body)
    gevent.sleep(0)
    greenlet.kill()
    assert isinstance(greenlet.exception, KeyError)
    assert len(reports) == 1
