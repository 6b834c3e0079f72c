"""What profile functions, trace functions of greenlets and stack printers see."""

from __future__ import annotations

import cProfile
import pstats
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

import greenlet
import pytest

import gevent
from gevent.event import Event
from gevent.hub import get_hub
from tests.hub.conftest import Report


def profiled(call: Callable[[], object], *names: str) -> list[tuple[str, str]]:
    """Make a call under a profile function; return what that saw of some functions."""
    seen: list[tuple[str, str]] = []

    def note(frame: FrameType, what: str, argument: object) -> None:
        if frame.f_code.co_name in names and what in ("call", "return"):
            seen.append((what, frame.f_code.co_name))

    gevent.sleep(0)  # the hub runs already
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return seen


@pytest.mark.compiled
def test_greenlets_that_park_and_go_on_are_returns_and_calls() -> None:
    def inner() -> None:
        gevent.sleep(0)

    def outer() -> None:
        inner()

    def other() -> None:
        pass

    def main() -> None:
        gevent.joinall([gevent.spawn(outer), gevent.spawn(other)])

    assert profiled(main, "main", "outer", "inner", "other", "run") == [
        ("call", "main"),
        ("return", "main"),
        ("call", "run"),
        ("return", "run"),
        ("call", "outer"),
        ("call", "inner"),
        ("return", "inner"),
        ("return", "outer"),
        ("call", "run"),
        ("return", "run"),
        ("call", "other"),
        ("return", "other"),
        ("call", "run"),
        ("return", "run"),
        ("call", "outer"),
        ("call", "inner"),
        ("return", "inner"),
        ("return", "outer"),
        ("call", "run"),
        ("return", "run"),
        ("call", "main"),
        ("return", "main"),
    ]


@pytest.mark.compiled
def test_greenlet_that_is_thrown_at_goes_on_by_a_call() -> None:
    def victim() -> None:
        with pytest.raises(ZeroDivisionError):
            Event().wait()

    waiting = gevent.spawn(victim)
    gevent.sleep(0)
    seen = profiled(lambda: waiting.kill(ZeroDivisionError), "victim")
    assert seen == [("call", "victim"), ("return", "victim")]


@pytest.mark.compiled
def test_profile_function_that_fails_is_reported_and_nobody_is_lost(
    reports: list[Report],
) -> None:
    def fail(frame: FrameType, what: str, argument: object) -> None:
        if frame.f_code.co_name == "waits" and what == "return":
            raise KeyError("profile")

    def waits() -> str:
        gevent.sleep(0)
        return "done"

    waiting = gevent.spawn(waits)
    before = sys.getprofile()
    sys.setprofile(fail)
    try:
        assert waiting.get() == "done"
    finally:
        sys.setprofile(before)
    assert [kind for _, kind, _ in reports] == [KeyError]


@pytest.mark.compiled
def test_profile_function_may_wait() -> None:
    waited: list[str] = []

    def wait(frame: FrameType, what: str, argument: object) -> None:
        if frame.f_code.co_name == "waits":
            gevent.sleep(0)
            waited.append(what)

    def waits() -> str:
        gevent.sleep(0)
        return "done"

    waiting = gevent.spawn(waits)
    before = sys.getprofile()
    sys.setprofile(wait)
    try:
        assert waiting.get() == "done"
    finally:
        sys.setprofile(before)
    assert waited == ["call", "return", "call", "return"]


@pytest.mark.compiled
@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="cProfile is no profile function since 3.12"
)
def test_time_of_others_is_nobody_s_own_time() -> None:
    now = [0]

    def waits() -> None:
        gevent.sleep(0)

    def works() -> None:
        now[0] += 5

    profile = cProfile.Profile(lambda: now[0], 1, builtins=False)
    both = [gevent.spawn(waits), gevent.spawn(works)]
    profile.enable()
    gevent.joinall(both)
    profile.disable()
    # A quirk of pstats: what it reads is not in its types.
    times = {
        name: (own, all_)
        for (_, _, name), (_, _, own, all_, _) in pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    }
    assert times["waits"] == (0, 0)
    assert times["works"] == (5, 5)


def test_kill_and_timeout_are_throws_in_traces() -> None:
    seen: list[tuple[str, object]] = []
    victims = [gevent.spawn(Event().wait) for _ in range(2)]
    gevent.sleep(0)

    def under_timeout() -> None:
        with gevent.Timeout(0.001, False):
            Event().wait()

    victims[1].kill()
    victims[1] = gevent.spawn(under_timeout)
    before = greenlet.settrace(lambda event, pair: seen.append((event, pair[1])))
    try:
        victims[0].kill()
        victims[1].join()
    finally:
        greenlet.settrace(before)
    thrown = [target for event, target in seen if event == "throw"]
    assert thrown == victims


def test_hub_has_a_frame() -> None:
    gevent.sleep(0)
    frame = get_hub().gr_frame
    assert isinstance(frame, FrameType)
    names = []
    at: FrameType | None = frame
    while at is not None:
        names.append((at.f_code.co_name, at.f_globals["__name__"]))
        at = at.f_back
    assert ("run", "gevent._hub.hub_frame") in names


def test_idle_program_shows_where_it_is() -> None:
    """faulthandler, and what reads the memory of a process, found no frame."""
    program = """
import faulthandler, gevent
faulthandler.dump_traceback_later(0.1, exit=True)
gevent.sleep(1000)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "hub_frame.py" in done.stderr
    assert "in run" in done.stderr
