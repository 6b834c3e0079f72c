"""coverage sees the lines that greenlets run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tracing.conftest import Run

pytest.importorskip("coverage", reason="needs coverage")

# Two files whose functions run in turns; line: what is on it.
FIRST = """\
import gevent


def first(n):
    total = 0
    for each in range(n):
        gevent.sleep(0)
        total += each
    return total


def never():
    return 1
"""
SECOND = """\
import gevent


def second(n):
    total = 0
    while n:
        gevent.sleep(0)
        n -= 1
        if n == 7:
            total += 1
    return total
"""
MAIN = """\
import gevent
from first import first
from second import second

gevent.joinall([gevent.spawn(f, n) for n in (1, 2, 3) for f in (first, second)])
gevent.spawn_raw(first, 1)
gevent.sleep(0)
gevent.sleep(0)
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder with the program."""
    for name, text in {"first": FIRST, "second": SECOND, "main": MAIN}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def missing(files: Path, run: Run, *options: str) -> dict[str, list[int]]:
    """Run the program under coverage; return the lines that it did not see."""
    run("-m", "coverage", "run", "--source=.", *options, "main.py")
    run("-m", "coverage", "json", "-o", "seen.json", "-q")
    found = json.loads((files / "seen.json").read_text())["files"]
    return {name: each["missing_lines"] for name, each in found.items()}


EXACTLY = {"main.py": [], "first.py": [13], "second.py": [10]}


@pytest.mark.parametrize("options", [(), ("--branch",)])
def test_with_its_support_of_greenlets_each_line_is_seen(
    files: Path, run: Run, options: tuple[str, ...]
) -> None:
    assert missing(files, run, "--concurrency=greenlet", *options) == EXACTLY


def test_its_support_of_gevent_is_the_same(files: Path, run: Run) -> None:
    assert missing(files, run, "--concurrency=gevent") == EXACTLY


def test_without_it_no_line_is_seen_that_did_not_run(files: Path, run: Run) -> None:
    """It misses some, as its documentation says: greenlets need the option."""
    found = missing(files, run)
    assert all(set(EXACTLY[name]) <= set(lines) for name, lines in found.items())
