"""``python -m gevent.monkey``."""

from __future__ import annotations

import py_compile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., "CompletedProcess[str]"]

SCRIPT = """
import sys
from gevent import monkey
print(__name__, sys.argv[1:], sys.modules["__main__"].__dict__ is globals())
names = ("os", "socket", "threading", "time", "ssl", "select")
print(*[name for name in names if monkey.is_module_patched(name)])
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    """The name of a script in the working directory, which is a module, too."""
    (tmp_path / "script.py").write_text(SCRIPT)
    return "script.py"


@pytest.mark.parametrize("program", [["script.py"], ["--module", "script"]])
def test_a_program_runs_patched(run: Run, script: str, program: list[str]) -> None:
    done = run("-m", "gevent.monkey", *program, "--verbose", "more")
    assert done.stdout.splitlines() == [
        "__main__ ['--verbose', 'more'] True",
        "os socket threading time ssl select",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_named_modules_are_the_only_ones(run: Run, script: str) -> None:
    done = run("-m", "gevent.monkey", "--socket", "--time", script)
    assert done.stdout.splitlines()[1] == "socket time"


def test_modules_are_left_out(run: Run, script: str) -> None:
    done = run("-m", "gevent.monkey", "--no-socket", "--no-ssl", script)
    assert done.stdout.splitlines()[1] == "os threading time select"


def test_it_prints_what_it_does(run: Run, script: str) -> None:
    done = run("-m", "gevent.monkey", "--verbose", "--no-ssl", script)
    lines = done.stdout.splitlines()
    assert lines[0] == "gevent.monkey.patch_all(ssl=False)"
    for title in ("sys.version=", "sys.path:", "sys.modules:", "cwd="):
        assert any(line.startswith(title) for line in lines), title


@pytest.mark.parametrize("option", ["help", "nope", "no-nope"])
def test_a_wrong_option_gives_the_help(run: Run, option: str) -> None:
    done = run("-m", "gevent.monkey", f"--{option}", "script.py")
    assert done.returncode == 1
    assert "--no-NAME" in done.stderr
    assert "contextvars" in done.stderr
    name = option.removeprefix("no-")
    assert done.stderr.endswith(f"Cannot patch '{name}'\n")


def test_no_program_gives_the_help(run: Run) -> None:
    done = run("-m", "gevent.monkey", "--no-ssl")
    assert done.returncode == 0
    assert "--module" in done.stdout


def test_the_status_is_that_of_the_program(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text("raise SystemExit(3)")
    assert run("-m", "gevent.monkey", "fails.py").returncode == 3


@pytest.mark.parametrize("kind", ["script", "package", "folder", "compiled"])
def test_what_the_command_runs_knows_where_it_is(
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
