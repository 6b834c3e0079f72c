"""The typed application does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
PROGRAM = TREE / "examples" / "typed_application.py"
CERTIFICATE = TREE / "tests" / "net" / "tls" / "server.pem"
PATIENCE = 100.0  # seconds; only what hangs takes as long


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM), *arguments],
        env=dict(os.environ, PYTHONPATH=str(TREE)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.slow
def test_it_visits_all_pages() -> None:
    done = run(str(CERTIFICATE), str(CERTIFICATE))
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "5 pages: / /about /news /news/one /news/two",
        "most often: the",
        "in time: True, left: 0, waited for: 2",
    ]
    assert done.returncode == 0


def test_without_a_certificate_it_says_what_it_wants() -> None:
    done = run()
    assert done.returncode == 2
    assert "CERTIFICATE KEY" in done.stderr
