"""Every program on the pages runs, and prints what the page says it prints."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
SNIPPETS = TREE / "docs" / "snippets"
PATIENCE = 60.0  # seconds; only what hangs takes as long

ENVIRONMENT = {"PYTHONWARNINGS": "default", "PYTHONUNBUFFERED": "1"}

PROGRAMS = sorted(SNIPPETS.rglob("*.out"))


def lacking(program: Path) -> list[str]:
    """Return what the program says it needs besides gevent, and is not there."""
    lines = re.findall(r"^# needs( \w+)?: (.*)$", program.read_text(), re.M)
    is_there = {
        "": lambda name: importlib.util.find_spec(name) is not None,
        " program": lambda name: shutil.which(name) is not None,
        " variable": lambda name: name in os.environ,
    }
    return [
        name
        for kind, names in lines
        for name in names.split(", ")
        if not is_there[kind](name)
    ]


def run(program: Path) -> str:
    """Run a snippet in its folder, and return all that it prints."""
    finished = subprocess.run(
        [sys.executable, program.name],
        cwd=program.parent,
        env=dict(os.environ, PYTHONPATH=str(TREE), **ENVIRONMENT),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "printed", PROGRAMS, ids=[str(path.relative_to(SNIPPETS)) for path in PROGRAMS]
)
def test_a_program_prints_what_the_page_shows(printed: Path) -> None:
    program = printed.with_suffix(".py")
    if lacks := lacking(program):
        pytest.skip(f"needs {', '.join(lacks)}; see docs/snippets/requirements.txt")
    output = run(program)
    # A line of three dots stands for any number of lines, none included.
    expected = re.sub(r"^\.\.\.\n", "...", printed.read_text(), flags=re.M)
    assert doctest.OutputChecker().check_output(expected, output, doctest.ELLIPSIS), (
        f"\n{output}\nis not\n{expected}"
    )


def test_every_program_has_what_it_prints_or_is_part_of_one() -> None:
    programs = list(SNIPPETS.rglob("*.py"))
    tests = Path(__file__).parent.glob("test_*.py")
    sources = {path: path.read_text() for path in [*programs, *tests]}
    for path in programs:
        if path.with_suffix(".out").exists():
            continue
        users = [
            other
            for other, text in sources.items()
            if other != path and re.search(rf"\b{path.stem}\b", text)
        ]
        assert users, f"nothing runs {path}"
