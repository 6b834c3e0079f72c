"""``patch_all``: what it replaces, announces, remembers and warns about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

# What a program begins with that listens to everything and lets nothing pass unseen.
LISTENING = """
import warnings
from gevent import events, monkey
seen = []
def listen(event):
    name = type(event).__name__.removeprefix("Gevent").removesuffix("Event")
    seen.append((name, getattr(event, "module_name", None)))
events.subscribers.append(listen)
"""


@pytest.mark.pure
def test_modules_have_the_cooperative_names(program: Program) -> None:
    program(
        """
        from gevent import monkey
        assert monkey.patch_all() is True
        import _thread, os, queue, select, selectors, signal, socket, ssl
        import subprocess, threading, time, _threading_local
        import gevent, gevent.event, gevent.local, gevent.os, gevent.queue
        import gevent.select, gevent.selectors, gevent.signal, gevent.socket
        import gevent.ssl, gevent.subprocess, gevent.thread, gevent.threading
        for name in ("os", "select", "selectors", "signal", "socket", "ssl",
                     "subprocess", "threading"):
            ours, theirs = getattr(gevent, name), globals()[name]
            assert ours.__implements__, name
            for item in ours.__implements__:
                assert getattr(theirs, item) is getattr(ours, item), (name, item)
        assert time.sleep is gevent.sleep
        assert _thread.allocate_lock is gevent.thread.LockType
        assert threading.Event is gevent.event.Event
        assert _threading_local.local is threading.local is gevent.local.local
        for name in ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"):
            assert getattr(queue, name) is getattr(gevent.queue, name)
        assert not hasattr(select, "epoll")
        assert not hasattr(selectors, "EpollSelector")
        """
    )


@pytest.mark.pure
def test_what_is_left_out_stays(program: Program) -> None:
    program(
        """
        import queue, select, selectors, socket
        before = (socket.getaddrinfo, select.epoll, selectors.EpollSelector)
        from gevent import monkey
        monkey.patch_all(dns=False, aggressive=False, ssl=False)
        assert before == (socket.getaddrinfo, select.epoll, selectors.EpollSelector)
        assert monkey.is_module_patched("socket")
        assert not monkey.is_module_patched("ssl")
        """
    )


def test_queue_stays_if_the_environment_says_so(program: Program) -> None:
    program(
        """
        import queue
        before = queue.Queue
        from gevent import monkey
        monkey.patch_all()
        assert queue.Queue is before
        assert monkey.is_object_patched("queue", "LifoQueue")
        """,
        GEVENT_MONKEY_DISABLE_QUEUE_QUEUE="1",
    )


def test_events_come_in_the_order_of_the_modules(program: Program) -> None:
    program(
        LISTENING
        + """
import sys
monkey.patch_all(extra=1)
polling = ["select", "selectors"]
if sys.version_info >= (3, 14):
    polling.reverse()
def both(*names):
    whens = ("WillPatchModule", "DidPatchModule")
    return [(when, name) for name in names for when in whens]
assert seen == [
    ("WillPatchAll", None),
    *both("os"),
    ("WillPatchModule", "_thread"), ("WillPatchModule", "threading"),
    ("DidPatchModule", "thread"), ("DidPatchModule", "threading"),
    *both("time", "socket", *polling, "ssl", "subprocess", "signal", "queue"),
    ("DidPatchBuiltinModules", None), ("DidPatchAll", None),
], seen
"""
    )


def test_events_tell_the_arguments(program: Program) -> None:
    program(
        LISTENING
        + """
told = []
events.subscribers[:] = [told.append]
monkey.patch_all(ssl=False, extra=1)
for event in (told[0], told[-1], told[-2]):
    assert event.patch_all_arguments["ssl"] is False
    assert event.patch_all_arguments["os"] is True
    assert event.patch_all_kwargs == {"extra": 1}
assert told[0].will_patch_module("os")
assert not told[0].will_patch_module("ssl")
"""
    )


def test_a_second_equal_call_does_nothing(program: Program) -> None:
    program(
        LISTENING
        + """
assert monkey.patch_all() is True
seen.clear()
assert monkey.patch_all() is None
assert seen == []
"""
    )


def test_a_call_that_asks_for_nothing_does_nothing(program: Program) -> None:
    program(
        LISTENING
        + """
nothing = dict.fromkeys(monkey.patch_all.__code__.co_varnames[:15], False)
assert monkey.patch_all(**nothing) is None
assert seen == []
assert monkey.saved == {}
"""
    )


def test_a_second_call_adds_and_warns(program: Program) -> None:
    program(
        LISTENING
        + """
import os
fork = os.fork
monkey.patch_all(os=False, signal=False)
assert os.fork is fork
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert monkey.patch_all(ssl=False) is True
assert os.fork is not fork
(warning,) = caught
assert warning.category is monkey.MonkeyPatchWarning
assert "more than once" in str(warning.message)
assert warning.filename == "<string>"
remembered = monkey.saved["_gevent_saved_patch_all_module_settings"]
assert remembered["ssl"] and remembered["os"]
assert monkey.get_original("os", "fork") is fork
"""
    )


def test_a_second_call_that_asks_for_less_changes_nothing(program: Program) -> None:
    program(
        LISTENING
        + """
monkey.patch_all()
seen.clear()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert monkey.patch_all(os=False) is None
assert len(caught) == 1
assert seen == []
assert monkey.is_module_patched("os")
"""
    )


def test_who_puts_another_dictionary_there_patches_anew(program: Program) -> None:
    program(
        LISTENING
        + """
monkey.patch_all()
monkey.saved = {}
seen.clear()
assert monkey.patch_all(ssl=False) is True
assert ("DidPatchModule", "os") in seen
assert ("DidPatchModule", "ssl") not in seen
"""
    )


def test_subscribers_prevent_all_of_it_for_one_call(program: Program) -> None:
    program(
        LISTENING
        + """
def refuse(event):
    raise events.DoNotPatch
events.subscribers.append(refuse)
assert monkey.patch_all() is False
assert monkey.saved == {}
events.subscribers.remove(refuse)
assert monkey.patch_all() is True
assert monkey.is_module_patched("os")
"""
    )


def test_subscribers_prevent_one_module(program: Program) -> None:
    program(
        LISTENING
        + """
def refuse(event):
    if isinstance(event, events.GeventWillPatchModuleEvent):
        if event.module_name in ("socket", "select", "threading"):
            raise events.DoNotPatch
events.subscribers.append(refuse)
import select
assert monkey.patch_all() is True
for name in ("socket", "select", "threading"):
    assert not monkey.is_module_patched(name)
assert ("DidPatchModule", "socket") not in seen
assert ("DidPatchModule", "threading") not in seen
assert hasattr(select, "epoll")
assert monkey.is_module_patched("_thread")
"""
    )


def test_errors_of_subscribers_reach_the_caller(program: Program) -> None:
    program(
        LISTENING
        + """
def fail(event):
    raise KeyError("mine")
events.subscribers.append(fail)
try:
    monkey.patch_all()
except KeyError as error:
    assert error.args == ("mine",)
else:
    raise AssertionError
"""
    )


def test_signal_without_os_warns(program: Program) -> None:
    program(
        LISTENING
        + """
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    monkey.patch_all(os=False)
assert ["signal but not os" in str(warning.message) for warning in caught] == [True]
"""
    )


def test_patching_makes_no_hub(program: Program) -> None:
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        from gevent._hub.hub import get_hub_if_exists
        assert get_hub_if_exists() is None
        """
    )


def test_patching_looks_for_entry_points_without_their_library(
    program: Program,
) -> None:
    program(
        """
        import sys
        from gevent import monkey
        monkey.patch_all()
        assert "importlib.metadata" not in sys.modules
        assert "zope.interface" not in sys.modules
        """
    )


def test_entry_points_of_distributions_are_called(
    program: Program, tmp_path: object
) -> None:
    program(
        """
        import os, sys
        folder = os.path.abspath("site")
        info = os.path.join(folder, "plugin-1.0.dist-info")
        os.makedirs(info)
        files = {
            os.path.join(info, "METADATA"): "Name: plugin\\nVersion: 1.0\\n",
            os.path.join(info, "entry_points.txt"):
                "[gevent.plugins.monkey.did_patch_all]\\nname = plugged:called\\n",
            os.path.join(folder, "plugged.py"): "seen = []\\ncalled = seen.append\\n",
        }
        for path, text in files.items():
            with open(path, "w") as file:
                file.write(text)
        sys.path.append(folder)
        from gevent import monkey
        monkey.patch_all()
        import plugged
        (event,) = plugged.seen
        assert type(event).__name__ == "GeventDidPatchAllEvent"
        """
    )


def test_deprecated_functions_do_nothing(program: Program) -> None:
    program(
        """
        from gevent import monkey
        assert monkey.patch_sys() is monkey.patch_builtins() is None
        assert monkey.patch_contextvars() is None
        assert monkey.saved == {}
        assert not monkey.is_anything_patched()
        """
    )


@pytest.mark.parametrize(
    ("call", "module", "item"),
    [
        ("patch_os()", "os", "fork"),
        ("patch_time()", "time", "sleep"),
        ("patch_thread()", "threading", "Thread"),
        ("patch_socket()", "socket", "getaddrinfo"),
        ("patch_dns()", "socket", "getaddrinfo"),
        ("patch_ssl()", "ssl", "SSLContext"),
        ("patch_select()", "select", "poll"),
        ("patch_selectors()", "selectors", "DefaultSelector"),
        ("patch_subprocess()", "subprocess", "Popen"),
        ("patch_signal()", "signal", "signal"),
        ("patch_queue()", "queue", "Queue"),
    ],
)
def test_each_function_patches_its_module(
    program: Program, call: str, module: str, item: str
) -> None:
    program(
        f"""
        from gevent import monkey
        assert monkey.{call} is None
        assert monkey.is_object_patched({module!r}, {item!r})
        others = {{"_multiprocessing", "_thread", "_threading_local", "logging"}}
        names = set(monkey.saved) - others
        assert names == {{{module!r}}}, names
        """
    )


def test_dns_alone_leaves_sockets(program: Program) -> None:
    program(
        """
        import socket
        before = socket.socket
        from gevent import monkey
        monkey.patch_dns()
        assert socket.socket is before
        """
    )


def test_late_patching_of_ssl_names_who_has_the_class(program: Program) -> None:
    program(
        LISTENING
        + """
import sys, types
import ssl
class Own(ssl.SSLContext):
    pass
holder = sys.modules["holder"] = types.ModuleType("holder")
holder.Kept = ssl.SSLContext
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    monkey.patch_all()
(warning,) = caught
assert "holder" in str(warning.message)
assert "Own" in str(warning.message)
"""
    )


def test_ssl_that_nobody_copied_gives_no_warning(program: Program) -> None:
    program("import ssl\nfrom gevent import monkey\nmonkey.patch_all()")


@pytest.mark.parametrize(
    ("before", "call", "begin"),
    [
        ("", "os=False", "Patching signal but not os will result in SIGCHLD"),
        (
            "monkey.patch_all()",
            "os=False",
            "Patching more than once will result in the union of all True parameters",
        ),
        (
            "import ssl; sys.modules['__main__'].kept = ssl.SSLContext",
            "",
            "Monkey-patching ssl after ssl has already been imported may lead to",
        ),
    ],
)
def test_filters_of_programs_find_the_warnings(
    program: Program, before: str, call: str, begin: str
) -> None:
    """Filters look at how the text begins."""
    program(
        LISTENING
        + f"""
import sys
{before}
warnings.filterwarnings("ignore", message={begin!r})
monkey.patch_all({call})
"""
    )


def test_patching_off_the_main_thread_warns_and_lets_the_program_end(
    program: Program,
) -> None:
    printed = program(
        """
        import threading, warnings
        def body():
            from gevent import monkey
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                monkey.patch_all()
            assert [warning.category for warning in caught] == [
                monkey.MonkeyPatchWarning] * 2
            print("patched", threading.current_thread().name)
        thread = threading.Thread(target=body, name="first")
        thread.start()
        thread.join()
        print("end")
        """
    )
    assert printed == "patched first\nend\n"
