"""The service of the tutorial does, in each step, what the tutorial says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

TREE = Path(__file__).parents[2]
STEPS = TREE / "docs" / "snippets" / "service"
PATIENCE = 60.0  # seconds; only what hangs takes as long
ENVIRONMENT = dict(os.environ, PYTHONPATH=str(TREE))

pytestmark = pytest.mark.slow


class Program:
    """A step that runs, and the ports it printed."""

    def __init__(self, process: subprocess.Popen[str], n_ports: int) -> None:
        self.process = process
        self.ports = [int(self.printed().rsplit(" ", 1)[1]) for _ in range(n_ports)]

    def printed(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.ports[0]), PATIENCE)


@contextmanager
def running(name: str, *arguments: str, n_ports: int = 1) -> Iterator[Program]:
    with subprocess.Popen(
        [sys.executable, str(STEPS / name), *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield Program(process, n_ports)
        finally:
            process.kill()


def ask(sock: socket.socket, *lines: str) -> list[str]:
    with sock.makefile("rw", encoding="utf-8", newline="\n") as stream:
        answers = []
        for line in lines:
            stream.write(line + "\n")
            stream.flush()
            answers.append(stream.readline().rstrip())
        return answers


@pytest.mark.parametrize("name", ["step1.py", "step2.py"])
def test_two_clients_share_a_counter(name: str) -> None:
    with (
        running(name, "0") as program,
        program.connect() as first,
        program.connect() as second,
    ):
        assert ask(first, "add apples", "add apples") == ["1", "2"]
        assert ask(second, "get apples", "sell apples") == [
            "2",
            "error: say `add NAME` or `get NAME`",
        ]


def test_the_second_step_stops_at_sigterm() -> None:
    with running("step2.py", "0") as program:
        with program.connect() as sock:  # who is answered finds it waiting for signals
            ask(sock, "get apples")
        program.process.send_signal(signal.SIGTERM)
        assert program.printed() == "stopped"
        assert program.process.wait(PATIENCE) == 0


def test_the_service_talks_tls_and_keeps_its_counters(tmp_path: Path) -> None:
    path = tmp_path / "counters.json"
    for expected in ("1", "2"):
        with running("service.py", "0", "0", str(path), n_ports=2) as program:
            command = [sys.executable, str(STEPS / "client.py")]
            command += [str(program.ports[0]), "add", "apples"]
            answer = subprocess.check_output(command, env=ENVIRONMENT, text=True)
            assert answer == expected + "\n"
            program.process.send_signal(signal.SIGTERM)
            assert program.printed() == "stopped"
    assert json.loads(path.read_text()) == {"apples": 2}


def test_the_monitoring_port_shows_numbers(tmp_path: Path) -> None:
    arguments = ("0", "0", str(tmp_path / "counters.json"))
    with running("service.py", *arguments, n_ports=2) as program:
        context = ssl.create_default_context(cafile=STEPS / "certificate.pem")
        with context.wrap_socket(
            program.connect(), server_hostname="localhost"
        ) as sock:
            ask(sock, "add apples", "add pears")
            with urlopen(f"http://127.0.0.1:{program.ports[1]}/") as answer:
                lines = answer.read().decode().splitlines()
    assert lines[:3] == [
        "counters_clients 1",
        "counters_requests_total 2",
        "counters_stalls_total 0",
    ]


@pytest.mark.cpython("there is no mypy for PyPy")
def test_the_service_has_types(tmp_path: Path) -> None:
    shutil.copy(STEPS / "service.py", tmp_path)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        "",
        "service.py",
    ]
    finished = subprocess.run(
        [*command, "--cache-dir", str(TREE / "build" / "mypy-tutorial")],
        cwd=tmp_path,
        env=dict(os.environ, MYPYPATH=str(TREE / "typings")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
