"""Rows of class I: patching itself."""

from __future__ import annotations

import py_compile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

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


def test_i2_modules_that_wait_while_several_greenlets_import_them(
    program: Program, tmp_path: Path
) -> None:
    """LoopExit, or a deadlock in the locks of the importer (#108, #728, #651)."""
    (tmp_path / "waits.py").write_text(
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "time.sleep(0.001)\n"
        "with ThreadPoolExecutor(1) as pool:\n"
        "    answer = pool.submit(int, '42').result()\n"
    )
    program(
        """
        import sys
        sys.path.insert(0, "")
        from gevent import monkey
        monkey.patch_all()
        import gevent
        def answer():
            import waits
            return waits.answer
        with gevent.Timeout(30):
            assert [each.get() for each in [gevent.spawn(answer) for _ in "abc"]] == [
                42, 42, 42
            ]
        """
    )


@pytest.mark.parametrize("kind", ["script", "package", "folder", "compiled"])
def test_i9_what_the_command_runs_knows_where_it_is(
    run: Callable[..., CompletedProcess[str]], tmp_path: Path, kind: str
) -> None:
    """``__file__`` and other globals were the command's own (#302, #975, #1157)."""
    source = "mine = 1\nprint(__name__, __file__, repr(__package__), len(globals()))\n"
    folder = tmp_path / "inner"
    folder.mkdir()
    main = folder / "__main__.py"
    main.write_text(source)
    (folder / "__init__.py").touch()
    given = {
        "script": ["inner/__main__.py"],
        "package": ["--module", "inner"],
        "folder": ["inner"],
        "compiled": ["main.pyc"],
    }[kind]
    py_compile.compile(str(main), str(tmp_path / "main.pyc"))
    done = run("-m", "gevent.monkey", *given)
    assert (done.returncode, done.stderr) == (0, "")
    name, file, package, n_globals = done.stdout.split()
    assert tmp_path / file == (tmp_path / "main.pyc" if kind == "compiled" else main)
    assert name == "__main__"
    assert int(n_globals) < 12  # its own and the interpreter's
    assert package == {"package": "'inner'", "folder": "''"}.get(kind, package)


def test_i17_tasks_of_asyncio_have_contexts_of_their_own(program: Program) -> None:
    """They shared the one of the greenlet (#1656)."""
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        import asyncio, contextvars
        variable = contextvars.ContextVar("variable", default="outside")
        async def change(value):
            variable.set(value)
            await asyncio.sleep(0)
            return variable.get()
        async def both():
            return await asyncio.gather(change("a"), change("b")), variable.get()
        assert asyncio.run(both()) == (["a", "b"], "outside")
        assert variable.get() == "outside"
        """
    )


def test_i18_a_generator_with_a_token_that_a_timeout_abandons(
    program: Program,
) -> None:
    """It was finished in a context that its token is not of (#1930)."""
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        import contextlib, contextvars, gc, time
        import gevent
        variable = contextvars.ContextVar("variable", default=0)
        @contextlib.contextmanager
        def changed():
            token = variable.set(1)
            try:
                yield
            finally:
                variable.reset(token)
        def items():
            with changed():
                yield variable.get()
                time.sleep(60)
        def abandon():
            with gevent.Timeout(0.001, False):
                for each in items():
                    assert each == 1
            assert variable.get() == 0
            each = items()
            assert next(each) == 1
            del each
            gc.collect()
            assert variable.get() == 0
        gevent.spawn(abandon).get()
        """
    )
