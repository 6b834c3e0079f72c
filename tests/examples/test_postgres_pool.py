"""The example with PostgreSQL loses no money."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.program import PATIENCE, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, ("psycopg", "psycopg_pool"))),
        reason='psycopg is not installed: pip install "psycopg[binary,pool]"',
    ),
]


def find_program(name: str) -> str:
    """Return the path of a program, or skip the test that needs it."""
    # Debian keeps those of PostgreSQL to itself.
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which(name, path=":".join(map(str, places))) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; `make peers` does that")
    return found


def other_user() -> dict[str, object]:
    """Return what makes a process not root's, which PostgreSQL refuses to be."""
    if os.getuid():
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What to connect to: a server of its own."""
    initdb, server_path = find_program("initdb"), find_program("postgres")
    folder = Path("/tmp", f"gevent-example-{os.getpid()}")
    folder.mkdir()
    user = other_user()
    try:
        if user:
            shutil.chown(folder, "postgres", "postgres")
        data = str(folder / "data")
        command = [initdb, "-D", data, "-A", "trust", "-U", "postgres", "-N"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)  # type: ignore[call-overload]
        command = [server_path, "-D", data, "-k", str(folder), "-h", "", "-F"]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/", **user)  # type: ignore[call-overload]
        try:
            await_database(find_program("pg_isready"), folder)
            yield f"host={folder} dbname=postgres user=postgres"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)


def await_database(pg_isready: str, folder: Path) -> None:
    """Return when the server lets somebody in."""
    command = [pg_isready, "-q", "-h", str(folder), "-t", "1"]
    while subprocess.run(command, check=False).returncode:
        time.sleep(0.05)


def test_no_money_is_lost(database: str) -> None:
    for _ in range(2):  # it leaves nothing behind
        assert run("postgres_pool", database) == ["100 transfers, total 10000"]


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    """It gives up when the pool does, and not before."""
    lines = run("postgres_pool", f"host={tmp_path}", status=1)
    assert lines[-1].startswith("no connection: ")
