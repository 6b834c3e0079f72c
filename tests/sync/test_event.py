"""Event: who is woken, when, and in which order."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest

import gevent
from gevent.event import Event
from gevent.exceptions import BlockingSwitchOutError, LoopExit

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]


def waiters(event: Event, n: int, log: list[object]) -> list[gevent.Greenlet]:
    """Spawn *n* greenlets that log their number, and what wait() returned."""

    def body(number: int) -> None:
        log.append((number, event.wait(5)))

    greenlets = [gevent.spawn(body, number) for number in range(n)]
    gevent.sleep(0)
    return greenlets


def test_an_event_takes_no_arguments() -> None:
    with pytest.raises(TypeError):
        Event(1)  # type: ignore[call-arg]  # what is refused
    with pytest.raises(TypeError):
        Event(flag=True)  # type: ignore[call-arg]  # what is refused


def test_wait_on_a_set_event_returns_at_once() -> None:
    event = Event()
    event.set()
    log: list[object] = []
    other = gevent.spawn(log.append, "other")
    assert event.wait() is True
    assert log == []
    other.join()


def test_set_does_not_switch() -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 1, log)
    event.set()
    assert log == []
    gevent.joinall(greenlets)
    assert log == [(0, True)]


def test_waiters_are_woken_in_the_order_of_their_waits() -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 4, log)
    event.set()
    gevent.joinall(greenlets)
    assert log == [(number, True) for number in range(4)]


def test_waiters_and_links_are_notified_in_one_order() -> None:
    event = Event()
    log: list[object] = []
    first = waiters(event, 1, log)
    event.rawlink(lambda source: log.append(source is event))
    second = waiters(event, 1, log)
    event.set()
    gevent.joinall(first + second)
    assert log == [(0, True), True, (0, True)]


def test_who_waits_while_a_notification_is_queued_comes_behind() -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 3, log)
    event.set()
    assert event.wait() is True
    log.append("late")
    assert log == [(0, True), (1, True), (2, True), "late"]
    gevent.joinall(greenlets)


def test_who_comes_behind_is_woken_although_the_event_is_cleared_meanwhile() -> None:
    gevent.get_hub()
    event = Event()
    event.rawlink(lambda source: source.clear())
    event.set()
    assert event.wait(5) is True
    assert not event.is_set()


def test_callbacks_queued_before_set_run_before_the_waiters() -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 1, log)
    loop = gevent.get_hub().loop
    loop.run_callback(log.append, "before")
    event.set()
    loop.run_callback(log.append, "after")
    gevent.joinall(greenlets)
    gevent.sleep(0)
    assert log == ["before", (0, True), "after"]


def test_set_and_clear_wakes_who_waited_with_true() -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 3, log)
    event.set()
    event.clear()
    gevent.joinall(greenlets)
    assert log == [(0, True), (1, True), (2, True)]


def test_who_waits_after_set_and_clear_is_not_woken() -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 1, log)
    event.set()
    event.clear()
    assert event.wait(0.001) is False
    gevent.joinall(greenlets)


def test_nested_set_and_clear_in_links_do_not_end_a_wait_early() -> None:
    first, second = Event(), Event()

    def set_and_clear(_: Event) -> None:
        second.set()
        second.clear()

    first.rawlink(set_and_clear)
    first.set()
    first.clear()
    gevent.sleep(0)
    assert second.wait(0.001) is False


def test_waiting_on_a_set_event_keeps_its_place_among_the_runnable() -> None:
    event = Event()
    event.set()
    log: list[object] = []

    def body(number: int) -> None:
        event.wait()
        log.append(number)

    gevent.joinall([gevent.spawn(body, number) for number in range(3)])
    assert log == [0, 1, 2]


def test_gevent_wait_twice_on_a_set_event() -> None:
    event = Event()
    event.set()
    assert gevent.wait([event]) == [event]
    assert gevent.wait([event], timeout=1) == [event]


def test_killing_a_waiter_does_not_drop_the_notification_of_others() -> None:
    event = Event()
    killed = gevent.spawn(event.wait)
    gevent.sleep(0)
    killed.kill(block=False)
    event.set()
    waiting = gevent.spawn(event.wait, 1)
    assert waiting.get(timeout=1) is True


@pytest.mark.parametrize("victim", [0, 1, 2])
def test_a_waiter_killed_after_set_leaves_the_others_in_order(victim: int) -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 3, log)
    greenlets[victim].kill(block=False)
    event.set()
    gevent.joinall(greenlets)
    assert log == [(number, True) for number in range(3) if number != victim]


def test_wait_gives_up_after_its_timeout_and_unlinks() -> None:
    event = Event()
    assert event.wait(0.001) is False
    assert event.linkcount() == 0


@pytest.mark.parametrize("timeout", [0, -1])
def test_wait_without_time_lets_others_run_once(timeout: float) -> None:
    event = Event()
    log: list[object] = []
    other = gevent.spawn(log.append, "other")
    assert event.wait(timeout) is False
    assert log == ["other"]
    other.join()


def test_a_timeout_of_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        Event().wait(float("nan"))


def test_a_foreign_timeout_passes_through_and_unlinks() -> None:
    event = Event()
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        event.wait()
    assert event.linkcount() == 0


def test_waiting_for_what_nobody_can_do_is_a_loop_exit() -> None:
    with pytest.raises(LoopExit):
        Event().wait()


def test_wait_in_the_hub_is_refused_unless_set(
    in_hub: Callable[..., object],
) -> None:
    event = Event()
    assert isinstance(in_hub(event.wait), BlockingSwitchOutError)
    assert event.linkcount() == 0
    event.set()
    assert in_hub(event.wait) is True


def test_wait_in_the_hub_while_a_notification_is_queued() -> None:
    event = Event()
    log: list[object] = []
    greenlets = waiters(event, 1, log)
    gevent.get_hub().loop.run_callback(lambda: log.append(event.wait()))
    event.set()
    gevent.joinall(greenlets)
    assert log == [True, (0, True)]


def test_a_link_of_a_set_event_is_called_in_the_next_pass() -> None:
    event = Event()
    event.set()
    log: list[object] = []
    event.rawlink(log.append)
    assert log == []
    assert event.linkcount() == 1
    gevent.sleep(0)
    assert log == [event]
    assert event.linkcount() == 0


def test_a_link_is_called_once_only() -> None:
    event = Event()
    log: list[object] = []
    event.rawlink(log.append)
    for _ in range(2):
        event.set()
        gevent.sleep(0)
    assert log == [event]


def test_a_comparison_may_change_the_links_that_are_searched() -> None:
    event, log = Event(), []

    class Leaving:
        def __call__(self, source: object) -> None:
            log.append("leaving")

        def __eq__(self, other: object) -> bool:
            event.unlink(self)
            return False

        __hash__ = None  # type: ignore[assignment]

    event.rawlink(Leaving())
    event.rawlink(log.append)
    event.unlink(log.append)
    event.set()
    gevent.sleep(0)
    assert log == []


def test_an_unlinked_callable_is_not_called() -> None:
    event = Event()
    log: list[object] = []
    event.rawlink(log.append)
    event.unlink(log.append)
    event.unlink(print)
    event.set()
    gevent.sleep(0)
    assert log == []


def test_only_callables_can_be_linked() -> None:
    with pytest.raises(TypeError, match="callable"):
        Event().rawlink(None)  # type: ignore[arg-type]  # that is the test


def test_a_failing_link_is_reported_and_the_next_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = Event()
    log: list[object] = []
    monkeypatch.setattr(
        gevent.get_hub(), "handle_error", lambda *args: log.append(args[1])
    )
    event.rawlink(lambda _: 1 / 0)
    event.rawlink(log.append)
    event.set()
    gevent.sleep(0)
    assert log == [ZeroDivisionError, event]


def test_texts() -> None:
    event = Event()
    name = f"{Event.__module__}.Event"
    assert str(event) == f"<{name} at 0x{id(event):x} clear _links[0]>"
    event.set()
    event.rawlink(print)
    assert str(event) == f"<{name} at 0x{id(event):x} set _links[1]>"
    event.unlink(print)
    gevent.sleep(0)


def test_all_names_of_the_flag_agree() -> None:
    event = Event()
    assert not (event.is_set())
    assert not (event.isSet())
    assert not (event.ready())
    event.set()
    assert event.is_set()
    assert event.isSet()
    assert event.ready()
    event.clear()
    assert not event.is_set()
    assert bool(event)


def test_the_event_belongs_to_the_hub_of_who_waits_first() -> None:
    event = Event()
    assert event.hub is None
    event.wait(0)
    assert event.hub is gevent.get_hub()


@pytest.mark.compiled
def test_no_dict_but_weak_references_and_subclasses_with_fields() -> None:
    event = Event()
    with pytest.raises(AttributeError):
        event.other = 1  # type: ignore[attr-defined]  # that is the test
    reference = weakref.ref(event)
    del event
    gc.collect()
    assert reference() is None

    class Named(Event):
        __slots__ = ("name",)

        def __init__(self) -> None:
            self.name = "n"

    assert Named().name == "n"


def test_after_a_fork_it_belongs_to_nobody() -> None:
    event = Event()
    event.wait(0)
    event._at_fork_reinit()
    assert event.hub is None


def test_who_waits_in_the_thread_that_forked_waits_on_in_the_child() -> None:
    event = Event()
    log: list[object] = []
    waiters(event, 2, log)
    event._at_fork_reinit()
    event.set()
    gevent.sleep(0)
    assert log == [(0, True), (1, True)]


def test_a_notification_queued_before_a_fork_comes_in_the_child() -> None:
    event = Event()
    log: list[object] = []
    waiters(event, 1, log)
    event.set()
    event._at_fork_reinit()
    gevent.sleep(0)
    assert log == [(0, True)]


def test_a_wait_whose_time_is_over_when_it_is_set_is_true() -> None:
    """It was set and cleared before the waiter ran, which had timed out already."""
    event = Event()

    def set_and_clear() -> None:
        event.set()
        event.clear()

    timer = gevent.get_hub().loop.timer(1.0)
    timer.start(set_and_clear)
    waiting = gevent.spawn(event.wait, 1.0)
    gevent.sleep(0)
    assert waiting.get() is True
    timer.close()


def test_the_text_of_an_event_says_whether_it_is_set() -> None:
    event = Event()
    assert repr(event).endswith(": unset>")
    event.set()
    assert repr(event).endswith(": set>")


def test_who_waited_is_woken_although_it_was_cleared_at_once() -> None:
    """As ``threading.Event``; the reference wakes some who had not begun, too."""
    event = Event()
    waiters = [gevent.spawn(event.wait) for _ in range(2)]
    gevent.sleep(0)
    late = gevent.spawn(event.wait)
    event.set()
    event.clear()
    gevent.sleep(0)
    assert [each.get() for each in waiters] == [True, True]
    assert not late.ready()
    late.kill()


def test_a_finalizer_may_unlink_what_is_about_to_be_called() -> None:
    event = Event()
    called: list[object] = []
    event.rawlink(called.append)

    class Unlinking:
        def __del__(self) -> None:
            event.unlink(called.append)

    greenlet = gevent.spawn(event.set)
    greenlet.owned = Unlinking()  # type: ignore[attr-defined]  # greenlets take any
    del greenlet
    gevent.idle()
    assert event.linkcount() == 0
