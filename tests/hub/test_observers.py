"""Who is told of switches, of what takes too long, and how long things take."""

from __future__ import annotations

import ctypes
import gc
import threading
import weakref
from collections.abc import Iterator
from itertools import pairwise

import greenlet
import pytest

import gevent
import gevent.util
from gevent import config, events
from gevent.event import Event
from gevent.hub import Hub, get_hub
from tests.hub.conftest import Report
from tests.support.virtual import VirtualLoop

# -- hooks -------------------------------------------------------------------------


class Switches:
    """A hook that remembers the names of who switches to whom."""

    def __init__(self) -> None:
        self.hub = get_hub()
        self.names: dict[object, str] = {
            self.hub: "hub",
            self.hub.parent: "main",
        }
        self.seen: list[tuple[str, str]] = []

    def __call__(self, origin: greenlet.greenlet, target: greenlet.greenlet) -> None:
        """Remember a switch."""
        self.seen.append((self.name(origin), self.name(target)))

    def name(self, each: greenlet.greenlet) -> str:
        """Return how the test calls a greenlet."""
        return self.names.get(each, "?")

    def spawn(self, name: str, *args: object) -> gevent.Greenlet[..., object]:
        """Spawn a greenlet that has a name here."""
        spawned = gevent.spawn(*args)  # type: ignore[call-overload,var-annotated,unused-ignore]  # whatever the test gives
        self.names[spawned] = name
        return spawned


@pytest.fixture
def switches() -> Iterator[Switches]:
    """A hook of this thread's hub."""
    found = Switches()
    with found.hub.add_switch_hook(found):
        yield found


def is_chain(seen: list[tuple[str, str]]) -> bool:
    """Whether each switch begins where the one before ended (HOOK1)."""
    return all(one[1] == other[0] for one, other in pairwise(seen))


def test_hook_sees_every_switch_and_the_hand_off(switches: Switches) -> None:
    """H6."""
    both = [switches.spawn(name, gevent.sleep, 0) for name in "ab"]
    gevent.joinall(both)
    assert switches.seen == [
        ("main", "hub"),
        ("hub", "a"),
        ("a", "hub"),
        ("hub", "b"),
        ("b", "a"),
        ("a", "hub"),
        ("hub", "b"),
        ("b", "hub"),
        ("hub", "main"),
    ]


def test_who_goes_on_without_a_switch_is_not_told(switches: Switches) -> None:
    gevent.sleep(0)
    seen = len(switches.seen)
    ready = Event()
    ready.set()
    ready.wait()
    assert len(switches.seen) == seen


def test_hooks_are_called_in_the_order_in_which_they_came() -> None:
    order: list[int] = []
    hub = get_hub()
    with (
        hub.add_switch_hook(lambda *_: order.append(1)),
        hub.add_switch_hook(lambda *_: order.append(2)),
    ):
        gevent.sleep(0.001)
    assert order
    assert order == [1, 2] * (len(order) // 2)


def test_removed_hook_is_not_called() -> None:
    seen: list[object] = []
    hook = get_hub().add_switch_hook(lambda *_: seen.append(1))
    assert hook.active
    hook.remove()
    hook.remove()
    assert not hook.active
    assert "removed" in repr(hook)
    gevent.sleep(0.001)
    assert seen == []


def test_hook_may_remove_itself() -> None:
    seen: list[object] = []

    def once(*_: object) -> None:
        seen.append(1)
        hook.remove()

    hook = get_hub().add_switch_hook(once)
    gevent.sleep(0.001)
    assert seen == [1]


def test_hook_that_fails_is_removed_and_reported_and_nobody_notices(
    reports: list[Report], switches: Switches
) -> None:
    """HOOK2."""

    def fail(*_: object) -> None:
        raise KeyError("hook")

    hook = get_hub().add_switch_hook(fail)
    gevent.sleep(0.001)
    gevent.sleep(0.001)
    assert [(context, kind) for context, kind, _ in reports] == [(hook, KeyError)]
    assert not hook.active
    assert switches.seen


def test_hook_may_not_wait(reports: list[Report]) -> None:
    """HOOK2."""
    get_hub().add_switch_hook(lambda *_: gevent.sleep(0))
    gevent.spawn(gevent.sleep, 0).join()
    gevent.sleep(0.001)
    assert [kind for _, kind, _ in reports] == [
        gevent.exceptions.BlockingSwitchOutError
    ]


def test_hook_may_spawn_and_set(switches: Switches) -> None:
    ready = Event()
    spawned: list[gevent.Greenlet[..., object]] = []

    def act(*_: object) -> None:
        if not spawned:
            spawned.append(gevent.spawn(int))
            ready.set()

    with get_hub().add_switch_hook(act):
        waiting = gevent.spawn(ready.wait)
        waiting.join()
    assert spawned[0].ready() or spawned[0].join() is None
    assert is_chain(switches.seen)


def test_hook_may_kill_whom_it_is_told_of(switches: Switches) -> None:
    victims: list[gevent.Greenlet[..., object]] = []

    def kill(origin: object, target: object) -> None:
        if target in victims and not target.dead:  # type: ignore[attr-defined]  # a greenlet then
            victims.remove(target)  # type: ignore[arg-type]  # as above
            target.kill(block=False)  # type: ignore[attr-defined]  # as above

    with get_hub().add_switch_hook(kill):
        both = [gevent.spawn(gevent.sleep, 0.001) for _ in range(2)]
        gevent.sleep(0)
        victims.extend(both)
        gevent.joinall(both)
    assert [each.ready() for each in both] == [True, True]


@pytest.mark.parametrize("how", ["kill", "throw", "timeout"])
def test_thrown_greenlet_is_told_of(switches: Switches, how: str) -> None:
    seen: list[int] = []

    def wait() -> None:
        try:
            with gevent.Timeout(0.001 if how == "timeout" else None, False):
                Event().wait()
        finally:
            seen.append(len(switches.seen))
            gevent.sleep(0)

    target = switches.spawn("target", wait)
    gevent.sleep(0)
    if how == "kill":
        target.kill()
    elif how == "throw":
        get_hub().loop.run_callback(target.throw, gevent.GreenletExit)
    target.join()
    assert switches.seen[seen[0] - 1][1] == "target"
    assert is_chain(switches.seen)


def test_switches_of_the_program_itself_are_told_of_late(switches: Switches) -> None:
    def run() -> None:
        gevent.sleep(0)

    raw = greenlet.greenlet(run, switches.hub.parent)
    switches.names[raw] = "raw"
    raw.switch()
    gevent.sleep(0.001)
    assert ("main", "raw") in switches.seen
    assert is_chain(switches.seen)


def test_custom_switch_of_a_hub_is_told_of(switches: Switches) -> None:
    hub = switches.hub
    hub.switch = lambda: Hub.switch(hub)  # type: ignore[method-assign]  # as users do
    try:
        both = [switches.spawn(name, gevent.sleep, 0) for name in "ab"]
        gevent.joinall(both)
    finally:
        del hub.switch
    assert ("a", "hub") in switches.seen
    assert is_chain(switches.seen)


def test_trace_function_sees_what_it_saw_without_a_hook() -> None:
    def trace_of(with_hook: bool) -> list[str]:
        traced: list[str] = []
        hook = get_hub().add_switch_hook(int.__add__) if with_hook else None
        if hook is not None:
            hook.remove()
            hook = get_hub().add_switch_hook(lambda *_: None)
        before = greenlet.settrace(lambda event, _: traced.append(event))
        try:
            gevent.joinall([gevent.spawn(gevent.sleep, 0) for _ in range(3)])
        finally:
            greenlet.settrace(before)
            if hook is not None:
                hook.remove()
        return traced

    assert trace_of(True) == trace_of(False) != []


def test_hook_keeps_no_greenlet_when_it_is_removed() -> None:
    hook = get_hub().add_switch_hook(lambda *_: None)
    ended = gevent.spawn(int)
    ended.join()
    gone = weakref.ref(ended)
    del ended
    gevent.sleep(0.001)
    hook.remove()
    gc.collect()
    assert gone() is None


def test_what_is_no_hook_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a callable"):
        get_hub().add_switch_hook(3)


def test_only_the_thread_of_the_hub_adds_hooks() -> None:
    hub = get_hub()
    errors: list[BaseException] = []

    def add() -> None:
        try:
            hub.add_switch_hook(print)
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=add)
    thread.start()
    thread.join()
    assert len(errors) == 1


@pytest.mark.cpython("it has capsules")
def test_capsule_holds_a_function_in_c() -> None:
    seen: list[tuple[int | None, object, object]] = []
    kind = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    function = kind(lambda *args: seen.append(args))
    make = ctypes.pythonapi.PyCapsule_New
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    name = b"gevent_switch_hook"
    capsule = make(ctypes.cast(function, ctypes.c_void_p), name, None)
    set_context = ctypes.pythonapi.PyCapsule_SetContext
    set_context.argtypes = [ctypes.py_object, ctypes.c_void_p]
    set_context(capsule, 7)
    hub = get_hub()
    with hub.add_switch_hook(capsule):
        gevent.sleep(0.001)
    assert seen[0] == (7, hub.parent, hub)
    assert seen[-1] == (7, hub, hub.parent)


@pytest.mark.cpython("it has capsules")
def test_capsule_of_something_else_is_refused() -> None:
    from datetime import datetime_CAPI  # type: ignore[attr-defined,unused-ignore]  # not in its stub

    with pytest.raises(ValueError, match="incorrect name"):
        get_hub().add_switch_hook(datetime_CAPI)


# -- what takes too long -----------------------------------------------------------


@pytest.fixture
def told(virtual_loop: VirtualLoop) -> Iterator[list[object]]:
    """Events of long runs and turns; 0.1 virtual seconds are allowed."""
    found: list[object] = []
    with (
        pytest.MonkeyPatch.context() as patch,
        events.subscribe(events.LoopStalled, found.append),
        events.subscribe(events.LoopLagged, found.append),
    ):
        patch.setattr(config, "max_blocking_time", 0.1)
        gevent.sleep(0)
        yield found


def stalls(told: list[object]) -> list[tuple[object, float]]:
    return [
        (event.greenlet, round(event.duration, 6))
        for event in told
        if isinstance(event, events.LoopStalled)
    ]


def lags(told: list[object]) -> list[float]:
    return [
        round(event.lag, 6) for event in told if isinstance(event, events.LoopLagged)
    ]


def test_long_run_of_a_greenlet_that_parks_is_told(
    virtual_loop: VirtualLoop, told: list[object]
) -> None:
    def run() -> None:
        virtual_loop.burn(0.25)
        gevent.sleep(0)

    running = gevent.spawn(run)
    running.join()
    gevent.sleep(1)
    assert stalls(told) == [(running, 0.25)]
    (stall,) = [each for each in told if isinstance(each, events.LoopStalled)]
    assert stall.hub is get_hub()
    assert stall.spawning_stack is running.spawning_stack


def test_long_run_of_a_greenlet_that_ends_is_told(
    virtual_loop: VirtualLoop, told: list[object]
) -> None:
    running = gevent.spawn(virtual_loop.burn, 0.25)
    running.join()
    gevent.sleep(1)
    assert stalls(told) == [(running, 0.25)]


def test_long_run_of_a_greenlet_that_hands_over_is_told(
    virtual_loop: VirtualLoop, told: list[object]
) -> None:
    def run(seconds: float) -> None:
        gevent.sleep(0)
        virtual_loop.burn(seconds)
        gevent.sleep(0)

    both = [gevent.spawn(run, seconds) for seconds in (0.01, 0.25)]
    gevent.joinall(both)
    gevent.sleep(1)
    assert stalls(told) == [(both[1], 0.25)]


def test_long_run_of_the_main_greenlet_is_told(
    virtual_loop: VirtualLoop, told: list[object]
) -> None:
    gevent.sleep(1)
    virtual_loop.burn(0.25)
    gevent.sleep(1)
    assert stalls(told) == [(greenlet.getcurrent(), 0.25)]


def test_long_run_after_everything_has_ended_is_told(
    virtual_loop: VirtualLoop, told: list[object]
) -> None:
    get_hub().join()
    virtual_loop.burn(0.25)
    gevent.sleep(0)
    gevent.sleep(1)
    assert stalls(told) == [(get_hub().parent, 0.25)]


def test_long_run_of_a_callback_is_the_hubs(
    virtual_loop: VirtualLoop, told: list[object]
) -> None:
    hub = get_hub()
    hub.loop.run_callback(virtual_loop.burn, 0.25)
    gevent.sleep(1)
    assert stalls(told) == [(hub, 0.25)]


def test_waiting_is_no_run(virtual_loop: VirtualLoop, told: list[object]) -> None:
    gevent.joinall([gevent.spawn(gevent.sleep, seconds) for seconds in (1, 2, 3)])
    assert told == []


def test_short_runs_are_not_told(virtual_loop: VirtualLoop, told: list[object]) -> None:
    for _ in range(5):
        virtual_loop.burn(0.09)
        gevent.sleep(1)
    assert told == []


def test_many_short_runs_in_one_turn_lag(
    virtual_loop: VirtualLoop, told: list[object]
) -> None:
    def run() -> None:
        gevent.sleep(1)
        virtual_loop.burn(0.04)

    gevent.joinall([gevent.spawn(run) for _ in range(5)])
    gevent.sleep(1)
    assert stalls(told) == []
    assert lags(told) == [0.2]


def test_setting_takes_effect_at_once(
    virtual_loop: VirtualLoop, told: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "max_blocking_time", 0.5)
    gevent.sleep(1)
    virtual_loop.burn(0.25)
    gevent.sleep(1)
    assert told == []
    monkeypatch.setattr(config, "max_blocking_time", None)
    virtual_loop.burn(100)
    gevent.sleep(1)
    assert told == []
    monkeypatch.setattr(config, "max_blocking_time", 0.2)
    virtual_loop.burn(0.25)
    gevent.sleep(1)
    assert [duration for _, duration in stalls(told)] == [0.25]


def test_who_fails_to_take_it_is_reported(
    virtual_loop: VirtualLoop, told: list[object], reports: list[Report]
) -> None:
    def fail(_: object) -> None:
        raise KeyError("subscriber")

    with events.subscribe(events.LoopStalled, fail):
        gevent.spawn(virtual_loop.burn, 0.25).join()
        gevent.sleep(1)
    assert [kind for _, kind, _ in reports] == [KeyError]


def test_no_wake_up_is_lost_when_telling_of_a_long_run_fails(
    virtual_loop: VirtualLoop,
    reports: list[Report],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An interrupt may come there; whom control was to go to must still get it."""

    def fail(*_: object) -> None:
        raise KeyError("telling")

    monkeypatch.setattr(gevent.get_hub(), "note_long_run", fail, raising=False)
    ready, ended = Event(), []

    def wait() -> None:
        ready.wait()
        ended.append("waiter")

    def burn() -> None:
        gevent.sleep(0)
        ready.set()
        virtual_loop.burn(0.25)
        gevent.sleep(0)
        ended.append("burner")

    gevent.joinall([gevent.spawn(wait), gevent.spawn(burn)], timeout=1)
    assert ended == ["waiter", "burner"]
    assert KeyError in [kind for _, kind, _ in reports]


def test_subscribers_of_zope_are_not_told_of_what_they_were_not_written_for(
    virtual_loop: VirtualLoop,
) -> None:
    found: list[object] = []
    gevent.sleep(1)
    events.subscribers.append(found.append)
    try:
        gevent.spawn(virtual_loop.burn, 0.25).join()
        gevent.sleep(1)
    finally:
        events.subscribers.remove(found.append)
    assert found == []


def test_real_time_is_measured_too() -> None:
    """Whatever ticks: something that surely takes a millisecond is above 1 us."""
    found: list[object] = []
    with (
        pytest.MonkeyPatch.context() as patch,
        events.subscribe(events.LoopStalled, found.append),
    ):
        patch.setattr(config, "max_blocking_time", 1e-6)
        running = gevent.spawn(sum, range(100_000))
        running.join()
        gevent.sleep(0.001)
    durations = [
        event.duration
        for event in found
        if isinstance(event, events.LoopStalled) and event.greenlet is running
    ]
    assert len(durations) == 1
    assert 1e-6 < durations[0] < 60


# -- hubs and greenlets ------------------------------------------------------------


def test_hub_is_told_of_when_it_is_made_and_when_it_is_destroyed() -> None:
    found: list[object] = []
    with events.subscribe(object, found.append):
        get_hub().destroy(destroy_loop=True)
        hub = get_hub()
    made = [event for event in found if isinstance(event, events.HubCreated)]
    ended = [event for event in found if isinstance(event, events.HubEnded)]
    assert [event.hub for event in made] == [hub]
    assert len(ended) == 1
    assert ended[0].hub is not hub


def test_who_fails_to_take_a_new_hub_is_reported(reports: list[Report]) -> None:
    def fail(_: object) -> None:
        raise KeyError("subscriber")

    get_hub().destroy(destroy_loop=True)
    with events.subscribe(events.HubCreated, fail):
        get_hub()
    assert [(context, kind) for context, kind, _ in reports] == [
        ("HubCreated", KeyError)
    ]


def test_greenlets_tell_of_their_beginning_and_end(reports: list[Report]) -> None:
    found: list[object] = []
    with events.subscribe(object, found.append):
        good = gevent.spawn(int)
        killed = gevent.spawn(int)
        killed.kill()
        bad = gevent.spawn(int, "x")
        gevent.joinall([good, killed, bad])
        gevent.sleep(0)
    by_kind = {
        kind: [event.greenlet for event in found if type(event) is kind]
        for kind in (
            events.GreenletSpawned,
            events.GreenletFinished,
            events.GreenletFailed,
        )
    }
    assert by_kind == {
        events.GreenletSpawned: [good, killed, bad],
        events.GreenletFinished: [killed, good],
        events.GreenletFailed: [bad],
    }


def test_who_ends_before_its_start_tells_nothing() -> None:
    found: list[object] = []
    with events.subscribe(events.GreenletFinished, found.append):
        greenlet = gevent.Greenlet(int)
        greenlet.kill()
        gevent.sleep(0)
    assert (found, greenlet.dead) == ([], True)


def test_a_destroyed_hub_takes_no_switch_hook() -> None:
    hub = get_hub()
    hub.destroy(destroy_loop=True)
    with pytest.raises(ValueError, match="operation on destroyed hub"):
        hub.add_switch_hook(print)


@pytest.mark.parametrize("name", ["run_times", "loop_lag"])
def test_only_hubs_have_times(name: str) -> None:
    with pytest.raises(TypeError, match="a hub is expected, not 3"):
        getattr(gevent.util, name)(3)


def test_beginning_and_end_are_not_told_to_everybody() -> None:
    found: list[object] = []
    events.subscribers.append(found.append)
    try:
        gevent.spawn(int).join()
        gevent.sleep(0)
    finally:
        events.subscribers.remove(found.append)
    assert found == []


def test_when_nobody_listens_a_greenlet_queues_nothing_more() -> None:
    gevent.spawn(int).join()
    assert get_hub().loop.pendingcnt == 0


# -- how long it takes -------------------------------------------------------------


def test_runs_and_turns_are_counted(virtual_loop: VirtualLoop) -> None:
    from gevent.util import loop_lag, run_times

    gevent.sleep(1)
    before = run_times(), loop_lag()
    for _ in range(3):
        gevent.spawn(virtual_loop.burn, 0.25).join()
        gevent.sleep(1)
    runs, turns = run_times(), loop_lag()
    for earlier, later in ((before[0], runs), (before[1], turns)):
        place = next(i for i, bound in enumerate(later.bounds) if bound > 0.25)
        assert later.bounds[place - 1] <= 0.25
        assert later.counts[place] - earlier.counts[place] == 3
        assert later.total > earlier.total


def test_quantile_is_a_bound_of_what_was_counted() -> None:
    from gevent.util import Histogram

    counted = Histogram((1.0, 2.0, 4.0), (1, 2, 1))
    assert counted.total == 4
    assert [counted.quantile(q) for q in (0.0, 0.25, 0.5, 0.75, 1.0)] == [
        1.0,
        1.0,
        2.0,
        2.0,
        4.0,
    ]
    assert Histogram((1.0,), (0,)).quantile(0.5) == 0.0
    for wrong in (-0.1, 1.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            counted.quantile(wrong)


def test_times_of_another_thread_can_be_read() -> None:
    from gevent.util import run_times

    hub = get_hub()
    gevent.sleep(0.001)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(run_times(hub).total))
    thread.start()
    thread.join()
    assert found[0] > 0


def test_times_of_a_destroyed_hub_are_refused() -> None:
    from gevent.util import loop_lag

    hub = get_hub()
    hub.destroy(destroy_loop=True)
    with pytest.raises(ValueError, match="destroyed"):
        loop_lag(hub)
