"""``gevent.timeout``: what the API promises."""

from __future__ import annotations

import gc
import math

import pytest

import gevent
from gevent.hub import get_hub
from gevent.timeout import Timeout, with_timeout
from tests.hub.conftest import Report
from tests.support.virtual import VirtualLoop

pytestmark = pytest.mark.usefixtures("virtual_loop")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1,), "1 second"),
        ((0.5,), "0.5 seconds"),
        ((1.0,), "1.0 second"),
        ((0,), "0 seconds"),
        ((2, False), "2 seconds (silent)"),
        ((2, "x"), "2 seconds: x"),
        ((2, ValueError), "2 seconds: <class 'ValueError'>"),
        ((), ""),
        ((None, "x"), ""),
    ],
)
def test_its_text(arguments: tuple[float, object], text: str) -> None:
    timeout = Timeout(*arguments)
    assert str(timeout) == text
    assert timeout.args == ()


def test_its_repr_says_what_is_not_default() -> None:
    timeout = Timeout(5, "x")
    assert repr(timeout) == f"<Timeout at 0x{id(timeout):x} seconds=5 exception='x'>"
    timeout.start()
    assert repr(timeout).endswith(" pending>")
    timeout.close()


def test_its_seconds_can_be_assigned() -> None:
    """Of issue 15: they are shown and compared; the timer keeps its time."""
    timeout = Timeout(3)
    timeout.seconds = 4
    assert timeout.seconds == 4
    assert str(timeout) == "4 seconds"
    assert repr(timeout).endswith(" seconds=4>")
    assert timeout < 4.5
    assert not timeout < 3.5
    before = get_hub().loop.now()
    with pytest.raises(Timeout), timeout:
        gevent.sleep(10)
    assert get_hub().loop.now() - before == pytest.approx(3)


def test_one_whose_seconds_are_assigned_none_is_not_started() -> None:
    timeout = Timeout(3)
    timeout.seconds = None
    assert timeout.seconds is None
    assert str(timeout) == ""
    with timeout:
        gevent.sleep(10)
        assert not timeout.pending


def test_one_that_is_pending_fires_whatever_is_assigned() -> None:
    timeout = Timeout.start_new(3)
    timeout.seconds = None
    with pytest.raises(Timeout):
        gevent.sleep(10)


def test_it_is_no_exception() -> None:
    assert not issubclass(Timeout, Exception)


def test_only_less_than_compares() -> None:
    assert Timeout(1) < Timeout(2)
    assert Timeout(1) < 1.5
    assert Timeout(1) != Timeout(1)
    for other in (Timeout(), "x"):
        with pytest.raises(TypeError):
            assert Timeout(1) < other
    with pytest.raises(TypeError):
        assert Timeout() < Timeout(1)


@pytest.mark.parametrize("exception", [None, "text"])
def test_it_raises_itself(exception: object) -> None:
    with pytest.raises(Timeout) as caught, Timeout(0.001, exception) as timeout:
        gevent.sleep(10)
    assert caught.value is timeout


def test_false_is_silent_for_its_own_block_only() -> None:
    with Timeout(0.001, False):
        gevent.sleep(10)
    with pytest.raises(Timeout), Timeout(10, False):
        raise Timeout(1)


@pytest.mark.parametrize("exception", [KeyError, KeyError("instance")])
def test_it_raises_what_it_was_given(exception: object) -> None:
    with pytest.raises(KeyError), Timeout(0.001, exception):
        gevent.sleep(10)


@pytest.mark.parametrize("seconds", [0, -1])
def test_zero_and_less_expire_at_the_next_poll(seconds: float) -> None:
    with Timeout(seconds):
        gevent.sleep(0)
    with pytest.raises(Timeout), Timeout(seconds):
        gevent.sleep(0.001)


def test_none_never_expires() -> None:
    timeout = Timeout(None)
    timeout.start()
    timeout.start()
    assert not timeout.pending
    timeout.close()
    timeout.start()


def test_start_twice_is_refused() -> None:
    timeout = Timeout(10)
    timeout.start()
    with pytest.raises(AssertionError):
        timeout.start()
    timeout.close()


def test_it_can_be_started_again_after_cancel_but_not_after_close() -> None:
    timeout = Timeout(10)
    timeout.start()
    timeout.cancel()
    timeout.start()
    assert timeout.pending
    timeout.close()
    assert not timeout.pending
    with pytest.raises(AssertionError):
        timeout.start()


def test_a_block_cannot_be_entered_twice() -> None:
    timeout = Timeout(10)
    with timeout:
        timeout.cancel()
        timeout.start()
    with pytest.raises(AssertionError), timeout:
        pass


def test_enter_keeps_a_pending_one() -> None:
    timeout = Timeout.start_new(10)
    with timeout as entered:
        assert entered is timeout


def test_start_new_takes_a_timeout() -> None:
    timeout = Timeout(10)
    assert Timeout.start_new(timeout) is timeout
    assert Timeout.start_new(timeout) is timeout
    timeout.close()


def test_it_is_not_pending_when_it_arrives_and_may_be_started_again() -> None:
    timeout = Timeout(0.001)
    for _ in range(2):
        timeout.start()
        with pytest.raises(Timeout) as caught:
            gevent.sleep(10)
        assert caught.value is timeout
        assert not timeout.pending


def test_it_belongs_to_the_greenlet_that_starts_it() -> None:
    timeout = Timeout(0.001)

    def body() -> str:
        try:
            gevent.sleep(10)
        except Timeout:
            return "mine"
        return "not mine"

    greenlet = gevent.Greenlet(lambda: (timeout.start(), body())[1])
    greenlet.start()
    assert greenlet.get() == "mine"


def test_a_greenlet_that_has_ended_is_left_alone(reports: list[Report]) -> None:
    """The reference keeps quiet, too."""
    gevent.spawn(Timeout.start_new, 0.001).join()
    gevent.sleep(0.003)
    assert reports == []


def test_ref_false_does_not_keep_the_loop_running() -> None:
    timeout = Timeout(100, ref=False)
    timeout.start()
    assert gevent.wait(timeout=1) is True
    timeout.close()


def test_equal_timeouts_fire_in_the_order_of_starting() -> None:
    first, second = Timeout.start_new(0.001), Timeout.start_new(0.001)
    with pytest.raises(Timeout) as caught:
        gevent.sleep(10)
    assert caught.value is first
    second.close()


def test_on_expiration_may_be_overridden() -> None:
    seen: list[object] = []

    class Mine(Timeout):
        def _on_expiration(self, prev_greenlet: object, ex: BaseException) -> None:
            assert gevent.getcurrent() is get_hub()
            seen.append((prev_greenlet, ex))

    mine = Mine(0.001)
    mine.start()
    while not seen:
        gevent.sleep(0.001)
    assert seen == [(gevent.getcurrent(), mine)]


def test_with_timeout_returns_the_result() -> None:
    assert with_timeout(10, lambda x, y: x + y, 1, y=2) == 3


def test_with_timeout_returns_the_value_or_raises() -> None:
    assert with_timeout(0.001, gevent.sleep, 10, timeout_value=5) == 5
    with pytest.raises(Timeout):
        with_timeout(0.001, gevent.sleep, 10)


def test_with_timeout_lets_others_pass() -> None:
    other = Timeout.start_new(0.001)
    with pytest.raises(Timeout) as caught:
        with_timeout(10, gevent.sleep, 10, timeout_value=5)
    assert caught.value is other


def test_a_silent_block_lets_the_timeout_of_a_get_inside_pass() -> None:
    """A with block swallowed the Timeout of a get() inside it."""
    sleeper = gevent.spawn(gevent.sleep, 10)
    with (
        pytest.raises(gevent.Timeout) as caught,
        gevent.Timeout(10, False) as outer,
    ):
        sleeper.get(timeout=0.001)
    assert caught.value is not outer
    sleeper.kill()


def test_a_join_with_a_timeout_of_its_own_lets_an_outer_one_pass() -> None:
    """The wait returned as if its own time had passed (pyzmq#242)."""
    sleeper = gevent.spawn(gevent.sleep, 10)
    outer = gevent.Timeout.start_new(0.001)
    with pytest.raises(gevent.Timeout) as caught:
        sleeper.join(timeout=10)
    assert caught.value is outer
    sleeper.kill()


@pytest.mark.parametrize("kind", ["sleep", "timer", "timeout"])
def test_delays_count_from_now_and_not_from_the_last_poll(
    kind: str, virtual_loop: VirtualLoop
) -> None:
    """They counted from the loop's cached time, which was long ago (#1227, #97)."""
    gevent.sleep(0)
    virtual_loop.update_now()
    virtual_loop.burn(0.5)
    begin = virtual_loop.read_clock()
    if kind == "sleep":
        gevent.sleep(1)
    elif kind == "timer":
        get_hub().wait(virtual_loop.timer(1))
    else:
        with gevent.Timeout(1, False):
            gevent.sleep(10)
    assert virtual_loop.read_clock() - begin == 1


@pytest.mark.parametrize(
    "use",
    [
        gevent.sleep,
        gevent.Timeout,
        lambda seconds: get_hub().loop.timer(seconds),
        lambda seconds: gevent.spawn_later(seconds, print),
        lambda seconds: gevent.Greenlet(print).join(timeout=seconds),
        lambda seconds: gevent.wait([gevent.Greenlet(print)], timeout=seconds),
    ],
)
def test_nan_is_no_delay_and_stops_no_timer(use: object) -> None:
    """A NaN in the heap of timers stopped all of them."""
    with pytest.raises(ValueError, match="NaN"):
        use(math.nan)  # type: ignore[operator]  # every one is callable
    gevent.sleep(0.0001)


def test_infinity_is_for_ever() -> None:
    """It is a time-out that does not pass; others do."""
    sleeper = gevent.spawn(gevent.sleep, math.inf)
    with gevent.Timeout(math.inf):
        gevent.spawn(gevent.sleep, 0.0001).join(timeout=math.inf)
    assert not sleeper.dead
    gevent.sleep(-math.inf)  # is over at once
    sleeper.kill()
    gc.collect()


def test_a_silent_block_does_not_swallow_the_equal_timeout_around_it() -> None:
    """Of two equal ones the wrong one was caught (#1861)."""
    sleeper = gevent.spawn(gevent.sleep, 10)
    with (
        pytest.raises(gevent.Timeout) as caught,
        gevent.Timeout(0.001) as outer,
        gevent.Timeout(0.001, False) as inner,
    ):
        sleeper.get(timeout=1)
    assert caught.value is outer
    assert not inner.pending
    sleeper.kill()
