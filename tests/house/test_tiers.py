"""The order of the tiers is enforced: each kind of breach is planted and reported."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent.parent
TIERS = (
    "_base",
    "_native",
    "_loop",
    "_hub",
    "sync",
    "net",
    "servers",
    "patch",
    "commands",
    "exporters",
    "simulation",
)
FOLDERS = {
    "_native": ("interpreter", "memory", "scheduling", "library", "io", "http"),
    "sync": ("threads", "introspection"),
}
MODULES = {
    "__init__.py": "from gevent._hub.hub import x\n",
    "_base/config.py": 'PROVIDER = "gevent.libev.corecext.loop"\n',
    "_base/exceptions.py": "class LoopExit(Exception): ...\n",
    "_base/events.py": 'GROUP = "gevent.plugins.monkey.will_patch_all"\n'
    '_PUBLIC_NAME = "gevent.events"\npublish(__name__, "gevent.events")\n',
    "_base/publish.py": "def publish(home, public): ...\n",
    "_native/heap.pyx": "from gevent._base.exceptions import LoopExit\n",
    "_native/heap.pxd": "cdef class Heap:\n    pass\n",
    "_hub/hub.py": "from gevent._base import config\nx = 1\n",
    "_hub/hub.pxd": "from gevent._native.heap cimport Heap\n",
    "net/socket.py": "from gevent._base.publish import publish\n"
    'publish(__name__, "gevent.socket")\n',
    "net/ssl.py": "import gevent.net.socket\n",
    "servers/pywsgi.py": "from gevent.net.socket import publish\n",
    "patch/api.py": "from gevent.net import socket\n",
    "socket.py": '"""Facade."""\nfrom gevent.net.socket import *\n'
    'if __name__ == "__main__":\n    from gevent.patch.api import x\n',
}

# file, what is planted there, what the report says of it
BREACHES = {
    "import upward": ("_hub/new.py", "import gevent.net.socket", "_hub must not refer"),
    "import from upward": (
        "sync/new.py",
        "from gevent.net import ssl",
        "gevent.net.ssl",
    ),
    "import in a function": (
        "_hub/new.py",
        "def f():\n    from gevent.net.socket import publish",
        "_hub/new.py:2",
    ),
    "cimport upward": (
        "_native/new.pyx",
        "from gevent._hub.hub cimport Hub",
        "_native must not refer upward to gevent._hub.hub",
    ),
    "cimport of several lines": (
        "_native/new.pxd",
        "from gevent._hub cimport (\n    hub,\n    waiter,\n)",
        "upward to gevent._hub.waiter",
    ),
    "plain cimport": ("_loop/new.pyx", "cimport gevent._hub.hub", "gevent._hub.hub"),
    "include": ("_native/new.pyx", 'include "gevent/_hub/x.pxi"', "gevent._hub.x"),
    "header upward": (
        "_native/new.pxd",
        'cdef extern from "gevent/net/fd.h":\n    pass',
        "gevent.net.fd",
    ),
    "C include": ("_native/new.c", '#include "gevent/net/fd.h"', "gevent.net.fd"),
    "string in Python": ("_hub/new.py", 'x = "gevent.socket"', "_hub/new.py:1"),
    "public name of another module": (
        "_base/new.py",
        '_PUBLIC_NAME = "gevent.hub"\npublish(__name__, "gevent.events")',
        "_base/new.py:1",
    ),
    "string in Cython": ("_native/new.pyx", "x = 'gevent.hub'", "upward to gevent.hub"),
    "string in C": ("_native/new.c", 'char *x = "gevent.hub";', "upward to gevent.hub"),
    "provider elsewhere": (
        "_base/new.py",
        'x = "gevent.libev.corecext.loop"',
        "_base must not refer upward",
    ),
    "no provider in config": (
        "_base/config.py",
        'x = "gevent.socket.socket"',
        "upward to gevent.socket.socket",
    ),
    "facade from a tier": ("net/new.py", "import gevent.socket", "gevent.socket"),
    "root from a tier": (
        "net/new.py",
        "import gevent",
        "must not import the package root",
    ),
    "siblings": ("servers/new.py", "import gevent.patch.api", "sideways"),
    "relative import": ("net/new.py", "from . import socket", "relative import"),
    "folder upward": (
        "_native/memory/new.pyx",
        "from gevent._native.io.files cimport File",
        "gevent._native.memory.new must not refer upward to gevent._native.io.files",
    ),
    "header of a folder above": (
        "_native/memory/new.h",
        '#include "io/files.h"',
        "upward to gevent._native.io.files",
    ),
    "folder from beside the folders": (
        "sync/new.py",
        "from gevent.sync.threads.thread import x",
        "upward to gevent.sync.threads.thread",
    ),
    "folder of sync upward": (
        "sync/threads/new.py",
        "from gevent.sync.introspection.util import x",
        "upward to gevent.sync.introspection.util",
    ),
    "_native reads config": (
        "_native/new.pyx",
        "from gevent._base cimport config",
        "_native must not use gevent._base.config",
    ),
    "facade with another home": (
        "socket.py",
        "from gevent.net.ssl import *",
        "must import only its home gevent.net.socket",
    ),
    "facade without home": (
        "ssl.py",
        "from gevent.net.ssl import *",
        "no home publishes 'gevent.ssl'",
    ),
    "facade from the root": (
        "__init__.py",
        "import gevent.socket",
        "package root must",
    ),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folders = [f"{tier}/{name}" for tier in FOLDERS for name in FOLDERS[tier]]
    for name in [*TIERS, *folders]:
        folder = tmp_path / "gevent" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
    for name, text in MODULES.items():
        (tmp_path / "gevent" / name).write_text(text)
    shutil.copy(TREE / "pyproject.toml", tmp_path)
    return tmp_path


def run(command: list[str], cwd: Path) -> tuple[int, str]:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def check_tiers(tree: Path) -> tuple[int, str]:
    command = [sys.executable, str(TREE / "tools" / "check_tiers.py"), str(tree)]
    return run(command, tree)


def lint_imports(tree: Path) -> tuple[int, str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return run(command, tree)


def plant(tree: Path, name: str, text: str) -> None:
    with (tree / "gevent" / name).open("a") as file:
        file.write(f"{text}\n")


def test_a_tree_in_order_passes(tree: Path) -> None:
    assert check_tiers(tree) == (0, "tiers: no reference against the order\n")


@pytest.mark.parametrize("kind", BREACHES)
def test_a_breach_is_reported(tree: Path, kind: str) -> None:
    name, text, report = BREACHES[kind]
    plant(tree, name, text)
    status, output = check_tiers(tree)
    assert status == 1
    assert report in output
    assert output.startswith(f"gevent/{name}:")


def test_a_circle_of_imports_for_checkers_is_reported(tree: Path) -> None:
    checked = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
    plant(tree, "sync/one.py", "import gevent.sync.other")
    plant(tree, "sync/other.py", checked + "from gevent.sync.one import x")
    status, output = check_tiers(tree)
    assert status == 1
    assert "imports go in a circle: gevent.sync." in output


@pytest.mark.parametrize(
    "text",
    ["# from gevent.net cimport socket", '# see "gevent.socket"', "x = 1  # gevent"],
)
def test_a_comment_is_no_reference(tree: Path, text: str) -> None:
    plant(tree, "_native/new.pyx", text)
    assert check_tiers(tree)[0] == 0


def test_a_home_may_name_what_it_publishes(tree: Path) -> None:
    plant(tree, "_native/new.pyx", 'publish(__name__, "gevent.core")')
    assert check_tiers(tree)[0] == 0


def test_a_part_may_name_what_a_home_of_its_tier_publishes(tree: Path) -> None:
    plant(tree, "_base/new.py", '_PUBLIC_NAME = "gevent.events"')
    assert check_tiers(tree)[0] == 0


def test_this_tree_is_in_order() -> None:
    assert check_tiers(TREE)[0] == 0


def test_a_code_of_two_invariants_is_reported(tree: Path) -> None:
    plant(tree, "net/one.py", '"""\n* PAIR1  This.\n"""\n')
    plant(tree, "net/one.pyx", '"""\n* PAIR1  This, in the compiled form.\n"""\n')
    assert check_tiers(tree) == (0, "tiers: no reference against the order\n")
    plant(tree, "net/two.py", '"""\n* PAIR1  That.\n"""\n')
    status, output = check_tiers(tree)
    assert status == 1
    assert re.search(
        r"PAIR1 is defined in gevent/net/one, gevent/net/two \(T6\)", output
    )


def test_a_mention_of_an_invariant_that_is_not_there_is_reported(tree: Path) -> None:
    plant(tree, "net/one.py", '"""\n* PAIR1  This.\n"""\nx = 1  # see PAIR2\n')
    status, output = check_tiers(tree)
    assert status == 1
    assert "net/one.py:4: there is no PAIR2 (T6)" in output


@pytest.mark.cpython("import-linter is not there for PyPy")
@pytest.mark.slow
def test_import_linter_passes_a_tree_in_order(tree: Path) -> None:
    status, output = lint_imports(tree)
    assert status == 0, output


@pytest.mark.cpython("import-linter is not there for PyPy")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "report"),
    [
        (
            "_hub/new.py",
            "import gevent.net.socket",
            "gevent._hub.new -> gevent.net.socket",
        ),
        ("servers/new.py", "import gevent.patch.api", "gevent.servers.new"),
        ("net/new.py", "import gevent.socket", "gevent.net.new -> gevent.socket"),
        ("unplanned.py", "x = 1", "unplanned"),
        ("net/socket.py", "import gevent.net.ssl", "gevent.net"),
    ],
    ids=["upward", "siblings", "facade", "module in no layer", "circle in a tier"],
)
def test_import_linter_reports(tree: Path, name: str, text: str, report: str) -> None:
    plant(tree, name, text)
    status, output = lint_imports(tree)
    assert status == 1
    assert report in output
