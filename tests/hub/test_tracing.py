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
