"""A call of ``gevent.monkey`` that fails has changed nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure

# `state()` is all that patching changes; what is imported meanwhile does not count.
STATE = """
import _thread, _threading_local, concurrent.futures.thread, logging, os, queue, select
import selectors, signal, socket, ssl, subprocess, sys, threading, time
import random
from gevent import events, monkey
import gevent, gevent.os, gevent.queue, gevent.select, gevent.selectors, gevent.signal
import gevent.socket, gevent.ssl, gevent.subprocess, gevent.threading, gevent.time
MODULES = (_thread, _threading_local, concurrent.futures.thread, logging, os, queue,
           select, selectors, signal, socket, ssl, subprocess, threading, time)
handler = logging.StreamHandler(sys.stdout)
held = threading._PyRLock()
held.acquire()
unstarted = threading.Thread(target=print)
hooks = []
os.register_at_fork = lambda **given: hooks.append(given)
def state():
    main = threading.main_thread()
    return {
        "modules": [dict(vars(module)) for module in MODULES],
        "classes": [
            dict(vars(each))
            for each in (selectors.SelectSelector, selectors.PollSelector,
                         threading.Thread, gevent.threading.Thread)
        ],
        "bases": gevent.threading.Thread.__bases__,
        "main": dict(vars(main)),
        "active": {**threading._active},
        "unstarted": dict(vars(unstarted)),
        "locks": {*getattr(threading, "_shutdown_locks", ())},
        "lock": handler.lock,
        "held": dict(vars(held)),
        "hooks": [*hooks],
        "saved": {name: {**items} for name, items in monkey.saved.items()},
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
    }
def assert_unchanged(before, *where):
    after = state()
    for name, was in before.items():
        if name in ("modules", "classes"):
            for was, now in zip(was, after[name]):
                wrong = [key for key in {**was, **now} if was.get(key) != now.get(key)]
                assert not wrong, (where, name, wrong)
        else:
            assert was == after[name], (where, name, was, after[name])
"""


def test_an_error_of_a_subscriber_undoes_what_was_done(program: Program) -> None:
    """Half of the modules stayed patched, and the next call did nothing."""
    printed = program(
        STATE
        + """
class Mine(Exception):
    pass
def failing_at(number):
    def fail(event):
        nonlocal number
        number -= 1
        if number < 0:
            raise Mine(type(event).__name__)
    return fail
before = state()
failed = []
while True:
    events.subscribers[:] = [failing_at(len(failed))]
    try:
        monkey.patch_all()
    except Mine as error:
        failed.append(error.args[0])
    if monkey.saved:
        break
    assert_unchanged(before, failed)
print(len(failed), failed[0], failed[-1])
# After the last module there is nothing to undo.
assert monkey.patch_all() is None
assert len(hooks) == 1
"""
    )
    assert printed == ("24 GeventWillPatchAllEvent GeventDidPatchBuiltinModulesEvent\n")


def test_an_error_at_any_step_undoes_what_was_done(program: Program) -> None:
    """As a signal that another native thread has received raises it."""
    program(
        STATE
        + """
class Interrupt(BaseException):
    pass
PARTS = tuple(f"/gevent/patch/{name}.py" for name in (
    "attributes", "everything", "modules", "threads", "tls", "twins"))
places = set()
def trace_lines(frame, event, arg):
    place = (frame.f_code.co_filename, frame.f_lineno)
    if event == "line" and place not in places:
        places.add(place)
        sys.settrace(None)
        raise Interrupt
    return trace_lines
def trace(frame, event, arg):
    code = frame.f_code
    # These look at each object or module that there is.
    if code.co_name in ("relabel_locks", "_modules_with", "_holds", "<genexpr>"):
        return None
    return trace_lines if code.co_filename.endswith(PARTS) else None
before = state()
while True:
    sys.settrace(trace)
    try:
        done = monkey.patch_all()
    except Interrupt:
        if monkey.saved:
            # Nothing was left to do but to tell.
            break
        assert_unchanged(before, places)
    else:
        sys.settrace(None)
        assert done
        break
assert len(places) > 150, len(places)
assert threading.current_thread() is threading.main_thread()
""",
    )


def test_a_single_module_is_patched_as_a_whole_or_not(program: Program) -> None:
    program(
        STATE
        + """
def fail(event):
    if type(event) is failing:
        raise KeyError
events.subscribers.append(fail)
before = state()
for failing in (events.GeventWillPatchModuleEvent, events.GeventDidPatchModuleEvent):
    for patch in (monkey.patch_os, monkey.patch_thread, monkey.patch_select,
                  monkey.patch_selectors, monkey.patch_ssl, monkey.patch_socket):
        try:
            patch()
        except KeyError:
            pass
        else:
            raise AssertionError
        assert_unchanged(before, patch)
"""
    )


def test_what_was_patched_by_a_call_before_stays(program: Program) -> None:
    program(
        STATE
        + """
def fail(event):
    if getattr(event, "module_name", None) == "queue":
        raise KeyError
monkey.patch_os()
monkey.patch_all(queue=False)
before = state()
events.subscribers.append(fail)
import warnings
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        monkey.patch_all()
except KeyError:
    pass
assert_unchanged(before)
assert not monkey.is_module_patched("queue")
"""
    )


def test_a_signal_in_the_midst_is_handled_when_all_is_done(program: Program) -> None:
    """It interrupted imports; then the program could hang at its end."""
    program(
        """
import os, signal, sys
from gevent import monkey
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
try:
    monkey.patch_all()
except KeyboardInterrupt:
    pass
else:
    raise AssertionError
finally:
    del sys.meta_path[0]
import queue, threading
assert monkey.is_object_patched("os", "fork")
assert monkey.is_object_patched("queue", "Queue")
assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
thread = threading.Thread(target=print, args=("ran",))
thread.start()
thread.join()
"""
    )


def test_a_signal_interrupts_a_subscriber(program: Program) -> None:
    program(
        """
import os, signal
from gevent import events, monkey
def interrupt(event):
    os.kill(os.getpid(), signal.SIGINT)
    seen.append(event)
seen = []
events.subscribers.append(interrupt)
try:
    monkey.patch_all()
except KeyboardInterrupt:
    pass
assert seen == []
assert monkey.saved == {}
"""
    )


def test_signals_without_a_handler_do_not_wait(program: Program) -> None:
    program(
        """
import os, signal, sys
pid = os.fork()
if not pid:
    from gevent import monkey
    class Ending:
        def find_spec(self, name, path=None, target=None):
            os.kill(os.getpid(), signal.SIGTERM)
    sys.meta_path.insert(0, Ending())
    monkey.patch_all()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM
"""
    )


def test_locks_are_renewed_once_nothing_can_fail(program: Program) -> None:
    program(
        """
import _thread
lock = _thread.allocate_lock()
native = type(lock)
from gevent import events, monkey
def fail(event):
    if getattr(event, "module_name", None) == "queue":
        raise KeyError
events.subscribers.append(fail)
try:
    monkey.patch_all()
except KeyError:
    pass
assert type(lock) is native
del events.subscribers[:]
monkey.patch_all()
assert type(lock) is not native
"""
    )
