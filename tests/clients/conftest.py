"""Programs and libraries of others, unchanged, on this tree.

`make clients` puts them into an environment of their own, `build/clients`, which has
what `.venv` has, too, and runs these tests. One that is not there is a skip.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

TREE = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
PYTHON = TREE / "build" / "clients" / "bin" / "python"
PATIENCE = 60.0  # seconds; only what hangs takes as long


def environment() -> dict[str, str]:
    """Return the variables with which a client finds this tree, and little else."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith(
            ("_proxy", "_ca_bundle", "_cert_file", "_cert_dir")
        )
    }
    return {
        **kept,
        "PYTHONPATH": f"{TREE}{os.pathsep}{PROGRAMS}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # of the clients
    }


class Client:
    """A process of a client, and what it prints, in a file."""

    def __init__(self, folder: Path, *arguments: object):
        self._log = folder / f"log-{len(list(folder.glob('log-*')))}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(PYTHON), *map(str, arguments)],
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def printed(self) -> str:
        """Return what it has printed so far."""
        return self._log.read_text(errors="replace")

    def await_text(self, text: str) -> None:
        """Return when it has printed something."""
        until(lambda: text in self.printed() or self.process.poll() is not None)
        assert text in self.printed(), self.printed()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Return the exit status, at its end."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it does not end:\n{self.printed()}")


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Return what starts a client: its module, or a program of ours, and arguments."""
    started: list[Client] = []

    def start(*arguments: object, needs: str = "") -> Client:
        demand(needs)
        started.append(Client(tmp_path, *arguments))
        return started[-1]

    yield start
    for each in reversed(started):
        each.__exit__(None, None, None)


@pytest.fixture
def program(client: Callable[..., Client]) -> Callable[..., str]:
    """Return what runs a program of ours to its end, and returns what it printed."""

    def run(name: str, *arguments: object, needs: str) -> str:
        running = client(PROGRAMS / f"{name}.py", *arguments, needs=needs)
        assert running.wait() == 0, running.printed()
        return running.printed()

    return run


def demand(modules: str) -> None:
    """Skip the test if a module is not there."""
    if not PYTHON.exists():
        pytest.skip("the clients are not installed; `make clients` does that")
    for name in modules.split():
        command = [str(PYTHON), "-c", f"import {name}"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(f"{name} is not installed; `make clients` does that")


def find_program(name: str) -> str:
    """Return the path of a server, or skip the test that needs it."""
    # Debian keeps those of PostgreSQL to itself.
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which(name, path=":".join(map(str, places))) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; `make peers` does that")
    return found


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The path of the socket of a server."""
    place = tmp_path / "redis.sock"
    command = [find_program("redis-server"), "--port", "0", "--save", ""]
    command += ["--unixsocket", str(place), "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            until(place.exists)
            yield str(place)
        finally:
            server.terminate()


@pytest.fixture
def postgres() -> Iterator[str]:
    """What to connect to."""
    initdb, server_path = find_program("initdb"), find_program("postgres")
    folder = Path("/tmp", f"gevent-clients-{os.getpid()}")
    folder.mkdir()
    user: dict[str, object] = {}
    try:
        if os.getuid() == 0:  # which it refuses to be
            user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
        data = str(folder / "data")
        command = [initdb, "-D", data, "-A", "trust", "-U", "postgres", "-N"]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **user)  # type: ignore[call-overload]
        command = [server_path, "-D", data, "-k", str(folder), "-h", "", "-F"]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/", **user)  # type: ignore[call-overload]
        try:
            ready = [find_program("pg_isready"), "-q", "-h", str(folder)]
            until(lambda: subprocess.run(ready, check=False).returncode == 0)
            yield f"host={folder} dbname=postgres user=postgres"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE)
    finally:
        shutil.rmtree(folder)
