"""Who runs the programs: the reference, ours in four forms, the standard library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.differential.outcome import Answer, Outcome, outcome_of

HERE = Path(__file__).resolve().parent
TREE = HERE.parent.parent
INSIDE = HERE / "inside"
PROGRAMS = HERE / "programs"
REFERENCE = TREE / "build" / "reference"
REFERENCE_PACKAGES = ("gevent==26.9.0", "dnspython", "psutil", "pycares")


@dataclass(frozen=True)
class Contender:
    """An interpreter and what it is told."""

    name: str
    python: str
    kind: str = "gevent"
    environment: Mapping[str, str] = field(default_factory=dict)


def ours() -> list[Contender]:
    """Return this tree on its three loops, and in the pure form."""
    return [
        Contender("libev", sys.executable),
        Contender(
            "libev-cffi", sys.executable, environment={"GEVENT_LOOP": "libev-cffi"}
        ),
        Contender(
            "libuv-cffi", sys.executable, environment={"GEVENT_LOOP": "libuv-cffi"}
        ),
        Contender("pure", sys.executable, environment={"GEVENT_PURE_PYTHON": "1"}),
    ]


def standard_library() -> Contender:
    """Return the standard library of this Python."""
    return Contender("stdlib", sys.executable, "stdlib")


def reference(python: str | None) -> Contender:
    """Return the reference; without an interpreter that has it, install one."""
    if python is None:
        path = REFERENCE / "bin" / "python"
        if not path.exists():
            venv.create(REFERENCE, with_pip=True)
        wanted = [str(path), "-m", "pip", "install", "--quiet", *REFERENCE_PACKAGES]
        subprocess.run(wanted, check=True)
        python = str(path)
    return Contender("reference", python)


class Worker:
    """A process that runs programs of one contender; used as a context.

    Args:
        contender: Whose.
        bare: Whether nothing but ``gevent`` is imported beforehand: for programs that
            patch.
    """

    def __init__(self, contender: Contender, *, bare: bool):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GEVENT", "PYTHON", "PURE_PYTHON"))
        }
        # The order of sets is an outcome only where it decides something.
        environment |= {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        command = [contender.python, "worker.py", contender.kind]
        self._process = subprocess.Popen(
            command + ["bare"] * bare,
            # There, no checkout is in the way of what is installed.
            cwd=INSIDE,
            env={**environment, **contender.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def ask(self, request: Mapping[str, object]) -> dict[str, object]:
        """Return the worker's answer to a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker ended while it was asked {request!r}")
        answer: dict[str, object] = json.loads(line)
        return answer

    def run(self, request: Mapping[str, object]) -> tuple[Outcome, float]:
        """Run a program; return its outcome and how many seconds it took."""
        answer: Answer = self.ask(request)  # type: ignore[assignment]  # worker.py
        return outcome_of(answer), answer["seconds"]
