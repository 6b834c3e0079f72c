"""What the tests of the HTTP server share: a server, and clients that count octets."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from gevent import socket
from gevent.pywsgi import WSGIServer
from gevent.servers.http.request_file import RequestFile


@dataclass
class Reply:
    """A response: its status line, fields (names in lower case) and body."""

    status: str
    fields: dict[str, str]
    body: bytes


class Client:
    """A connection whose responses are read one by one, as HTTP frames them."""

    def __init__(self, address: tuple[str, int]):
        self.sock = socket.create_connection(address, timeout=10)
        self.file = self.sock.makefile("rb")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def get(self, path: str = "/", *fields: str) -> Reply:
        """Send a GET and read its response."""
        lines = (f"GET {path} HTTP/1.1", "Host: a", *fields, "", "")
        self.send("\r\n".join(lines).encode("latin-1"))
        return self.reply()

    def reply(self, *, has_body: bool = True) -> Reply:
        """Read a response."""
        status = self.file.readline().decode("latin-1").rstrip("\r\n")
        fields: dict[str, str] = {}
        while (line := self.file.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        return Reply(status, fields, self._body(fields) if has_body else b"")

    def _body(self, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self.file.readline(), 16):
                parts.append(self.file.read(size))
                assert self.file.readline() == b"\r\n"
            assert self.file.readline() == b"\r\n"
            return b"".join(parts)
        if "content-length" in fields:
            return self.file.read(int(fields["content-length"]))
        return self.file.read()

    def rest(self) -> bytes:
        """Read until the server closes."""
        return self.file.read()

    def close(self) -> None:
        self.file.close()
        self.sock.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@dataclass
class Servers:
    """Starts servers; they are stopped at the end of the test."""

    log: io.StringIO = field(default_factory=io.StringIO)
    error_log: io.StringIO = field(default_factory=io.StringIO)
    started: list[WSGIServer] = field(default_factory=list)

    def __call__(self, application: object, **options: object) -> WSGIServer:
        cls = options.pop("cls", WSGIServer)
        options.setdefault("log", self.log)
        options.setdefault("error_log", self.error_log)
        server = cls(options.pop("listener", ("127.0.0.1", 0)), application, **options)
        server.start()
        self.started.append(server)
        return server


@pytest.fixture
def serve() -> Iterator[Servers]:
    """Give a function that starts a server for an application."""
    servers = Servers()
    yield servers
    for server in servers.started:
        server.stop(timeout=0)


@pytest.fixture
def connect() -> Iterator[Callable[[WSGIServer], Client]]:
    """Give a function that connects to a server."""
    clients: list[Client] = []

    def connect_to(server: WSGIServer) -> Client:
        clients.append(Client(server.address))
        return clients[-1]

    yield connect_to
    for client in clients:
        client.close()


def hello(environ, start_response):
    """The smallest application."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


class Pieces:
    """A source of octets that come in pieces; an exception among them is raised."""

    def __init__(self, *pieces: bytes | BaseException, socket: object = None):
        self.buffer = bytearray()
        self.pieces = list(pieces)
        self.socket = socket
        self.n_waits = 0
        self.largest = 0

    def receive(self, size_hint: int) -> bool:
        assert size_hint > 0
        self.n_waits += 1
        self.largest = max(self.largest, len(self.buffer))
        if not self.pieces:
            return False
        piece = self.pieces.pop(0)
        if isinstance(piece, BaseException):
            raise piece
        self.buffer += piece
        return True


class PiecesInto(Pieces):
    """A source that can receive into other memory."""

    def receive_into(self, view: memoryview) -> int:
        assert not self.buffer
        assert len(view)
        before = self.n_waits
        if not self.receive(len(view)):
            return 0
        self.n_waits = before + 1
        n = min(len(view), len(self.buffer))
        view[:n] = self.buffer[:n]
        if len(self.buffer) > n:
            self.pieces.insert(0, bytes(self.buffer[n:]))
        self.buffer.clear()
        return n


def in_pieces(data: bytes, size: int) -> list[bytes]:
    """Cut data."""
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.fixture
def pieces() -> type[Pieces]:
    """Give the class of sources that come in pieces."""
    return Pieces


@pytest.fixture
def cut() -> Callable[[bytes, int], list[bytes]]:
    """Give the function that cuts data."""
    return in_pieces


@pytest.fixture
def file_of() -> Callable[..., RequestFile]:
    """Make a file of pieces."""
    return lambda *pieces: RequestFile(Pieces(*pieces))
