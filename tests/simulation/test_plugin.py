"""The pytest plug-in, in runs of pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytestmark = [pytest.mark.pure, pytest.mark.slow]

TREE = Path(__file__).parents[2]
TESTS = """
import time
import gevent
import pytest

def test_time_is_virtual(virtual_clock):
    time.sleep(3600)
    assert virtual_clock.elapsed == 3600

@pytest.mark.virtual_time(start=0.0, seed=5)
def test_marker(virtual_clock):
    assert time.time() == 0.0 and virtual_clock.seed == 5

def test_order(virtual_clock):
    order = []
    for number in range(3):
        gevent.spawn(order.append, number)
    virtual_clock.settle()
    assert order == [0, 1, 2]
"""
LIGHT = """
import sys

def test_light():
    assert "gevent.virtual" not in sys.modules
    assert "gevent.simulation.block" not in sys.modules
"""


def run(folder: Path, *options: str) -> tuple[int, str]:
    # Until it is installed with its entry point.
    plugins = [each.name for each in entry_points(group="pytest11")]
    loading = () if "gevent" in plugins else ("-p", "gevent.pytest_plugin")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        + [*loading, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TREE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "test_it.py").write_text(TESTS)
    return tmp_path


def test_the_fixture_and_its_marker(folder: Path) -> None:
    status, text = run(folder)
    assert status == 0, text
    assert "3 passed" in text


def test_many_schedules_find_the_one_that_fails_again(folder: Path) -> None:
    status, text = run(folder, "--gevent-schedules=10")
    assert status == 1
    assert re.search(r"test_order\[seed\d+\]", text)
    option = re.search(r"--gevent-seed=\d+", text)
    assert option, text
    status, text = run(folder, option[0], "test_it.py::test_order")
    assert status == 1
    assert option[0] in text
    assert "virtual time passed: 0 s" in text


def test_a_random_seed_is_shown(folder: Path) -> None:
    status, text = run(folder, "--gevent-seed=random", "-v", "-k", "virtual")
    assert status == 0, text
    assert re.search(r"gevent: seed \d+", text)


@pytest.mark.parametrize(
    "option", ["--gevent-seed=nonsense", "--gevent-schedules=0", "--gevent-schedules=x"]
)
def test_nonsense_is_a_usage_error(folder: Path, option: str) -> None:
    assert run(folder, option)[0] == 4


def test_who_does_not_use_it_does_not_load_it(tmp_path: Path) -> None:
    (tmp_path / "test_light.py").write_text(LIGHT)
    status, text = run(tmp_path)
    assert status == 0, text
