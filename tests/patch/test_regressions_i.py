"""Rows of class I: patching itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


def test_i1_patching_at_the_top_of_a_module_being_imported(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "patches.py").write_text(
        "from gevent import monkey\n"
        "monkey.patch_all()\n"
        "import gevent\n"
        "def again():\n"
        "    import patches\n"
        "    return patches.done\n"
        "importing = gevent.spawn(again)\n"
        "gevent.sleep(0)\n"
        "assert not importing.ready()\n"
        "done = True\n"
    )
    program(
        """
        import sys
        sys.path.insert(0, "")
        import patches
        assert patches.importing.get() is True
        """
    )


def test_i3_the_main_thread_after_importing_threading_first(program: Program) -> None:
    printed = program(
        """
        import threading
        main = threading.main_thread()
        from gevent import monkey
        monkey.patch_all()
        import gevent
        assert threading.current_thread() is threading.main_thread() is main
        assert main.is_alive()
        assert repr(main) == f"<_MainThread(MainThread, started {main.ident})>"
        assert main.ident == id(gevent.getcurrent())
        def join():
            main.join()
            print("joined")
        threading.Thread(target=join).start()
        gevent.sleep(0)
        """
    )
    assert printed == "joined\n"


def test_i5_it_is_said_truly_what_is_patched(program: Program) -> None:
    program(
        """
        import os, threading
        from gevent import monkey
        assert not monkey.is_module_patched("os")
        assert not monkey.is_object_patched("os", "fork")
        before = {"fork": os.fork, "Thread": threading.Thread}
        monkey.patch_all(ssl=False)
        assert monkey.is_module_patched("os")
        assert not monkey.is_module_patched("ssl")
        assert not monkey.is_module_patched("no_such")
        assert monkey.is_object_patched("os", "fork")
        assert not monkey.is_object_patched("os", "getpid")
        assert not monkey.is_object_patched("no_such", "name")
        assert monkey.saved["os"]["fork"] is before["fork"]
        assert monkey.saved["threading"]["Thread"] is before["Thread"]
        for module, items in monkey.saved.items():
            if not module.startswith("_gevent"):
                current = vars(__import__(module))
                assert all(current.get(k) is not v for k, v in items.items()), module
        """
    )


def test_i6_what_is_left_to_poll_with_is_cooperative(program: Program) -> None:
    program(
        """
        import selectors
        from gevent import monkey
        monkey.patch_all()
        import os, select, socket
        import gevent
        for name in ("epoll", "kqueue", "devpoll"):
            assert not hasattr(select, name)
        for kind in (selectors.DefaultSelector, selectors.SelectSelector,
                     selectors.PollSelector):
            left, right = socket.socketpair()
            with left, right, kind() as selector:
                selector.register(left, selectors.EVENT_READ)
                # Only if the selector lets others run.
                gevent.spawn(right.send, b"x")
                ((key, events),) = selector.select()
                assert key.fileobj is left
        """
    )


@pytest.mark.parametrize(
    "name",
    ["_shutdown_locks", "_dangling", "_PyRLock", "_set_sentinel", "_CRLock"],
)
def test_i10_threading_without_one_of_its_private_names(
    program: Program, name: str
) -> None:
    program(
        f"""
        import os, threading
        if hasattr(threading, {name!r}):
            delattr(threading, {name!r})
        from gevent import monkey
        monkey.patch_all()
        # Its own functions miss that name.
        os._exit(0)
        """
    )


def test_i19_names_of_dummy_threads(program: Program) -> None:
    program(
        """
        import gevent.monkey
        import _thread, threading
        names, done = [], threading.Event()
        def native():
            names.append(threading.current_thread().name)
            done.set()
        _thread.start_new_thread(native, ())
        done.wait()
        gevent.monkey.patch_all()
        gevent.spawn(native).join()
        threading.Thread(target=native).start()
        gevent.sleep(0)
        # One counter for all of them, as without patching.
        assert names == ["Dummy-1", "Dummy-2", "Thread-3 (native)"], names
        """
    )


TOOL = """
import threading
seen = []
def install():
    class Tool(threading.Thread):
        def start(self):
            seen.append(self.name)
            super().start()
    threading.Thread = Tool
def check():
    import gevent
    greenlets = []
    thread = threading.Thread(
        target=lambda: greenlets.append(gevent.getcurrent()), name="name")
    thread.start()
    thread.join()
    assert seen == ["name"], seen
    assert isinstance(greenlets[0], gevent.Greenlet)
"""


@pytest.mark.parametrize(
    "order",
    [
        "install(); patch_all()",
        "patch_all(); install()",
        "import gevent.threading; install(); patch_all()",
    ],
)
def test_i21_a_tool_that_replaced_the_thread_class(
    program: Program, order: str
) -> None:
    program(f"{TOOL}\nfrom gevent.monkey import patch_all\n{order}\ncheck()\n")
