"""Loops of every kind, by parameter."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import pytest

from gevent._base.config import config
from gevent._loop.loop import Loop
from tests.support.form import is_pure
from tests.support.virtual import VirtualLoop

COMPILED = "libev-cext"
LIBRARIES = (COMPILED, "libev-cffi", "libuv-cffi")
VIRTUAL = "virtual"
TREE = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; only what hangs takes as long


class Errors:
    """An error handler that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, type[BaseException], str]] = []

    def handle_error(
        self,
        context: object,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        del tb
        self.told.append((context, type, str(value)))

    def handle_system_error(
        self,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None = None,
    ) -> None:
        self.handle_error("main", type, value, tb)

    @property
    def texts(self) -> list[str]:
        return [text for _, _, text in self.told]


def _loop_class(kind: str) -> Callable[..., Loop]:
    found: Callable[..., Loop] = config.settings["loop"].validate(kind)  # type: ignore[assignment]  # a class of loops
    return found


def make(kind: str, default: bool = False) -> Loop:
    """Return a new loop."""
    if kind == VIRTUAL:
        return VirtualLoop()
    return _loop_class(kind)(default=default)


MakeLoop = Callable[..., Loop]


@pytest.fixture
def make_loop(request: pytest.FixtureRequest) -> Iterator[MakeLoop]:
    """``make_loop(default=False)``: a new loop of the kind under test.

    It is destroyed after the test, unless ``is_kept=False`` says that it is not kept.
    """
    made: list[Loop] = []

    def make_one(default: bool = False, is_kept: bool = True) -> Loop:
        loop = make(request.param, default)
        if is_kept:
            made.append(loop)
        return loop

    yield make_one
    for each in made:
        each.destroy()


@pytest.fixture
def loop(make_loop: MakeLoop) -> Loop:
    """A loop that no hub runs: `run` returns when nothing is left."""
    return make_loop()


@pytest.fixture
def errors(loop: Loop) -> Errors:
    """What the loop reports."""
    errors = Errors()
    loop.error_handler = errors
    return errors


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a loop on all kinds; marked `library`: on event libraries only."""
    if "make_loop" not in metafunc.fixturenames:
        return
    kinds = [kind for kind in LIBRARIES if kind != COMPILED or not is_pure()]
    libraries = tuple(kinds)
    if metafunc.definition.get_closest_marker("library") is None:
        kinds.append(VIRTUAL)
    if "watcher" in metafunc.fixturenames:
        pairs = [
            (kind, name)
            for name, needs_library in metafunc.module.WATCHERS.items()
            for kind in kinds
            if kind in libraries or not needs_library
        ]
        metafunc.parametrize(("make_loop", "watcher"), pairs, indirect=True)
    else:
        metafunc.parametrize("make_loop", kinds, indirect=True)


def run_on(kind: str, code: str) -> str:
    """What a program prints on a loop, errors included."""
    if kind == COMPILED and is_pure():
        pytest.skip("the pure form has no compiled loop")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=dict(os.environ, GEVENT_LOOP=kind, PYTHONPATH=str(TREE)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout + done.stderr
