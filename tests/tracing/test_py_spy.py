"""py-spy shows the frames of a process that runs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tracing.conftest import PATIENCE, environment

PY_SPY = Path(sys.executable).with_name("py-spy")

pytestmark = pytest.mark.skipif(not PY_SPY.exists(), reason="needs py-spy")


@contextmanager
def running(folder: Path, text: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program, which prints a line when it is where it should be."""
    path = folder / "program.py"
    path.write_text(textwrap.dedent(text))
    process = subprocess.Popen(
        [sys.executable, str(path)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def dump(process: subprocess.Popen[str]) -> str:
    """Return what py-spy says of it; skip where it may not look."""
    done = subprocess.run(
        [str(PY_SPY), "dump", "--pid", str(process.pid)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode != 0 and (
        "ermission" in done.stderr or "not permitted" in done.stderr
    ):
        pytest.skip("ptrace is not permitted here")
    if done.returncode != 0 and "ersion" in done.stderr:
        pytest.skip("this py-spy does not know this Python")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_shows_the_stack_of_the_greenlet_that_runs(tmp_path: Path) -> None:
    program = """
        import gevent

        def inner():
            print("ready", flush=True)
            while True:
                pass

        def outer():
            gevent.sleep(0)
            inner()

        def other():
            gevent.sleep(100)

        gevent.joinall([gevent.spawn(other), gevent.spawn(outer)])
        """
    with running(tmp_path, program) as process:
        printed = dump(process)
    assert "inner (program.py:" in printed
    assert "outer (program.py:" in printed
    assert "other (program.py:" not in printed


def test_it_shows_the_hub_of_a_program_that_waits(tmp_path: Path) -> None:
    """There was no frame at all."""
    program = """
        import gevent

        def other():
            gevent.sleep(100)

        gevent.spawn(other)
        gevent.sleep(0)
        print("ready", flush=True)
        gevent.sleep(100)
        """
    with running(tmp_path, program) as process:
        printed = dump(process)
    assert "run (" in printed
    assert "hub_frame.py:" in printed
    assert "other (program.py:" not in printed
