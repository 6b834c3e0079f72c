"""Runs that are too long are told of while they last."""

from __future__ import annotations

import _thread
import linecache
import os
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

import gevent
from gevent import config, events
from gevent._base.emission import listening
from gevent._hub import stall_watch
from gevent._hub.called_function import called_by
from gevent.event import Event
from gevent.exceptions import LoopExit
from gevent.hub import get_hub

# Seconds after which a test gives up.
PATIENCE = 60.0
MANY_BYTES = bytes(100_000_000)


@pytest.fixture(autouse=True)
def _limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "max_blocking_time", 0.02)


@pytest.fixture
def told() -> Iterator[list[events.LoopStalling]]:
    """What the watch has told."""
    found: list[events.LoopStalling] = []
    with events.subscribe(events.LoopStalling, found.append):
        yield found


def stall_until(condition: Callable[[], object]) -> None:
    """Run without a switch until something has come true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "nothing was told"


def stall_in(call: Callable[[], object], told: list[events.LoopStalling]) -> None:
    """Make a call again and again, without a switch, until it is told of."""
    stall_until(lambda: call() is not call and told)


def test_a_greenlet_is_told_of_while_it_runs(told: list[events.LoopStalling]) -> None:
    running = gevent.spawn(stall_until, lambda: told)
    running.join()
    (event,) = told
    assert event.greenlet is running
    assert event.hub is get_hub()
    assert event.duration >= 0.02
    assert event.spawning_stack is running.spawning_stack
    assert "stall_until" in [place.name for place in event.stack]


def test_a_run_is_told_of_once_and_the_next_one_again(
    told: list[events.LoopStalling],
) -> None:
    def run() -> None:
        for count in (1, 2):
            stall_until(lambda count=count: len(told) == count)  # type: ignore[misc]
            before = time.monotonic()
            # As long again as it took to be told of.
            stall_until(lambda end=before + 0.06: time.monotonic() > end)  # type: ignore[misc]
            gevent.sleep(0)

    running = gevent.spawn(run)
    running.join()
    assert [event.greenlet for event in told] == [running, running]


def test_a_callback_is_the_hubs(told: list[events.LoopStalling]) -> None:
    get_hub().loop.run_callback(stall_until, lambda: told)
    gevent.sleep(0)
    assert told[0].greenlet is get_hub()


def test_who_waits_does_not_run() -> None:
    hub = get_hub()
    found = []
    looked = hub.loop.async_()

    def look() -> None:
        while not hub.loop.in_poll:
            pass
        found.append(hub.loop.present_run())
        looked.send()

    _thread.start_new_thread(look, ())
    hub.wait(looked)
    assert found == [None]


def test_a_loop_that_is_not_run_has_no_run() -> None:
    loop = get_hub().loop_class(default=False)
    try:
        assert loop.present_run() is None
    finally:
        loop.destroy()


@pytest.mark.compiled
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc")
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: time.sleep(0.05), "time.sleep"),
        (lambda: sum(range(3_000_000)), "sum"),
        (lambda: zlib.crc32(MANY_BYTES), "zlib.crc32"),
    ],
    ids=["waits", "keeps the lock", "computes without the lock"],
)
def test_a_function_in_c_is_named(
    told: list[events.LoopStalling], call: Callable[[], object], name: str
) -> None:
    gevent.spawn(stall_in, call, told).join()
    assert told[0].c_function == name


def test_python_code_has_no_function_in_c(told: list[events.LoopStalling]) -> None:
    gevent.spawn(stall_until, lambda: told).join()
    assert told[0].c_function is None


def test_there_is_no_thread_while_nobody_subscribes() -> None:
    before = _thread._count()
    with events.subscribe(events.LoopStalled, print):
        assert _thread._count() == before
    with (
        events.subscribe(events.LoopStalling, print),
        events.subscribe(events.LoopStalling, print),
    ):
        stall_until(lambda: _thread._count() == before + 1)
    stall_until(lambda: _thread._count() == before)


def test_without_a_thread_nobody_is_subscribed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(stall_watch, "start_new_thread", refuse)
        with pytest.raises(RuntimeError, match="start new thread"):
            events.subscribe(events.LoopStalling, print)
    assert not listening("LoopStalling")
    before = _thread._count()
    with events.subscribe(events.LoopStalling, print):
        stall_until(lambda: _thread._count() == before + 1)
    stall_until(lambda: _thread._count() == before)


def test_who_fails_to_take_it_is_reported(
    told: list[events.LoopStalling], capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise KeyError("subscriber")

    with events.subscribe(events.LoopStalling, fail):
        for count in (1, 2):
            gevent.spawn(stall_until, lambda count=count: len(told) == count).join()
    assert len(told) == 2
    stall_until(lambda: "KeyError" in capfd.readouterr().err)


def test_hubs_of_other_threads_are_looked_at(told: list[events.LoopStalling]) -> None:
    mine = get_hub()

    def is_told() -> bool:
        return any(event.hub is not mine for event in told)

    def run() -> None:
        gevent.spawn(stall_until, is_told).join()
        get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert is_told()


def test_a_forked_child_is_looked_at(told: list[events.LoopStalling]) -> None:
    pid = os.fork()
    if not pid:
        del told[:]
        try:
            gevent.sleep(0.001)  # the child's hub is made its own by its first poll
            gevent.spawn(stall_until, lambda: told).join()
        finally:
            os._exit(len(told))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_a_forked_child_that_makes_its_first_hub_is_looked_at(
    told: list[events.LoopStalling],
) -> None:
    """A server that forks its workers may subscribe before any of them runs a loop."""
    get_hub().destroy(destroy_loop=True)
    pid = os.fork()
    if not pid:
        del told[:]
        try:
            gevent.spawn(stall_until, lambda: told).join()
        finally:
            os._exit(len(told))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_the_main_greenlet_is_looked_at_when_all_others_have_ended(
    told: list[events.LoopStalling],
) -> None:
    get_hub().join()
    stall_until(lambda: told)
    assert told[0].greenlet is get_hub().parent


def test_the_watch_wakes_nobody(told: list[events.LoopStalling]) -> None:
    with pytest.raises(LoopExit):
        Event().wait()


def test_a_long_run_of_nobody_s_interest_is_not_told() -> None:
    """Without a limit nothing is too long."""
    found: list[object] = []
    config.max_blocking_time = 0
    with events.subscribe(events.LoopStalling, found.append):
        before = time.monotonic()
        gevent.spawn(stall_until, lambda: time.monotonic() > before + 0.05).join()
    assert found == []


# -- what a frame calls ------------------------------------------------------------


def frame_that_calls(source: str, name: str = "<calls>") -> str | None:
    """Run a source that calls ``look()``; return what is found to be called there."""
    found: list[str | None] = []

    class Looker:
        def __call__(self, *args: object, **options: object) -> int:
            frame: FrameType | None = sys._getframe(1)
            found.append(called_by(frame))
            return 0

    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    exec(compile(source, name, "exec"), {"look": Looker(), "a": [Looker()]})
    del linecache.cache[name]
    return found[0]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("look()", "look"),
        ("x = 1 + look(2,\n  3)", "look"),
        ("a[0](*[1], **{})", "a[0]"),
        ("'ä'; print(look(), end='')", "look"),
        ("look(b=1)", "look"),
    ],
)
def test_called_function_is_named_as_in_the_source(source: str, expected: str) -> None:
    assert frame_that_calls(source) == expected


def test_without_the_source_no_function_is_named() -> None:
    found: list[str | None] = []
    exec(  # no file has that source
        compile("look()", "<nowhere>", "exec"),
        {"look": lambda: found.append(called_by(sys._getframe(1)))},
    )
    assert found == [None]


def test_who_does_not_call_calls_nothing() -> None:
    assert called_by(None) is None

    class Number:
        def __add__(self, other: int) -> str | None:
            return called_by(sys._getframe(1))

    assert Number() + 1 is None
