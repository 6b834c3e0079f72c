"""The first program of the tutorial prints what the tutorial says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).parents[2]


def test_two_greenlets_take_turns() -> None:
    command = [sys.executable, str(TREE / "examples" / "two_greenlets.py")]
    environment = dict(os.environ, PYTHONPATH=str(TREE))
    printed = subprocess.check_output(command, env=environment, text=True, timeout=60)
    assert printed.split("\n") == ["a 0", "b 0", "a 1", "b 1", "a 2", "b 2", ""]
