"""In a forked child: what belongs to threads that are not there any more."""

from __future__ import annotations

import pytest

from tests.hub.conftest import type_of_program

pytestmark = pytest.mark.pure

# A thread with a hub, whose loop polls; `act(child)` runs in a forked child.
THREAD = """
import os, signal, sys, threading, warnings
# Since 3.12 a fork beside threads gives one: that is what this is about.
warnings.simplefilter("ignore", DeprecationWarning)
import gevent, gevent.os, gevent.socket
from gevent.event import Event
from gevent.hub import get_hub

event, polls, is_over = Event(), threading.Event(), threading.Event()
found = {}

def body():
    found["hub"] = get_hub()
    found["waiting"] = gevent.spawn(event.wait)
    found["watcher"] = get_hub().loop.io(os.pipe()[0], 1)
    found["watcher"].start(print)
    found["reader"] = os.pipe()[0]
    found["reading"] = gevent.spawn(gevent.socket.wait_read, found["reader"])
    gevent.sleep(0)
    get_hub().loop.run_callback(polls.set)
    while not is_over.is_set():
        gevent.sleep(0.01)

thread = threading.Thread(target=body)
thread.start()
polls.wait()

def refusal(function, *args):
    try:
        function(*args)
    except (ValueError, gevent.greenlet.greenlet_error) as error:
        return str(error)
    return "accepted"

def act():
{act}

pid = os.fork()
if not pid:
    signal.alarm(20)
    try:
        act()
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)
status = os.waitpid(pid, 0)[1]
is_over.set()
thread.join()
event.set()
# PyPy tells of the end of a thread later.
print(status, found["hub"].loop is None or sys.implementation.name == "pypy")
"""

ENDS_WELL = "0 True\n"


def forked(run_program: type_of_program, act: str) -> str:
    """Run *act* in a child of a process with such a thread; return what is printed."""
    lines = "\n".join(f"    {line}" for line in act.strip().splitlines())
    done = run_program(THREAD.replace("{act}", lines))
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    "use",
    [
        "hub.loop.run_callback(print)",
        "hub.loop.run_callback_threadsafe(print)",
        "hub.loop.timer(1).start(print)",
        "hub.loop.io(0, 1).start(print)",
        "hub.loop.run()",
        "found['waiting'].kill()",
        "found['waiting'].kill(block=False)",
        "found['waiting'].join()",
    ],
)
def test_the_hub_of_a_thread_that_is_not_there_refuses(
    use: str, run_program: type_of_program
) -> None:
    """It accepted what never happened, or the event library aborted the process."""
    act = f"""
hub = found["hub"]
said = refusal(lambda: {use})
assert any(word in said for word in ("destroyed", "lacks", "different")), said
"""
    assert forked(run_program, act) == ENDS_WELL


def test_what_it_owned_can_be_used_on(run_program: type_of_program) -> None:
    act = """
assert event.hub is found["hub"]
assert not event.wait(timeout=0)
gevent.spawn_later(0.001, event.set)
assert event.wait()
assert event.hub is get_hub()
found["watcher"].stop()
found["watcher"].close()
found["hub"].destroy()
"""
    assert forked(run_program, act) == ENDS_WELL


def test_a_number_that_it_waited_for_can_be_closed(
    run_program: type_of_program,
) -> None:
    act = """
gevent.os.close(found["reader"])
try:
    os.fstat(found["reader"])
except OSError:
    print("closed", flush=True)
"""
    assert forked(run_program, act) == "closed\n" + ENDS_WELL


def test_its_repr_says_what_it_is(run_program: type_of_program) -> None:
    act = "assert ' abandoned ' in repr(found['hub']), repr(found['hub'])"
    assert forked(run_program, act) == ENDS_WELL


def test_the_thread_that_forks_goes_on_with_its_own_hub(
    run_program: type_of_program,
) -> None:
    done = run_program(
        """
        import os, threading, warnings, gevent
        warnings.simplefilter("ignore", DeprecationWarning)
        gevent.sleep(0)
        main_hub = gevent.get_hub()
        def body():
            hub = gevent.get_hub()
            pid = os.fork()
            if not pid:
                gevent.sleep(0.001)
                same = gevent.get_hub() is hub and not hub.loop.destroyed
                os._exit(7 if same and main_hub.loop.destroyed else 1)
            print(os.waitpid(pid, 0)[1] >> 8)
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        gevent.sleep(0.001)
        print(main_hub.loop.destroyed)
        """
    )
    assert (done.stdout, done.stderr) == ("7\nFalse\n", "")
