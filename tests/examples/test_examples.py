"""Each example does what its docstring says, against real peers on loopback."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.examples.program import EXAMPLES, PATIENCE, Program, run

pytestmark = pytest.mark.slow
HOST = "127.0.0.1"
CERTIFICATE = Path(__file__).parents[1] / "net" / "tls" / "server.pem"


def connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), PATIENCE)


# -- a web server that is not ours ----------------------------------------------------


@pytest.fixture(scope="module")
def web() -> Iterator[int]:
    """The port of a web server of the standard library."""
    command = [sys.executable, str(Path(__file__).with_name("web_pages.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.kill()


# -- clients --------------------------------------------------------------------------


def test_downloads_are_printed_as_they_come(web: int) -> None:
    lines = run("concurrent_download", *[f"http://{HOST}:{web}/{i}" for i in range(20)])
    assert len(lines) == 20
    assert all(line.startswith("200    100000 B") for line in lines)


def test_a_download_that_fails_is_told_and_the_others_go_on(web: int) -> None:
    with socket.create_server((HOST, 0)) as closed:
        nobody = f"http://{HOST}:{closed.getsockname()[1]}/"
    missing, good = f"http://{HOST}:{web}/missing", f"http://{HOST}:{web}/"
    lines = sorted(run("concurrent_download", nobody, missing, good, status=1))
    assert lines[0].startswith("200 ")
    assert {line.partition("  ")[2].partition(": ")[2] for line in lines[1:]} == {
        "HTTP Error 404: Not Found",
        "<urlopen error [Errno 111] Connection refused>",
    }


@pytest.mark.parametrize("source", ["file", "input"])
def test_names_are_looked_up(tmp_path: Path, source: str) -> None:
    text = "localhost\n127.0.0.9\n\n" + "a" * 64 + ".invalid\n::1\n"
    (tmp_path / "names").write_text(text)
    if source == "file":
        lines = run("mass_resolve", tmp_path / "names")
    else:
        lines = run("mass_resolve", stdin=text)
    assert lines[-1] == "3 found, 1 not"
    assert "127.0.0.9 127.0.0.9" in lines
    assert any(line.startswith("localhost ") and HOST in line for line in lines)
    assert any(line.startswith("a" * 64 + ".invalid: ") for line in lines)


# -- servers --------------------------------------------------------------------------


def test_an_echo_comes_back() -> None:
    with Program("echo_server") as server:
        port = server.port()
        with connect(port) as silent, connect(port) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
            silent.close()
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
        assert server.end(signal.SIGTERM) == ["closed"]


def test_an_echo_server_lets_its_clients_go_on_at_the_end() -> None:
    with Program("echo_server") as server:
        port = server.port()
        with connect(port) as client:
            client.sendall(b"before")
            assert client.recv(100) == b"before"
            server._process.send_signal(signal.SIGINT)
            while True:  # until it accepts nothing more
                try:
                    connect(port).close()
                except (ConnectionRefusedError, ConnectionResetError):
                    break  # or it had not accepted one yet
            client.sendall(b"after")
            assert client.recv(100) == b"after"
        assert server.line() == "closed"


def test_a_port_is_forwarded_in_both_directions() -> None:
    with socket.create_server((HOST, 0)) as target:
        target.settimeout(PATIENCE)
        address = f"{HOST}:{target.getsockname()[1]}"
        with Program("port_forwarder", 0, address) as forwarder:
            with connect(forwarder.port()) as client:
                served, _ = target.accept()
                with served:
                    client.sendall(b"question")
                    client.shutdown(socket.SHUT_WR)
                    assert served.makefile("rb").read() == b"question"
                    served.sendall(b"long answer")
                assert client.makefile("rb").read() == b"long answer"
            assert forwarder.line().endswith("has come")
            assert forwarder.line().endswith(": 8 bytes there, 11 back")
            assert forwarder.end() == ["closed"]


def test_a_port_that_leads_nowhere_says_so() -> None:
    with socket.create_server((HOST, 0)) as closed:
        address = f"{HOST}:{closed.getsockname()[1]}"
    with Program("port_forwarder", 0, address) as forwarder:
        with connect(forwarder.port()) as client:
            assert client.recv(1) == b""
        forwarder.line()
        assert "gets nowhere: [Errno 111]" in forwarder.line()


def test_datagrams_are_answered() -> None:
    with Program("udp_server") as server:
        port = server.port()
        lines = run("udp_client", port, "one", "three")
        assert lines == ["3 bytes: one", "5 bytes: three"]
        told = {server.line().partition(": ")[2] for _ in range(2)}
        assert told == {"3 bytes", "5 bytes"}
        assert server.end() == ["closed"]


def test_no_answer_to_a_datagram_is_told() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as closed:
        closed.bind((HOST, 0))
        port = closed.getsockname()[1]
    assert run("udp_client", port, "one", status=1) == ["no answer to 'one'"]


def test_a_unix_socket_knows_its_clients(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with Program("unix_server", path) as server:
        assert server.line() == f"listening on {path}"
        assert path.stat().st_mode & 0o777 == 0o600
        lines = run("unix_client", path, "ann", "bob")
        assert [line.partition(", process")[0] for line in lines] == [
            f"hello ann, user {os.getuid()}",
            f"hello bob, user {os.getuid()}",
        ]
        assert server.end() == ["closed"]
    assert not path.exists()


def test_a_unix_client_without_a_server_says_so(tmp_path: Path) -> None:
    lines = run("unix_client", tmp_path / "socket", "ann", status=1)
    assert lines == [f"{tmp_path / 'socket'}: [Errno 2] No such file or directory"]


def fetch(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    try:
        connection.request("GET", path)
        with connection.getresponse() as reply:
            return reply.status, reply.read()
    finally:
        connection.close()


def test_wsgi_over_http() -> None:
    with Program("wsgi_server") as server:
        port = server.port()
        client = partial(http.client.HTTPConnection, HOST, port, timeout=PATIENCE)
        assert fetch(client(), "/") == (200, b"Hello, world\n")
        assert fetch(client(), "/count") == (200, b"0\n1\n2\n")
        assert fetch(client(), "/else")[0] == 404
        server.end(signal.SIGTERM)


def test_wsgi_over_https() -> None:
    trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
    with Program("wsgi_server", 0, CERTIFICATE) as server:
        connection = http.client.HTTPSConnection(
            "localhost", server.port(), timeout=PATIENCE, context=trusted
        )
        assert fetch(connection, "/") == (200, b"Hello, world\n")


def test_a_proxy_passes_requests_and_replies(web: int) -> None:
    with Program("web_proxy") as proxy:
        client = http.client.HTTPConnection(HOST, proxy.port(), timeout=PATIENCE)
        client.request("GET", f"http://{HOST}:{web}/", headers={"X-Sent": "this"})
        with client.getresponse() as reply:
            assert (reply.status, len(reply.read())) == (200, 100_000)
            assert reply.getheader("X-Saw") == "this"
        client.request("POST", f"http://{HOST}:{web}/", b"backwards")
        with client.getresponse() as reply:
            assert reply.read() == b"sdrawkcab"
        client.request("GET", f"http://{HOST}:{web}/missing")
        with client.getresponse() as reply:
            assert reply.status == 404
        client.close()


def test_a_proxy_tells_what_it_cannot_do() -> None:
    with socket.create_server((HOST, 0)) as closed:
        nobody = f"http://{HOST}:{closed.getsockname()[1]}/"
    with Program("web_proxy") as proxy:
        port = proxy.port()
        for path, status in ((nobody, 502), ("/", 400)):
            client = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
            assert fetch(client, path)[0] == status


def test_a_proxy_tunnels_what_it_cannot_read() -> None:
    trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
    with (
        Program("wsgi_server", 0, CERTIFICATE) as server,
        Program("web_proxy") as proxy,
    ):
        client = http.client.HTTPSConnection(
            HOST, proxy.port(), timeout=PATIENCE, context=trusted
        )
        client.set_tunnel("localhost", server.port())
        assert fetch(client, "/") == (200, b"Hello, world\n")


def test_curl_uses_the_proxy(web: int) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed; `make peers` does that")
    with Program("web_proxy") as proxy:
        command = [curl, "-sS", "--proxy", f"http://{HOST}:{proxy.port()}"]
        command += ["--noproxy", "", f"http://{HOST}:{web}/"]
        assert subprocess.check_output(command, timeout=PATIENCE) == b"x" * 100_000


def test_files_are_sent_and_nothing_beside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    content = os.urandom(3_000_000)
    (folder / "large").write_bytes(content)
    (tmp_path / "secret").write_text("secret")
    with Program("send_file", folder) as server:
        with connect(server.port()) as client, client.makefile("rb") as reply:
            client.sendall(b"large\n")
            assert reply.readline() == b"3000000\n"
            assert reply.read(3_000_000) == content
            client.sendall(b"../secret\nnothing\n")
            assert [reply.readline(), reply.readline()] == [b"-1\n", b"-1\n"]
        assert server.line().endswith(": large, 3000000 bytes")
        assert server.end() == ["closed"]


# -- the rest -------------------------------------------------------------------------


def test_what_processes_print_comes_as_they_print_it() -> None:
    lines = run("processes", "echo one; read x; exit 0", "echo two; exit 3", status=3)
    assert {"1 | one", "2 | two", "2 ended with 3"} <= set(lines)


def test_ctrl_c_ends_all_processes() -> None:
    with Program("processes", "echo here; exec sleep 600") as program:
        assert program.line() == "1 | here"
        program._process.send_signal(signal.SIGINT)
        assert program.line() == "1 ended with -15"
        assert program._process.wait(PATIENCE) == 143


def test_files_are_hashed_while_greenlets_go_on(tmp_path: Path) -> None:
    contents = [os.urandom(20_000_000), b""]
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    paths = [tmp_path / "0", tmp_path / "1", tmp_path / "2"]
    *lines, ticks = run("thread_pool", *paths)
    assert set(lines) == {
        *(
            f"{hashlib.sha256(content).hexdigest()}  {path}"
            for content, path in zip(contents, paths, strict=False)
        ),
        f"No such file or directory  {paths[2]}",
    }
    assert int(ticks.split()[1]) > 0


def test_every_example_has_a_test_and_says_how_it_is_run() -> None:
    tests = "\n".join(p.read_text() for p in Path(__file__).parent.glob("*.py"))
    for path in EXAMPLES.glob("*.py"):
        assert path.stem in tests or path.stem == "demo", path
        docstring = path.read_text().partition('"""')[2].partition('"""')[0]
        if path.stem != "two_greenlets":
            assert f"python examples/{path.name}" in docstring


def test_without_arguments_they_say_what_they_want() -> None:
    for name in ("port_forwarder", "udp_client", "unix_server", "send_file"):
        assert f"    python examples/{name}.py " in "\n".join(run(name, status=1))
