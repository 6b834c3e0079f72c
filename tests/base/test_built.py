"""What a tree says that is not built, or that lacks something it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import gevent
from gevent._native.library.missing import explain

NAME = "gevent._native.library._libuv_cffi"


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """A copy of the sources alone, as in a clone."""
    source = Path(gevent.__file__).parent
    ignored = shutil.ignore_patterns("*.so", "__pycache__", "*.pyx", "*.c", "*.pyi")
    shutil.copytree(source, tmp_path / "gevent", ignore=ignored)
    return tmp_path


@pytest.fixture
def extensions(tmp_path: Path) -> Path:
    """The folder of extensions of a tree, without any."""
    folder = tmp_path / "gevent" / "_native" / "library"
    folder.mkdir(parents=True)
    return folder


def _error_of(tree: Path, program: str, *options: str) -> list[str]:
    """Return the lines that a program that fails prints, with this tree's gevent."""
    command = [sys.executable, *options, "-c", f"import sys\n{program}"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return done.stderr.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["", "gevent.config.loop = 'libuv'\n"])
def test_a_tree_that_is_not_built_says_so_and_how_to_build_it(
    unbuilt: Path, loop: str
) -> None:
    program = f"import gevent\nassert sys.path[0] == ''\n{loop}gevent.get_hub()"
    lines = _error_of(unbuilt, program)
    assert lines.count("Traceback (most recent call last):") == 1
    assert lines[-1] == (
        f"ImportError: gevent in {unbuilt} is not built: run `make build` there and use"
        " .venv/bin/python; or install it with `pip install .`, and start Python in"
        " another folder than this one"
    )


def test_an_interpreter_without_greenlet_is_told_what_to_do(unbuilt: Path) -> None:
    program = "sys.modules['greenlet'] = None\nimport gevent"
    lines = _error_of(unbuilt, program)
    assert lines.count("Traceback (most recent call last):") == 1
    assert "gevent needs the greenlet package" in lines[-1]
    assert "`make build`" in lines[-1]


def test_a_tree_that_is_built_for_another_python_says_so(extensions: Path) -> None:
    (extensions / "libev.cpython-399-a.so").touch()
    text = explain(NAME, ModuleNotFoundError(name=NAME), str(extensions))
    assert "is built for another Python (libev.cpython-399-a.so)" in text
    assert f"`make build PYTHON={sys.executable}`" in text


def test_an_extension_that_was_not_built_is_named(extensions: Path) -> None:
    (extensions / f"libev{EXTENSION_SUFFIXES[0]}").touch()
    text = explain(NAME, ModuleNotFoundError(name=NAME), str(extensions))
    assert text.startswith(f"{NAME} was not built")


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (
            "libuv.so.1: cannot open shared object file: No such file or directory",
            "needs the shared library libuv.so.1, which is not there",
        ),
        (
            "dlopen(a.so, 2): Library not loaded: @rpath/libuv.1.dylib\n  Referenced",
            "needs the shared library @rpath/libuv.1.dylib, which is not there",
        ),
        ("undefined symbol: uv_x", "cannot be loaded: undefined symbol: uv_x"),
    ],
)
def test_a_library_that_is_missing_at_run_time_is_named(error: str, part: str) -> None:
    text = explain(NAME, ImportError(error))
    assert part in text
    assert "cffi, which" not in text


def test_the_package_cffi_is_named_where_it_is_missing() -> None:
    text = explain(NAME, ModuleNotFoundError("no", name="_cffi_backend"))
    assert "install cffi" in text
