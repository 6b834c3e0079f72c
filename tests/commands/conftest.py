"""Programs to look into, and the command that does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gevent.sync.introspection.requests import BASES

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; what hangs fails the test, and nothing else

# The programs of this run.
started: list[int] = []

Program = subprocess.Popen[str]
start_type = Callable[..., Program]
look_type = Callable[..., subprocess.CompletedProcess[str]]


def environment(**changes: str) -> dict[str, str]:
    return dict(os.environ, PYTHONPATH=str(ROOT), **changes)


@pytest.fixture
def start() -> Iterator[start_type]:
    """Return a function that starts a program and waits until it prints a line."""
    programs: list[Program] = []

    def start_one(
        code: str, *, env: dict[str, str] | None = None, **options: object
    ) -> Program:
        program = subprocess.Popen(  # type: ignore[call-overload]  # options
            [sys.executable, "-c", textwrap.dedent(code)],
            env=environment() if env is None else env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        programs.append(program)
        started.append(program.pid)
        assert program.stdout.readline() == "ready\n"
        return program  # type: ignore[no-any-return]

    yield start_one
    for program in programs:
        program.kill()
        program.communicate()


@pytest.fixture
def look() -> look_type:
    """Return a function that runs `python -m gevent`, or another user's."""

    def run(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]  # options
            [sys.executable, "-m", "gevent", *map(str, words)],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            **options,
        )

    return run


@pytest.fixture(autouse=True)
def _leaves_no_folder() -> Iterator[None]:
    yield
    assert [folder for pid in started for folder in folders_for(pid)] == []


def folders_for(pid: int) -> list[str]:
    """What is in the file system for one program; others may run tests, too."""
    found: list[str] = []
    for base in BASES:
        path = Path(base.format(uid=os.geteuid()))
        if path.is_dir():
            found += [str(each) for each in path.glob(f"gevent-look-{pid}-*")]
    return found


def picture_of(
    done: subprocess.CompletedProcess[str],
) -> dict[str, list[dict[str, object]]]:
    """The JSON that a command printed."""
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)  # type: ignore[no-any-return]
