"""What ``sys.settrace``, ``sys.setprofile`` and ``sys.monitoring`` see of greenlets."""

from __future__ import annotations

import sys

import pytest

from tests.tracing.conftest import Program

pytestmark = pytest.mark.pure

# Two greenlets that run in turns, each in calls of its own.
BODIES = """
import sys
import gevent


def inner(name):
    gevent.sleep(0)
    return name


def outer(name):
    inner(name)
    gevent.sleep(0)
    return inner(name)


def spawn_two():
    return [gevent.spawn(outer, "a"), gevent.spawn(outer, "b")]


def owner(frame):
    while frame.f_code.co_name not in ("inner", "outer"):
        frame = frame.f_back
    return frame.f_locals["name"]


gevent.sleep(0)
"""


def test_trace_functions_see_each_line_in_its_greenlet(program: Program) -> None:
    printed = program(
        BODIES
        + """
names = {}
lines = {"a": [], "b": []}

def trace(frame, event, arg):
    if frame.f_code.co_filename != __file__ or frame.f_code.co_name == "<module>":
        return None
    current = names.get(gevent.getcurrent())
    if current is not None:
        assert owner(frame) == current, (owner(frame), current)
        lines[current].append((event, frame.f_code.co_name, frame.f_lineno))
    return trace

two = spawn_two()
names.update(zip(two, "ab"))
sys.settrace(trace)
gevent.joinall(two)
sys.settrace(None)
assert lines["a"] == lines["b"]
print([(event, name) for event, name, _ in lines["a"] if event != "line"])
"""
    )
    assert printed.strip() == str(
        [
            *[("call", "outer"), ("call", "inner"), ("return", "inner")],
            *[("call", "inner"), ("return", "inner"), ("return", "outer")],
        ]
    )


def test_a_local_trace_function_stays_with_its_frame(program: Program) -> None:
    program(
        BODIES
        + """
made = []

def trace(frame, event, arg):
    if frame.f_code.co_name != "outer":
        return None
    own = frame
    made.append(own)
    def local(frame, event, arg):
        assert frame is own
        return local
    return local

sys.settrace(trace)
gevent.joinall(spawn_two())
sys.settrace(None)
assert len(made) == 2
"""
    )


def test_tracing_that_a_greenlet_ends_is_over(program: Program) -> None:
    program(
        BODIES
        + """
seen = []

def stop():
    sys.settrace(None)

sys.settrace(lambda frame, event, arg: seen.append(frame.f_code.co_name))
gevent.spawn(stop).join()
n = len(seen)
gevent.joinall(spawn_two())
assert len(seen) == n, seen[n:]
assert sys.gettrace() is None
"""
    )


def test_a_profile_function_is_called_in_the_greenlet_of_the_frame(
    program: Program,
) -> None:
    program(
        BODIES
        + """
names = {}
seen = {"a": set(), "b": set()}

def profile(frame, event, arg):
    if frame.f_code.co_name in ("inner", "outer") and event in ("call", "return"):
        current = names[gevent.getcurrent()]
        assert owner(frame) == current, (owner(frame), current)
        seen[current].add((event, frame.f_code.co_name))

two = spawn_two()
names.update(zip(two, "ab"))
sys.setprofile(profile)
gevent.joinall(two)
sys.setprofile(None)
wanted = {(event, name) for event in ("call", "return") for name in ("inner", "outer")}
assert seen == {"a": wanted, "b": wanted}, seen
"""
    )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is of 3.12")
def test_monitoring_sees_each_call_in_its_greenlet(program: Program) -> None:
    printed = program(
        BODIES
        + """
names = {}
seen = {"a": [], "b": []}
monitoring = sys.monitoring
tool = monitoring.PROFILER_ID
monitoring.use_tool_id(tool, "test")

def note(event):
    def on_event(code, *args):
        current = names.get(gevent.getcurrent())
        if current is not None and code.co_name in ("inner", "outer"):
            assert owner(sys._getframe(1)) == current
            seen[current].append((event, code.co_name))
    return on_event

events = monitoring.events
monitoring.register_callback(tool, events.PY_START, note("start"))
monitoring.register_callback(tool, events.PY_RETURN, note("return"))
two = spawn_two()
names.update(zip(two, "ab"))
monitoring.set_events(tool, events.PY_START | events.PY_RETURN)
gevent.joinall(two)
monitoring.set_events(tool, 0)
monitoring.free_tool_id(tool)
assert seen["a"] == seen["b"]
print(seen["a"])
"""
    )
    assert printed.strip() == str(
        [
            *[("start", "outer"), ("start", "inner"), ("return", "inner")],
            *[("start", "inner"), ("return", "inner"), ("return", "outer")],
        ]
    )


def test_a_kill_is_an_exception_where_the_greenlet_waits(program: Program) -> None:
    printed = program(
        """
        import sys
        import gevent
        seen = []

        def body():
            gevent.sleep(100)

        def trace(frame, event, arg):
            if frame.f_code.co_name == "body":
                if event in ("exception", "return"):
                    kind = arg[0].__name__ if event == "exception" else arg
                    seen.append((event, frame.f_lineno, kind))
                return trace

        greenlet = gevent.spawn(body)
        sys.settrace(trace)
        gevent.sleep(0)
        greenlet.kill()
        sys.settrace(None)
        print(seen)
        """
    )
    assert printed.strip() == "[('exception', 7, 'GreenletExit'), ('return', 7, None)]"
