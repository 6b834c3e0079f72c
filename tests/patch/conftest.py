"""Programs of their own: what is patched stays patched."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# How a program begins that has threads.
PATCHED = """
from gevent import monkey
monkey.patch_all()
import threading
import gevent
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Program = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run(*args, **env)``: the interpreter, in this form, on this loop, bounded."""

    def run_python(*args: str, **env: str) -> object:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PYTHON")
        }
        kept |= {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"}
        return subprocess.run(
            [sys.executable, *args],
            env={**kept, **env},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_python  # type: ignore[return-value]  # keyword arguments are free


@pytest.fixture
def program(run: Run) -> Program:
    """``program(code)``: run it with warnings as errors; it must end well and quietly.

    Returns what it prints.
    """

    def run_program(code: str, **env: str) -> str:
        done = run("-W", "error", "-c", textwrap.dedent(code), **env)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    return run_program
