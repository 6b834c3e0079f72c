"""``gevent.pool``: groups and pools of greenlets."""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Callable
from contextvars import ContextVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import gevent
from gevent.event import AsyncResult, Event
from gevent.pool import Group, GroupMappingMixin, Pool, PoolFull
from gevent.queue import Full
from tests.support.schedule import no_switches, switches

pytestmark = pytest.mark.pure

KINDS = [Group, Pool, lambda: Pool(2)]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Failing greenlets are part of these tests: print nothing about them."""
    gevent.get_hub().exception_stream = None


def identity(value: object) -> object:
    """Return the argument."""
    return value


def fail() -> None:
    """Raise a KeyError."""
    raise KeyError("mine")


def sleeper() -> gevent.Greenlet:
    """Return an unstarted greenlet that does not end by itself."""
    return gevent.Greenlet(gevent.sleep, 1000)


# -- members ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_members_can_be_assigned(
    kind: Callable[[], Group], run_until_idle: Callable[[], None]
) -> None:
    """Of issue 15: ``group.greenlets = {...}``."""
    group = kind()
    old, kept = group.spawn(gevent.sleep, 1000), group.spawn(gevent.sleep, 1000)
    new = gevent.spawn(gevent.sleep, 1000)
    group.greenlets = {kept, new}
    assert group.greenlets == {kept, new}
    assert old not in group
    gevent.killall([old, new])
    run_until_idle()
    assert list(group) == [kept]
    group.greenlets = set()
    assert group.join(timeout=0)
    assert not group
    kept.kill()


def test_a_pool_whose_members_are_assigned_has_room_for_the_rest(
    run_until_idle: Callable[[], None],
) -> None:
    pool = Pool(2)
    first, second = pool.spawn(gevent.sleep, 1000), pool.spawn(gevent.sleep, 1000)
    pool.greenlets = {first}
    assert pool.free_count() == 1
    assert pool.wait_available(timeout=0) == 1
    three = [gevent.spawn(gevent.sleep, 1000) for _ in range(3)]
    pool.greenlets = set(three)
    assert pool.full()
    with pytest.raises(PoolFull):
        pool.add(sleeper(), blocking=False)
    gevent.killall([first, second, *three])
    run_until_idle()
    assert pool.wait_available(timeout=0) == 2
    assert not pool


@pytest.mark.parametrize("kind", KINDS)
def test_a_greenlet_is_a_member_until_it_ends(
    kind: Callable[[], Group], run_until_idle: Callable[[], None]
) -> None:
    group = kind()
    greenlet = group.spawn(identity, "value")
    assert greenlet in group
    assert list(group) == [greenlet]
    assert len(group) == 1
    assert group
    run_until_idle()
    assert greenlet.value == "value"
    assert greenlet not in group
    assert not group


def test_a_group_begins_with_the_greenlets_it_is_given() -> None:
    greenlets = [gevent.spawn(identity, number) for number in range(3)]
    group = Group(greenlets)
    assert set(group) == set(greenlets)
    assert group.join() is True
    assert not group


def test_the_text_of_a_group_shows_its_members() -> None:
    group = Pool(3)
    assert repr(group).startswith("<Pool at 0x")
    assert repr(group).endswith(" set()>")
    greenlet = group.spawn(identity)
    assert repr(greenlet) in str(group)
    group.kill()


def test_a_member_that_is_added_again_counts_once() -> None:
    pool = Pool(2)
    greenlet = sleeper()
    pool.add(greenlet)
    with no_switches():
        pool.add(greenlet)
        pool.add(greenlet)
    assert pool.free_count() == 1
    greenlet.kill()
    pool.join()
    assert pool.free_count() == 2
    assert pool._semaphore.counter == 2  # type: ignore[union-attr]


def test_a_finished_greenlet_leaves_in_the_next_pass(
    run_until_idle: Callable[[], None],
) -> None:
    pool = Pool(1)
    greenlet = gevent.spawn(identity)
    greenlet.join()
    pool.add(greenlet)
    assert greenlet in pool
    run_until_idle()
    assert greenlet not in pool
    assert pool.free_count() == 1


def test_discard_frees_the_place_once(run_until_idle: Callable[[], None]) -> None:
    pool = Pool(1)
    greenlet = pool.spawn(gevent.sleep, 1000)
    pool.discard(greenlet)
    pool.discard(greenlet)
    assert pool.free_count() == 1
    greenlet.kill()
    run_until_idle()
    assert pool._semaphore.counter == 1  # type: ignore[union-attr]


def test_a_raw_greenlet_stays_until_it_is_discarded() -> None:
    pool = Pool(1)
    raw = gevent.spawn_raw(identity, 1)
    pool.add(raw)
    gevent.sleep(0)
    assert raw.dead
    assert raw in pool
    pool.discard(raw)
    assert not pool
    assert pool.free_count() == 1


def test_spawn_uses_the_greenlet_class() -> None:
    class Mine(gevent.Greenlet):
        pass

    class MyGroup(Group):
        greenlet_class = Mine

    assert type(MyGroup().spawn(identity, 1)) is Mine
    assert type(Pool(1, Mine).spawn(identity, 1)) is Mine
    assert type(Group().spawn(identity, 1)) is gevent.Greenlet
    gevent.wait()


def test_the_greenlet_class_can_be_replaced_on_the_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Traced(gevent.Greenlet):
        pass

    monkeypatch.setattr(Group, "greenlet_class", Traced)
    pool = Pool(1)
    assert type(pool.spawn(identity, 1)) is Traced
    pool.join()


def test_overridden_methods_are_called() -> None:
    log: list[str] = []

    class Mine(Pool):
        def add(self, *args: object) -> None:  # type: ignore[override]
            log.append("add")
            super().add(*args)  # type: ignore[arg-type]

        def spawn(self, *args: object) -> gevent.Greenlet:  # type: ignore[override]
            log.append("spawn")
            return super().spawn(*args)  # type: ignore[arg-type]

    assert Mine(3).map(identity, [1]) == [1]
    assert log == ["spawn", "add"]


def test_spawn_of_what_cannot_be_called_changes_nothing() -> None:
    pool = Pool(1)
    with pytest.raises(TypeError):
        pool.spawn(5)  # type: ignore[arg-type]
    assert pool.free_count() == 1


def test_groups_take_attributes_and_weak_references() -> None:
    group = Group()
    group.mine = 1  # type: ignore[attr-defined]
    reference = weakref.ref(group)
    del group
    gc.collect()
    assert reference() is None


def test_a_group_that_is_dropped_does_not_stop_its_members() -> None:
    greenlet = Pool(1).spawn(identity, "value")
    gc.collect()
    assert greenlet.get() == "value"


# -- join ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_join_of_an_empty_group_does_not_switch(kind: Callable[[], Group]) -> None:
    with no_switches():
        assert kind().join() is True


def test_join_waits_for_those_who_come_meanwhile() -> None:
    group = Group()
    ended: list[object] = []

    def first() -> None:
        group.spawn(ended.append, "second")
        ended.append("first")

    group.spawn(first)
    assert group.join() is True
    assert ended == ["first", "second"]


def test_join_ends_when_the_group_was_empty_once(
    run_until_idle: Callable[[], None],
) -> None:
    group = Group()
    greenlet = group.spawn(identity)
    joiner = gevent.spawn(group.join)
    greenlet.rawlink(lambda _: group.spawn(gevent.sleep, 1000))
    run_until_idle()
    assert joiner.value is True
    group.kill()


def test_join_gives_up_after_its_timeout(virtual_loop: object) -> None:
    group = Group()
    group.spawn(gevent.sleep, 1000)
    assert group.join(timeout=1) is False
    assert len(group) == 1
    group.kill()


def test_join_raises_the_error_of_a_member_when_all_have_ended() -> None:
    group = Group()
    group.spawn(fail)
    last = group.spawn(gevent.sleep, 0)
    with pytest.raises(KeyError):
        group.join(raise_error=True)
    assert last.ready()
    assert group.join(raise_error=True) is True


# -- kill ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_kill_ends_all_members(kind: Callable[[], Group]) -> None:
    group = kind()
    greenlets = [group.spawn(gevent.sleep, 1000) for _ in range(2)]
    gevent.sleep(0)
    group.kill()
    assert all(each.dead for each in greenlets)
    assert not group
    assert not group.dying
    assert group.map(identity, [1, 2, 3]) == [1, 2, 3]


def test_kill_ends_also_those_who_come_meanwhile() -> None:
    group = Group()
    late: list[gevent.Greenlet] = []

    def body() -> None:
        try:
            gevent.sleep(1000)
        finally:
            late.append(group.spawn(gevent.sleep, 1000))

    group.spawn(body)
    gevent.sleep(0)
    group.kill()
    assert late[0].dead
    assert not group


def test_kill_sends_its_exception_once_to_each() -> None:
    group = Group()
    caught: list[object] = []

    def body() -> None:
        try:
            gevent.sleep(1000)
        except KeyError as error:
            caught.append(error)
            gevent.sleep(0)

    group.spawn(body)
    gevent.sleep(0)
    group.kill(KeyError, block=False)
    group.kill(KeyError, block=False)
    assert len(group.dying) == 1
    group.kill(KeyError)
    assert len(caught) == 1


def test_kill_without_block_only_sends_the_exceptions() -> None:
    group = Group()
    greenlet = group.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    with no_switches():
        group.kill(block=False)
    assert not greenlet.dead
    group.join()
    assert greenlet.dead


def test_kill_gives_up_silently_after_its_timeout(virtual_loop: object) -> None:
    group = Group()

    def stubborn() -> None:
        with pytest.raises(gevent.GreenletExit):
            gevent.sleep(1000)
        gevent.sleep(1000)

    greenlet = group.spawn(stubborn)
    gevent.sleep(0)
    group.kill(timeout=1)
    assert not greenlet.dead
    group.join()


def test_kill_passes_a_foreign_timeout_on(virtual_loop: object) -> None:
    group = Group()

    def stubborn() -> None:
        with pytest.raises(gevent.GreenletExit):
            gevent.sleep(1000)
        gevent.sleep(1000)

    group.spawn(stubborn)
    gevent.sleep(0)
    with pytest.raises(gevent.Timeout) as caught, gevent.Timeout(1) as outer:
        group.kill(timeout=2)
    assert caught.value is outer
    group.join()


def test_raw_members_are_killed_too() -> None:
    group = Group()
    raw = gevent.spawn_raw(gevent.sleep, 1000)
    group.add(raw)
    gevent.sleep(0)
    group.kill()
    assert raw.dead
    assert not group


@pytest.mark.parametrize("kind", KINDS)
def test_killone_does_not_wait_for_who_is_being_killed_already(
    kind: Callable[[], Group],
) -> None:
    group = kind()

    def stubborn() -> None:
        with pytest.raises(gevent.GreenletExit):
            Event().wait()
        Event().wait()

    greenlet = group.spawn(stubborn)
    gevent.sleep(0)
    group.killone(greenlet, block=False)
    for _ in range(2):
        with no_switches():
            group.killone(greenlet)
        gevent.sleep(0)
        assert not greenlet.dead
    greenlet.kill()


@pytest.mark.parametrize("kind", [Group, Pool])
def test_members_are_killed_in_the_order_in_which_they_joined(
    kind: Callable[[], Group],
) -> None:
    group = kind()
    killed: list[int] = []

    def body(number: int) -> None:
        try:
            Event().wait()
        finally:
            killed.append(number)

    # Numbers of objects do not come in order then.
    greenlets = [gevent.Greenlet(body, number) for number in range(50)]
    order = greenlets[::3] + greenlets[1::3] + greenlets[2::3]
    for greenlet in order:
        group.start(greenlet)
    gevent.sleep(0)
    assert list(group) == order
    group.kill()
    assert killed == [greenlets.index(each) for each in order]


def test_killone_kills_members_only() -> None:
    group = Group()
    member = group.spawn(gevent.sleep, 1000)
    other = gevent.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    group.killone(other)
    group.killone(member)
    assert member.dead
    assert not other.dead
    other.kill()


# -- the limit ----------------------------------------------------------------------


def test_a_pool_runs_as_many_as_it_has_places() -> None:
    pool = Pool(2)
    running: list[int] = []
    most: list[int] = []

    def body(_number: int) -> None:
        running.append(1)
        most.append(len(running))
        gevent.sleep(0)
        running.pop()

    pool.map(body, range(10))
    assert max(most) == 2


def test_spawn_waits_for_a_place() -> None:
    pool = Pool(1)
    first = pool.spawn(gevent.sleep, 0)
    assert pool.full()
    with switches():
        pool.spawn(identity)
    assert first.ready()
    pool.join()


def test_a_killed_spawner_takes_no_place() -> None:
    pool = Pool(1)
    first = pool.spawn(gevent.sleep, 1000)
    spawner = gevent.spawn(pool.spawn, identity)
    gevent.sleep(0)
    spawner.kill()
    first.kill()
    pool.join()
    assert pool.free_count() == 1
    assert pool._semaphore.counter == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("method", ["add", "start"])
def test_a_full_pool_refuses_in_time(method: str, virtual_loop: object) -> None:
    pool = Pool(0)
    greenlet = sleeper()
    with no_switches(), pytest.raises(PoolFull):
        getattr(pool, method)(greenlet, blocking=False)
    with switches(), pytest.raises(Full):
        getattr(pool, method)(greenlet, timeout=1)
    assert greenlet not in pool
    assert not greenlet


def test_a_pool_of_size_0_is_full_for_ever(virtual_loop: object) -> None:
    pool = Pool(0)
    assert pool.full()
    assert pool.free_count() == 0
    assert pool.wait_available(timeout=1) == 0


def test_a_pool_without_size_has_no_limit() -> None:
    pool = Pool()
    assert pool.size is None
    assert not pool.full()
    assert pool.free_count() == 1
    assert pool.wait_available() == 1
    with no_switches():
        for _ in range(100):
            pool.spawn(identity)
    pool.join()


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size must not be negative: -1"):
        Pool(-1)


def test_wait_available_waits_for_a_place() -> None:
    pool = Pool(1)
    with no_switches():
        assert pool.wait_available() == 1
    pool.spawn(gevent.sleep, 0)
    with switches():
        assert pool.wait_available() == 1


def test_a_pool_is_resized_through_its_counter() -> None:
    """celery does it that way."""
    pool = Pool(1)
    pool.spawn(gevent.sleep, 1000)
    waiting = gevent.spawn(pool.spawn, gevent.sleep, 1000)
    gevent.sleep(0)
    pool._semaphore.counter += 2  # type: ignore[union-attr]
    pool.size += 2  # type: ignore[operator]
    gevent.sleep(0)
    assert waiting.ready()
    assert pool.free_count() == 1
    pool._semaphore.counter -= 1  # type: ignore[union-attr]
    pool.size -= 1  # type: ignore[operator]
    assert pool.full()
    pool.kill()


# -- mapping ------------------------------------------------------------------------


def test_apply_returns_the_result_or_raises() -> None:
    pool = Pool(1)
    assert pool.apply(identity, ("value",)) == "value"
    assert pool.apply(dict, kwds={"key": 1}) == {"key": 1}
    with pytest.raises(KeyError):
        pool.apply(fail)


def test_apply_in_a_member_calls_directly() -> None:
    pool = Pool(1)
    assert pool.apply(lambda: pool.apply(gevent.getcurrent) is gevent.getcurrent())


def test_apply_cb_calls_back_with_the_result_only() -> None:
    pool = Pool(1)
    seen: list[object] = []
    assert pool.apply_cb(identity, (1,), callback=seen.append) == 1
    with pytest.raises(KeyError):
        pool.apply_cb(fail, callback=seen.append)
    gevent.sleep(0)
    assert seen == [1]


def test_apply_async_never_waits_also_when_full() -> None:
    pool = Pool(1)
    seen: list[object] = []
    with no_switches():
        greenlets = [
            pool.apply_async(identity, (number,), callback=seen.append)
            for number in range(3)
        ]
    assert greenlets[0] in pool
    assert greenlets[1] not in pool
    gevent.joinall(greenlets)
    gevent.sleep(0)
    gevent.sleep(0)
    assert sorted(seen) == [0, 1, 2]  # type: ignore[type-var]


def test_apply_async_does_not_call_back_after_a_failure() -> None:
    seen: list[object] = []
    greenlet = Group().apply_async(fail, callback=seen.append)
    gevent.joinall([greenlet])
    gevent.sleep(0)
    assert seen == []


def test_map_returns_results_in_the_order_of_the_items() -> None:
    def late(number: int) -> int:
        for _ in range(5 - number):
            gevent.sleep(0)
        return number

    assert Pool(3).map(late, range(5)) == [0, 1, 2, 3, 4]
    assert Group().map(late, range(5)) == [0, 1, 2, 3, 4]
    assert Pool(3).map(late, ()) == []


def test_map_raises_the_first_failure_after_it_called_all() -> None:
    called: list[int] = []

    def body(number: int) -> None:
        called.append(number)
        if number in (2, 4):
            raise KeyError(number)

    with pytest.raises(KeyError) as caught:
        Pool(2).map(body, range(6))
    assert caught.value.args == (2,)
    gevent.wait()
    assert called == list(range(6))


def test_a_map_that_is_interrupted_leaves_its_calls_running() -> None:
    pool = Pool(2)
    gate = Event()
    mapper = gevent.spawn(pool.map, lambda _: gate.wait(), [1, 2])
    gevent.sleep(0)
    mapper.kill()
    assert len(pool) == 2
    gate.set()
    pool.join()


def test_map_async_calls_back_with_the_list() -> None:
    seen: list[object] = []
    with no_switches():
        greenlet = Pool(2).map_async(identity, [1, 2], callback=seen.append)
    assert greenlet.get() == [1, 2]
    assert seen == [[1, 2]]
    assert Pool(2).map_cb(identity, [3]) == [3]


def test_the_mapping_methods_need_a_spawn() -> None:
    with pytest.raises(NotImplementedError):
        GroupMappingMixin().spawn(identity)


@pytest.mark.parametrize("kind", KINDS)
def test_members_start_with_the_spawners_context_if_configured(
    kind: Callable[[], Group],
) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    variable.set("inherited")

    def read(_item: object) -> str:
        return variable.get()

    assert kind().map(read, [1]) == ["unset"]
    gevent.config.inherit_context = True
    try:
        assert kind().map(read, [1]) == ["inherited"]
        assert list(kind().imap(read, [1])) == ["inherited"]
        assert kind().spawn(read, 1).get() == "inherited"
    finally:
        gevent.config.inherit_context = False


def test_the_same_greenlet_twice_is_joined_and_killed_once() -> None:
    greenlet = gevent.spawn(identity, 1)
    assert gevent.joinall([greenlet, greenlet], timeout=10) == [greenlet, greenlet]
    sleeping = gevent.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    gevent.killall([sleeping, sleeping])
    assert sleeping.dead


# -- against a model ----------------------------------------------------------------


class PoolMachine(RuleBasedStateMachine):
    """A set of members and a list of spawners that wait for a place, in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 2
        self.pool = Pool(2)
        self.members: list[gevent.Greenlet] = []
        self.gates: dict[gevent.Greenlet, Event] = {}
        self.waiting: list[tuple[gevent.Greenlet, gevent.Greenlet]] = []

    def run_all(self) -> None:
        """Let everybody run, here and in the model."""
        gevent.sleep(0)
        while gevent.get_hub().loop.pendingcnt:
            gevent.sleep(0)
        while len(self.members) < self.size and self.waiting:
            self.members.append(self.waiting.pop(0)[1])

    @rule()
    def spawn(self) -> None:
        """A new greenlet wants a place; its starter may have to wait for it."""
        gate = Event()
        member = gevent.Greenlet(gate.wait)
        self.gates[member] = gate
        self.waiting.append((gevent.spawn(self.pool.start, member), member))
        self.run_all()

    @precondition(lambda self: self.members)
    @rule(data=st.data(), how=st.sampled_from(["end", "kill", "discard"]))
    def leave(self, data: st.DataObject, how: str) -> None:
        """A member ends, is killed, or discarded."""
        member = data.draw(st.sampled_from(self.members))
        self.members.remove(member)
        if how == "end":
            self.gates[member].set()
        elif how == "kill":
            self.pool.killone(member)
        else:
            self.pool.discard(member)
            member.kill()
        self.run_all()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        """Who waits for a place is killed."""
        each = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(each)
        each[0].kill()
        self.run_all()

    @rule(change=st.integers(-1, 2))
    def resize(self, change: int) -> None:
        """The pool grows, or shrinks as far as places are free."""
        if change < 0 and self.pool.free_count() == 0:
            return
        self.size += change
        self.pool.size += change  # type: ignore[operator]
        self.pool._semaphore.counter += change  # type: ignore[union-attr]
        self.run_all()

    @rule()
    def kill(self) -> None:
        """All members are killed; who waits comes in meanwhile, and dies as well."""
        self.pool.kill()
        if self.size:
            self.members, self.waiting = [], []
        self.run_all()

    @invariant()
    def agrees(self) -> None:
        """GroupMembers, places and waiters are those of the model."""
        assert set(self.pool) == set(self.members)
        assert self.pool.free_count() == self.size - len(self.members)
        assert self.pool.full() is (len(self.members) == self.size)
        assert self.pool._semaphore.linkcount() == len(self.waiting)  # type: ignore[union-attr]
        assert not any(each.dead for each in self.members)
        assert self.pool.join(timeout=0) is (not self.members)

    def teardown(self) -> None:
        """Leave nothing behind."""
        for starter, _ in self.waiting:
            starter.kill()
        self.pool.kill()


PoolMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None
)
test_a_pool_agrees_with_its_model = PoolMachine.TestCase


class Unstartable(gevent.Greenlet):
    """Cannot be started."""

    def start(self) -> None:
        """Fail."""
        raise KeyError("mine")


class Unlinkable(gevent.Greenlet):
    """Cannot be listened to."""

    def rawlink(self, callback: Callable[[gevent.Greenlet], object]) -> None:
        """Fail."""
        raise KeyError("mine")


@pytest.mark.parametrize("kind", [Unstartable, Unlinkable])
def test_what_cannot_be_started_takes_no_place(kind: type[gevent.Greenlet]) -> None:
    """The pool stayed full for ever."""
    pool = Pool(1, kind)
    with pytest.raises(KeyError):
        pool.spawn(int)
    assert len(pool) == 0
    assert pool.wait_available(timeout=0) == 1
    assert pool.join(timeout=0)


def test_a_spawn_callback_that_fails_takes_no_place() -> None:
    pool = Pool(1)

    def refuse(_greenlet: object) -> None:
        raise KeyError("mine")

    gevent.Greenlet.add_spawn_callback(refuse)
    try:
        with pytest.raises(KeyError):
            pool.spawn(int)
    finally:
        gevent.Greenlet.remove_spawn_callback(refuse)
    assert pool.apply(int) == 0


def test_a_greenlet_that_two_add_at_once_takes_one_place() -> None:
    pool = Pool(2)
    members = [pool.spawn(gevent.sleep, 1000) for _ in range(2)]
    late = sleeper()
    adding = [gevent.spawn(pool.add, late) for _ in range(2)]
    gevent.sleep(0)
    gevent.killall(members)
    gevent.joinall(adding, raise_error=True)
    assert list(pool) == [late]
    assert pool.wait_available(timeout=0) == 1
    late.start()
    pool.kill()


class Local:
    """What the frame of a call has among its locals."""


def caught(function: Callable[[], object]) -> None:
    with contextlib.suppress(ValueError):
        function()


@pytest.mark.parametrize(
    "use",
    [
        lambda fail: list(Pool(2).imap(fail, [1])),
        lambda fail: list(Pool(2).imap_unordered(fail, [1])),
        lambda fail: Pool(2).map(fail, [1]),
        lambda fail: Pool(2).apply(fail, (1,)),
        lambda fail: join_raising(fail),
        lambda fail: linked_result(fail).get(),
        lambda fail: linked_result(fail).result(),
    ],
)
def test_what_failed_goes_without_the_collector(
    use: Callable[[Callable[..., object]], object],
) -> None:
    """Uncompiled, the frames of those who raise it on kept it."""
    seen: list[weakref.ref[Local]] = []

    def fail(*_: object) -> None:
        mine = Local()
        seen.append(weakref.ref(mine))
        raise ValueError

    gc.disable()
    try:
        caught(lambda: use(fail))
        for _ in range(3):
            gevent.sleep(0)
        assert [each() for each in seen] == [None]
    finally:
        gc.enable()


def join_raising(fail: Callable[..., object]) -> None:
    pool = Pool(2)
    pool.spawn(fail)
    pool.join(raise_error=True)


def linked_result(fail: Callable[..., object]) -> AsyncResult[object]:
    result: AsyncResult[object] = AsyncResult()
    gevent.spawn(fail).link(result)
    return result


def test_a_callback_that_fails_is_named() -> None:
    contexts: list[object] = []
    hub = gevent.get_hub()
    hub.handle_error = lambda context, *_: contexts.append(context)  # type: ignore[method-assign]

    def callback(_: object) -> None:
        raise ValueError

    Pool(1).apply_async(len, ("x",), callback=callback)
    for _ in range(3):
        gevent.sleep(0)
    del hub.handle_error
    assert repr(contexts[0]).startswith(f"({callback!r}, <Greenlet")


@pytest.mark.parametrize("kind", KINDS)
def test_after_map_none_of_its_calls_is_a_member(kind: Callable[[], Group]) -> None:
    group = kind()
    group.map(identity, [1, 2, 3])
    assert len(group) == 0


def test_after_a_map_that_failed_no_ended_call_is_a_member() -> None:
    group = Group()
    with pytest.raises(ZeroDivisionError):
        group.map(lambda number: 1 // number, [1, 0, 2])
    assert len(group) == 0


def test_a_full_pool_is_told_by_the_class_alone() -> None:
    pool = Pool(0)
    with pytest.raises(PoolFull) as raised:
        pool.add(gevent.Greenlet(), blocking=False)
    assert str(raised.value) == ""


@pytest.mark.parametrize("name", ["imap", "imap_unordered"])
def test_what_cannot_be_iterated_over_is_refused_at_once(name: str) -> None:
    with pytest.raises(TypeError, match="not iterable"):
        getattr(Group(), name)(identity, None)


def test_a_group_always_has_room() -> None:
    assert Group().wait_available() is None
