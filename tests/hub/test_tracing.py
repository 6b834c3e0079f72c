"""What tracers see of switches."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

import gevent
from gevent.event import Event


@pytest.mark.compiled
@pytest.mark.parametrize("wait", [lambda: gevent.sleep(0.0001), Event().wait], ids=str)
def test_a_traced_greenlet_that_goes_on_makes_a_call_first(wait: object) -> None:
    """A tracer in C gave the next lines to the greenlet that had run before."""
    calls: list[tuple[str, object]] = []

    def trace(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            calls.append((frame.f_code.co_name, gevent.getcurrent()))

    def body() -> None:
        with gevent.Timeout(0.001, False):
            wait()  # type: ignore[operator]

    greenlet = gevent.Greenlet(body)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        greenlet.start()
        greenlet.join()
    finally:
        sys.settrace(before)
    assert ("greenlet_goes_on", greenlet) in calls


@pytest.mark.pure
@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with 3.12")
def test_monitoring_sees_each_greenlet_start_and_end_once() -> None:
    monitoring = sys.monitoring  # type: ignore[attr-defined, unused-ignore]  # 3.12+
    tool, events = monitoring.PROFILER_ID, monitoring.events
    seen: list[str] = []

    def body(fails: bool) -> None:
        gevent.sleep(0)
        if fails:
            raise gevent.GreenletExit

    def note(name: str) -> object:
        def callback(code: object, *_: object) -> None:
            if code is body.__code__:
                seen.append(name)

        return callback

    monitoring.use_tool_id(tool, "test")
    for name in ("PY_START", "PY_RETURN", "PY_UNWIND"):
        monitoring.register_callback(tool, getattr(events, name), note(name))
    monitoring.set_events(tool, events.PY_START | events.PY_RETURN | events.PY_UNWIND)
    try:
        gevent.joinall([gevent.spawn(body, fails) for fails in (False, True, False)])
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)
    assert sorted(seen) == [*["PY_RETURN"] * 2, *["PY_START"] * 3, "PY_UNWIND"]
