"""Programs of others, which talk to gevent's sockets as they talk to all others.

`make peers` installs them and runs these tests; elsewhere a missing one is a skip.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import gevent
from gevent import socket, subprocess
from tests.peers.postgres import Postgres
from tests.peers.redis import Redis

# Seconds: what takes longer hangs.
LIMIT = 20


def find_program(name: str) -> str:
    """Return the path of a program, or skip the test that needs it."""
    # Debian keeps those of PostgreSQL to itself.
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = ":".join(["/usr/bin", "/usr/sbin", "/usr/local/bin", *map(str, places)])
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name} is not installed; `make peers` does that")
    return found


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    with gevent.Timeout(LIMIT):
        yield


@pytest.fixture
def openssl() -> str:
    """The path of the program."""
    return find_program("openssl")


@pytest.fixture
def curl() -> str:
    """The path of the program."""
    return find_program("curl")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A connection to a server of its own."""
    place = tmp_path / "redis"
    command = [find_program("redis-server"), "--port", "0", "--save", ""]
    command += ["--unixsocket", str(place), "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            await_connection(place)
            with Redis(place) as made:
                yield made
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def postgres_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The unix socket of a server."""
    initdb, server_path = find_program("initdb"), find_program("postgres")
    folder = Path("/tmp", f"gevent-peers-{tmp_path_factory.getbasetemp().name}")
    folder.mkdir()
    data = folder / "data"
    # It refuses to be root's.
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    shutil.chown(folder, "postgres", "postgres")
    try:
        subprocess.run(
            [*user, initdb, "-D", data, "-A", "trust", "-U", "postgres", "-N"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        command = [*user, server_path, "-D", data, "-k", folder, "-h", "", "-F"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            try:
                yield folder / ".s.PGSQL.5432"
            finally:
                server.terminate()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres(postgres_place: Path) -> Iterator[Postgres]:
    """A connection to the server."""
    while True:
        try:
            made = Postgres(postgres_place)
        except (OSError, EOFError):
            # It listens before it lets anybody in.
            gevent.sleep(0.01)
        else:
            break
    with made:
        yield made


def await_connection(place: Path) -> None:
    """Return when something listens at a unix socket."""
    while True:
        with socket.socket(socket.AF_UNIX) as sock:
            if sock.connect_ex(str(place)) == 0:
                return
        gevent.sleep(0.01)
