"""Task groups: what 4.1 to 4.8 of their design say, and what happens at the edges."""

# What blocks do is what is tested here: one in another is no accident.
# ruff: noqa: PT012, SIM117
from __future__ import annotations

import contextvars
import gc
import threading
import weakref
from collections.abc import Callable

import pytest

import gevent
from gevent import (
    Cancelled,
    CancelScope,
    Greenlet,
    GreenletExit,
    TaskGroup,
    Timeout,
    events,
    fail_after,
    move_on_after,
)
from gevent.event import Event
from gevent.events import TaskGroupFailed, subscribe
from gevent.exceptions import LoopExit
from gevent.hub import Hub, get_hub
from gevent.lock import RLock, Semaphore
from gevent.queue import Queue
from gevent.thread import allocate_lock
from tests.support.schedule import run_until_idle
from tests.support.virtual import VirtualLoop

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]

Steps = list[object]


@pytest.fixture
def steps() -> Steps:
    """What happened, in order."""
    return []


@pytest.fixture
def patched_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditions of ``threading`` wait as patched ones do."""
    monkeypatch.setattr(threading, "_allocate_lock", allocate_lock)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What the hub was told of; nothing is printed."""
    found: list[BaseException] = []

    def handle_error(
        _hub: Hub, _context: object, _kind: object, value: BaseException, _: object
    ) -> None:
        found.append(value)

    monkeypatch.setattr(Hub, "handle_error", handle_error)
    return found


def fail(error: BaseException, after: float = 0.0) -> None:
    gevent.sleep(after)
    raise error


def fail_in_cleanup(error: BaseException) -> None:
    try:
        gevent.sleep(60)
    finally:
        raise error


def clean_up(steps: Steps, name: object, seconds: float = 1) -> None:
    try:
        gevent.sleep(60)
    finally:
        gevent.sleep(seconds)
        steps.append(name)


def now() -> float:
    return get_hub().loop.now()


# -- 4.1: the block waits --------------------------------------------------------------


def test_the_block_ends_when_all_members_have_ended(steps: Steps) -> None:
    def branch(group: TaskGroup) -> Greenlet:
        gevent.sleep(1)
        return group.spawn(gevent.sleep, 1)

    with TaskGroup() as group:
        first = group.spawn(branch, group)
        steps.append(len(group))
        assert first in group
        assert list(group) == [first]
        assert group.greenlets == {first}
    assert now() == 2.0
    assert first.value.dead
    assert len(group) == 0


def test_a_group_that_is_not_open_takes_nobody(steps: Steps) -> None:
    left = TaskGroup()
    with left:
        pass
    for group in (left, TaskGroup()):
        for add in (group.spawn, group.spawn_service):
            with pytest.raises(RuntimeError, match="group"):
                add(steps.append, 1)
        with pytest.raises(RuntimeError, match="group"):
            group.start(Greenlet(steps.append, 1))
    gevent.sleep(0)
    assert not steps


def test_a_group_has_one_use() -> None:
    with TaskGroup() as group, pytest.raises(RuntimeError, match="one use"):
        group.__enter__()
    with pytest.raises(RuntimeError, match="one use"):
        group.__enter__()


def test_a_greenlet_that_was_made_is_started() -> None:
    with TaskGroup() as group:
        made = Greenlet(lambda: 1)
        group.start(made)
    assert made.value == 1


def test_what_cannot_be_started_is_refused() -> None:
    started = gevent.spawn(int)
    with TaskGroup() as group:
        with pytest.raises(ValueError, match="started before"):
            group.start(started)
        with pytest.raises(TypeError):
            group.start(gevent.spawn_raw(int))  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            group.spawn(1)  # type: ignore[arg-type]
    started.join()


def test_a_group_of_another_thread_takes_nobody() -> None:
    errors: list[object] = []

    def other() -> None:
        try:
            group.spawn(int)
        except RuntimeError as error:
            errors.append(error)

    with TaskGroup() as group:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert errors


def test_a_group_inside_of_another_is_left_first() -> None:
    outer = TaskGroup(name="outer")
    inner = TaskGroup(name="inner")
    outer.__enter__()
    inner.__enter__()
    member = outer.spawn(int)
    with pytest.raises(RuntimeError, match=r"'outer'.*'inner'"):
        outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)
    outer.__exit__(None, None, None)
    assert member.dead


# -- 4.2: failures ---------------------------------------------------------------------


def test_the_first_failure_cancels_the_others_and_the_body(
    steps: Steps, reports: list[BaseException]
) -> None:
    error = ValueError("first")
    other = OSError("cleanup")
    with pytest.raises(ExceptionGroup) as caught, TaskGroup(name="work") as group:
        quiet = group.spawn(clean_up, steps, "cleaned")
        group.spawn(fail_in_cleanup, other)
        failed = group.spawn(fail, error)
        try:
            gevent.sleep(60)
        except Cancelled as cancel:
            steps.append(str(cancel))
            late = group.spawn(steps.append, "ran")
            assert late.dead
            raise
    assert caught.value.exceptions == (error, other)
    assert "'work'" in str(caught.value)
    assert "ValueError('first')" in str(steps[0])
    assert steps[1:] == ["cleaned"]
    assert failed.exception is error
    assert quiet.successful()
    assert not reports


def test_collect_lets_the_others_go_on(reports: list[BaseException]) -> None:
    errors = [ValueError(1), KeyError(2)]
    with pytest.raises(ExceptionGroup) as caught:
        with TaskGroup(on_failure="collect") as group:
            group.spawn(fail, errors[1], 2)
            group.spawn(fail, errors[0], 1)
            other = group.spawn(lambda: gevent.sleep(3) or "done")
    assert list(caught.value.exceptions) == errors
    assert other.value == "done"
    assert not reports


def test_report_leaves_failures_to_the_hub(reports: list[BaseException]) -> None:
    error = ValueError()
    with TaskGroup(on_failure="report") as group:
        group.spawn(fail, error)
        other = group.spawn(lambda: gevent.sleep(3) or "done")
    assert reports == [error]
    assert other.value == "done"


@pytest.mark.parametrize("mode", ["cancel", "collect", "report"])
def test_a_failure_of_the_body_cancels(mode: str, reports: list[BaseException]) -> None:
    error = ValueError()
    with pytest.raises(ExceptionGroup) as caught:
        with TaskGroup(on_failure=mode) as group:  # type: ignore[arg-type]
            member = group.spawn(gevent.sleep, 60)
            raise error
    assert caught.value.exceptions == (error,)
    gevent.sleep(0)
    assert isinstance(member.value, Cancelled)
    assert now() == 0.0
    assert not reports


def test_the_same_failure_is_there_once() -> None:
    error = ValueError()
    with pytest.raises(ExceptionGroup) as caught, TaskGroup() as group:
        group.spawn(fail, error).get()
    assert caught.value.exceptions == (error,)


def test_what_is_no_exception_makes_a_group_of_its_kind() -> None:
    with pytest.raises(BaseExceptionGroup) as caught, TaskGroup() as group:
        group.spawn(fail, Timeout(1))
    assert not isinstance(caught.value, ExceptionGroup)


def test_a_kill_of_a_member_is_no_failure() -> None:
    with TaskGroup() as group:
        killed = group.spawn(gevent.sleep, 60)
        other = group.spawn(lambda: gevent.sleep(1) or "done")
        gevent.sleep(0)
        killed.kill()
    assert other.value == "done"


def test_a_cancel_of_a_member_is_no_failure() -> None:
    with TaskGroup() as group:
        cancelled = group.spawn(gevent.sleep, 60)
        other = group.spawn(lambda: gevent.sleep(1) or "done")
        gevent.sleep(0)
        cancelled.cancel()
    assert isinstance(cancelled.value, Cancelled)
    assert other.value == "done"
    assert not group.scope.cancel_called


def test_a_kill_of_an_unstarted_member_with_an_error_is_a_failure() -> None:
    error = ValueError()
    with pytest.raises(ExceptionGroup) as caught, TaskGroup() as group:
        group.spawn(int).kill(error)
    assert caught.value.exceptions == (error,)


@pytest.mark.parametrize("where", ["body", "member"])
def test_a_group_of_errors_does_not_contain_the_cancel(where: str) -> None:
    error = KeyError()

    def both(is_body: bool) -> None:
        try:
            gevent.sleep(60)
        except Cancelled as cancel:
            raise BaseExceptionGroup("both", [cancel, error]) from None

    with pytest.raises(BaseExceptionGroup) as caught, TaskGroup() as group:
        group.scope.cancel()
        if where == "member":
            group.scope.shield = True
        if where == "body":
            both(True)
        else:
            started = Event()

            def member() -> None:
                started.set()
                both(False)

            # Cancelled ones never begin: another group, which is cancelled later.
            with CancelScope(shield=True), TaskGroup() as inner:
                inner.spawn(member)
                started.wait()
                inner.cancel()
    assert not caught.value.subgroup(Cancelled)
    found = caught.value.subgroup(KeyError)
    assert found is not None


@pytest.mark.parametrize("where", ["body", "member"])
def test_a_group_of_cancels_only_is_a_cancel(where: str) -> None:
    def only() -> None:
        try:
            gevent.sleep(60)
        except Cancelled as cancel:
            raise BaseExceptionGroup("only", [cancel]) from None

    with TaskGroup() as group:
        if where == "member":
            group.spawn(only)
            gevent.sleep(0)
            group.cancel()
        else:
            group.cancel()
            only()
    assert group.scope.cancelled_caught


def test_a_failure_is_told(steps: Steps) -> None:
    error = ValueError()
    with subscribe(TaskGroupFailed, steps.append):
        with pytest.raises(ExceptionGroup), TaskGroup() as group:
            group.spawn(fail, error)
        run_until_idle()
    (told,) = steps
    assert isinstance(told, TaskGroupFailed)
    assert told.exception is error


def test_groups_in_groups_in_groups() -> None:
    def inner() -> None:
        with TaskGroup(name="inner") as group:
            group.spawn(fail, KeyError(3))
            group.spawn(fail_in_cleanup, KeyError(4))

    def middle() -> None:
        with TaskGroup(name="middle") as group:
            group.spawn(inner)
            group.spawn(fail_in_cleanup, KeyError(2))

    with pytest.raises(ExceptionGroup) as caught, TaskGroup(name="outer") as group:
        group.spawn(middle)
        group.spawn(fail_in_cleanup, KeyError(1))

    def leaves(error: BaseException) -> list[object]:
        if isinstance(error, BaseExceptionGroup):
            return [leaf for each in error.exceptions for leaf in leaves(each)]
        return [error.args[0]]

    assert sorted(map(str, leaves(caught.value))) == ["1", "2", "3", "4"]


# -- 4.3: interrupts -------------------------------------------------------------------


@pytest.mark.parametrize("in_body", [True, False])
def test_a_time_out_around_a_group_comes_out_bare(in_body: bool, steps: Steps) -> None:
    timeout = Timeout(2)
    with pytest.raises(Timeout) as caught, timeout, TaskGroup() as group:
        group.spawn(clean_up, steps, "cleaned")
        if in_body:
            gevent.sleep(60)
    assert caught.value is timeout
    assert timeout.expired
    assert steps == ["cleaned"]
    assert now() == 3.0


def test_a_silent_time_out_around_a_group(steps: Steps) -> None:
    with Timeout(2, False) as timeout, TaskGroup() as group:
        group.spawn(clean_up, steps, "cleaned")
    assert timeout.expired
    assert steps == ["cleaned"]


@pytest.mark.parametrize("in_body", [True, False])
def test_a_kill_of_the_parent_waits_for_the_members(
    in_body: bool, steps: Steps, reports: list[BaseException]
) -> None:
    error = OSError("while dying")

    def parent() -> None:
        try:
            with TaskGroup() as group:
                group.spawn(clean_up, steps, "cleaned")
                group.spawn(fail_in_cleanup, error)
                if in_body:
                    Event().wait()
        finally:
            steps.append("parent")

    greenlet = gevent.spawn(parent)
    gevent.sleep(0.5)
    greenlet.kill(block=False)
    gevent.sleep(0.5)
    greenlet.kill()
    assert steps == ["cleaned", "parent"]
    assert type(greenlet.value) is GreenletExit
    assert reports == [error]


def test_a_failure_of_the_body_before_an_interrupt_is_reported(
    reports: list[BaseException],
) -> None:
    error = ValueError()
    timeout = Timeout(1)
    with pytest.raises(Timeout) as caught, timeout, TaskGroup() as group:
        group.spawn(clean_up, [], "cleaned", 2)
        gevent.sleep(0)
        raise error
    assert caught.value is timeout
    assert reports == [error]


def test_a_later_interrupt_replaces_an_earlier_one() -> None:
    first, second = Timeout(1), Timeout(1.5)
    with pytest.raises(Timeout) as caught, first, second, TaskGroup() as group:
        group.spawn(clean_up, [], "cleaned", 2)
    assert caught.value is second
    assert second.__context__ is first


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("mode", ["cancel", "collect", "report"])
def test_an_interrupt_in_a_member_climbs(
    kind: type[BaseException],
    mode: str,
    steps: Steps,
    reports: list[BaseException],
) -> None:
    error = kind()
    with pytest.raises(kind) as caught, TaskGroup() as outer:
        outer.spawn(clean_up, steps, "outer")

        def middle() -> None:
            with TaskGroup(on_failure=mode) as inner:  # type: ignore[arg-type]
                inner.spawn(clean_up, steps, "inner")
                inner.spawn(fail, error)

        outer.spawn(middle)
    assert caught.value is error
    assert steps == ["inner", "outer"]
    assert not reports


def test_a_loop_exit_cancels_the_members_and_comes_out_bare(steps: Steps) -> None:
    def member() -> None:
        try:
            Event().wait()
        finally:
            steps.append("cleaned")

    with pytest.raises(LoopExit), TaskGroup() as group:
        group.spawn(member)
    assert steps == ["cleaned"]


def test_a_loop_exit_in_the_body_comes_out_bare() -> None:
    with pytest.raises(LoopExit), TaskGroup() as group:
        group.spawn(Event().wait)
        Event().wait()


def test_members_that_wait_for_ever_behind_a_shield(
    steps: Steps, reports: list[BaseException]
) -> None:
    event = Event()

    def member() -> None:
        with CancelScope(shield=True):
            event.wait()
        raise ValueError("late")

    with pytest.raises(LoopExit), TaskGroup() as group:
        greenlet = group.spawn(member)
    assert not greenlet.dead
    event.set()
    greenlet.join()
    # The group has ended: it is the hub's.
    assert [str(each) for each in reports] == ["late"]


def test_a_cancel_that_was_stored_leaves_the_block_bare() -> None:
    with CancelScope() as scope:
        scope.cancel()
        with pytest.raises(Cancelled) as stored:
            gevent.sleep(1)
    with pytest.raises(Cancelled) as caught, TaskGroup() as group:
        group.spawn(gevent.sleep, 60)
        raise stored.value
    assert caught.value is stored.value
    assert now() == 0.0


# -- 4.4: cancelled from outside -------------------------------------------------------


def test_members_that_were_cut_short_are_no_reason_to_go_on(steps: Steps) -> None:
    with move_on_after(1) as outer:
        with TaskGroup() as group:
            group.spawn(gevent.sleep, 60)
        steps.append("between")
    assert outer.cancelled_caught
    assert not steps
    assert not group.scope.cancel_called


def test_work_that_was_finished_is_not_interrupted(steps: Steps) -> None:
    with move_on_after(1) as outer:
        with TaskGroup() as group:

            def member() -> None:
                with CancelScope(shield=True):
                    gevent.sleep(2)

            group.spawn(member)
        steps.append("went on")
    assert steps == ["went on"]
    assert not outer.cancelled_caught


def test_a_cancel_of_the_group_ends_in_it(steps: Steps) -> None:
    with CancelScope() as outer:
        with TaskGroup() as group:
            member = group.spawn(gevent.sleep, 60)
            gevent.sleep(0)
            group.cancel("enough")
        steps.append("went on")
    assert steps == ["went on"]
    assert str(member.value) == "enough"
    assert group.scope.cancelled_caught
    assert not outer.cancelled_caught


def test_a_cancel_of_the_parent_greenlet_goes_through_the_group(steps: Steps) -> None:
    def parent() -> None:
        with TaskGroup() as group:
            group.spawn(gevent.sleep, 60)
        steps.append("went on")

    greenlet = gevent.spawn(parent)
    gevent.sleep(1)
    greenlet.cancel()
    greenlet.join()
    assert not steps
    assert isinstance(greenlet.value, Cancelled)


def test_a_deadline_around_a_group_says_so() -> None:
    with pytest.raises(TimeoutError), fail_after(1), TaskGroup() as group:
        group.spawn(gevent.sleep, 60)
    assert now() == 1.0


def test_a_cancel_and_an_outer_one(steps: Steps) -> None:
    with CancelScope() as outer:
        with TaskGroup() as group:
            group.spawn(clean_up, steps, "cleaned")
            gevent.sleep(0)
            group.cancel()
            outer.cancel()
        steps.append("between")
    assert steps == ["cleaned"]
    assert outer.cancelled_caught


# -- 4.5: services ---------------------------------------------------------------------


def test_services_are_cancelled_when_nobody_else_is_left(steps: Steps) -> None:
    queue: Queue[int] = Queue()

    def service() -> None:
        try:
            while True:
                steps.append(queue.get())
        except Cancelled as error:
            steps.append(str(error))
            raise

    def client() -> None:
        gevent.sleep(1)
        queue.put(1)
        gevent.sleep(1)

    with TaskGroup() as group:
        running = group.spawn_service(service)
        group.spawn(client)
    assert steps == [1, "only services are left"]
    assert running.successful()
    assert not group.scope.cancel_called


def test_services_only() -> None:
    with TaskGroup() as group:
        group.spawn_service(gevent.sleep, 60)
        gevent.sleep(1)
    assert now() == 1.0


def test_many_services_that_have_not_begun() -> None:
    with TaskGroup() as group:
        services = [group.spawn_service(gevent.sleep, 60) for _ in range(5000)]
    assert all(each.dead for each in services)


def test_a_service_that_a_service_spawns_in_its_cleanup_is_cancelled() -> None:
    def service(group: TaskGroup) -> None:
        try:
            gevent.sleep(60)
        finally:
            group.spawn_service(gevent.sleep, 60)

    with TaskGroup() as group:
        group.spawn_service(service, group)
        gevent.sleep(1)
    assert now() == 1.0


def test_the_failure_of_a_service_is_one() -> None:
    with pytest.raises(ExceptionGroup), TaskGroup() as group:
        group.spawn_service(fail, ValueError())
        gevent.sleep(60)
    assert now() == 0.0


# -- 4.6: context ----------------------------------------------------------------------


def test_members_inherit_the_context_of_who_spawns() -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("v", default=0)
    variable.set(1)
    with TaskGroup() as group:
        one = group.spawn(lambda: (variable.get(), variable.set(2))[0])
        made = Greenlet(variable.get)
        group.start(made)
    assert one.value == made.value == 1
    assert variable.get() == 1


def test_members_stand_in_the_scope_of_the_group_not_of_the_spawner() -> None:
    def spawner(group: TaskGroup) -> None:
        with CancelScope() as scope:
            group.spawn(gevent.sleep, 1)
            scope.cancel()
            gevent.sleep(60)

    with TaskGroup() as group:
        group.spawn(spawner, group)
    assert now() == 1.0


# -- 4.7: in order ---------------------------------------------------------------------


def test_members_are_visited_in_the_order_in_which_they_joined(steps: Steps) -> None:
    with TaskGroup() as group:
        members = [group.spawn(clean_up, steps, number, 0) for number in range(9)]
        gevent.sleep(0)
        assert list(group) == members
        group.kill()
    assert steps == list(range(9))


# -- 4.8: nothing is kept --------------------------------------------------------------


@pytest.mark.parametrize("how", ["fail", "cancel", "end"])
def test_a_group_that_has_ended_refers_to_nothing(how: str) -> None:
    class Thing:
        pass

    kept: list[weakref.ref[object]] = []

    def member(thing: Thing) -> None:
        gevent.sleep(1)
        if how == "fail":
            raise ValueError

    def use() -> TaskGroup:
        group = TaskGroup()
        thing = Thing()
        kept.append(weakref.ref(thing))
        try:
            with group:
                greenlet = group.spawn(member, thing)
                kept.append(weakref.ref(greenlet))
                if how == "cancel":
                    gevent.sleep(0.5)
                    group.cancel()
        except* ValueError:
            pass
        return group

    gc.collect()
    gc.disable()
    try:
        group = use()
        gevent.sleep(0)
        assert [each() for each in kept] == [None, None]
    finally:
        gc.enable()
    assert len(group) == 0


def test_the_traceback_does_not_refer_back() -> None:
    gc.collect()
    gc.disable()
    try:

        def use() -> weakref.ref[BaseException]:
            try:
                with TaskGroup() as group:
                    group.spawn(fail, ValueError())
            except ExceptionGroup as error:
                return weakref.ref(error)
            raise AssertionError

        found = use()
        gevent.sleep(0)
        assert found() is None
    finally:
        gc.enable()


# -- size ------------------------------------------------------------------------------


def test_a_full_group_lets_spawn_wait(steps: Steps) -> None:
    with TaskGroup(2) as group:
        for _number in range(4):
            group.spawn(gevent.sleep, 1)
            steps.append(now())
            assert group.full() == (len(group) == 2)
    assert steps == [0.0, 0.0, 1.0, 1.0]
    assert group.free_count() == 2
    assert group.size == 2


def test_who_waits_for_a_place_is_cancelled() -> None:
    with TaskGroup(1) as group:
        group.spawn(gevent.sleep, 5)
        with move_on_after(1) as scope:
            group.spawn(gevent.sleep, 5)
        assert scope.cancelled_caught
        assert len(group) == 1
    assert now() == 5.0
    assert group.free_count() == 1


@pytest.mark.parametrize("is_cancel_first", [True, False])
def test_a_place_and_a_cancel_of_one_turn(is_cancel_first: bool, steps: Steps) -> None:
    with TaskGroup(1) as group:
        event = Event()
        first = group.spawn(event.wait)
        other = gevent.spawn(group.spawn, steps.append, "ran")
        gevent.sleep(0)
        for act in (event.set, other.cancel)[:: -1 if is_cancel_first else 1]:
            act()
        first.join()
        other.join()
    assert group.free_count() == 1


def test_a_group_that_ends_while_others_wait_for_a_place(steps: Steps) -> None:
    def outsider(group: TaskGroup) -> None:
        try:
            group.spawn(steps.append, "ran")
        except RuntimeError:
            steps.append("refused")

    with TaskGroup(1) as group:
        group.spawn(gevent.sleep, 1)
        others = [gevent.spawn(outsider, group) for _ in range(2)]
        gevent.sleep(0)
        group.cancel()
    gevent.joinall(others)
    assert "ran" not in steps
    assert group.free_count() == 1


def test_a_spawn_that_fails_gives_its_place_back() -> None:
    with TaskGroup(1) as group:
        with pytest.raises(TypeError):
            group.spawn(1)  # type: ignore[arg-type]
        assert group.free_count() == 1
        assert group.wait_available() == 1


@pytest.mark.parametrize("size", [0, -1])
def test_a_group_has_room(size: int) -> None:
    with pytest.raises(ValueError, match="room"):
        TaskGroup(size)


def test_a_mode_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="on_failure"):
        TaskGroup(on_failure="other")  # type: ignore[arg-type]


# -- the rest --------------------------------------------------------------------------


def test_join_waits_for_the_members_there_are() -> None:
    with TaskGroup() as group:
        assert group.join()
        group.spawn(gevent.sleep, 2)
        assert not group.join(1)
        assert group.join()
        assert now() == 2.0


def test_a_member_that_cleans_up_has_its_time() -> None:
    with TaskGroup(cleanup_timeout=2) as group:
        group.spawn(clean_up, [], "cleaned", 100)
        gevent.sleep(0)
        group.cancel()
    assert now() == 2.0


def test_the_greenlet_class_makes_members() -> None:
    class Special(Greenlet):
        pass

    with TaskGroup() as group:
        group.greenlet_class = Special
        assert type(group.spawn(int)) is Special


def test_a_group_in_a_raw_greenlet(steps: Steps) -> None:
    def body() -> None:
        with TaskGroup() as group:
            group.spawn(gevent.sleep, 1)
        steps.append(now())

    gevent.spawn_raw(body)
    gevent.sleep(2)
    assert steps == [1.0]


def test_a_generator_that_is_never_closed_leaves_no_orphans() -> None:
    members: list[Greenlet] = []

    def generator() -> object:
        with TaskGroup() as group:
            members.append(group.spawn(gevent.sleep, 1000))
            yield

    kept = generator()
    gevent.spawn(next, kept).get()  # type: ignore[call-overload]
    gevent.sleep(1)
    assert members[0].dead
    with pytest.raises(RuntimeError):
        kept.close()  # type: ignore[attr-defined]


def test_a_bare_spawn_in_a_member_is_unstructured() -> None:
    with TaskGroup() as group:
        bare = group.spawn(gevent.spawn, gevent.sleep, 5)
        gevent.sleep(0)
        group.cancel()
    assert not bare.value.dead
    bare.value.join()


@pytest.mark.parametrize("lock_type", [allocate_lock, RLock, Semaphore])
def test_a_condition_takes_its_lock_again(
    lock_type: Callable[[], object], steps: Steps, patched_condition: None
) -> None:
    """Cancelled while somebody holds the lock: by then, whatever that takes."""
    condition = threading.Condition(lock_type())  # type: ignore[arg-type]

    def holder() -> None:
        with condition:
            gevent.sleep(100)
        steps.append("released")

    def member() -> None:
        with condition:
            try:
                condition.wait()
            finally:
                steps.append("has it")

    with TaskGroup(cleanup_timeout=1) as group:
        group.spawn(member)
        gevent.sleep(0)
        other = gevent.spawn(holder)
        gevent.sleep(0)
        group.cancel()
    other.join()
    assert steps == ["released", "has it"]


@pytest.mark.parametrize("lock_type", [allocate_lock, RLock, Semaphore])
def test_a_condition_that_was_notified_takes_its_lock_again(
    lock_type: Callable[[], object], steps: Steps, patched_condition: None
) -> None:
    condition = threading.Condition(lock_type())  # type: ignore[arg-type]

    def member() -> None:
        with condition:
            condition.wait()
            steps.append("notified")

    with TaskGroup() as group:
        group.spawn(member)
        gevent.sleep(0)
        with condition:
            condition.notify()
            gevent.sleep(1)
            group.cancel()
            group.scope.shield = True
            with CancelScope(shield=True):
                gevent.sleep(1)
        steps.append("released")
    assert steps == ["released", "notified"]


def test_a_size_that_is_no_number_is_an_error() -> None:
    with pytest.raises(TypeError, match="size is an int or None, not str"):
        TaskGroup("3")  # type: ignore[arg-type]


def test_subscribers_of_everything_do_not_hear_of_groups_and_scopes() -> None:
    heard: list[object] = []
    events.subscribers.append(heard.append)
    try:
        with pytest.raises(ExceptionGroup), TaskGroup() as group:
            group.spawn(int, "x")
            gevent.sleep(1)
        gevent.sleep(0)
    finally:
        events.subscribers.remove(heard.append)
    assert heard == []


def test_its_repr_says_what_it_is() -> None:
    group = TaskGroup(name="mine")
    assert "'mine'" in repr(group)
    with group:
        group.spawn(int)
        assert "1 greenlet " in repr(group)
    assert "left" in repr(group)


def test_a_cancel_of_many_is_as_one(virtual_loop: VirtualLoop) -> None:
    with TaskGroup() as group:
        for _ in range(2000):
            group.spawn(gevent.sleep, 60)
        gevent.sleep(0)
        before = virtual_loop.n_switches
        group.cancel()
    assert virtual_loop.n_switches - before <= 2 * 2000 + 10
