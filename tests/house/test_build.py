"""setup.py finds what is to be compiled, and compiles only what changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent.parent
SOURCES = {
    "gevent/__init__.py": "",
    "gevent/_native/__init__.py": "",
    "gevent/_native/library/__init__.py": "",
    "gevent/_native/foreign.pxd": 'cdef extern from "stdlib.h":\n    int abs(int)\n',
    "gevent/_native/heap.pxd": "cdef class Heap:\n    cdef int n\n",
    "gevent/_native/heap.py": "raise ImportError('the twin is not compiled')\n",
    "gevent/_native/heap.pyx": "from gevent._native.foreign cimport abs as c_abs\n"
    "cdef class Heap:\n"
    "    def push(self, int n):\n"
    "        assert n != 5\n"
    "        self.n += c_abs(n)\n"
    "        return self.n\n",
    "gevent/_hub/__init__.py": "",
    "gevent/_hub/plain.py": "name = __file__\n",
    "gevent/_hub/hub.pxd": "cdef class Hub:\n    cdef object x\n",
    "gevent/_hub/hub.py": "class Hub:\n"
    "    def set(self, x: int) -> int:\n"
    "        self.x = x\n"
    "        return self.x\n",
}


def write_sources(folder: Path) -> Path:
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(TREE / name, folder)
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_sources(tmp_path)


@pytest.fixture(scope="module")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A tree that has been built, for copies, and the modules that were compiled."""
    tree = write_sources(tmp_path_factory.mktemp("built"))
    return tree, build(tree)


@pytest.fixture
def built_tree(first_build: tuple[Path, set[str]], tmp_path: Path) -> Path:
    shutil.copytree(first_build[0], tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(tree: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "CFLAGS": "-O0", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def build(tree: Path, **environment: str) -> set[str]:
    """Build in place; return the modules that were compiled."""
    status, output = run(tree, "setup.py", "build_ext", "--inplace", **environment)
    assert status == 0, output
    lines = (line.split("'") for line in output.splitlines())
    return {parts[1] for parts in lines if parts[0] == "building "}


def evaluate(tree: Path, expression: str) -> str:
    imports = "import gevent._native.heap as heap, gevent._hub.hub as hub"
    return run(tree, "-c", f"{imports}; print({expression})")[1].strip()


def touch(path: Path) -> None:
    """Make *path* newer than what was built from it, whatever the clock says."""
    later = path.stat().st_mtime + 3600
    os.utime(path, (later, later))


@pytest.mark.cpython("PyPy has no compiled form")
@pytest.mark.slow
def test_every_module_with_declarations_is_compiled_once(
    first_build: tuple[Path, set[str]], built_tree: Path
) -> None:
    tree = built_tree
    assert first_build[1] == {"gevent._native.heap", "gevent._hub.hub"}
    assert build(tree) == set()
    assert evaluate(tree, "heap.Heap().push(-3)") == "3"
    # Cython's own default would have made this 1.
    assert evaluate(tree, "hub.Hub().set(1.5)") == "1.5"
    generated = {path.name for path in (tree / "build" / "cython").rglob("*.c")}
    assert generated == {"heap.c", "hub.c"}
    assert not list((tree / "gevent").rglob("*.c"))


@pytest.mark.cpython("PyPy has no compiled form")
@pytest.mark.slow
def test_a_change_compiles_what_depends_on_it(built_tree: Path) -> None:
    touch(built_tree / "gevent" / "_hub" / "hub.pxd")
    assert build(built_tree) == {"gevent._hub.hub"}


@pytest.mark.cpython("PyPy has no compiled form")
@pytest.mark.slow
def test_a_debug_build_has_assertions(built_tree: Path) -> None:
    assert evaluate(built_tree, "heap.Heap().push(5)") == "5"
    assert build(built_tree, GEVENT_DEBUG_BUILD="1") == {
        "gevent._native.heap",
        "gevent._hub.hub",
    }
    assert evaluate(built_tree, "heap.Heap().push(5)").endswith("AssertionError")


@pytest.mark.cpython("PyPy has no compiled form")
@pytest.mark.slow
def test_a_warning_of_cython_fails_the_build(tree: Path) -> None:
    (tree / "gevent" / "_native" / "bad.pyx").write_text(
        "def f():\n    return nowhere\n"
    )
    status, output = run(tree, "setup.py", "build_ext", "--inplace")
    assert status != 0
    assert "undeclared name not builtin: nowhere" in output


@pytest.mark.cpython("PyPy has no compiled form")
@pytest.mark.slow
def test_missing_libev_is_named(tree: Path) -> None:
    library = tree / "gevent" / "_native" / "library"
    (library / "libev.pyx").write_text("x = 1\n")
    (library / "libev_shim.c").write_text("#include <ev.h>\n")
    command = ("setup.py", "build_ext", "--inplace")
    status, output = run(tree, *command, LIBEV_LDFLAGS="-lno-such-library")
    assert status != 0
    assert "gevent needs libev (ev.h, C header and library)" in output
    assert "apt-get install libev-dev" in output


@pytest.mark.cpython("PyPy has no compiled form")
@pytest.mark.slow
def test_a_compiler_that_is_missing_is_named_and_no_library_is_blamed(
    tree: Path,
) -> None:
    library = tree / "gevent" / "_native" / "library"
    (library / "libev.pyx").write_text("x = 1\n")
    (library / "libev_shim.c").write_text("#include <ev.h>\n")
    command = ("setup.py", "build_ext", "--inplace")
    status, output = run(tree, *command, CC="/no/such/compiler")
    assert status != 0
    assert "needs a C compiler" in output
    assert "gevent needs libev" not in output


@pytest.mark.slow
def test_two_sdists_of_one_time_have_the_same_bytes(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = []
    for name in ("one", "two"):
        clone = tmp_path_factory.mktemp(name) / "clone"
        shutil.copytree(tree, clone)
        touch(clone / "setup.py" if name == "one" else clone / "README.md")
        status, output = run(clone, "setup.py", "sdist", SOURCE_DATE_EPOCH="1700000000")
        assert status == 0, output
        (archive,) = (clone / "dist").glob("*.tar.gz")
        made.append(archive.read_bytes())
    assert made[0] == made[1]
    assert "Traceback" not in output


@pytest.mark.slow
def test_missing_libuv_is_named(tree: Path) -> None:
    library = tree / "gevent" / "_native" / "library"
    (library / "loop_ops.cdef.h").write_text("int version(void);\n")
    (library / "libuv_cffi.cdef.h").touch()
    (library / "libuv_cffi.c").write_text("int version(void);\n")
    (library / "libuv_shim.c").write_text("#include <uv.h>\n")
    command = ("setup.py", "build_ext", "--inplace")
    status, output = run(tree, *command, LIBUV_LDFLAGS="-lno-such-library")
    assert status != 0
    assert "gevent needs libuv (uv.h, C header and library)" in output
    assert "apt-get install libuv1-dev" in output


@pytest.mark.slow
def test_windows_is_refused(tree: Path) -> None:
    # What setup.py imports comes first: the real platform decides how that works.
    code = (
        "import multiprocessing, sys, tempfile, setuptools.command.build_ext\n"
        "sys.platform = 'win32'\n"
        "exec(open('setup.py').read())"
    )
    status, output = run(tree, "-c", code)
    assert status == 1
    assert "does not support Windows" in output.splitlines()[-1]


@pytest.mark.slow
def test_the_build_ships_python_and_stubs_and_nothing_that_only_a_build_reads(
    tree: Path,
) -> None:
    (tree / "gevent" / "py.typed").touch()
    (tree / "typings" / "gevent").mkdir(parents=True)
    (tree / "typings" / "gevent" / "socket.pyi").write_text("x: int\n")
    status, output = run(tree, "setup.py", "build_py", "--build-lib", "build/lib")
    assert status == 0, output
    built = {
        str(path.relative_to(tree / "build/lib"))
        for path in tree.glob("build/lib/**/*")
    }
    assert {
        "gevent/py.typed",
        "gevent/socket.pyi",
        "gevent/_native/heap.py",
        "gevent/_hub/hub.py",
    } <= built
    assert not {path for path in built if path.endswith((".pyx", ".pxd", ".c", ".h"))}
