"""curl, as a client of HTTP/2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import gevent
from gevent import subprocess
from gevent.pywsgi import WSGIServer
from tests.net.tls_pairs import SERVER, server_context

pytestmark = pytest.mark.peers

PAYLOAD = bytes(range(256)) * 10_000


def answer(environ, start_response):
    """Send the body back, or the payload."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("X-Protocol", environ["SERVER_PROTOCOL"])])
    return iter([body or PAYLOAD])


@contextmanager
def serving(scheme: str, **options: object) -> Iterator[WSGIServer]:
    if scheme == "https":
        options["ssl_context"] = server_context()
    server = WSGIServer(("127.0.0.1", 0), answer, log=None, http2=True, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop(timeout=1)


@pytest.fixture(params=["http", "https"])
def ask(request: pytest.FixtureRequest, curl: str) -> Iterator[Callable[..., bytes]]:
    """Give a function that runs curl with options."""
    scheme = request.param
    with serving(scheme) as server:
        command = [curl, "-sS", "--fail", "-4", "--cacert", SERVER]
        command.append("--http2" if scheme == "https" else "--http2-prior-knowledge")
        url = f"{scheme}://localhost:{server.server_port}/"
        yield lambda *options: subprocess.check_output([*command, *options, url])


def test_curl_chooses_http_2(ask: Callable[..., bytes]) -> None:
    shown = ask("-o", "/dev/null", "-w", "%{http_version} %header{x-protocol}")
    assert shown == b"2 HTTP/2"


def test_curl_gets_and_sends_megabytes(
    ask: Callable[..., bytes], tmp_path: Path
) -> None:
    sent = tmp_path / "sent"
    sent.write_bytes(PAYLOAD[::-1])
    assert ask() == PAYLOAD
    assert ask("-T", str(sent)) == PAYLOAD[::-1]
    assert ask("-T", str(sent), "-H", "Expect: 100-continue") == PAYLOAD[::-1]


def test_curl_reads_a_head_only(ask: Callable[..., bytes]) -> None:
    assert ask("-I").startswith(b"HTTP/2 200")


def test_many_streams_of_one_curl(curl: str, tmp_path: Path) -> None:
    with serving("https") as server:
        url = f"https://localhost:{server.server_port}/[1-40]"
        command = [curl, "-sS", "--fail", "-4", "--cacert", SERVER, "--http2", "-Z"]
        subprocess.check_call([*command, "-o", str(tmp_path / "#1"), url])
    assert all((tmp_path / f"{n}").read_bytes() == PAYLOAD for n in range(1, 41))


def test_curls_at_a_time(ask: Callable[..., bytes]) -> None:
    getting = [gevent.spawn(ask) for _ in range(5)]
    assert all(each.get() == PAYLOAD for each in getting)
