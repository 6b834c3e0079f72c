"""``publish`` on a small package with every shape of home and facade.

Each case runs in a fork of one fresh interpreter, so that every import order starts
from nothing without a process start each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HOMES = {
    "_tier/__init__.py": "",
    "_tier/plain.py": """
        __all__ = ("Thing", "make")
        state = []
        _private = object()
        class Thing:
            "A thing."
        class Slotted:
            __slots__ = ()
        def make():
            return Thing()
        def _hidden():
            return state
        from os.path import join
        def main():
            print("main of", __name__)
        publish(__name__, "pub.plain")
    """,
    "plain.py": """
        '''Plain.'''
        from pub._tier.plain import *
        from pub._tier.plain import main
        if __name__ == "__main__":
            raise SystemExit(main())
    """,
    "_tier/open.py": """
        class Shown: ...
        publish(__name__, "pub.open")
    """,
    "open.py": "from pub._tier.open import *",
    "_tier/parent.py": """
        class Parent: ...
        publish(__name__, "pub.parent")
    """,
    "parent/__init__.py": "from pub._tier.parent import *",
    "parent/__main__.py": "print('main of', __name__)",
    "parent/untold.py": "x = 1",
    "_tier/child.py": """
        class Child: ...
        publish(__name__, "pub.parent.child")
    """,
    "parent/child.py": "from pub._tier.child import *",
    "_tier/eager.py": """
        import pub._tier.eagerchild
        publish(__name__, "pub.eager")
    """,
    "eager/__init__.py": "from pub._tier.eager import *",
    "_tier/eagerchild.py": """
        class Eager: ...
        publish(__name__, "pub.eager.child")
    """,
    "eager/child.py": "from pub._tier.eagerchild import *",
    "_tier/folder/__init__.py": """
        publish(__name__, "pub.folder")
    """,
    "_tier/folder/inner.py": "inner = 1",
    "folder.py": "from pub._tier.folder import *",
    "_tier/whole.py": """
        from pub._tier.one_part import Part
        from pub._tier.many.first import First
        from pub._tier.many_more import Other
        publish(__name__, "pub.whole", parts=("pub._tier.one_part", "pub._tier.many"))
    """,
    "whole.py": "from pub._tier.whole import *",
    "_tier/one_part.py": "class Part: ...\nclass NotOfTheHome: ...",
    "_tier/many/__init__.py": "",
    "_tier/many/first.py": "class First: ...",
    "_tier/many_more.py": "class Other: ...",
    "_tier/clash/__init__.py": """
        publish(__name__, "pub.clash")
    """,
    "clash/__init__.py": "from pub._tier.clash import *",
}

RUNNER = """
import os, sys, traceback
import gevent._base.publish

def case(code):
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        exec(compile(code, "<case>", "exec"), {"__name__": "case"})
    except BaseException:
        sys.stderr.write(code)
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)

sys.exit(any([case(code) for code in CASES]))
"""


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name, text in {"__init__.py": "", **HOMES}.items():
        file = root / "pub" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [line[8:] if line[:8].isspace() else line for line in text.splitlines()]
        if any("publish(" in line for line in lines):
            lines.insert(0, "from gevent._base.publish import publish")
        file.write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def in_forks(
    check: Callable[..., str], tree: Path, tmp_path: Path
) -> Callable[..., None]:
    def run_cases(*cases: str) -> None:
        # In a file, because the command line has a limit.
        (tmp_path / "cases.py").write_text(f"CASES = {cases!r}\n{RUNNER}")
        check("import runpy; runpy.run_path('cases.py')", path=[tree])

    return run_cases


ALIASES = {
    "pub.plain": "pub._tier.plain",
    "pub.open": "pub._tier.open",
    "pub.parent": "pub._tier.parent",
    "pub.parent.child": "pub._tier.child",
    "pub.eager": "pub._tier.eager",
    "pub.eager.child": "pub._tier.eagerchild",
    "pub.folder": "pub._tier.folder",
}


def _order(*imports: str) -> str:
    lines = ["import sys", *(f"import {name}" for name in imports)]
    for public, home in ALIASES.items():
        parent, _, child = public.rpartition(".")
        lines += [
            f"import {public}, {home}",
            f"import {public} as alias",
            f"home = sys.modules[{home!r}]",
            f"assert alias is home is sys.modules[{public!r}], {public!r}",
            f"assert sys.modules[{parent!r}].{child} is home",
        ]
    return "\n".join(lines)


def test_alias_is_the_home_in_every_import_order(
    in_forks: Callable[..., None],
) -> None:
    names = [*ALIASES, *ALIASES.values()]
    pairs = [(a, b) for a in names for b in names if a != b]
    in_forks(*[_order(*pair) for pair in pairs])


def test_alias_appears_with_its_parent(in_forks: Callable[..., None]) -> None:
    in_forks("""
import sys, pub._tier.child
assert "pub.parent.child" not in sys.modules
import pub.parent
assert sys.modules["pub.parent.child"] is pub._tier.child is pub.parent.child
""")


def test_home_takes_over_the_path_of_a_facade_package(
    in_forks: Callable[..., None],
) -> None:
    code = """
import pub.parent.untold, pub._tier.parent
assert pub.parent.untold.x == 1
assert pub._tier.parent.__path__ == [pub.__path__[0] + "/parent"]
"""
    in_forks(code, "import pub._tier.parent" + code)


def test_package_behind_a_plain_facade_keeps_its_submodules(
    in_forks: Callable[..., None],
) -> None:
    in_forks(
        "import pub.folder, pub._tier.folder.inner; assert pub.folder.inner.inner == 1"
    )


def test_two_packages_can_not_be_one(in_forks: Callable[..., None]) -> None:
    in_forks("""
try:
    import pub.clash
except ImportError as error:
    assert "make the home a plain module" in str(error)
else:
    raise AssertionError
""")


def test_definitions_carry_the_public_name(in_forks: Callable[..., None]) -> None:
    in_forks("""
import pub.plain as plain
for name in ("Thing", "Slotted", "make", "_hidden", "main"):
    assert getattr(plain, name).__module__ == "pub.plain", name
assert plain.join.__module__ != "pub.plain"
import inspect, sys
inspect.getsource(plain.Thing)
lines = inspect.getsource(plain).splitlines()
if sys.version_info >= (3, 13):
    assert lines[plain.Thing.__firstlineno__ - 1] == "class Thing:"
""")


def test_what_parts_of_a_home_define_carries_its_public_name(
    in_forks: Callable[..., None],
) -> None:
    in_forks("""
import pub.whole as whole, pub._tier.one_part as part
assert whole.Part.__module__ == whole.First.__module__ == "pub.whole"
assert whole.Other.__module__ == "pub._tier.many_more"
assert part.NotOfTheHome.__module__ == "pub._tier.one_part"
""")


def test_spec_is_found_by_both_names(in_forks: Callable[..., None]) -> None:
    find = """
from importlib.util import find_spec
for name in ("pub.plain", "pub._tier.plain", "pub.parent", "pub.parent.child"):
    assert find_spec(name) is not None, name
"""
    in_forks(find, "import pub.plain, pub._tier.child, pub.parent" + find)


def test_a_traceback_through_a_home_warns_of_nothing(
    in_forks: Callable[..., None],
) -> None:
    """CPython 3.15 warns of a module whose loader is not that of its spec."""
    in_forks("""
import linecache, warnings
import pub.plain, pub.parent.child
warnings.simplefilter("error")
for module in (pub.plain, pub.parent, pub.parent.child):
    assert module.__loader__ is module.__spec__.loader
    linecache.clearcache()
    assert linecache.lazycache(module.__file__, vars(module))
""")


def test_runpy_runs_the_facade(in_forks: Callable[..., None]) -> None:
    code = """
import io, contextlib, runpy, warnings
warnings.simplefilter("ignore")
out = io.StringIO()
with contextlib.redirect_stdout(out):
    try:
        runpy.run_module("pub.plain", run_name="__main__", alter_sys=True)
    except SystemExit:
        pass
    runpy.run_module("pub.parent", run_name="__main__", alter_sys=True)
assert out.getvalue() == "main of pub._tier.plain\\nmain of __main__\\n", out.getvalue()
"""
    in_forks(
        code, "import pub.plain, pub.parent" + code, "import pub._tier.plain" + code
    )


def test_home_run_as_a_script_stays_a_script(in_forks: Callable[..., None]) -> None:
    in_forks("""
import sys, runpy
runpy.run_module("pub._tier.open", run_name="__main__", alter_sys=True)
assert "pub.open" not in sys.modules
""")


def test_reload_executes_the_home(in_forks: Callable[..., None]) -> None:
    in_forks("""
import importlib, importlib.util, sys
import pub.plain, pub.parent.untold
for module in (pub.plain, pub.parent):
    module.added = 1
    again = importlib.reload(importlib.reload(module))
    assert again is module and again.added == 1
first = pub.plain.Thing
assert importlib.reload(sys.modules["pub.plain"]).Thing is not first
assert pub.plain.Thing.__module__ == "pub.plain"
assert importlib.util.find_spec("pub.parent").submodule_search_locations
""")


def test_pickles_name_the_public_module(in_forks: Callable[..., None]) -> None:
    in_forks("""
import pickle, pub._tier.plain as home, pub._tier.child as child
for value in (home.Thing, home.make, child.Child):
    data = pickle.dumps(value)
    assert b"_tier" not in data
    assert pickle.loads(data) is value
""")


def test_patching_the_public_name_reaches_the_home(
    in_forks: Callable[..., None],
) -> None:
    in_forks("""
from unittest import mock
import pub._tier.plain as home
with mock.patch("pub.plain._private", 5), mock.patch("pub.plain.state", 6):
    assert home._private == 5 and home._hidden() == 6
assert home._private != 5
""")


def test_star_import_copies_the_public_names(in_forks: Callable[..., None]) -> None:
    in_forks("""
names = {}
exec("from pub.plain import *", names)
assert {"Thing", "make"} == set(names) - {"__builtins__"}
exec("from pub.open import *", names)
assert "Shown" in names
""")


THREADS = """
import sys, threading
sys.setswitchinterval(1e-6)
go, found = threading.Barrier(20), []
def first(n):
    go.wait()
    if n % 3 == 0:
        from pub.plain import _private, Thing
    elif n % 3 == 1:
        import pub._tier.plain as home
        from pub.plain import _private, Thing
    else:
        import pub.plain as home
        _private, Thing = home._private, home.Thing
    if n % 2:
        import pub._tier.child
        import pub._tier.eager
    import pub.parent.child as child
    import pub.eager.child as eager
    found.append(tuple(map(id, (_private, Thing, child.Child, eager.Eager))))
threads = [threading.Thread(target=first, args=(n,)) for n in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join(30)
assert len(found) == 20 and len(set(found)) == 1, found
import pub.plain
for public, home in ALIASES.items():
    assert (public in sys.modules) == (home in sys.modules), public
    assert sys.modules.get(public) is sys.modules.get(home), public
assert pub.plain is sys.modules["pub.plain"]
assert pub.parent.child is sys.modules["pub.parent.child"]
""".replace("ALIASES", repr(ALIASES))


def test_first_import_from_twenty_threads(in_forks: Callable[..., None]) -> None:
    in_forks(*[THREADS] * 10)


def test_a_facade_caught_in_the_middle_acts_as_the_home(
    in_forks: Callable[..., None],
) -> None:
    in_forks("""
import sys, types
facade = types.ModuleType("pub.open")
sys.modules["pub.open"] = facade
import pub._tier.open as home
facade.new = 3
assert home.new == 3 and facade.Shown is home.Shown
assert facade.__name__ == "pub.open" and home.__name__ == "pub._tier.open"
del facade.new
assert not hasattr(home, "new")
""")


def test_a_parent_is_an_attribute_before_its_child_can_be_imported(
    in_forks: Callable[..., None],
) -> None:
    in_forks("""
import sys, types, pub
facade = sys.modules["pub.eager"] = types.ModuleType("pub.eager")
import pub._tier.eagerchild
del sys.modules["pub.eager"]
import pub.eager.child as child
assert pub.eager is facade and child is sys.modules["pub._tier.eagerchild"]
""")


@pytest.mark.cpython("PyPy has no compiled form")
def test_extension_module_can_be_a_home(
    in_forks: Callable[..., None], tree: Path
) -> None:
    pytest.importorskip("Cython", reason="builds a small extension")
    _build_extension(tree)
    check = """
import sys, pickle, importlib.util
import pub.compiled as alias
from pub._tier import compiled as home
assert alias is home and home.__file__.endswith(".so"), home
assert home.Fast.__module__ == "pub._tier.compiled"
assert home.Plain.__module__ == "pub.compiled" == home.function.__module__
for value in (home.Fast, home.Plain, home.function):
    assert pickle.loads(pickle.dumps(value)) is value
assert importlib.util.find_spec("pub.compiled") is not None
"""
    in_forks(check, "import pub._tier.compiled" + check)


def _build_extension(tree: Path) -> None:
    import subprocess

    folder = tree / "pub" / "_tier"
    if list(folder.glob("compiled*.so")):
        return
    (tree / "pub" / "compiled.py").write_text("from pub._tier.compiled import *\n")
    (folder / "compiled.pyx").write_text(
        "# cython: language_level=3\n"
        "from gevent._base.publish import publish\n"
        "cdef class Fast: pass\n"
        "class Plain: pass\n"
        "def function(): pass\n"
        "publish(__name__, 'pub.compiled')\n"
    )
    build = [sys.executable, "-m", "Cython.Build.Cythonize", "-i", "-q", "compiled.pyx"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True, timeout=120)
