"""Fixtures that run code in interpreters that have imported nothing of ours yet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run(*args, path=[...], **env)``: our interpreter, bounded, without our env."""

    def run_python(*args: str, path: list[Path] | None = None, **env: str) -> object:
        folders = [*(path or []), ROOT]
        clean = {
            name: value
            for name, value in os.environ.items()
            if "GEVENT" not in name and not name.startswith(("LIBEV", "PYTHON", "PURE"))
        }
        clean["PYTHONPATH"] = os.pathsep.join(map(str, folders))
        return subprocess.run(
            [sys.executable, *args],
            env={**clean, **env},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_python  # type: ignore[return-value]  # keyword arguments are free


@pytest.fixture
def check(run: Run) -> Callable[..., str]:
    """``check(code, ...)``: run *code*, fail with its errors, return what it prints."""

    def run_and_check(code: str, path: list[Path] | None = None, **env: str) -> str:
        done = run("-W", "error", "-c", code, path=path, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_and_check
