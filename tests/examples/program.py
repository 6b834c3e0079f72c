"""A program of the examples, while it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

TREE = Path(__file__).parents[2]
EXAMPLES = TREE / "examples"
PATIENCE = 60.0  # seconds; only what hangs takes as long


def environment() -> dict[str, str]:
    """Return the variables with which an example finds this tree."""
    return dict(os.environ, PYTHONPATH=str(TREE), PYTHONWARNINGS="error")


def run(name: str, *arguments: object, stdin: str = "", status: int = 0) -> list[str]:
    """Run an example to its end; return the lines that it printed."""
    finished = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)],
        env=environment(),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == status, finished.stdout
    return finished.stdout.splitlines()


class Program:
    """An example that runs until somebody ends it."""

    def __init__(self, name: str, *arguments: object):
        self._process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
            # A shell has those in the background ignore it, and children inherit that.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.__exit__(kind, value, traceback)

    def line(self) -> str:
        """Return the next line that it prints; nothing at the end."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip()

    def port(self) -> int:
        """Return the number at the end of the line that it prints first."""
        return int(self.line().rstrip("/").rpartition(" ")[2].rpartition(":")[2])

    def end(self, number: signal.Signals = signal.SIGINT) -> list[str]:
        """Send a signal; return the lines that it still prints, once it has ended."""
        self._process.send_signal(number)
        printed, _ = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode == 0
        return str(printed).splitlines()
