"""What the tests of exporters share."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
Program = Callable[[str], str]


@pytest.fixture
def program() -> Program:
    """``program(text)``: run it in a fresh process; return what it printed."""

    def run(text: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(text)],
            env={**os.environ, "PYTHONPATH": str(TREE)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
