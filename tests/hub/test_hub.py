"""``gevent.hub``: what the API promises."""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Callable

import pytest

import gevent
from gevent.event import Event
from gevent.exceptions import (
    BlockingSwitchOutError,
    ConcurrentObjectUseError,
    InvalidSwitchError,
    LoopExit,
)
from gevent.hub import Hub, Waiter, get_hub, linkproxy
from gevent.hub import kill as kill_later
from tests.hub.conftest import Report, fail, type_of_program


def in_the_hub(function: Callable[[], object]) -> None:
    get_hub().loop.run_callback(function)
    gevent.sleep(0)


@pytest.mark.parametrize("name", ["main_hub", "ident_registry"])
def test_the_class_has_what_its_hubs_have(name: str) -> None:
    """Of issue 15: programs ask the class."""
    assert name in dir(Hub)
    assert getattr(get_hub(), name) is not None


def test_one_hub_per_thread() -> None:
    hubs = [get_hub(), get_hub()]
    thread = threading.Thread(target=lambda: hubs.append(get_hub()))
    thread.start()
    thread.join()
    assert hubs[0] is hubs[1]
    assert hubs[2] is not hubs[0]
    assert (hubs[0].main_hub, hubs[2].main_hub) == (True, False)
    with pytest.raises(TypeError):
        get_hub(1)  # type: ignore[call-arg]


def test_blocking_in_the_hub_is_refused() -> None:
    caught: list[str] = []

    def block() -> None:
        for call in (gevent.sleep, lambda: gevent.sleep(1), Event().wait, Waiter().get):
            with pytest.raises(BlockingSwitchOutError) as error:
                call()
            caught.append(str(error.value))

    in_the_hub(block)
    message = "Impossible to call blocking function in the event loop callback"
    assert caught == [message] * 4


def test_switch_out_is_called_before_a_park() -> None:
    seen: list[str] = []

    class Hooked(gevent.Greenlet):
        def switch_out(self) -> None:
            seen.append("out")

    greenlet = Hooked(lambda: (gevent.sleep(0), seen.append("in")))
    greenlet.start()
    greenlet.join()
    raw = gevent.spawn_raw(gevent.sleep, 0)
    raw.switch_out = lambda: seen.append("raw")
    gevent.idle()
    assert seen == ["out", "in", "raw"]


def test_loop_exit_names_every_parked_greenlet_and_the_hub_stays_usable() -> None:
    event = Event()
    parked = gevent.spawn(event.wait)
    gevent.sleep(0)
    with pytest.raises(LoopExit) as caught:
        parked.join()
    text = str(caught.value)
    lines = text.split("\n")
    assert lines[0] == "This operation would block forever"
    assert lines[1] == f"\tHub: {get_hub()!r}"
    assert lines[2] == "\tHandles:"
    described = " ".join(caught.value.args[2])
    named = repr(parked).partition(" waits for ")[0]
    assert f"{named}> waits for {event!r}" in described
    # Said once what each waits for.
    assert f"waits for <Greenlet at 0x{id(parked):x}: " in described
    assert caught.value.hub is get_hub()
    assert gevent.spawn(lambda: 5).get() == 5
    parked.kill()


def test_loop_exit_goes_to_the_main_greenlet() -> None:
    results: list[object] = []

    def wait_for_ever() -> None:
        try:
            Waiter().get()
        except LoopExit:
            results.append("wrong")

    parked = gevent.spawn(wait_for_ever)
    with pytest.raises(LoopExit):
        parked.join()
    assert results == []
    parked.kill()


def test_errors_are_printed_with_a_time_and_a_context(printed: io.StringIO) -> None:
    get_hub().handle_error("some text", KeyError, KeyError("x"), None)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    expected = rf"KeyError: 'x'\n{stamp} some text failed with KeyError\n\n"
    assert re.fullmatch(expected, printed.getvalue())


def test_a_context_is_formatted_as_configured(printed: io.StringIO) -> None:
    hub = get_hub()
    hub.format_context = lambda context: f"<<{context}>>"
    hub.print_exception(5, KeyError, None, None)
    assert "Z <<5>> failed with KeyError\n\n" in printed.getvalue()
    hub.print_exception(None, KeyError, "text", None)
    assert printed.getvalue().endswith("Z\n")


def test_no_stream_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    standard = io.StringIO()
    monkeypatch.setattr(sys, "stderr", standard)
    get_hub().exception_stream = None
    get_hub().handle_error("context", KeyError, KeyError(), None)
    assert standard.getvalue() == ""
    del get_hub().__dict__["exception_stream"]
    monkeypatch.setattr(sys, "stderr", None)
    get_hub().handle_error("context", KeyError, KeyError(), None)
    monkeypatch.setattr(sys, "stderr", standard)
    get_hub().handle_error("context", KeyError, KeyError(), None)
    assert "KeyError" in standard.getvalue()


@pytest.mark.parametrize("kind", [gevent.GreenletExit])
def test_some_errors_are_none(printed: io.StringIO, kind: type[BaseException]) -> None:
    get_hub().handle_error("context", kind, kind(), None)
    assert printed.getvalue() == ""


def test_without_a_context_it_is_raised_in_the_main_greenlet(
    printed: io.StringIO,
) -> None:
    hub = get_hub()
    hub.loop.run_callback(hub.handle_error, None, KeyError, KeyError("main"), None)
    with pytest.raises(KeyError):
        gevent.sleep(1)
    assert "KeyError: 'main'" in printed.getvalue()


def test_a_greenlet_that_reports_a_system_error_goes_on_later(
    printed: io.StringIO,
) -> None:
    seen: list[str] = []

    def body() -> None:
        get_hub().handle_error(None, KeyError, KeyError(), None)
        seen.append("went on")

    gevent.spawn(body)
    with pytest.raises(KeyError):
        gevent.sleep(1)
    assert seen == []
    gevent.sleep(0)
    assert seen == ["went on"]


def test_handle_error_may_be_assigned() -> None:
    seen: list[object] = []
    get_hub().handle_error = lambda *args: seen.append(args[1])  # type: ignore[method-assign]
    gevent.spawn(fail)
    in_the_hub(fail)
    assert seen == [KeyError, KeyError]


def test_contexts_of_callbacks_and_watchers(reports: list[Report]) -> None:
    loop = get_hub().loop
    call = loop.run_callback(fail)
    timer = loop.timer(0)
    timer.start(fail)
    gevent.idle()
    assert [context for context, _, _ in reports] == [call, timer]


def test_a_failing_error_handler_does_not_end_the_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError("broken")

    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.append(what.exc_type))
    get_hub().exception_stream = Broken()
    gevent.spawn(fail)
    in_the_hub(fail)
    gevent.sleep(0)
    assert told == [OSError, OSError]
    assert gevent.spawn(lambda: 5).get() == 5


def test_an_interrupt_while_an_error_is_printed_arrives() -> None:
    class Interrupted(io.StringIO):
        def write(self, _: str) -> int:
            raise KeyboardInterrupt

    get_hub().exception_stream = Interrupted()
    get_hub().loop.run_callback(fail)
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(1)


def test_its_repr() -> None:
    hub = get_hub()
    hub.name = "label"
    expected = (
        rf"<Hub 'label' at 0x{id(hub):x} \S+ default pending=0 ref=\d+ fileno=\d+"
        rf" thread_ident=0x{hub.thread_ident:x}>"
    )
    assert re.fullmatch(expected, repr(hub))
    hub.destroy(destroy_loop=True)
    text = (
        f"<Hub 'label' at 0x{id(hub):x} destroyed thread_ident=0x{hub.thread_ident:x}>"
    )
    assert repr(hub) == text


def test_destroy_keeps_the_default_loop_for_the_next_hub() -> None:
    hub, loop = get_hub(), get_hub().loop
    hub.destroy()
    assert hub.dead
    assert hub.loop is None
    with pytest.raises(AttributeError):
        hub.destroy()
    assert get_hub() is not hub
    assert get_hub().loop is loop


def test_a_destroyed_default_loop_is_not_used_again() -> None:
    """The destroyed default loop was used again (#1580)."""
    first = get_hub().loop
    first.timer(0).start(lambda: None)
    get_hub().destroy(destroy_loop=True)
    assert gevent.spawn(lambda: 5).get() == 5
    assert get_hub().loop is not first
    assert get_hub().loop.default


@pytest.mark.parametrize("destroy_loop", [True, False])
@pytest.mark.parametrize("where", ["greenlet", "callback"])
def test_destroy_elsewhere_than_in_the_main_greenlet(
    where: str, destroy_loop: bool
) -> None:
    """The thread was left with a hub that was dead."""
    hub = get_hub()
    seen: list[str] = []

    def end() -> None:
        hub.destroy(destroy_loop)
        seen.append("went on")

    if where == "greenlet":
        gevent.spawn(end)
    else:
        hub.loop.run_callback(end)
    with pytest.raises(LoopExit):
        gevent.sleep(0.01)
    assert seen == ["went on"]
    assert hub.dead
    assert gevent.spawn(lambda: 5).get() == 5


def test_destroy_when_an_error_came_through_the_hub() -> None:
    """The hub swallowed its own end."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    hub = get_hub()
    hub.loop.run_callback(interrupt)
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(1)
    hub.destroy(destroy_loop=True)
    assert hub.dead
    gevent.sleep(0.0001)


def test_a_replaced_hub_is_not_destroyed() -> None:
    hub = get_hub()
    hub.set_hub(None)
    other = get_hub()
    assert other is not hub
    assert hub.loop is not None
    other.destroy(destroy_loop=True)
    hub.set_hub(hub)
    assert get_hub() is hub
    gevent.sleep(0)


def test_a_hub_with_active_watchers_may_be_destroyed() -> None:
    """A second hub of the thread crashed when it was destroyed with its loop (#237)."""
    for _ in range(3):
        hub = get_hub()
        hub.loop.timer(10).start(print)
        hub.loop.io(0, 1).start(print)
        gevent.spawn_later(10, print)
        gevent.sleep(0)
        hub.destroy(destroy_loop=True)
    assert get_hub() is not hub


@pytest.mark.usefixtures("virtual_loop")
def test_wait_waits_for_a_watcher_and_stops_it() -> None:
    timer = get_hub().loop.timer(0.0001)
    get_hub().wait(timer)
    assert not timer.active
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.0001):
        get_hub().wait(timer := get_hub().loop.timer(10))
    assert not timer.active


def test_a_watcher_has_one_waiter() -> None:
    timer = get_hub().loop.timer(10)
    first = gevent.spawn(get_hub().wait, timer)
    gevent.sleep(0)
    with pytest.raises(ConcurrentObjectUseError):
        get_hub().wait(timer)
    first.kill()


def test_cancel_wait_raises_in_the_waiting_greenlet(reports: list[Report]) -> None:
    timer = get_hub().loop.timer(10)
    waiting = gevent.spawn(get_hub().wait, timer)
    gevent.sleep(0)
    get_hub().cancel_wait(None, KeyError)
    get_hub().cancel_wait(timer, KeyError("cancelled"), close_watcher=True)
    with pytest.raises(KeyError):
        waiting.get()
    assert not timer.active


@pytest.mark.usefixtures("virtual_loop")
def test_join_is_for_the_main_greenlet_and_tells_whether_it_finished() -> None:
    hub = get_hub()
    message = "only possible from the MAIN greenlet"
    with pytest.raises(AssertionError, match=message):
        gevent.Greenlet.spawn(hub.join).get()
    assert hub.join() is True
    timer = hub.loop.timer(10)
    timer.start(print)
    assert hub.join(timeout=0.0001) is False
    timer.close()


@pytest.mark.usefixtures("virtual_loop")
def test_sleep_takes_what_is_a_number() -> None:
    from decimal import Decimal
    from fractions import Fraction

    for seconds in (0, -1, 0.0001, Fraction(1, 10000), Decimal("0.0001"), True * 0):
        assert gevent.sleep(seconds) is None  # type: ignore[arg-type,func-returns-value]
    for other in ("x", None, object()):
        with pytest.raises(TypeError):
            gevent.sleep(other)  # type: ignore[arg-type]


def test_sleep_without_ref_lets_the_loop_end() -> None:
    sleeper = gevent.spawn(gevent.sleep, 100, ref=False)
    assert gevent.wait(timeout=10) is True
    sleeper.kill()


def test_idle_lets_everything_else_run() -> None:
    seen: list[str] = []
    gevent.spawn(lambda: gevent.spawn(seen.append, "grandchild"))
    gevent.spawn_later(0, seen.append, "timer")
    gevent.idle()
    assert sorted(seen) == ["grandchild", "timer"]


def test_kill_later_takes_raw_greenlets() -> None:
    raw, plain = gevent.spawn_raw(gevent.sleep, 10), gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    kill_later(raw)
    kill_later(plain)
    assert not raw.dead
    gevent.sleep(0)
    assert raw.dead
    assert plain.dead
    kill_later(raw)


def test_a_linkproxy_calls_once() -> None:
    seen: list[object] = []
    proxy = linkproxy(seen.append, 5)
    proxy(1, 2)
    proxy()
    assert seen == [5]
    assert (proxy.callback, proxy.obj) == (None, None)


def test_a_waiter_stores_what_comes_first() -> None:
    waiter = Waiter()
    assert not waiter.ready()
    waiter.switch(5)
    assert (waiter.ready(), waiter.successful(), waiter.value) == (True, True, 5)
    assert waiter.get() == 5
    waiter.clear()
    waiter.throw(KeyError("x"))
    assert waiter.exc_info is not None
    assert not waiter.successful()
    with pytest.raises(KeyError):
        waiter.get()


def test_a_waiter_is_woken_from_the_hub() -> None:
    waiter = Waiter()
    get_hub().loop.run_callback(waiter.switch_args, 1, 2)
    assert waiter.get() == (1, 2)
    get_hub().loop.run_callback(waiter.throw, KeyError)
    with pytest.raises(KeyError):
        waiter.get()
    assert waiter.greenlet is None
    assert waiter.hub is get_hub()


def test_a_waiter_has_one_greenlet_and_is_woken_by_the_hub_only() -> None:
    waiter = Waiter()
    parked = gevent.spawn(waiter.get)
    gevent.sleep(0)
    assert waiter.greenlet is parked
    with pytest.raises(ConcurrentObjectUseError):
        waiter.get()
    with pytest.raises(AssertionError):
        waiter.switch(1)
    parked.kill()


def test_a_waiter_is_a_link() -> None:
    waiter = Waiter()
    gevent.spawn(lambda: 5).rawlink(waiter)
    assert waiter.get() == 5


def test_errors_of_what_a_waiter_wakes_go_to_the_hub(reports: list[Report]) -> None:
    waiter = Waiter()

    def body() -> None:
        waiter.get()
        fail()

    gevent.spawn_raw(body)
    gevent.sleep(0)
    in_the_hub(lambda: waiter.switch(None))
    assert [kind for _, kind, _ in reports] == [KeyError]


def test_reinit_is_silent_without_a_hub_and_harmless_without_a_fork() -> None:
    gevent.reinit()
    gevent.sleep(0)
    gevent.reinit()
    assert gevent.spawn(lambda: 5).get() == 5


def hub_of_an_ended_thread() -> Hub:
    hubs: list[Hub] = []

    def use() -> None:
        gevent.sleep(0)
        hubs.append(get_hub())

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return hubs[0]


@pytest.mark.parametrize("destroy_loop", [True, None])
def test_the_hub_of_an_ended_thread_may_be_destroyed_once(
    destroy_loop: bool | None,
) -> None:
    """It was an AttributeError: the end of the thread had done it."""
    hub = hub_of_an_ended_thread()
    hub.destroy(destroy_loop=destroy_loop)
    assert hub.loop is None
    with pytest.raises(AttributeError):
        hub.destroy(destroy_loop=destroy_loop)


def test_the_name_by_which_programs_know_the_hub_if_there_is_one() -> None:
    found: list[object] = []

    def look() -> None:
        found.append(gevent.hub._get_hub())  # type: ignore[attr-defined]  # private
        found.append(get_hub())
        found.append(gevent.hub._get_hub())  # type: ignore[attr-defined]  # private

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found[0] is None
    assert found[1] is found[2]


def test_an_invalid_switch_says_into_whom_and_what_it_got() -> None:
    def wait() -> None:
        Event().wait()

    greenlet = gevent.spawn(wait)
    gevent.sleep(0)
    get_hub().handle_error = lambda *_: None  # type: ignore[method-assign]  # quiet
    get_hub().loop.run_callback(greenlet.switch, "other")
    gevent.sleep(0)
    assert isinstance(greenlet.exception, InvalidSwitchError)
    text = rf"Invalid switch into <Greenlet at 0x\w+: {wait.__name__}>: got 'other' \("
    assert re.match(text, str(greenlet.exception))


def test_the_text_of_a_waiter_names_its_greenlet_and_what_it_holds() -> None:
    waiter = Waiter()
    assert str(waiter) == "<Waiter greenlet=None>"
    waiter.switch(5)
    assert str(waiter) == "<Waiter greenlet=None value=5>"
    waiter.throw(KeyError, 1)
    class_and_value = f"({KeyError!r}, 1)"
    assert str(waiter) == f"<Waiter greenlet=None exc_info={class_and_value}>"
    waiter.clear()
    greenlet = gevent.spawn(waiter.get)
    gevent.sleep(0)
    assert str(waiter) == f"<Waiter greenlet={greenlet}>"
    greenlet.kill()


def test_a_waiter_in_use_says_who_may_use_it_as_the_reference_does() -> None:
    waiter = Waiter()
    greenlet = gevent.spawn(waiter.get)
    gevent.sleep(0)
    with pytest.raises(ConcurrentObjectUseError, match="This Waiter is already used"):
        waiter.get()
    with pytest.raises(AssertionError, match=r"Can only use Waiter\.switch"):
        waiter.switch(1)
    greenlet.kill()


def test_denormal_numbers_are_left_alone(run_program: type_of_program) -> None:
    """Code compiled with -ffast-math flushed them to zero at import (#1820, #1864)."""
    done = run_program("""
        import gevent
        gevent.sleep(0)
        print(5e-324 * 1.0 > 0.0, 2.2250738585072014e-308 / 2 > 0.0)
    """)
    assert done.stdout == "True True\n", done.stderr
