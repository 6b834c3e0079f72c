"""What every watcher does, whatever it watches."""

from __future__ import annotations

import gc
import os
import signal
import weakref
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from gevent._loop.loop import Loop
from gevent._loop.watchers import Armable, timer
from tests.loop.conftest import Errors
from tests.support.form import is_pure
from tests.support.memory import let_go

pytestmark = pytest.mark.pure

Make = Callable[[Loop], Armable]

# Kinds whose next event needs nothing but the loop.
OWN: dict[str, Make] = {
    "timer": lambda loop: loop.timer(0.0),
    "prepare": lambda loop: loop.prepare(),
    "check": lambda loop: loop.check(),
    "idle": lambda loop: loop.idle(),
    "async_": lambda loop: loop.async_(),
    "fork": lambda loop: loop.fork(),
}
# Kinds that an event library watches; descriptor 0 is open in any case.
WATCHED: dict[str, Make] = {
    "io": lambda loop: loop.io(0, 1),
    "signal": lambda loop: loop.signal(signal.SIGUSR1),
    "stat": lambda loop: loop.stat("/"),
    "child": lambda loop: loop.child(os.getppid()),
}
WATCHERS = dict.fromkeys(OWN, False) | dict.fromkeys(WATCHED, True)
FIRING = [name for name in OWN if name != "fork"]


@pytest.fixture
def watcher(request: pytest.FixtureRequest, loop: Loop) -> Iterator[Armable]:
    with (OWN | WATCHED)[request.param](loop) as made:
        yield made


@pytest.fixture(params=FIRING)
def firing(request: pytest.FixtureRequest, loop: Loop) -> Iterator[Armable]:
    """A watcher that fires when it is started and the loop runs."""
    name: str = request.param
    with OWN[name](loop) as made:
        if name == "async_":
            start = made.start

            def start_and_send(callback: Callable[..., object], *args: object) -> None:
                start(callback, *args)
                made.send()  # type: ignore[attr-defined]  # an async_

            yield Restarting(made, start_and_send)  # type: ignore[misc]  # acts as one
        else:
            yield made


class Restarting:
    """A watcher with another ``start``."""

    def __init__(self, watcher: Armable, start: Callable[..., None]):
        self.watcher = watcher
        self.start = start

    def __getattr__(self, name: str) -> object:
        return getattr(self.watcher, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("watcher", "start"):
            object.__setattr__(self, name, value)
        else:
            setattr(self.watcher, name, value)


def run_a_few(loop: Loop) -> None:
    for _ in range(3):
        loop.run(nowait=True)


def test_a_new_watcher_is_idle(watcher: Armable) -> None:
    assert not watcher.active
    assert not watcher.pending
    assert watcher.callback is None
    assert watcher.args is None
    assert watcher.ref
    assert watcher.priority == 0


def test_start_makes_it_active_and_stop_undoes_that(watcher: Armable) -> None:
    watcher.start(len, (1, 2))
    assert watcher.active
    assert watcher.callback is len
    assert watcher.args == ((1, 2),)
    watcher.stop()
    assert not watcher.active
    assert watcher.callback is None
    assert watcher.args is None
    watcher.stop()


def test_it_can_be_started_after_stop(watcher: Armable) -> None:
    watcher.start(print)
    watcher.stop()
    watcher.start(len)
    assert watcher.active
    assert watcher.callback is len


def test_close_is_repeatable(watcher: Armable) -> None:
    """A second close is ignored."""
    watcher.start(print)
    watcher.close()
    watcher.close()
    assert not watcher.active
    assert watcher.callback is None
    assert watcher.args is None
    watcher.stop()


def test_a_closed_watcher_does_not_start(watcher: Armable) -> None:
    watcher.close()
    with pytest.raises(ValueError, match="closed watcher"):
        watcher.start(print)
    assert not watcher.active


def test_start_needs_a_callable(watcher: Armable) -> None:
    with pytest.raises(TypeError, match="callable"):
        watcher.start(None)  # type: ignore[arg-type]  # wrong on purpose
    assert not watcher.active


def test_start_on_a_destroyed_loop_is_refused(watcher: Armable, loop: Loop) -> None:
    loop.destroy()
    with pytest.raises(ValueError, match="destroyed loop"):
        watcher.start(print)


def test_it_may_outlive_its_loop(watcher: Armable, loop: Loop) -> None:
    watcher.start(print)
    loop.destroy()
    assert not watcher.active
    assert not watcher.pending
    repr(watcher)
    watcher.stop()
    watcher.close()


def test_the_callback_must_be_callable(watcher: Armable) -> None:
    with pytest.raises(TypeError, match="callable"):
        watcher.callback = 3  # type: ignore[assignment]  # wrong on purpose
    watcher.callback = len
    assert watcher.callback is len
    watcher.callback = None


def test_the_arguments_must_be_a_tuple(watcher: Armable) -> None:
    with pytest.raises(TypeError, match="tuple"):
        watcher.args = [1]  # type: ignore[assignment]  # wrong on purpose
    watcher.args = (1,)
    assert watcher.args == (1,)


def test_the_priority_is_clamped_and_fixed_while_active(watcher: Armable) -> None:
    watcher.priority = 1
    assert watcher.priority == 1
    watcher.priority = 99
    assert watcher.priority == 2
    watcher.start(print)
    with pytest.raises(AttributeError):
        watcher.priority = 0
    watcher.stop()
    watcher.priority = -99
    assert watcher.priority == -2


def test_the_priority_must_be_a_number(watcher: Armable) -> None:
    with pytest.raises(TypeError):
        watcher.priority = "high"  # type: ignore[assignment]  # wrong on purpose


def test_ref_counts_while_it_is_active(watcher: Armable, loop: Loop) -> None:
    before = loop.activecnt
    watcher.start(print)
    assert loop.activecnt == before + 1
    watcher.ref = False
    assert loop.activecnt == before
    watcher.ref = True
    watcher.ref = True
    assert loop.activecnt == before + 1
    watcher.start(len)
    assert loop.activecnt == before + 1
    watcher.stop()
    assert loop.activecnt == before


def test_leaving_the_block_closes_it(watcher: Armable) -> None:
    with watcher as same:
        assert same is watcher
        watcher.start(print)
    with pytest.raises(ValueError, match="closed"):
        watcher.start(print)


def test_the_repr_tells_the_state(watcher: Armable) -> None:
    kind = type(watcher).__name__
    assert repr(watcher).startswith(f"<{kind} at 0x")
    assert " active" not in repr(watcher)
    watcher.start(len, 1)
    assert " active" in repr(watcher)
    assert repr(watcher).endswith(" callback=<built-in function len> args=(1,)>")


def test_an_active_watcher_lives_though_nobody_holds_it(loop: Loop) -> None:
    seen: list[int] = []
    loop.timer(0.001).start(seen.append, 1)
    gc.collect()
    loop.run()
    assert seen == [1]


class Callback:
    """A callable that can be referenced weakly."""

    def __call__(self) -> None:
        """Do nothing."""


def test_a_stopped_watcher_lets_go_of_its_callback(watcher: Armable) -> None:
    callback = Callback()
    gone = weakref.ref(callback)
    watcher.start(callback)
    del callback
    assert gone() is not None
    watcher.stop()
    let_go()
    assert gone() is None


def test_it_can_be_its_own_argument(watcher: Armable) -> None:
    watcher.start(print, watcher)
    name = type(watcher).__name__
    assert f"args=(<{name} at 0x{id(watcher):x}>,)>" in repr(watcher)
    watcher.stop()


# -- what fires -----------------------------------------------------------------------


def test_it_fires_with_its_arguments(firing: Armable, loop: Loop) -> None:
    seen: list[tuple[int, int]] = []
    firing.start(lambda *args: seen.append(args), 1, 2)
    run_a_few(loop)
    assert set(seen) == {(1, 2)}


def test_start_while_active_replaces_the_callback(firing: Armable, loop: Loop) -> None:
    seen: list[str] = []
    firing.start(seen.append, "old")
    firing.start(seen.append, "new")
    run_a_few(loop)
    assert set(seen) == {"new"}


def test_stop_start_keeps_one_registration(firing: Armable, loop: Loop) -> None:
    seen: list[str] = []
    firing.start(seen.append, "a")
    firing.stop()
    firing.start(seen.append, "b")
    loop.run(nowait=True)
    assert seen == ["b"]


def test_a_stopped_one_does_not_fire(firing: Armable, loop: Loop) -> None:
    seen: list[int] = []
    firing.start(seen.append, 1)
    firing.stop()
    run_a_few(loop)
    assert seen == []


def test_it_may_close_itself_and_raise(
    firing: Armable, loop: Loop, errors: Errors
) -> None:
    """The error is reported once."""

    def close_and_raise() -> None:
        firing.close()
        raise ValueError("after close")

    firing.start(close_and_raise)
    run_a_few(loop)
    assert errors.texts == ["after close"]
    assert not firing.active


def test_it_may_stop_and_start_itself(firing: Armable, loop: Loop) -> None:
    seen: list[str] = []

    def again() -> None:
        seen.append("first")
        firing.stop()
        firing.start(seen.append, "second")

    firing.start(again)
    run_a_few(loop)
    assert seen[:2] == ["first", "second"]


def test_an_error_is_reported_for_the_watcher(
    firing: Armable, loop: Loop, errors: Errors
) -> None:
    def fail() -> None:
        firing.stop()
        raise KeyError("told")

    firing.start(fail)
    run_a_few(loop)
    [(context, kind, _)] = errors.told
    assert kind is KeyError
    assert context is getattr(firing, "watcher", firing)


def test_a_fired_watcher_can_be_stopped_by_another_callback(loop: Loop) -> None:
    seen: list[str] = []
    first, second = loop.timer(0.0), loop.timer(0.0)
    second.start(seen.append, "second")
    first.start(second.stop)
    first.stop()
    first.priority = 2
    first.start(second.stop)
    loop.run()
    assert seen == []
    assert not second.pending


def test_a_watcher_is_pending_between_event_and_callback(loop: Loop) -> None:
    states: list[tuple[bool, bool]] = []
    first, second = loop.timer(0.0, priority=1), loop.timer(0.0)
    second.start(lambda: states.append((second.pending, second.active)))
    first.start(lambda: states.append((second.pending, second.active)))
    loop.run()
    assert states == [(True, True), (False, False)]


# -- timers ---------------------------------------------------------------------------


def test_a_timer_fires_once_and_is_inactive_by_then(loop: Loop) -> None:
    states: list[bool] = []
    timer = loop.timer(0.001)
    timer.start(lambda: states.append(timer.active))
    loop.run()
    assert states == [False]
    assert timer.callback is None


def test_timers_fire_in_the_order_of_their_deadlines(loop: Loop) -> None:
    seen: list[int] = []
    for delay in (3, 1, 2):
        loop.timer(delay / 1000).start(seen.append, delay)
    loop.run()
    assert seen == [1, 2, 3]


def test_equal_timers_fire_in_the_order_of_their_start(loop: Loop) -> None:
    seen: list[int] = []
    for number in range(20):
        loop.timer(0.001).start(seen.append, number, update=False)
    loop.run()
    assert seen == list(range(20))


def test_higher_priorities_fire_first(loop: Loop) -> None:
    seen: list[int] = []
    for priority in (-2, 0, 2, 1, -1):
        loop.timer(0.0, priority=priority).start(seen.append, priority)
    loop.run()
    assert seen == [2, 1, 0, -1, -2]


def test_a_negative_delay_fires_at_the_next_poll(loop: Loop) -> None:
    seen: list[int] = []
    loop.timer(-5.0).start(seen.append, 1)
    loop.run(nowait=True)
    assert seen == [1]


def test_a_negative_interval_is_refused(loop: Loop) -> None:
    with pytest.raises(ValueError, match="repeat"):
        loop.timer(1.0, -1.0)


@pytest.mark.parametrize("args", [(float("nan"),), (1.0, float("nan"))])
def test_nan_is_refused(loop: Loop, args: tuple[float, ...]) -> None:
    """A NaN would stop all other timers."""
    with pytest.raises(ValueError, match="NaN"):
        loop.timer(*args)


def test_infinity_never_fires_and_lets_others_fire(loop: Loop) -> None:
    """Infinity means for ever."""
    seen: list[int] = []
    with loop.timer(float("inf")) as never:
        never.start(seen.append, 1)
        loop.timer(0.001).start(seen.append, 2)
        while not seen:
            loop.run(once=True)
    assert seen == [2]


def test_a_repeating_timer_fires_until_it_is_stopped(loop: Loop) -> None:
    seen: list[int] = []
    timer = loop.timer(0.001, 0.001)

    def count() -> None:
        seen.append(1)
        assert timer.active
        if len(seen) == 3:
            timer.stop()

    timer.start(count)
    loop.run()
    assert len(seen) == 3


def test_again_restarts_a_repeating_timer(loop: Loop) -> None:
    seen: list[str] = []
    timer = loop.timer(1000.0, 0.001)
    timer.start(seen.append, "start")
    timer.again(lambda: (seen.append("again"), timer.stop()))
    loop.run()
    assert seen == ["again"]


def test_again_stops_a_timer_that_does_not_repeat(loop: Loop) -> None:
    timer = loop.timer(1000.0)
    timer.start(print)
    timer.again(print)
    assert not timer.active


def test_a_timer_that_raises_and_repeats_goes_on(loop: Loop, errors: Errors) -> None:
    seen: list[int] = []
    timer = loop.timer(0.001, 0.001)

    def fail() -> None:
        seen.append(1)
        if len(seen) == 2:
            timer.stop()
        raise ValueError(len(seen))

    timer.start(fail)
    loop.run()
    assert errors.texts == ["1", "2"]


def test_many_disarmed_timers_leave_the_others_in_order(loop: Loop) -> None:
    seen: list[int] = []
    timers = [loop.timer(number / 100_000) for number in range(500)]
    for number, each in enumerate(timers):
        each.start(seen.append, number, update=False)
    for number, each in enumerate(timers):
        if number % 7:
            each.stop()
    loop.run()
    assert seen == list(range(0, 500, 7))


def test_at_is_when_a_timer_is_due(loop: Loop) -> None:
    timer = loop.timer(5.0)
    timer.start(print, update=False)
    assert timer.at == pytest.approx(loop.now() + 5.0)
    timer.close()


# -- prepare, check, idle -------------------------------------------------------------


def test_prepare_comes_before_callbacks_and_check_after_the_poll(loop: Loop) -> None:
    seen: list[str] = []
    with loop.prepare() as prepare, loop.check() as check:
        prepare.start(seen.append, "prepare")
        check.start(seen.append, "check")
        loop.run_callback(seen.append, "callback")
        loop.run(nowait=True)
    assert seen == ["prepare", "callback", "check"]


def test_check_comes_before_timers_of_its_priority(loop: Loop) -> None:
    seen: list[str] = []
    with loop.check() as check:
        check.start(seen.append, "check")
        loop.timer(0.0).start(seen.append, "timer")
        loop.run(nowait=True)
    assert seen == ["check", "timer"]


def test_idle_fires_only_if_nothing_else_does(loop: Loop) -> None:
    seen: list[str] = []
    with loop.idle() as idle:
        idle.start(seen.append, "idle")
        loop.timer(0.0).start(loop.run_callback, seen.append, "queued")
        loop.run(nowait=True)
        loop.run(nowait=True)
    assert seen == ["queued", "idle"]


def test_an_active_idle_watcher_keeps_the_loop_from_waiting(loop: Loop) -> None:
    seen: list[int] = []
    with loop.idle() as idle, loop.timer(1000.0) as timer:
        timer.start(print)
        idle.start(seen.append, 1)
        loop.run(once=True)
    assert seen == [1]


# -- async_ ---------------------------------------------------------------------------


def test_several_sends_give_one_call(loop: Loop) -> None:
    seen: list[int] = []
    with loop.async_() as watcher:
        watcher.start(seen.append, 1)
        watcher.send()
        watcher.send_ignoring_arg("ignored")
        assert watcher.pending
        run_a_few(loop)
    assert seen == [1]


def test_a_send_before_start_is_lost(loop: Loop) -> None:
    seen: list[int] = []
    with loop.async_() as watcher:
        watcher.send()
        loop.run(nowait=True)
        watcher.start(seen.append, 1)
        run_a_few(loop)
        assert seen == []
        watcher.send()
        run_a_few(loop)
    assert seen == [1]


def test_a_send_whose_message_is_on_its_way_at_the_start_is_lost_too(
    loop: Loop,
) -> None:
    seen: list[int] = []
    with loop.async_() as watcher:
        watcher.send()
        watcher.start(seen.append, 1)
        run_a_few(loop)
        assert seen == []
        watcher.send()
        watcher.stop()
        watcher.start(seen.append, 2)
        run_a_few(loop)
        assert seen == []
        watcher.send()
        run_a_few(loop)
    assert seen == [2]


def test_a_send_from_a_thread_wakes_the_loop(loop: Loop) -> None:
    import threading

    seen: list[int] = []
    watcher = loop.async_()
    watcher.start(lambda: (seen.append(1), watcher.close()))
    thread = threading.Thread(target=watcher.send)
    loop.run_callback(thread.start)
    loop.run()
    thread.join()
    assert seen == [1]


def test_timer_subclasses_can_be_made_by_hand(loop: Loop) -> None:
    seen: list[int] = []

    class Mine(timer):
        """A user's timer."""

    mine = Mine(loop, 0.0)
    mine.start(partial(seen.append, 1))
    loop.run()
    assert seen == [1]


@pytest.mark.skipif(is_pure(), reason="about compiled objects")
@pytest.mark.cpython("PyPy has no sizes")
def test_a_timer_that_nobody_started_is_small() -> None:
    # A program may have a hundred thousand. 144 with the collector's two fields.
    assert timer.__basicsize__ <= 128
