"""Cancel scopes: what C1 to C11 of ``gevent.cancellation`` say, and what is near."""

# What blocks do is what is tested here: one in another is no accident.
# ruff: noqa: PT012, SIM117
from __future__ import annotations

import gc
import itertools
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from math import inf, nan

import greenlet as greenlets
import pytest

import gevent
from gevent import (
    Cancelled,
    CancelScope,
    Greenlet,
    GreenletExit,
    TaskGroup,
    Timeout,
    check_cancelled,
    fail_after,
    move_on_after,
)
from gevent.cancellation import current_deadline
from gevent.event import AsyncResult, Event
from gevent.events import CancelSwallowed, ScopeCancelled, subscribe
from gevent.exceptions import BlockingSwitchOutError
from gevent.hub import Waiter, get_hub
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.queue import Channel, JoinableQueue, Queue, SimpleQueue
from tests.support.schedule import run_until_idle
from tests.support.virtual import VirtualLoop, posting_thread

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]

Steps = list[object]


@pytest.fixture
def steps() -> Steps:
    """What happened, in order."""
    return []


def in_hub(function: Callable[..., object], *args: object) -> None:
    """Call a function in the hub, soon."""
    get_hub().loop.run_callback(function, *args)


def now() -> float:
    """The time of the virtual clock."""
    return get_hub().loop.now()


# -- C1: a wait in a cancelled scope raises, and nothing else does ---------------------


def test_a_wait_in_a_cancelled_scope_raises() -> None:
    with CancelScope() as scope:
        scope.cancel("enough")
        with pytest.raises(Cancelled, match=r"^enough$") as caught:
            gevent.sleep(1)
        assert caught.value.scope is scope
        assert caught.value.reason == "enough"
    assert now() == 0.0


def test_a_greenlet_that_waits_is_woken_by_a_cancel() -> None:
    with CancelScope() as scope:
        in_hub(scope.cancel)
        Event().wait()
        pytest.fail("it went on")
    assert scope.cancelled_caught
    assert not scope.expired


def test_what_completes_at_once_completes() -> None:
    queue: Queue[int] = Queue()
    queue.put(1)
    lock = Semaphore()
    with CancelScope() as scope:
        scope.cancel()
        assert queue.get() == 1
        assert lock.acquire()
    assert not scope.cancelled_caught


def test_sleep_of_zero_is_a_wait(steps: Steps) -> None:
    with CancelScope() as scope:
        scope.cancel()
        gevent.sleep(0)
        steps.append("not reached")
    assert not steps


def test_the_text_of_a_cancel_without_a_reason() -> None:
    with CancelScope() as scope:
        scope.cancel()
        with pytest.raises(Cancelled, match=r"^cancelled$"):
            gevent.sleep(1)
    assert scope.reason is None


def full_queue() -> Queue[int]:
    queue: Queue[int] = Queue(1)
    queue.put(0)
    return queue


def held_lock() -> RLock:
    lock = RLock()
    gevent.spawn(lock.acquire).join()
    return lock


def joined_queue() -> JoinableQueue[int]:
    queue: JoinableQueue[int] = JoinableQueue()
    queue.put(0)
    return queue


def switch_by_hand() -> None:
    get_hub().switch()


WAITS: dict[str, Callable[[], Callable[[], object]]] = {
    "sleep": lambda: lambda: gevent.sleep(1),
    "idle": lambda: gevent.idle,
    "Event": lambda: Event().wait,
    "AsyncResult": lambda: AsyncResult().get,
    "Waiter": lambda: Waiter().get,
    "Queue.get": lambda: Queue().get,
    "Queue.put": lambda: lambda: full_queue().put(1),
    "Queue.join": lambda: joined_queue().join,
    "SimpleQueue": lambda: SimpleQueue().get,
    "Channel.get": lambda: Channel().get,
    "Channel.put": lambda: lambda: Channel().put(1),
    "Semaphore": lambda: Semaphore(0).acquire,
    "BoundedSemaphore": lambda: lambda: BoundedSemaphore(0).acquire(),
    "RLock": lambda: held_lock().acquire,
    "join": lambda: gevent.spawn(gevent.sleep, 1).join,
    "get": lambda: gevent.spawn(gevent.sleep, 1).get,
    "joinall": lambda: lambda: gevent.joinall([gevent.spawn(gevent.sleep, 1)]),
    "wait": lambda: lambda: gevent.wait([Event()]),
    "iwait": lambda: lambda: list(gevent.iwait([Event()])),
}


@pytest.mark.parametrize("name", WAITS)
@pytest.mark.parametrize("is_early", [True, False])
def test_every_wait_is_cut_short(name: str, is_early: bool) -> None:
    wait = WAITS[name]()
    before = now()
    with CancelScope() as scope:
        if is_early:
            scope.cancel()
        else:
            in_hub(scope.cancel)
        wait()
        pytest.fail("it went on")
    assert scope.cancelled_caught
    assert now() == before
    gevent.sleep(2)  # whoever was waited for ends


def test_a_time_out_of_a_wait_is_not_needed_to_be_cut_short() -> None:
    with CancelScope() as scope:
        in_hub(scope.cancel)
        Event().wait(5)
        pytest.fail("it went on")
    assert now() == 0.0


# -- C2: again and again ---------------------------------------------------------------


def test_who_swallows_it_gets_it_again(steps: Steps) -> None:
    with CancelScope() as scope:
        scope.cancel()
        for _ in range(4):
            try:
                Event().wait()
            except BaseException as error:
                steps.append(error)
        Event().wait()
        pytest.fail("it went on")
    assert len(set(map(id, steps))) == 4
    assert scope.cancelled_caught


def test_after_the_scope_waits_are_waits_again() -> None:
    with CancelScope() as scope:
        scope.cancel()
        gevent.sleep(1)
    gevent.sleep(1)
    assert now() == 1.0


# -- C3: cleanup may wait --------------------------------------------------------------


def test_cleanup_may_wait(steps: Steps) -> None:
    with CancelScope() as scope:
        in_hub(scope.cancel)
        try:
            gevent.sleep(60)
        finally:
            gevent.sleep(1)
            try:
                raise KeyError
            except KeyError:
                gevent.sleep(1)
            steps.append("clean")
    assert steps == ["clean"]
    assert now() == 2.0


def test_cleanup_of_a_context_manager_may_wait(steps: Steps) -> None:
    @contextmanager
    def connection() -> Iterator[None]:
        try:
            yield
        finally:
            gevent.sleep(1)
            steps.append("closed")

    with CancelScope() as scope, connection():
        scope.cancel()
        gevent.sleep(60)
    assert steps == ["closed"]


def test_cleanup_in_a_generator_that_its_caller_runs_may_wait(steps: Steps) -> None:
    def generator() -> Iterator[int]:
        gevent.sleep(1)
        yield 1

    with CancelScope() as scope:
        scope.cancel()
        try:
            gevent.sleep(60)
        finally:
            steps.extend(generator())
    assert steps == [1]


def test_who_swallowed_it_in_cleanup_meets_it_again_behind(steps: Steps) -> None:
    with CancelScope() as scope:
        scope.cancel()
        while len(steps) < 3:
            try:
                gevent.sleep(60)
            except BaseException:
                gevent.sleep(0.01)
                steps.append("rested")
    assert scope.cancelled_caught


@pytest.mark.parametrize("mode", ["scope", "setting"])
def test_cleanup_is_interrupted_when_its_time_is_over(
    mode: str, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mode == "scope":
        scope = CancelScope(cleanup_timeout=2)
    else:
        monkeypatch.setattr(gevent.config, "cleanup_timeout", 2)
        scope = CancelScope()
    with scope:
        scope.cancel()
        try:
            gevent.sleep(60)
        finally:
            try:
                gevent.sleep(60)
            finally:
                steps.append(now())
                gevent.sleep(60)
    assert steps == [2.0]
    assert now() < 3.0


def test_cleanup_may_take_for_ever_if_that_was_said() -> None:
    with CancelScope(cleanup_timeout=None) as scope:
        scope.cancel()
        try:
            gevent.sleep(60)
        finally:
            gevent.sleep(1000)
    assert now() == 1000.0


def test_cleanup_may_not_wait_if_that_was_said(steps: Steps) -> None:
    with CancelScope(cleanup_timeout=0) as scope:
        scope.cancel()
        try:
            gevent.sleep(60)
        finally:
            try:
                gevent.sleep(60)
            except Cancelled:
                steps.append("at once")
    assert steps == ["at once"]
    assert now() < 0.5


def test_a_scope_entered_in_cleanup_is_not_excused(steps: Steps) -> None:
    with CancelScope() as outer:
        outer.cancel()
        try:
            gevent.sleep(60)
        finally:
            with move_on_after(1) as goodbye:
                gevent.sleep(60)
            gevent.sleep(1)
            steps.append("rest")
    assert steps == ["rest"]
    assert goodbye.cancelled_caught
    assert goodbye.expired
    assert outer.cancelled_caught


@pytest.mark.parametrize("how", ["swallowed", "raised", "caught"])
def test_an_excuse_ends_with_its_handler(how: str, steps: Steps) -> None:
    """What was handled at the last wait is no excuse at the next one."""
    with CancelScope(cleanup_timeout=None) as outer:
        try:
            with CancelScope() as inner:
                inner.cancel()
                try:
                    gevent.sleep(60)
                except Cancelled:
                    gevent.sleep(1)
                    if how == "raised":
                        raise KeyError from None
                    if how == "caught":
                        raise
        except KeyError:
            pass
        in_hub(outer.cancel)
        gevent.sleep(60)
        steps.append("not reached")
    assert not steps
    assert outer.cancelled_caught
    assert now() == 1.0


# -- C4: who swallows waits a little ---------------------------------------------------


def test_a_stubborn_loop_starves_nobody(steps: Steps) -> None:
    def other() -> None:
        for number in range(3):
            steps.append(number)
            gevent.sleep(0)

    with CancelScope() as scope:
        scope.cancel()
        gevent.spawn(other)
        while 2 not in steps:
            try:
                gevent.sleep(60)
            except Cancelled:
                steps.append("swallowed")
    assert steps.count("swallowed") <= 4


def test_the_pauses_grow_up_to_a_limit(steps: Steps) -> None:
    with CancelScope() as scope:
        scope.cancel()
        for _ in range(14):
            try:
                gevent.sleep(60)
            except Cancelled:
                steps.append(now())
    times = [float(str(each)) for each in steps]
    pauses = [round(b - a, 6) for a, b in itertools.pairwise(times)]
    assert pauses[:5] == [0.0, 0.001, 0.002, 0.004, 0.008]
    assert max(pauses) == pauses[-1] == 0.1


def test_each_swallowed_one_is_told(steps: Steps) -> None:
    with subscribe(CancelSwallowed, steps.append), CancelScope() as scope:
        scope.cancel()
        for _ in range(3):
            try:
                gevent.sleep(60)
            except Cancelled:
                pass
        gevent.sleep(60)
    told = [each for each in steps if isinstance(each, CancelSwallowed)]
    assert [each.count for each in told] == [1, 2, 3]
    assert all(each.scope is scope for each in told)


def test_a_kill_ends_the_pause(steps: Steps) -> None:
    def stubborn() -> None:
        with CancelScope() as scope:
            scope.cancel()
            while True:
                try:
                    gevent.sleep(60)
                except Cancelled:
                    steps.append("swallowed")
                except GreenletExit:
                    steps.append("killed")
                    raise

    greenlet = gevent.spawn(stubborn)
    gevent.sleep(1.05)
    greenlet.kill()
    assert steps[-1] == "killed"
    assert isinstance(greenlet.value, GreenletExit)


def test_what_is_handed_over_in_the_pause_is_not_lost(steps: Steps) -> None:
    queue: Queue[int] = Queue()
    with CancelScope() as scope:
        scope.cancel()
        with pytest.raises(Cancelled):
            queue.get()
        in_hub(queue.put, 1)
        steps.append(queue.get())
    assert len(steps) + len(queue) == 1


# -- C5: whose it is -------------------------------------------------------------------


def test_it_is_raised_for_the_outermost(steps: Steps) -> None:
    with CancelScope() as outer:
        with CancelScope() as inner:
            inner.cancel()
            outer.cancel()
            with pytest.raises(Cancelled) as caught:
                gevent.sleep(1)
            assert caught.value.scope is outer
            raise caught.value
        steps.append("between")
    assert not steps
    assert outer.cancelled_caught
    assert not inner.cancelled_caught


def test_a_scope_passes_its_own_on_when_an_outer_one_is_due(steps: Steps) -> None:
    with CancelScope() as outer:
        with CancelScope() as inner:
            inner.cancel()
            try:
                gevent.sleep(1)
            finally:
                outer.cancel("the outer")
        steps.append("between")
    assert not steps
    assert outer.cancelled_caught
    assert not inner.cancelled_caught


def test_a_shield_does_not_pass_its_own_on(steps: Steps) -> None:
    with CancelScope() as outer:
        with CancelScope(shield=True) as inner:
            inner.cancel()
            try:
                gevent.sleep(1)
            finally:
                outer.cancel()
        steps.append("between")
        gevent.sleep(1)
        steps.append("not reached")
    assert steps == ["between"]
    assert inner.cancelled_caught
    assert outer.cancelled_caught


def test_both_deadlines_have_passed(virtual_loop: VirtualLoop) -> None:
    with move_on_after(2) as outer:
        with move_on_after(1) as inner:
            virtual_loop.burn(3)
            gevent.sleep(60)
        pytest.fail("it went on")
    assert outer.cancelled_caught
    assert outer.expired
    assert inner.expired
    assert not inner.cancelled_caught


def test_own_ones_in_a_group_of_exceptions_end_the_rest_goes_on() -> None:
    with pytest.raises(ExceptionGroup) as caught, CancelScope() as scope:
        scope.cancel()
        try:
            gevent.sleep(1)
        except Cancelled as error:
            raise BaseExceptionGroup("both", [error, KeyError(1)]) from None
    assert [type(each) for each in caught.value.exceptions] == [KeyError]
    assert not scope.cancelled_caught


def test_a_group_of_own_ones_ends() -> None:
    with CancelScope() as scope:
        scope.cancel()
        try:
            gevent.sleep(1)
        except Cancelled as error:
            raise BaseExceptionGroup("one", [error]) from None
    assert scope.cancelled_caught


def test_except_star_takes_them(steps: Steps) -> None:
    with CancelScope() as scope:
        scope.cancel()
        try:
            gevent.sleep(1)
        except* Cancelled as caught:
            steps.append(len(caught.exceptions))
    assert steps == [1]
    assert scope.cancelled_caught


def test_one_that_was_stored_is_of_nobody() -> None:
    with CancelScope() as scope:
        scope.cancel()
        with pytest.raises(Cancelled) as stored:
            gevent.sleep(1)

    def elsewhere() -> None:
        with CancelScope():
            raise stored.value

    greenlet = gevent.spawn(elsewhere)
    greenlet.join()
    assert greenlet.successful()
    assert greenlet.value is stored.value


# -- C6: who sees what -----------------------------------------------------------------


def test_a_shield_keeps_a_cancel_out_until_it_is_left(steps: Steps) -> None:
    with CancelScope() as outer:
        with CancelScope(shield=True) as shield:
            in_hub(outer.cancel)
            gevent.sleep(1)
            steps.append("whole")
        gevent.sleep(0)
        steps.append("not reached")
    assert steps == ["whole"]
    assert not shield.cancel_called
    assert now() == 1.0


def test_a_shield_has_a_deadline_of_its_own() -> None:
    with CancelScope() as outer:
        outer.cancel()
        with move_on_after(1, shield=True) as shield:
            gevent.sleep(60)
        assert shield.cancelled_caught
    assert now() == 1.0


@pytest.mark.parametrize("is_in_group", [False, True])
def test_a_shield_that_is_taken_down_lets_the_cancel_in(is_in_group: bool) -> None:
    with CancelScope() as outer:
        with CancelScope(shield=True) as shield:
            outer.cancel()
            in_hub(setattr, shield, "shield", False)
            if is_in_group:
                with TaskGroup() as group:
                    member = group.spawn(gevent.sleep, 60)
            else:
                gevent.sleep(60)
        pytest.fail("it went on")
    assert outer.cancelled_caught
    assert now() == 0.0
    if is_in_group:
        assert isinstance(member.value, Cancelled)


def test_a_shield_that_is_put_up_keeps_the_next_wait_whole(steps: Steps) -> None:
    with CancelScope() as outer, CancelScope() as scope:
        outer.cancel()
        scope.shield = True
        gevent.sleep(1)
        steps.append("whole")
    assert steps == ["whole"]


def test_greenlets_of_others_do_not_see_it() -> None:
    with CancelScope() as scope:
        other = gevent.spawn(lambda: gevent.sleep(1) or "done")
        scope.cancel()
        gevent.sleep(60)
    assert other.get() == "done"


# -- C7: delivery ----------------------------------------------------------------------


def test_who_has_left_in_time_gets_nothing(steps: Steps) -> None:
    event = Event()

    def waits() -> None:
        with CancelScope() as scope:
            steps.append(scope)
            event.wait()
        steps.append("left")
        gevent.sleep(1)
        steps.append("whole")

    greenlet = gevent.spawn(waits)
    gevent.sleep(0)
    event.set()
    (scope,) = steps
    assert isinstance(scope, CancelScope)
    in_hub(scope.cancel)  # behind the wake-up
    greenlet.get()
    assert steps[1:] == ["left", "whole"]


def test_those_who_wait_are_woken_in_their_order(steps: Steps) -> None:
    def member(number: int) -> None:
        try:
            Event().wait()
        finally:
            steps.append(number)

    with TaskGroup() as group:
        for number in range(5):
            group.spawn(member, number)
        gevent.sleep(0)
        group.cancel()
    assert steps == [0, 1, 2, 3, 4]


def test_a_cancel_never_switches(virtual_loop: VirtualLoop) -> None:
    greenlet = gevent.spawn(gevent.sleep, 1)
    gevent.sleep(0)
    with CancelScope() as scope:
        before = virtual_loop.n_switches
        scope.cancel()
        greenlet.cancel()
        assert virtual_loop.n_switches == before
    greenlet.join()


@pytest.mark.parametrize("is_cancel_first", [True, False])
def test_an_item_and_a_cancel_of_one_turn(is_cancel_first: bool, steps: Steps) -> None:
    queue: Queue[int] = Queue()

    def taker() -> None:
        steps.append(queue.get())

    greenlet = gevent.spawn(taker)
    gevent.sleep(0)
    for act in (greenlet.cancel, lambda: queue.put(1))[:: 1 if is_cancel_first else -1]:
        act()
    greenlet.join()
    assert len(steps) + len(queue) == 1


@pytest.mark.parametrize("is_cancel_first", [True, False])
def test_a_permit_and_a_cancel_of_one_turn(is_cancel_first: bool) -> None:
    lock = Semaphore(0)

    def taker() -> None:
        with lock:
            pass

    greenlet = gevent.spawn(taker)
    gevent.sleep(0)
    for act in (greenlet.cancel, lock.release)[:: 1 if is_cancel_first else -1]:
        act()
    greenlet.join()
    assert lock.counter == 1


@pytest.mark.parametrize("is_cancel_first", [True, False])
def test_an_item_of_a_channel_and_a_cancel_of_one_turn(is_cancel_first: bool) -> None:
    channel: Channel[int] = Channel()
    taken: list[int] = []
    putter = gevent.spawn(channel.put, 1)
    taker = gevent.spawn(lambda: taken.append(channel.get()))
    gets = gevent.spawn(channel.get)
    gets.cancel()
    if is_cancel_first:
        taker.cancel()
    gevent.sleep(0)
    taker.cancel()
    run_until_idle()
    assert putter.dead == bool(taken)
    putter.kill()


# -- C8: who has not begun -------------------------------------------------------------


@pytest.mark.parametrize("make", [gevent.spawn, Greenlet])
def test_who_has_not_begun_never_runs(
    make: Callable[..., Greenlet], steps: Steps
) -> None:
    greenlet = make(steps.append, "ran")
    greenlet.cancel("no")
    assert greenlet.dead
    assert isinstance(greenlet.value, Cancelled)
    greenlet.start()
    gevent.sleep(0)
    assert not steps


# -- C9: kills, time-outs, signals -----------------------------------------------------


@pytest.mark.parametrize("error", [GreenletExit, Timeout, KeyError])
def test_a_shield_does_not_hold_off_a_kill(error: type[BaseException]) -> None:
    def shielded() -> None:
        with CancelScope(shield=True), pytest.raises(error):
            gevent.sleep(60)

    greenlet = gevent.spawn(shielded)
    gevent.sleep(0)
    greenlet.kill(error)
    assert greenlet.successful()


def test_a_timeout_inside_a_scope_is_its_own() -> None:
    with move_on_after(60) as scope:
        with pytest.raises(Timeout) as caught, Timeout(1) as timeout:
            gevent.sleep(60)
        assert caught.value is timeout
        assert timeout.expired
    assert not scope.cancel_called


def test_a_scope_around_a_timeout_is_its_own() -> None:
    with move_on_after(1) as scope, Timeout(60) as timeout:
        gevent.sleep(60)
    assert scope.cancelled_caught
    assert not timeout.expired


def test_each_timeout_knows_whether_it_has_fired() -> None:
    """Of gevent#1861."""
    outer = Timeout.start_new(1)
    inner = Timeout.start_new(60)
    with pytest.raises(Timeout):
        gevent.sleep(70)
    assert (outer.expired, inner.expired) == (True, False)
    inner.close()
    outer.close()


# -- C10: swallowed and ended ----------------------------------------------------------


def test_a_block_that_swallowed_it_and_ended_was_cut_short() -> None:
    with move_on_after(1) as scope:
        try:
            gevent.sleep(60)
        except BaseException:
            pass
    assert scope.cancelled_caught


def test_a_deadline_says_so_when_it_was_swallowed() -> None:
    with pytest.raises(TimeoutError) as caught, fail_after(1):
        try:
            gevent.sleep(60)
        except BaseException:
            pass
    assert isinstance(caught.value.__cause__, Cancelled)


def test_completed_is_completed(virtual_loop: VirtualLoop) -> None:
    with fail_after(1) as scope:
        virtual_loop.burn(2)
    assert not scope.cancelled_caught


# -- C11: in reverse order -------------------------------------------------------------


def test_a_scope_that_is_left_too_early_says_which_one_is_open() -> None:
    outer = CancelScope(name="the outer")
    inner = CancelScope(name="the inner")
    outer.__enter__()
    inner.__enter__()
    with pytest.raises(RuntimeError, match=r"'the outer'.*'the inner'"):
        outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)
    outer.__exit__(None, None, None)


def test_a_scope_is_left_by_the_greenlet_that_entered_it() -> None:
    scope = CancelScope()
    with scope:
        other = gevent.spawn(pytest.raises, RuntimeError, scope.__exit__, *[None] * 3)
        other.get()
    assert not scope.cancel_called


def test_a_scope_has_one_use() -> None:
    with CancelScope() as scope:
        with pytest.raises(RuntimeError, match="entered before"):
            scope.__enter__()
    with pytest.raises(RuntimeError, match="entered before"):
        scope.__enter__()
    with pytest.raises(RuntimeError, match="not open"):
        scope.__exit__(None, None, None)


def test_a_generator_that_leaves_a_scope_elsewhere_is_told() -> None:
    def generator() -> Iterator[int]:
        with CancelScope():
            yield 1

    made = generator()
    gevent.spawn(next, made).get()
    with pytest.raises(RuntimeError, match="not open"):
        made.close()


def test_a_generator_in_one_greenlet_leaves_it_in_order() -> None:
    def generator() -> Iterator[int]:
        with move_on_after(1) as scope:
            yield 1
            gevent.sleep(60)
        assert scope.cancelled_caught
        yield 2

    assert list(generator()) == [1, 2]


def test_an_exit_stack_leaves_in_order() -> None:
    with ExitStack() as stack:
        outer = stack.enter_context(move_on_after(1))
        inner = stack.enter_context(move_on_after(60))
        gevent.sleep(70)
    assert outer.cancelled_caught
    assert not inner.cancelled_caught


# -- what a scope is -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"timeout": nan}, ValueError),
        ({"timeout": "1"}, TypeError),
        ({"timeout": 1, "deadline": 1}, ValueError),
        ({"deadline": "1"}, TypeError),
        ({"cleanup_timeout": nan}, ValueError),
        ({"cleanup_timeout": "1"}, TypeError),
    ],
)
def test_bad_times_are_refused(keywords: dict[str, float], error: type) -> None:
    with pytest.raises(error):
        CancelScope(**keywords)  # type: ignore[arg-type]


def test_a_reason_is_a_text() -> None:
    scope = CancelScope()
    greenlet = Greenlet()
    for cancel in (scope.cancel, greenlet.cancel):
        with pytest.raises(TypeError):
            cancel(1)  # type: ignore[arg-type]
    assert not scope.cancel_called


def test_the_first_reason_stays() -> None:
    with CancelScope() as scope:
        scope.cancel("one")
        scope.cancel("two")
    assert scope.reason == "one"


def test_a_cancel_before_the_entry_holds() -> None:
    scope = CancelScope()
    scope.cancel("early")
    with scope:
        gevent.sleep(1)
        pytest.fail("it went on")
    assert scope.cancelled_caught
    assert scope.reason == "early"


def test_a_cancel_after_the_end_does_nothing() -> None:
    with CancelScope() as scope:
        pass
    scope.cancel()
    assert not scope.cancel_called


def test_no_scope_in_the_hub() -> None:
    errors: list[object] = []

    def enter() -> None:
        try:
            CancelScope().__enter__()
        except BlockingSwitchOutError as error:
            errors.append(error)

    in_hub(enter)
    gevent.sleep(0)
    assert errors


def test_no_time_is_a_poll(steps: Steps) -> None:
    for timeout in (0, -1):
        with move_on_after(timeout) as scope:
            steps.append("began")
            gevent.sleep(0)
            steps.append("not reached")
        assert scope.expired
    assert steps == ["began", "began"]


def test_a_deadline_is_an_instant(virtual_loop: VirtualLoop) -> None:
    gevent.sleep(1)
    with CancelScope(deadline=3) as scope:
        gevent.sleep(60)
    assert scope.expired
    assert now() == 3.0


def test_a_deadline_may_be_moved() -> None:
    with move_on_after(1) as scope:
        scope.deadline = 3
        gevent.sleep(60)
    assert now() == 3.0
    with CancelScope() as scope:
        scope.deadline = 2
        assert scope.cancel_called
    with move_on_after(1) as scope:
        scope.deadline = inf
        gevent.sleep(5)
    assert not scope.cancel_called


def test_a_deadline_that_is_moved_while_it_waits() -> None:
    with move_on_after(1) as scope:
        in_hub(setattr, scope, "deadline", 5.0)
        gevent.sleep(60)
    assert now() == 5.0


def test_a_deadline_of_a_cancelled_one_does_nothing() -> None:
    with CancelScope() as scope:
        scope.cancel()
        scope.deadline = 0
    assert not scope.expired


def test_the_error_of_a_deadline_says_which() -> None:
    with pytest.raises(TimeoutError, match=r"'the answer' timed out after 1.5 seconds"):
        with fail_after(1.5, name="the answer"):
            gevent.sleep(60)


def test_a_time_out_of_others_is_told_apart() -> None:
    with pytest.raises(TimeoutError, match="other"), fail_after(60) as scope:
        raise TimeoutError("other")
    assert not scope.expired


def test_a_cancel_is_no_time_out() -> None:
    with fail_after(60) as scope:
        scope.cancel()
        gevent.sleep(60)
    assert scope.cancelled_caught
    assert not scope.expired


def test_an_error_in_an_expired_block_leaves_it() -> None:
    with pytest.raises(KeyError), fail_after(1) as scope:
        try:
            gevent.sleep(60)
        finally:
            raise KeyError
    assert not scope.cancelled_caught


def test_who_computes_asks(virtual_loop: VirtualLoop, steps: Steps) -> None:
    check_cancelled()
    with move_on_after(1) as scope:
        check_cancelled()
        virtual_loop.burn(2)
        steps.append("computed")
        check_cancelled()
        steps.append("not reached")
    assert steps == ["computed"]
    assert scope.expired


def test_asking_in_cleanup_raises_nothing() -> None:
    with CancelScope() as scope:
        scope.cancel()
        try:
            check_cancelled()
        finally:
            check_cancelled()
    assert scope.cancelled_caught


def test_the_earliest_deadline_that_is_seen() -> None:
    assert current_deadline() == inf
    with move_on_after(50) as near, move_on_after(100):
        assert current_deadline() == near.deadline
        with move_on_after(70, shield=True) as shield:
            assert current_deadline() == shield.deadline
        near.cancel()
        assert current_deadline() == -inf


def test_a_cancel_is_told(steps: Steps) -> None:
    with subscribe(ScopeCancelled, steps.append):
        with CancelScope() as scope:
            scope.cancel("why")
        run_until_idle()
    (told,) = steps
    assert isinstance(told, ScopeCancelled)
    assert (told.scope, told.reason) == (scope, "why")


def test_its_repr_says_what_it_is() -> None:
    scope = CancelScope(name="mine", shield=True)
    assert "'mine'" in repr(scope)
    assert "new" in repr(scope)
    with scope:
        scope.cancel("why")
        assert "shield cancelled: why" in repr(scope)
    assert "left" in repr(scope)


# -- threads, the hub, signals ---------------------------------------------------------


@pytest.mark.parametrize("is_scope", [True, False])
def test_a_native_thread_cancels(is_scope: bool, virtual_loop: VirtualLoop) -> None:
    with CancelScope() as scope:
        greenlet = gevent.spawn(gevent.sleep, inf)
        gevent.sleep(0)
        cancel = scope.cancel if is_scope else greenlet.cancel
        with posting_thread(virtual_loop, cancel, "from a thread"):
            greenlet.join()
    assert scope.cancel_called == is_scope
    if is_scope:
        greenlet.kill()
    else:
        assert str(greenlet.value) == "from a thread"


def test_a_native_thread_cancels_what_has_not_begun() -> None:
    scope = CancelScope()
    thread = threading.Thread(target=scope.cancel)
    thread.start()
    thread.join()
    with scope:
        gevent.sleep(1)
    assert scope.cancelled_caught


def test_another_thread_has_scopes_of_its_own() -> None:
    done: list[object] = []

    def other() -> None:
        with move_on_after(0.001) as scope:
            gevent.sleep(60)
        done.append(scope.cancelled_caught)
        get_hub().destroy()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(10)
    assert done == [True]


def test_a_cancel_of_who_has_lost_the_loop_does_nothing() -> None:
    left: list[Greenlet | CancelScope] = []

    def other() -> None:
        scope = CancelScope()
        scope.__enter__()
        left.extend([scope, gevent.spawn(gevent.sleep, 60)])
        gevent.sleep(0)
        get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(10)
    for each in left:
        each.cancel()
    assert len(left) == 2


# -- other greenlets -------------------------------------------------------------------


def test_a_raw_greenlet_has_scopes(steps: Steps) -> None:
    def body() -> None:
        with move_on_after(1) as scope:
            gevent.sleep(60)
        steps.append(scope.cancelled_caught)

    gevent.spawn_raw(body)
    gevent.sleep(2)
    assert steps == [True]


def test_a_foreign_greenlet_has_scopes(steps: Steps) -> None:
    def body() -> None:
        with move_on_after(1) as scope:
            gevent.sleep(60)
        steps.append(scope.cancelled_caught)

    foreign = greenlets.greenlet(body, get_hub())
    in_hub(foreign.switch)
    gevent.sleep(2)
    assert steps == [True]


def test_a_foreign_greenlet_that_ends_in_a_scope_is_let_go() -> None:
    kept = []

    def body() -> None:
        scope = CancelScope()
        kept.append(weakref.ref(getter := Event()))
        scope.__enter__()
        greenlets.getcurrent().kept = getter

    greenlets.greenlet(body).switch()
    with CancelScope():
        pass
    greenlets.greenlet(body).switch()
    gc.collect()
    assert kept[0]() is None


def test_who_has_switched_away_by_hand_is_thrown_at(steps: Steps) -> None:
    hub = get_hub()

    def body() -> None:
        with CancelScope() as scope:
            steps.append(scope)
            hub.switch()
        steps.append(scope.cancelled_caught)

    gevent.spawn(body)
    gevent.sleep(0)
    (scope,) = steps
    assert isinstance(scope, CancelScope)
    scope.cancel()
    run_until_idle()
    assert steps[1:] == [True]


def test_a_greenlet_that_ends_in_a_scope_drops_it(steps: Steps) -> None:
    def generator() -> Iterator[int]:
        with move_on_after(5) as scope:
            steps.append(scope)
            scope.cancel()
            yield 1

    kept = generator()
    gevent.spawn(next, kept).get()
    (scope,) = steps
    assert "left" in repr(scope)
    gevent.sleep(1)
    with pytest.raises(RuntimeError):
        kept.close()


def test_nothing_is_paid_when_no_scope_is_cancelled(virtual_loop: VirtualLoop) -> None:
    """The flag goes with the last cancelled scope, however that ends."""
    with CancelScope() as scope:
        scope.cancel()
        gevent.sleep(1)
    greenlet = gevent.spawn(gevent.sleep, inf)
    gevent.sleep(0)
    greenlet.cancel()
    greenlet.join()
    del scope, greenlet
    gc.collect()
    policy = getattr(virtual_loop, "policy", None)
    if policy is not None:  # the pure form
        assert policy.n_marks == 0
        assert virtual_loop.park_flags == 0


def test_a_scope_leaves_no_garbage() -> None:
    def use() -> weakref.ref[object]:
        class Thing:
            pass

        thing = Thing()
        with move_on_after(1) as scope:
            gevent.sleep(60)
        assert scope.cancelled_caught
        return weakref.ref(thing)

    gc.collect()
    gc.disable()
    try:
        thing = use()
        gevent.sleep(0)  # the hub comes back from its throw
        assert thing() is None
    finally:
        gc.enable()


# -- Greenlet.cancel -------------------------------------------------------------------


def test_a_cancelled_greenlet_ends_as_after_a_kill() -> None:
    greenlet = gevent.spawn(gevent.sleep, inf)
    gevent.sleep(0)
    greenlet.cancel("why")
    greenlet.join()
    assert greenlet.successful()
    assert isinstance(greenlet.value, Cancelled)
    assert str(greenlet.value) == "why"
    greenlet.cancel()


def test_a_cancel_of_a_greenlet_reaches_through_its_scopes(steps: Steps) -> None:
    def body() -> None:
        with move_on_after(60) as inner:
            try:
                gevent.sleep(100)
            finally:
                steps.append(inner.cancel_called)
        steps.append("went on")

    greenlet = gevent.spawn(body)
    gevent.sleep(0)
    greenlet.cancel()
    greenlet.join()
    assert steps == [False]


def test_a_greenlet_cancels_itself(steps: Steps) -> None:
    def body() -> None:
        gevent.getcurrent().cancel()
        steps.append("no switch yet")
        gevent.sleep(0)
        steps.append("not reached")

    gevent.spawn(body).join()
    assert steps == ["no switch yet"]


def test_a_cancelled_greenlet_enters_scopes_that_are_cancelled(steps: Steps) -> None:
    def body() -> None:
        gevent.getcurrent().cancel()
        with CancelScope() as scope:
            gevent.sleep(1)
        steps.append(scope)

    gevent.spawn(body).join()
    assert not steps


def test_a_cancel_of_a_greenlet_reaches_its_groups(steps: Steps) -> None:
    def parent() -> None:
        with TaskGroup() as group:
            steps.append(group.spawn(gevent.sleep, inf))
        steps.append("went on")

    greenlet = gevent.spawn(parent)
    gevent.sleep(0)
    gevent.sleep(0)
    greenlet.cancel("all of it")
    greenlet.join()
    (member,) = steps
    assert isinstance(member, Greenlet)
    assert str(member.value) == "all of it"
    assert isinstance(greenlet.value, Cancelled)


@pytest.mark.cpython("PyPy has no fork of greenlets worth the name")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scope_goes_on_in_a_forked_child() -> None:
    ours, theirs = os.pipe()
    with CancelScope() as scope:
        pid = os.fork()
        if pid == 0:
            text = b"wrong"
            try:
                scope.cancel()
                try:
                    gevent.sleep(1)
                except Cancelled as error:
                    text = b"right" if error.scope is scope else b"other"
            finally:
                os.write(theirs, text)
                os._exit(0)
    os.close(theirs)
    assert os.read(ours, 10) == b"right"
    os.close(ours)
    os.waitpid(pid, 0)
