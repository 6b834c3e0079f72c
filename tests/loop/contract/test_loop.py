"""What every loop does: running, queueing, time, errors, its end."""

from __future__ import annotations

import gc
import math
import threading
import weakref

import pytest

from gevent._loop.loop import Loop
from tests.loop.conftest import Errors, MakeLoop

pytestmark = pytest.mark.pure


def test_run_returns_when_nothing_is_left(loop: Loop) -> None:
    before = loop.iteration
    loop.run()
    assert loop.iteration == before + 1
    assert loop.activecnt == 0


def test_run_returns_when_only_unreferenced_watchers_are_left(loop: Loop) -> None:
    timer = loop.timer(1000.0, ref=False)
    timer.start(print)
    before = loop.iteration
    loop.run()
    assert loop.iteration == before + 1
    assert timer.active


def test_callbacks_run_in_fifo_order(loop: Loop) -> None:
    seen: list[int] = []
    for number in range(5):
        loop.run_callback(seen.append, number)
    loop.run()
    assert seen == [0, 1, 2, 3, 4]


def test_a_callback_added_by_a_callback_runs_after_those_before_it(loop: Loop) -> None:
    seen: list[str] = []

    def first() -> None:
        seen.append("first")
        loop.run_callback(seen.append, "added")

    loop.run_callback(first)
    loop.run_callback(seen.append, "second")
    loop.run()
    assert seen == ["first", "second", "added"]


def test_a_stopped_callback_does_not_run(loop: Loop) -> None:
    seen: list[int] = []
    call = loop.run_callback(seen.append, 1)
    assert call
    assert call.pending
    call.stop()
    call.stop()
    loop.run()
    assert seen == []
    assert not call
    assert not call.pending
    assert call.args is None


def test_a_callback_that_ran_is_not_pending(loop: Loop) -> None:
    states: list[bool] = []
    call = loop.run_callback(lambda: states.append(call.pending))
    loop.run()
    assert states == [False]
    assert not call.pending


def test_a_callback_knows_its_arguments_while_it_runs(loop: Loop) -> None:
    seen: list[object] = []
    call = loop.run_callback(lambda *_: seen.append(call.args), 1, 2)
    loop.run()
    assert seen == [(1, 2)]


def test_the_repr_of_a_callback_tells_its_state(loop: Loop) -> None:
    call = loop.run_callback(len, (1,))
    assert repr(call).endswith(
        " pending callback=<built-in function len> args=((1,),)>"
    )
    call.stop()
    assert repr(call).endswith(" stopped>")


def test_a_failing_callback_is_reported_and_the_next_one_runs(
    loop: Loop, errors: Errors
) -> None:
    seen: list[int] = []

    def fail() -> None:
        raise ValueError("on purpose")

    call = loop.run_callback(fail)
    loop.run_callback(seen.append, 1)
    loop.run()
    assert errors.told == [(call, ValueError, "on purpose")]
    assert seen == [1]


def test_what_is_not_callable_is_reported_when_it_would_run(
    loop: Loop, errors: Errors
) -> None:
    loop.run_callback(None)  # type: ignore[arg-type]  # wrong on purpose
    loop.run_callback(3)  # type: ignore[arg-type]  # wrong on purpose
    loop.run()
    assert errors.texts == ["'int' object is not callable"]


def test_a_failing_error_handler_does_not_end_the_loop(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[BaseException | None] = []
    monkeypatch.setattr(
        "sys.unraisablehook", lambda what: printed.append(what.exc_value)
    )
    seen: list[int] = []

    class Broken(Errors):
        def handle_error(self, *_: object) -> None:
            raise KeyError("handler")

    loop.error_handler = Broken()
    loop.run_callback(math.sqrt, -1)
    loop.run_callback(seen.append, 1)
    loop.run()
    assert [repr(each) for each in printed] == ["KeyError('handler')"]
    assert seen == [1]


def test_errors_without_a_handler_are_printed(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[object] = []
    monkeypatch.setattr("sys.excepthook", lambda kind, value, tb: printed.append(kind))
    loop.run_callback(math.sqrt, -1)
    loop.run()
    assert printed == [ValueError]


def test_run_once_runs_one_iteration(loop: Loop) -> None:
    seen: list[str] = []
    prepare = loop.prepare()
    prepare.start(seen.append, "prepare")
    loop.run(nowait=True)
    loop.run(nowait=True, once=True)
    assert seen == ["prepare", "prepare"]
    prepare.close()


def test_run_nowait_does_not_wait_for_a_timer(loop: Loop) -> None:
    fired: list[int] = []
    with loop.timer(1000.0) as timer:
        timer.start(fired.append, 1)
        loop.run(nowait=True)
        assert timer.active
    assert fired == []


def test_run_once_waits_for_one_event(loop: Loop) -> None:
    fired: list[str] = []
    with loop.timer(0.001) as soon, loop.timer(1000.0) as late:
        soon.start(fired.append, "soon")
        late.start(fired.append, "late")
        while not fired:
            loop.run(once=True)
    assert fired == ["soon"]


def test_break_ends_run_after_the_iteration(loop: Loop) -> None:
    with loop.timer(1000.0) as timer:
        timer.start(print)
        loop.run_callback(loop.break_)
        loop.run()
        assert timer.active


def test_run_can_be_called_from_a_callback(loop: Loop) -> None:
    seen: list[str] = []

    def inner() -> None:
        loop.run_callback(seen.append, "inner")
        loop.run(nowait=True)
        seen.append("back")

    loop.run_callback(inner)
    loop.run()
    assert seen == ["inner", "back"]


def test_ref_keeps_the_loop_waiting_and_unref_ends_that(loop: Loop) -> None:
    seen: list[str] = []
    loop.ref()
    timer = loop.timer(0.001, ref=False)
    timer.start(lambda: (seen.append("fired"), loop.unref()))
    loop.run()
    assert seen == ["fired"]


def test_now_stands_still_until_it_is_updated(loop: Loop) -> None:
    assert loop.now() == loop.now()
    before = loop.now()
    loop.update_now()
    loop.update()
    assert loop.now() >= before


def test_callbacks_of_other_threads_run_and_wake_the_loop(loop: Loop) -> None:
    seen: list[str] = []
    loop.ref()

    def done() -> None:
        seen.append(threading.current_thread().name)
        loop.unref()

    thread = threading.Thread(target=loop.run_callback_threadsafe, args=(done,))
    loop.run_callback(thread.start)
    loop.run()
    thread.join()
    assert seen == ["MainThread"]


def test_a_callback_posted_from_its_own_thread_runs(loop: Loop) -> None:
    seen: list[int] = []
    call = loop.run_callback_threadsafe(seen.append, 1)
    assert call.pending
    loop.run()
    assert seen == [1]


def test_a_posted_callback_can_be_stopped(loop: Loop) -> None:
    seen: list[int] = []
    loop.run_callback_threadsafe(seen.append, 1).stop()
    loop.run()
    assert seen == []


def test_the_count_of_references_survives_threads(loop: Loop) -> None:
    """Threads post at a high rate while timers start and stop."""
    seen: list[int] = []
    n_each = 500
    loop.ref()

    def post() -> None:
        for _ in range(n_each):
            loop.run_callback_threadsafe(count)

    def count() -> None:
        seen.append(1)
        with loop.timer(1000.0) as timer:
            timer.start(print)
        if len(seen) == 2 * n_each:
            loop.unref()

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        loop.run_callback(thread.start)
    loop.run()
    for thread in threads:
        thread.join()
    assert len(seen) == 2 * n_each
    assert loop.activecnt == 0


def test_two_loops_are_independent(make_loop: MakeLoop) -> None:
    one, two = make_loop(), make_loop()
    seen: list[str] = []
    one.run_callback(seen.append, "one")
    two.run_callback(seen.append, "two")
    two.run()
    assert seen == ["two"]
    one.run()
    assert seen == ["two", "one"]


def test_a_loop_runs_another_one_in_a_callback(make_loop: MakeLoop) -> None:
    outer, inner = make_loop(), make_loop()
    seen: list[str] = []
    inner.timer(0.001).start(seen.append, "inner")
    outer.run_callback(inner.run)
    outer.run()
    assert seen == ["inner"]


def test_activecnt_counts_referenced_active_watchers(loop: Loop) -> None:
    assert loop.activecnt == 0
    with loop.timer(1000.0) as counted, loop.timer(1000.0, ref=False) as free:
        counted.start(print)
        free.start(print)
        assert loop.activecnt == 1
        free.ref = True
        assert loop.activecnt == 2
        counted.ref = False
        assert loop.activecnt == 1
    assert loop.activecnt == 0


def test_pendingcnt_counts_queued_callbacks(loop: Loop) -> None:
    assert loop.pendingcnt == 0
    loop.run_callback(len, ())
    loop.run_callback(len, ())
    assert loop.pendingcnt == 2
    loop.run()
    assert loop.pendingcnt == 0


def test_the_invariants_hold_with_watchers_active(loop: Loop) -> None:
    with loop.prepare() as watcher:
        watcher.start(print)
        loop.verify()
        loop.unref()
        with pytest.raises(AssertionError, match="references"):
            loop.verify()
        loop.ref()
    loop.verify()


# -- the end --------------------------------------------------------------------------


def test_destroy_is_repeatable(loop: Loop) -> None:
    """The second one is a no-op."""
    assert loop.destroy() is True
    assert loop.destroy() is None
    assert loop.destroyed


@pytest.mark.library
def test_two_default_loops_can_both_be_destroyed(make_loop: MakeLoop) -> None:
    """Destroy one, then destroy or collect the other."""
    one, two = make_loop(default=True), make_loop(default=True)
    assert one.default
    one.run_callback(len, ())
    one.destroy()
    two.run()
    two.destroy()
    del one, two
    gc.collect()


class Value:
    """Something that can be weakly referenced."""


def test_a_loop_with_queued_callbacks_can_be_dropped(make_loop: MakeLoop) -> None:
    value = Value()
    reference = weakref.ref(value)
    loop = make_loop(is_kept=False)
    loop.run_callback(print, value)
    del loop, value
    gc.collect()
    assert reference() is None


USES = [
    "activecnt",
    "approx_timer_resolution",
    "backend",
    "backend_int",
    "default",
    "error_handler",
    "fileno",
    "iteration",
    "now",
    "pendingcnt",
    "ref",
    "reinit",
    "run",
    "unref",
    "update_now",
    "verify",
    "install_sigchld",
    "reset_sigchld",
    "break_",
    "prepare",
    "check",
    "idle",
    "fork",
    "async_",
]


@pytest.mark.parametrize("name", USES)
def test_a_destroyed_loop_works_or_raises_value_error(loop: Loop, name: str) -> None:
    """Touching a destroyed loop never crashes."""
    loop.destroy()
    try:
        found = getattr(loop, name)
        if callable(found):
            found()
    except ValueError as error:
        assert str(error) == "operation on destroyed loop"  # noqa: PT017 - may pass


@pytest.mark.parametrize(
    "use",
    [
        lambda loop: loop.run(),
        lambda loop: loop.run_callback(print),
        lambda loop: loop.run_callback_threadsafe(print),
        lambda loop: loop.timer(1.0),
        lambda loop: loop.io(0, 1),
        lambda loop: loop.signal(10),
        lambda loop: loop.child(1),
        lambda loop: loop.stat("/"),
    ],
)
def test_a_destroyed_loop_refuses_work(loop: Loop, use: object) -> None:
    loop.destroy()
    with pytest.raises(ValueError, match=r"^operation on destroyed loop$"):
        use(loop)  # type: ignore[operator]  # a lambda of the list above


def test_the_repr_tells_the_state(loop: Loop) -> None:
    loop.run_callback(print)
    assert "pending=1 ref=0" in repr(loop)
    loop.destroy()
    name = f"{type(loop).__module__}.{type(loop).__qualname__}"
    assert repr(loop) == f"<{name} at 0x{id(loop):x} destroyed>"


def test_a_destroyed_loop_has_no_address_and_nothing_to_renew(loop: Loop) -> None:
    loop.destroy()
    assert loop.ptr == 0
    loop.reinit()


def test_a_destroyed_loop_is_not_the_default_one(loop: Loop) -> None:
    loop.destroy()
    assert loop.default is False


@pytest.mark.parametrize(
    "name",
    [
        "activecnt",
        "backend",
        "backend_int",
        "iteration",
        "pendingcnt",
        "now",
        "update",
        "update_now",
        "ref",
        "unref",
        "verify",
        "break_",
    ],
)
def test_a_destroyed_loop_knows_nothing_any_more(loop: Loop, name: str) -> None:
    def look() -> None:
        found = getattr(loop, name)
        if callable(found):
            found()

    loop.destroy()
    with pytest.raises(ValueError, match=r"^operation on destroyed loop$"):
        look()


def test_destroy_stops_watchers_and_drops_callbacks(loop: Loop) -> None:
    seen: list[int] = []
    timer = loop.timer(0.0)
    timer.start(seen.append, 1)
    call = loop.run_callback(seen.append, 2)
    loop.destroy()
    assert not timer.active
    timer.stop()
    timer.close()
    call.stop()
    assert seen == []


def test_a_loop_may_be_destroyed_by_a_callback(loop: Loop) -> None:
    seen: list[int] = []
    loop.run_callback(loop.destroy)
    loop.run_callback(seen.append, 1)
    loop.run()
    assert loop.destroyed
    assert seen == []


def test_a_loop_may_be_destroyed_by_a_watcher(loop: Loop) -> None:
    loop.timer(0.0).start(loop.destroy)
    loop.timer(0.0).start(print)
    loop.run()
    assert loop.destroyed


@pytest.mark.library
def test_a_fresh_loop_knows_its_library(loop: Loop) -> None:
    assert isinstance(loop.backend, str)
    assert loop.backend in repr(loop)
    number = loop.fileno()
    assert number is None or number >= 0


@pytest.mark.library
def test_a_loop_has_a_number_of_its_own(loop: Loop, make_loop: MakeLoop) -> None:
    other = make_loop()
    assert isinstance(loop.ptr, int)
    assert loop.ptr != other.ptr
    other.destroy()
    assert other.ptr == 0


@pytest.mark.library
def test_reinit_without_a_fork_changes_nothing(loop: Loop) -> None:
    seen: list[int] = []
    loop.timer(0.0).start(seen.append, 1)
    loop.reinit()
    loop.run()
    assert seen == [1]
