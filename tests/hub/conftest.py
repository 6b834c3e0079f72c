"""What the tests of the hub share."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gevent.hub import Hub, get_hub

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; a program that hangs fails the test, and nothing else

type_of_program = Callable[..., "subprocess.CompletedProcess[str]"]


def fail() -> None:
    raise KeyError("failed")


@pytest.fixture
def run_program() -> type_of_program:
    """Return a function that runs a program in a fresh interpreter."""

    def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONFAULTHANDLER="1")
        return subprocess.run(
            [sys.executable, *options, "-c", textwrap.dedent(code)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return run


@pytest.fixture
def printed() -> io.StringIO:
    """What the hub of this thread prints about errors."""
    stream = io.StringIO()
    hub = get_hub()
    hub.exception_stream = stream
    return stream


Report = tuple[object, type[BaseException], BaseException]


@pytest.fixture
def reports() -> Iterator[list[Report]]:
    """What the hub of this thread is told of errors; nothing is printed or raised."""
    found: list[Report] = []

    def handle_error(
        _hub: Hub,
        context: object,
        kind: type[BaseException],
        value: BaseException,
        _: object,
    ) -> None:
        found.append((context, kind, value))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hub, "handle_error", handle_error)
        yield found
