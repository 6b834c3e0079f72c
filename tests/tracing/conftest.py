"""Programs of their own: what is traced there leaves this process alone."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Seconds until a program hangs rather than being slow.
PATIENCE = 60

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Program = Callable[..., str]


def environment() -> dict[str, str]:
    """Return that of a program: this form, this loop, this tree."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COVERAGE"))
    }
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run(*args, stdin="")``: the interpreter, in a folder of its own, bounded."""

    def run_python(*args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *args],
            env=environment(),
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run_python


@pytest.fixture
def program(run: Run, tmp_path: Path) -> Program:
    """``program(text)``: run it from a file; return what it prints."""

    def run_program(text: str, stdin: str = "") -> str:
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(text))
        return run(str(path), stdin=stdin).stdout

    return run_program
