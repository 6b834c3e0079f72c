"""``gevent.greenlet``: what the API promises."""

from __future__ import annotations

import contextvars
import functools
import gc
import io
import threading
import traceback
from collections.abc import Callable, Iterator

import greenlet as greenlet_module
import pytest

import gevent
from gevent.exceptions import BlockingSwitchOutError, LoopExit
from gevent.greenlet import Greenlet, GreenletExit
from gevent.hub import get_hub
from tests.hub.conftest import Report, fail, type_of_program

State = tuple[bool, bool, bool, bool, bool, object, object]


def state_of(greenlet: Greenlet) -> State:
    """The columns of the table of states."""
    return (
        bool(greenlet),
        greenlet.started,
        bool(greenlet.ready()),
        greenlet.dead,
        bool(greenlet.successful()),
        greenlet.value,
        greenlet.exception,
    )


def test_state_created() -> None:
    expected = (False, False, False, False, False, None, None)
    assert state_of(Greenlet(print)) == expected


def test_state_scheduled_running_suspended() -> None:
    states: list[State] = []

    def body() -> None:
        states.append(state_of(gevent.getcurrent()))
        gevent.sleep(0)

    greenlet = gevent.spawn(body)
    states.append(state_of(greenlet))
    gevent.sleep(0)
    states.append(state_of(greenlet))
    greenlet.join()
    assert states == [(True, True, False, False, False, None, None)] * 3


def test_state_returned() -> None:
    greenlet = gevent.spawn(lambda: 5)
    greenlet.join()
    assert state_of(greenlet) == (False, False, True, True, True, 5, None)
    assert not greenlet.exc_info


def test_state_raised(reports: list[Report]) -> None:
    greenlet = gevent.spawn(fail)
    greenlet.join()
    error = greenlet.exception
    assert state_of(greenlet) == (False, False, True, True, False, None, error)
    assert isinstance(error, KeyError)
    assert greenlet.exc_info[:2] == (KeyError, error)
    assert reports == [(greenlet, KeyError, error)]


def test_state_ended_by_greenlet_exit(reports: list[Report]) -> None:
    class Mine(gevent.GreenletExit):
        pass

    end = Mine()

    def leave() -> None:
        raise end

    greenlet = gevent.spawn(leave)
    greenlet.join()
    assert state_of(greenlet) == (False, False, True, True, True, end, None)
    assert greenlet.get() is end
    assert reports == []


@pytest.mark.parametrize("start", [True, False])
def test_state_killed_before_it_ran(start: bool) -> None:
    greenlet = Greenlet(fail, 1, x=2)
    if start:
        greenlet.start()
    greenlet.kill()
    value = greenlet.value
    assert state_of(greenlet) == (False, False, True, True, True, value, None)
    assert type(value) is gevent.GreenletExit
    assert (greenlet.args, greenlet.kwargs) == ((), {})


def test_start_acts_once() -> None:
    seen: list[int] = []
    greenlet = Greenlet(seen.append, 1)
    greenlet.start()
    greenlet.start()
    greenlet.start_later(0)
    gevent.idle()
    greenlet.start()
    killed = Greenlet(seen.append, 2)
    killed.kill()
    killed.start()
    gevent.idle()
    assert seen == [1]


def test_arguments_are_kept_until_the_end() -> None:
    greenlet = Greenlet(lambda x, y: gevent.sleep(0), 1, y=2)
    assert (greenlet.args, greenlet.kwargs) == ((1,), {"y": 2})
    greenlet.start()
    gevent.sleep(0)
    assert (greenlet.args, greenlet.kwargs) == ((1,), {"y": 2})
    greenlet.join()
    assert (greenlet.args, greenlet.kwargs) == ((), {})


@pytest.mark.parametrize(
    "name",
    [
        "value",
        "exception",
        "exc_info",
        "args",
        "kwargs",
        "dead",
        "started",
        pytest.param("loop", marks=pytest.mark.compiled),  # a native field
    ],
)
def test_what_is_read_only(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Greenlet(print), name, 1)


def test_other_attributes_may_be_set() -> None:
    greenlet = Greenlet(print)
    greenlet.anything = 5
    assert greenlet.anything == 5


@pytest.mark.parametrize("make", [Greenlet, gevent.spawn, Greenlet.spawn])
def test_what_is_not_callable_is_refused(make: Callable[..., object]) -> None:
    message = r"The run argument or self\._run must be callable"
    with pytest.raises(TypeError, match=message):
        make(5)
    with pytest.raises(TypeError):
        gevent.spawn_later("x", print)
    with pytest.raises(TypeError):
        gevent.spawn_later(1)


def test_without_a_function_it_returns_none() -> None:
    assert gevent.spawn().get() is None


def test_a_subclass_may_define_its_body() -> None:
    class Mine(Greenlet):
        def _run(self, *args: object) -> object:
            return args

    assert Mine.spawn(None, 1, 2).get() == (1, 2)
    assert repr(Mine()).endswith(": _run>")


def test_its_names() -> None:
    greenlet = Greenlet(print)
    assert f"<Greenlet at 0x{id(greenlet):x}: " in repr(greenlet)
    number = greenlet.minimal_ident
    assert greenlet.name == f"Greenlet-{number}"
    assert repr(greenlet).startswith(f'<Greenlet "Greenlet-{number}" at ')
    greenlet.name = ("any", "object")
    assert greenlet.name == ("any", "object")
    assert str(greenlet) == repr(greenlet)


def test_an_ident_is_used_again_when_its_greenlet_is_gone() -> None:
    first, second = Greenlet(print), Greenlet(print)
    number = first.minimal_ident
    assert second.minimal_ident != number
    first.kill()
    assert Greenlet(print).minimal_ident != number
    del first
    gc.collect()
    assert Greenlet(print).minimal_ident == number


def test_its_repr_shows_the_call() -> None:
    def function(*_: object, **__: object) -> None:
        pass

    greenlet = Greenlet(function, 1, "x" * 100, key=2)
    expected = f": function(1, 'x{'x' * 48}, key=2)>"
    assert repr(greenlet).endswith(expected)
    assert repr(Greenlet(function)).endswith(": function>")
    partial = functools.partial(print)
    assert repr(Greenlet(partial)).endswith(f": {partial!r}>")


def test_its_repr_shows_the_call_after_the_end_to_who_has_seen_it() -> None:
    seen, unseen = Greenlet(print, 1), Greenlet(print, 1)
    text = repr(seen)
    seen.kill()
    unseen.kill()
    assert repr(seen) == text
    assert repr(unseen).endswith(": _run>")


def test_spawned_ones_run_in_the_order_of_start_among_callbacks() -> None:
    seen: list[int] = []
    gevent.spawn(seen.append, 1)
    get_hub().loop.run_callback(seen.append, 2)
    late = Greenlet(seen.append, 4)
    gevent.spawn(seen.append, 3)
    late.start()
    assert seen == []
    gevent.sleep(0)
    assert seen == [1, 2, 3, 4]


def test_a_child_of_what_ran_in_sleep_zero_runs_after_the_caller() -> None:
    seen: list[str] = []
    gevent.spawn(lambda: gevent.spawn(seen.append, "child"))
    gevent.sleep(0)
    seen.append("caller")
    gevent.sleep(0)
    assert seen == ["caller", "child"]


@pytest.mark.usefixtures("virtual_loop")
def test_sleepers_of_equal_time_wake_in_the_order_of_falling_asleep() -> None:
    seen: list[int] = []

    def body(number: int) -> None:
        gevent.sleep(0.001)
        seen.append(number)

    gevent.joinall([gevent.spawn(body, number) for number in range(20)])
    assert seen == list(range(20))


def test_get_raises_timeout() -> None:
    greenlet = Greenlet(print)
    with pytest.raises(gevent.Timeout) as caught:
        greenlet.get(block=False)
    assert (caught.value.seconds, str(caught.value)) == (None, "")
    with pytest.raises(gevent.Timeout) as caught:
        greenlet.get(timeout=0)
    assert caught.value.seconds == 0


def test_get_with_timeout_zero_makes_one_trip() -> None:
    assert gevent.spawn(lambda: 5).get(timeout=0) == 5


def test_get_of_a_failure_has_the_original_traceback(
    reports: list[Report],
) -> None:
    """It showed where get() was called only (#450, #528, #240)."""

    def the_culprit() -> None:
        raise KeyError("here")

    greenlet = gevent.spawn(the_culprit)
    for _ in range(3):
        with pytest.raises(KeyError) as caught:
            greenlet.get()
        names = [each.name for each in traceback.extract_tb(caught.value.__traceback__)]
        assert names[-1] == "the_culprit"
        assert names.count("the_culprit") == 1
    assert len(reports) == 1


def test_join_of_one_that_never_starts_is_a_loop_exit() -> None:
    with pytest.raises(LoopExit):
        Greenlet(print).join()
    assert Greenlet(print).join(timeout=0.001) is None  # type: ignore[func-returns-value]


def test_links_are_called_in_order_once_and_removed() -> None:
    seen: list[object] = []
    greenlet = gevent.spawn(lambda: 5)
    greenlet.rawlink(lambda source: seen.append((1, source is greenlet)))
    greenlet.link(lambda source: seen.append((2, source.value)))
    greenlet.rawlink(lambda _: greenlet.rawlink(lambda _: seen.append(3)))
    assert greenlet.has_links()
    gevent.idle()
    assert seen == [(1, True), (2, 5), 3]
    assert not greenlet.has_links()
    greenlet.rawlink(seen.append)
    assert len(seen) == 3
    gevent.idle()
    assert seen[3] is greenlet


def test_links_on_success_and_failure(reports: list[Report]) -> None:
    seen: list[object] = []
    good, bad = Greenlet(lambda: None), Greenlet(fail)
    for each in (good, bad):
        each.link_value(lambda source: seen.append(("value", source is good)))
        each.link_exception(lambda source: seen.append(("exception", source is bad)))
        each.start()
    gevent.idle()
    assert seen == [("value", True), ("exception", True)]


def test_a_link_may_block_and_a_rawlink_may_not(reports: list[Report]) -> None:
    seen: list[str] = []
    greenlet = gevent.spawn(lambda: None)
    greenlet.rawlink(lambda _: gevent.sleep(0))
    greenlet.link(lambda _: (gevent.sleep(0), seen.append("link")))
    gevent.idle()
    assert seen == ["link"]
    assert [kind for _, kind, _ in reports] == [BlockingSwitchOutError]


def test_an_error_in_a_link_does_not_stop_later_ones(reports: list[Report]) -> None:
    seen: list[object] = []
    greenlet = gevent.spawn(lambda: None)
    link = lambda _: fail()  # noqa: E731
    greenlet.rawlink(link)
    greenlet.rawlink(seen.append)
    gevent.idle()
    assert seen == [greenlet]
    assert [(context, kind) for context, kind, _ in reports] == [
        ((link, greenlet), KeyError)
    ]


def test_unlink_takes_what_was_given_to_link() -> None:
    seen: list[object] = []
    greenlet = gevent.spawn(lambda: None)
    greenlet.link(seen.append)
    greenlet.unlink(seen.append)
    greenlet.unlink(print)
    greenlet.rawlink(seen.append)
    greenlet.link_value(seen.append)
    greenlet.unlink_all()
    gevent.idle()
    assert seen == []
    with pytest.raises(TypeError):
        greenlet.rawlink(5)  # type: ignore[arg-type]


def test_leaving_a_with_block_joins_or_kills() -> None:
    with gevent.spawn(gevent.sleep, 0.001) as joined:
        assert not joined.dead
    assert joined.dead
    killed = gevent.spawn(gevent.sleep, 10)
    with pytest.raises(KeyError), killed:
        fail()
    assert killed.dead


def test_an_error_is_printed_with_time_and_repr(printed: io.StringIO) -> None:
    greenlet = gevent.spawn(fail)
    greenlet.name = "culprit"
    gevent.idle()
    text = printed.getvalue()
    assert text.startswith("Traceback (most recent call last):\n")
    assert (
        f'Z <Greenlet "culprit" at 0x{id(greenlet):x}: fail> failed with KeyError\n\n'
        in text
    )


def test_system_exit_is_raised_in_the_main_greenlet(printed: io.StringIO) -> None:
    def leave() -> None:
        raise SystemExit(7)

    greenlet = gevent.spawn(leave)
    with pytest.raises(SystemExit) as caught:
        gevent.sleep(1)
    assert caught.value.code == 7
    assert greenlet.exception is caught.value
    assert printed.getvalue() == ""


def test_spawn_callbacks_are_called_before_scheduling() -> None:
    seen: list[object] = []
    Greenlet.add_spawn_callback(seen.append)
    Greenlet.add_spawn_callback(seen.append)
    try:
        first = gevent.spawn(print, end="")
        second = gevent.spawn_later(10, print)
        assert seen == [first, second]
    finally:
        Greenlet.remove_spawn_callback(seen.append)
        Greenlet.remove_spawn_callback(print)
    second.kill()
    first.kill()


def test_the_spawn_tree() -> None:
    found: list[Greenlet] = []

    def child() -> None:
        found.append(gevent.getcurrent())

    def parent() -> None:
        gevent.spawn(child).join()

    one, two = gevent.spawn(parent), gevent.spawn(parent)
    gevent.joinall([one, two])
    assert one.spawning_greenlet() is gevent.getcurrent()
    assert found[0].spawning_greenlet() is one
    assert found[0].spawn_tree_locals is one.spawn_tree_locals
    assert one.spawn_tree_locals is not two.spawn_tree_locals
    text = "".join(traceback.format_stack(found[0].spawning_stack))
    assert "in parent" in text


def test_tracking_may_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gevent.config, "track_greenlet_tree", False)
    greenlet = Greenlet(print)
    assert greenlet.spawning_greenlet is None
    assert greenlet.spawn_tree_locals is None
    assert greenlet.spawning_stack is None


def test_its_parent_is_the_hub_and_its_context_is_empty() -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable")
    variable.set(1)
    greenlet = gevent.spawn(lambda: variable.get(None))
    assert greenlet.parent is get_hub()
    assert greenlet.get() is None
    passed_on = Greenlet(variable.get)
    passed_on.gr_context = contextvars.copy_context()
    passed_on.start()
    assert passed_on.get() == 1


def test_other_threads_may_read_a_result_but_not_wait() -> None:
    done, running = gevent.spawn(lambda: 5), gevent.spawn(gevent.sleep, 10)
    done.join()
    results: list[object] = []

    def work() -> None:
        results.append(done.get())
        with pytest.raises(greenlet_module.error, match="different thread"):
            running.get()
        results.append("refused")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [5, "refused"]
    running.kill()


def test_spawn_raw_has_no_result_but_an_origin(reports: list[Report]) -> None:
    with pytest.raises(TypeError, match="function must be callable"):
        gevent.spawn_raw(5)  # type: ignore[arg-type]
    raw = gevent.spawn_raw(fail)
    assert raw.parent is get_hub()
    assert raw.loop is get_hub().loop
    assert raw.spawning_greenlet() is gevent.getcurrent()
    assert not hasattr(raw, "join")
    gevent.sleep(0)
    assert [(context, kind) for context, kind, _ in reports] == [(raw, KeyError)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("GEVENT_TRACK_GREENLET_TREE=0", "assert g.spawning_greenlet is None"),
        ("GEVENT_INHERIT_CONTEXT=1", "assert g.get() == 'mine'"),
        ("GEVENT_INHERIT_CONTEXT=0", "assert g.get() == 'none'"),
        ("GEVENT_CHUNK_CACHE=0", "assert not chunks.installed()"),
    ],
)
def test_settings_come_from_the_environment(
    name: str, code: str, run_program: type_of_program
) -> None:
    variable, _, value = name.partition("=")
    done = run_program(
        f"""
        import contextvars, os
        os.environ[{variable!r}] = {value!r}
        import gevent
        from gevent._native.memory import chunks
        var = contextvars.ContextVar("var", default="none")
        var.set("mine")
        g = gevent.spawn(var.get)
        g.join()
        {code}
        """
    )
    assert done.returncode == 0, done.stderr


def test_its_class_is_subscriptable_at_run_time() -> None:
    assert Greenlet[..., int].__origin__ is Greenlet  # type: ignore[attr-defined]


class Described(Greenlet):
    def _run(self) -> None:
        pass

    def __repr__(self) -> str:
        return "described"


def test_its_text_is_the_repr_of_a_subclass() -> None:
    assert str(Described()) == "described"
    assert f"{Described()}" == "described"


def body(*args: object) -> object:
    return args


def test_the_body_can_be_read_and_assigned() -> None:
    """It was a method that did nothing, whatever the greenlet ran."""
    greenlet = Greenlet(body, 1)
    assert greenlet._run is body
    assert greenlet._run(2) == (2,)

    def other(*args: object) -> object:
        return ("other", *args)

    greenlet._run = other
    greenlet.start()
    assert greenlet.get() == ("other", 1)


def test_the_body_of_one_that_has_none_does_nothing() -> None:
    assert Greenlet()._run() is None
    assert Greenlet.spawn(None, 1).get() is None


def test_a_name_may_be_none() -> None:
    """It is one, as any other object: not the one that is made up."""
    greenlet = gevent.Greenlet(len, "a")
    greenlet.name = None
    assert greenlet.name is None
    assert '"None"' in repr(greenlet)


def test_a_class_as_body_is_shown_by_its_name() -> None:
    assert repr(Greenlet(int, "1")).endswith(": int('1')>")
    assert repr(Greenlet(Described)).endswith(": Described>")


def test_started_later_it_runs_in_the_turn_of_its_timer() -> None:
    """It ran behind whatever was queued, and behind waits that ended with it."""
    order: list[str] = []
    loop = get_hub().loop

    def also_due() -> None:
        order.append("other timer")

    greenlet = Greenlet(order.append, "greenlet")
    greenlet.start_later(0)
    timer = loop.timer(0)
    timer.start(also_due)
    greenlet.join()
    timer.close()
    gevent.sleep(0)
    assert order[0] == "greenlet"


def test_one_whose_constructor_did_nothing_has_a_repr() -> None:
    class Forgetful(Greenlet):
        def __init__(self) -> None:
            pass

    assert repr(Forgetful()).endswith(": _run>")


def test_exc_info_of_a_success_is_none() -> None:
    greenlet = gevent.spawn(body)
    greenlet.join()
    assert greenlet.exc_info is None


@pytest.mark.compiled
def test_a_forgotten_init_is_an_error_and_no_crash(
    run_program: type_of_program,
) -> None:
    """Subclasses that do not call __init__ have no loop."""
    done = run_program("""
        import gevent
        from gevent.hub import Waiter
        class Forgetful(gevent.Greenlet):
            def __init__(self):
                pass
        for name in "start", "join", "get":
            try:
                getattr(Forgetful(), name)()
            except AttributeError:
                print(name)
        class Empty(Waiter):
            def __init__(self):
                pass
        waiter = Empty()
        waiter.hub
        waiter.switch(3)
        print(waiter.get())
    """)
    assert done.stdout.split() == ["start", "join", "get", "3"], done.stderr


@pytest.fixture
def at_spawn() -> Iterator[Callable[[Callable[[Greenlet], object]], None]]:
    """Give a function that adds spawn callbacks."""
    added: list[Callable[[Greenlet], object]] = []

    def add(callback: Callable[[Greenlet], object]) -> None:
        added.append(callback)
        Greenlet.add_spawn_callback(callback)

    yield add
    for callback in added:
        Greenlet.remove_spawn_callback(callback)


SPAWN: dict[str, Callable[..., Greenlet]] = {
    "spawn": gevent.spawn,
    "spawn_later": lambda function, *args: gevent.spawn_later(0, function, *args),
}


@pytest.mark.parametrize("way", SPAWN)
def test_a_spawn_callback_may_kill_the_greenlet(
    way: str, at_spawn: Callable[[Callable[[Greenlet], object]], None]
) -> None:
    """It was scheduled all the same, and only then found that it had ended."""
    at_spawn(lambda greenlet: greenlet.kill(block=False))
    ran: list[object] = []
    greenlet = SPAWN[way](ran.append, 1)
    assert greenlet.ready()
    assert not greenlet
    assert isinstance(greenlet.value, GreenletExit)
    gevent.sleep(0.001)
    assert greenlet.ready()
    assert ran == []


@pytest.mark.parametrize("way", SPAWN)
def test_a_spawn_callback_may_start_the_greenlet(
    way: str, at_spawn: Callable[[Callable[[Greenlet], object]], None]
) -> None:
    starts: list[object] = []

    def start(greenlet: Greenlet) -> None:
        if not starts:
            starts.append(greenlet)
            greenlet.start()

    at_spawn(start)
    ran: list[object] = []
    greenlet = SPAWN[way](ran.append, 1)
    gevent.sleep(0.001)
    assert greenlet.successful()
    assert ran == [1]
