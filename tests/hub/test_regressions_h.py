"""Timeouts, kills and exceptions that went wrong (class H of the list)."""

from __future__ import annotations

import io
import os
import sys
import time
import traceback

import pytest

import gevent
from gevent.hub import get_hub
from tests.hub.conftest import Report
from tests.support.virtual import VirtualLoop


def never() -> None:
    raise AssertionError("the body ran")


def test_h1_kill_before_the_start_ends_it_and_calls_the_links() -> None:
    """The body ran, or links were forgotten (#330)."""
    seen: list[object] = []
    greenlet = gevent.spawn(never)
    greenlet.rawlink(seen.append)
    greenlet.kill()
    gevent.idle()
    assert seen == [greenlet]
    assert isinstance(greenlet.value, gevent.GreenletExit)


def test_h2_kill_before_the_start_with_an_error_is_a_failure(
    reports: list[Report],
) -> None:
    """It counted as success (#607, #608)."""
    greenlet = gevent.spawn(never)
    greenlet.kill(ZeroDivisionError)
    assert not greenlet.successful()
    with pytest.raises(ZeroDivisionError):
        greenlet.get()
    assert [kind for _, kind, _ in reports] == [ZeroDivisionError]


@pytest.mark.parametrize("block", [True, False])
def test_h3_killall_of_unstarted_greenlets_runs_none(block: bool) -> None:
    """Their bodies ran (#1473)."""
    greenlets = [gevent.spawn(never) for _ in range(3)]
    gevent.killall(greenlets, block=block)
    gevent.idle()
    assert all(greenlet.dead for greenlet in greenlets)


def test_h5_kill_accepts_an_instance(printed: io.StringIO) -> None:
    """An instance instead of a class was refused, or printed (#1663)."""
    end = gevent.GreenletExit("now")
    running, unstarted = gevent.spawn(gevent.sleep, 10), gevent.Greenlet(never)
    gevent.sleep(0)
    running.kill(end)
    unstarted.kill(end)
    assert (running.value, unstarted.value) == (end, end)
    assert printed.getvalue() == ""


def test_h6_killall_accepts_a_generator() -> None:
    """It was consumed before the kill (#404)."""
    greenlets = [gevent.spawn(gevent.sleep, 10) for _ in range(3)]
    gevent.sleep(0)
    gevent.killall(greenlet for greenlet in greenlets)
    assert all(greenlet.dead for greenlet in greenlets)


def test_h7_kill_of_a_greenlet_about_to_run_takes_effect_at_its_next_resume() -> None:
    """The exception came at a later switch (#394)."""
    seen: list[str] = []

    def body() -> None:
        gevent.sleep(0)
        seen.append("first")
        gevent.sleep(0)
        seen.append("second")

    greenlet = gevent.spawn(body)
    gevent.sleep(0)  # it is in its first sleep(0) now: queued to run
    greenlet.kill(block=False)
    gevent.idle()
    # Its wake-up was queued first; the kill comes right behind.
    assert seen == ["first"]


def test_h9_nested_timeouts_are_caught_by_their_owners() -> None:
    """Of two equal ones the wrong one was caught (#1861)."""
    sleeper = gevent.spawn(gevent.sleep, 10)
    with (
        pytest.raises(gevent.Timeout) as caught,
        gevent.Timeout(0.001) as outer,
        gevent.Timeout(0.001, False) as inner,
    ):
        sleeper.get(timeout=1)
    assert caught.value is outer
    assert not inner.pending
    sleeper.kill()


def test_h9_the_timeout_of_get_is_its_own() -> None:
    """A with block swallowed the Timeout of a get() inside it."""
    sleeper = gevent.spawn(gevent.sleep, 10)
    with (
        pytest.raises(gevent.Timeout) as caught,
        gevent.Timeout(10, False) as outer,
    ):
        sleeper.get(timeout=0.001)
    assert caught.value is not outer
    sleeper.kill()


def test_h10_an_inner_wait_does_not_eat_an_outer_timeout() -> None:
    """The wait returned as if its own time had passed (pyzmq#242)."""
    sleeper = gevent.spawn(gevent.sleep, 10)
    outer = gevent.Timeout.start_new(0.001)
    with pytest.raises(gevent.Timeout) as caught:
        sleeper.join(timeout=10)
    assert caught.value is outer
    sleeper.kill()


@pytest.mark.parametrize("kind", ["sleep", "timer", "timeout"])
def test_h13_h14_delays_count_from_now(kind: str, virtual_loop: VirtualLoop) -> None:
    """They counted from the loop's cached time, which was long ago (#1227, #97)."""
    gevent.sleep(0)
    virtual_loop.update_now()
    virtual_loop.burn(0.5)
    begin = virtual_loop.read_clock()
    if kind == "sleep":
        gevent.sleep(1)
    elif kind == "timer":
        get_hub().wait(virtual_loop.timer(1))
    else:
        with gevent.Timeout(1, False):
            gevent.sleep(10)
    assert virtual_loop.read_clock() - begin == 1


def test_h18_get_of_a_failure_has_the_original_traceback(
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


def test_h19_an_error_is_reported_once_where_stderr_is_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It went to the stream that was stderr at import, or twice (#137, #825)."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    def fail() -> None:
        raise KeyError("once")

    greenlet = gevent.spawn(fail)
    gevent.idle()
    text = stream.getvalue()
    assert text.count("KeyError: 'once'") == 1
    last = text.rstrip("\n").splitlines()[-1]
    assert last.endswith(f"Z {greenlet!r} failed with KeyError")
    assert text.endswith("\n\n")


def test_h22_tiny_sleeps_let_io_through() -> None:
    """sleep(1e-6) in a loop starved the descriptors (#1068, #1071)."""
    reader, writer = os.pipe()
    seen: list[int] = []
    watcher = get_hub().loop.io(reader, 1)
    watcher.start(lambda: (seen.append(1), watcher.stop()))
    os.write(writer, b"x")
    for _ in range(20):
        gevent.sleep(1e-6)
    watcher.close()
    os.close(reader)
    os.close(writer)
    assert seen == [1]


def test_h14_a_timer_that_starts_long_after_the_time_was_read() -> None:
    """It was as much too short as the loop's time was old (#97)."""
    loop = get_hub().loop
    loop.update_now()
    began = time.monotonic()
    while time.monotonic() - began < 0.02:
        pass
    started = time.monotonic()
    gevent.sleep(0.01)
    assert time.monotonic() - started >= 0.0099
