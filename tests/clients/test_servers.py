"""Servers and workers of others that run on gevent."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.conftest import PATIENCE, PROGRAMS, Client, until

pytestmark = [pytest.mark.clients, pytest.mark.slow]
Start = Callable[..., Client]


class Web:
    """A client of a server at a unix socket, whose path is the address."""

    def __init__(self, address: object):
        self.address = str(address)

    def ask(
        self, path: str, method: str = "GET", body: bytes = b""
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE)
        try:
            connection.sock.connect(self.address)
            connection.request(method, path, body or None)
            with connection.getresponse() as reply:
                return reply.status, reply.read()
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.ask("/")[0] == 200
        except OSError:
            return False


@pytest.fixture(params=["gevent", "gevent_wsgi", "gevent_pywsgi"])
def gunicorn(client: Start, tmp_path: Path, request: pytest.FixtureRequest) -> Client:
    """A gunicorn with one worker, behind `tmp_path / "web"`."""
    options = ["-k", request.param, "-w", "1", "--graceful-timeout", "20"]
    options += ["-b", f"unix:{tmp_path / 'web'}", "--no-control-socket"]
    process = client(
        "-m", "gunicorn", *options, "gunicorn_app:application", needs="gunicorn"
    )
    until(lambda: Web(tmp_path / "web").answers() or process.process.poll() is not None)
    assert process.process.poll() is None, process.printed()
    return process


def test_gunicorn_serves_requests_that_wait_for_each_other(
    gunicorn: Client, tmp_path: Path
) -> None:
    web = Web(tmp_path / "web")
    answers: list[tuple[int, bytes]] = []
    # Each waits until three are there: one after the other would never end.
    threads = [
        threading.Thread(target=lambda: answers.append(web.ask("/together")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert answers == [(200, b"3 were here")] * 3


def test_gunicorn_serves_what_applications_do(gunicorn: Client, tmp_path: Path) -> None:
    web = Web(tmp_path / "web")
    body = b"z" * 300_000
    assert web.ask("/echo", "POST", body) == (200, body)
    assert web.ask("/stream") == (200, b"0\n1\n2\n")
    assert web.ask("/boom")[0] == 500
    assert web.ask("/patched") == (200, b"gevent")


def test_gunicorn_ends_what_it_has_begun(gunicorn: Client, tmp_path: Path) -> None:
    web = Web(tmp_path / "web")
    answers: list[tuple[int, bytes]] = []
    thread = threading.Thread(target=lambda: answers.append(web.ask("/until-told")))
    thread.start()
    gunicorn.await_text("waiting for the end")
    gunicorn.process.send_signal(signal.SIGTERM)
    until(lambda: not (tmp_path / "web").exists())  # nobody else can come
    (tmp_path / "told").touch()
    assert gunicorn.wait() == 0
    thread.join(PATIENCE)
    assert answers == [(200, b"after the end")]


def test_gunicorn_reloads(gunicorn: Client, tmp_path: Path) -> None:
    web = Web(tmp_path / "web")
    first = web.ask("/pid")[1]
    gunicorn.process.send_signal(signal.SIGHUP)
    until(lambda: web.ask("/pid")[1] != first)


def test_locust_counts_what_its_users_did(client: Start, tmp_path: Path) -> None:
    with client(PROGRAMS / "target.py", needs="locust geventhttpclient") as target:
        target.await_text("listening")
        port = target.printed().split()[-1]
        options = ["--headless", "-u", "4", "-r", "4", "-t", "60s", "--host"]
        options += [f"http://127.0.0.1:{port}", "--json-file", str(tmp_path / "out")]
        locust = client("-m", "locust", "-f", PROGRAMS / "locust_users.py", *options)
        assert locust.wait() == 1, locust.printed()  # some requests have failed
    counted = {
        each["name"]: each for each in json.loads((tmp_path / "out.json").read_text())
    }
    assert sorted(counted) == ["/", "/echo", "/missing"]
    assert counted["/"]["num_failures"] == counted["/echo"]["num_failures"] == 0
    assert counted["/missing"]["num_failures"] == counted["/missing"]["num_requests"]
    assert all(each["num_requests"] >= 5 for each in counted.values())


def test_celery_runs_tasks_that_wait_for_each_other(
    client: Start,
    program: Callable[..., str],
    redis: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CELERY_ADDRESS", f"redis+socket://{redis}")
    options = [
        "-A",
        "celery_tasks",
        "worker",
        "-P",
        "gevent",
        "-c",
        "10",
        "-l",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    ]
    worker = client("-m", "celery", *options, needs="celery kombu redis")
    worker.await_text(" ready.")
    printed = program("celery_client", needs="celery")
    assert printed.splitlines()[-5:] == [
        "5",
        "patched: gevent",
        "together: [3, 3, 3]",
        "retried: 2",
        "failed: deliberate",
    ]
    assert worker.end(signal.SIGTERM) == 0, worker.printed()


def test_flask_socketio_talks_in_both_directions(
    client: Start, program: Callable[..., str]
) -> None:
    server = client(PROGRAMS / "socketio_server.py", needs="flask_socketio")
    server.await_text("listening")
    port = server.printed().split()[-1]
    for transport in ("polling", "websocket"):
        printed = program(
            "socketio_client", port, transport, needs="socketio websocket"
        )
        assert printed.splitlines()[-3:] == ["ack: 1", "reply: hello", "bytes: b'321'"]
    assert server.printed().startswith("mode gevent")
