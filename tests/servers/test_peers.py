"""Clients of others against one server, in all ways that they know to ask."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from gevent import subprocess
from gevent.pywsgi import WSGIServer
from tests.net.tls_pairs import SERVER, server_context
from tests.servers.peer_clients import EXPECTED, EXPECTED_OF_WEBSOCKETS

PROGRAM = str(Path(__file__).with_name("peer_clients.py"))

# Client -> what must be there for it; None: nothing.
CLIENTS = {
    "http_client": None,
    "requests": "requests",
    "httpx": "httpx",
    "httpx_2": "httpx",
    "aiohttp": "aiohttp",
    "curl": None,
}
CLIENTS_OF_WEBSOCKETS = {
    "websockets": "websockets",
    "asyncio_websockets": "websockets",
    "aiohttp_websockets": "aiohttp",
}


def application(environ, start_response):
    """Answer what the clients ask."""
    path = environ["PATH_INFO"]
    if path == "/ws":
        websocket = environ["wsgi.websocket"]
        for message in iter(websocket.receive, None):
            websocket.send(message)
        return []
    answers = {
        "/": lambda: [b"hello"],
        "/echo": lambda: [environ["wsgi.input"].read()],
        "/blocks": lambda: iter([b"one", b" ", b"two"]),
        "/port": lambda: [environ["REMOTE_PORT"].encode(), b"\n"],
    }
    answer = answers.get(path)
    fields = [("Content-Length", "5")] if path == "/" else []
    start_response("404 Not Found" if answer is None else "200 OK", fields)
    return [] if answer is None else answer()


@pytest.fixture(params=["http", "https"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a server is that speaks HTTP/1.1, HTTP/2 and WebSocket."""
    options = {"http2": True, "websocket": True, "log": None}
    if request.param == "https":
        options["ssl_context"] = server_context()
    server = WSGIServer(("127.0.0.1", 0), application, **options)
    server.start()
    yield f"{request.param}://localhost:{server.server_port}"
    server.stop(timeout=1)


def answers_of(client: str, package: str | None, url: str) -> object:
    """Run a client; skip the test if it is not there."""
    if package is not None and find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    if client == "curl" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = [sys.executable, PROGRAM, client, url, SERVER]
    return json.loads(subprocess.check_output(command, timeout=60))


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_client_is_answered(client, url, errors):
    assert answers_of(client, CLIENTS[client], url) == EXPECTED
    assert errors.getvalue() == ""


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS_OF_WEBSOCKETS)
def test_client_of_websockets_is_answered(client, url, errors):
    package = CLIENTS_OF_WEBSOCKETS[client]
    assert answers_of(client, package, url) == EXPECTED_OF_WEBSOCKETS
    assert errors.getvalue() == ""
