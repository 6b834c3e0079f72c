"""OpenSSL's own client and server, and curl."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import gevent
from gevent import socket, ssl, subprocess
from gevent.event import Event
from gevent.server import StreamServer
from gevent.subprocess import PIPE, STDOUT
from tests.net.tls_pairs import SERVER, client_context, server_context

pytestmark = pytest.mark.peers

# OpenSSL's SSL_OP_ALLOW_CLIENT_RENEGOTIATION.
ALLOW_CLIENT_RENEGOTIATION = 1 << 8
PAYLOAD = bytes(range(256)) * 20_000
LOCAL = ("127.0.0.1", 0)

# The option that chooses the protocol, and the command that makes both ends
# exchange keys anew in the middle of everything.
OF_SERVER = [("-tls1_2", b"r\n"), ("-tls1_3", b"K\n")]


class Program:
    """A program whose output is looked at while it runs."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, bufsize=0
        )
        self.output = b""
        self._more = Event()
        self._reading = gevent.spawn(self._read)

    def _read(self) -> None:
        while piece := self._process.stdout.read(65536):
            self.output += piece
            self._more.set()
            self._more.clear()

    def await_text(self, pattern: bytes) -> re.Match[bytes]:
        """Wait until the output has it."""
        while not (found := re.search(pattern, self.output)):
            self._more.wait()
        return found

    def tell(self, text: bytes) -> None:
        """Write it to the program at once: it takes what it reads for one command."""
        self._process.stdin.write(text)

    def end(self) -> None:
        self._process.kill()
        self._reading.join()
        self._process.__exit__(None, None, None)


@contextmanager
def running(*command: str) -> Iterator[Program]:
    program = Program(*command)
    try:
        yield program
    finally:
        program.end()


@contextmanager
def serving(
    handle: Callable[..., object], **tls: ssl.SSLContext
) -> Iterator[StreamServer]:
    # A pool: stopping waits for its greenlets.
    server = StreamServer(LOCAL, handle, spawn=100, **tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(("version", "command"), OF_SERVER)
def test_keys_change_while_our_client_reads_and_writes(
    openssl: str, version: str, command: bytes
) -> None:
    with running(
        openssl, "s_server", "-accept", "127.0.0.1:0", "-cert", SERVER, version
    ) as server:
        port = int(server.await_text(rb"ACCEPT [^\n]*:(\d+)\n").group(1))
        plain = socket.create_connection(("127.0.0.1", port))
        with client_context().wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"first words\n")
            server.await_text(b"first words\n")
            reading = gevent.spawn(client.recv, 100)
            writing = gevent.spawn(client.sendall, b"y" * 1_000_000 + b"\nlast words\n")
            gevent.sleep(0)
            server.tell(command)
            server.await_text(b"SSL_do_handshake -> 1")
            server.await_text(b"last words\n")
            writing.get()
            client.sendall(b"more words\n")
            server.await_text(b"more words\n")
            server.tell(b"for the reader\n")
            assert reading.get() == b"for the reader\n"


def test_new_keys_while_our_server_reads_and_writes(openssl: str) -> None:
    with talking(openssl, server_context(), "-tls1_3") as (client, handler):
        writing = gevent.spawn(handler.sock.sendall, b"z" * 1_000_000 + b"last words")
        client.await_text(b"zzzz")
        client.tell(b"K\n")
        client.await_text(b"KEYUPDATE")
        client.await_text(b"last words")
        writing.get()
        client.tell(b"for the server\n")
        handler.await_data(b"for the server\n")


def test_our_server_reads_and_writes_after_a_renegotiation(openssl: str) -> None:
    """Not during one: OpenSSL's client does not allow it when it writes."""
    context = server_context()
    context.options |= ALLOW_CLIENT_RENEGOTIATION
    with talking(openssl, context, "-tls1_2") as (client, handler):
        client.tell(b"R\n")
        client.await_text(b"RENEGOTIATING")
        client.tell(b"for the server\n")
        handler.await_data(b"for the server\n")
        handler.sock.sendall(b"last words")
        client.await_text(b"last words")


class Handler:
    """Of one connection; it reads all that comes."""

    def __init__(self) -> None:
        self.begun, self._more = Event(), Event()
        self._data = b""

    def __call__(self, sock: ssl.SSLSocket, address: object) -> None:
        self.sock = sock
        self.begun.set()
        while data := sock.recv(65536):
            self._data += data
            self._more.set()
            self._more.clear()

    def await_data(self, data: bytes) -> None:
        while data not in self._data:
            self._more.wait()


@contextmanager
def talking(
    openssl: str, context: ssl.SSLContext, version: str
) -> Iterator[tuple[Program, Handler]]:
    """OpenSSL's client and the handler that it is connected to."""
    handler = Handler()
    with serving(handler, ssl_context=context) as server:
        place = f"127.0.0.1:{server.server_port}"
        with running(openssl, "s_client", "-connect", place, version) as client:
            handler.begun.wait()
            yield client, handler


def answer(sock: socket.socket, address: object) -> None:
    """Give PAYLOAD, or what was sent, for each request of a connection."""
    with sock.makefile("rwb") as stream:
        while stream.readline():
            size, expects = 0, False
            while (line := stream.readline()) != b"\r\n":
                name, _, value = line.lower().partition(b":")
                size = int(value) if name == b"content-length" else size
                expects = expects or name == b"expect"
            if expects:
                stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                stream.flush()
            body = stream.read(size) if size else PAYLOAD
            stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
            stream.write(body)
            stream.flush()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_curl_gets_and_sends_megabytes(curl: str, scheme: str, tmp_path: Path) -> None:
    tls = {"ssl_context": server_context()} if scheme == "https" else {}
    sent = tmp_path / "sent"
    sent.write_bytes(PAYLOAD[::-1])
    with serving(answer, **tls) as server:
        place = f"localhost:{server.server_port}"
        command = [curl, "-sS", "--fail", "--cacert", SERVER, "-4"]
        urls = [f"{scheme}://{place}/{i}" for i in range(3)]
        assert subprocess.check_output([*command, *urls]) == PAYLOAD * 3
        upload = [*command, "-T", str(sent), "-H", "Expect: 100-continue", urls[0]]
        assert subprocess.check_output(upload) == PAYLOAD[::-1]


def test_many_curls_at_once(curl: str) -> None:
    with serving(answer, ssl_context=server_context()) as server:
        url = f"https://localhost:{server.server_port}/"
        command = [curl, "-sS", "--fail", "--cacert", SERVER, "-4", url]
        getting = [gevent.spawn(subprocess.check_output, command) for _ in range(10)]
        assert all(each.get() == PAYLOAD for each in getting)


def test_a_curl_that_ends_in_the_middle_is_an_error_of_its_handler_only(
    curl: str,
) -> None:
    errors: list[OSError] = []
    over = Event()

    def handle(sock: ssl.SSLSocket, address: object) -> None:
        try:
            while True:
                sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + PAYLOAD)
        except OSError as error:
            errors.append(error)
            over.set()

    with serving(handle, ssl_context=server_context()) as server:
        url = f"https://localhost:{server.server_port}/"
        script = f"{curl} -sS --cacert {SERVER} -4 {url} 2>/dev/null | head -c 1000"
        assert len(subprocess.check_output(script, shell=True)) == 1000
        over.wait()
    assert isinstance(errors[0], BrokenPipeError | ConnectionResetError)
