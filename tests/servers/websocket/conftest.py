"""What the tests of WebSockets share: a server, and a client that knows frames only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from struct import pack, unpack

import pytest

from gevent import socket, ssl
from gevent.pywsgi import WSGIServer
from tests.servers.http.conftest import connect, serve

__all__ = ("connect", "serve")

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x11\x22\x33\x44"


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """Return a frame, valid or not."""
    size = len(payload) if length is None else length
    first = fin << 7 | rsv << 4 | opcode
    bit = masked << 7
    if size < 126:
        head = pack("!BB", first, bit | size)
    elif size < 65536:
        head = pack("!BBH", first, bit | 126, size)
    else:
        head = pack("!BBQ", first, bit | 127, size)
    if not masked:
        return head + payload
    mask = MASK * (len(payload) // 4 + 1)
    n = len(payload)
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(mask[:n], "big")
    return head + MASK + hidden.to_bytes(n, "big")


def request(
    path: str = "/", *fields: str, key: str = KEY, version: str = "13"
) -> bytes:
    """Return a handshake."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: a",
        "Upgrade: websocket",
        "Connection: Upgrade",
        *([f"Sec-WebSocket-Key: {key}"] if key else []),
        *([f"Sec-WebSocket-Version: {version}"] if version else []),
        *fields,
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1")


class Peer:
    """A client; it reads and sends frames."""

    def __init__(
        self,
        server: WSGIServer,
        *args: str,
        context: ssl.SSLContext | None = None,
        **options: str,
    ):
        address = server.address
        if isinstance(address, tuple):
            self.sock = socket.socket()
            # What it does not read shall not fit into the system's buffers.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        else:
            self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(address)
        if context is not None:
            self.sock = context.wrap_socket(self.sock)
        self.file = self.sock.makefile("rb")
        self.octets(request(*args, **options))
        self.head = b"".join(iter(self.file.readline, b"\r\n")).decode("latin-1")

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    def octets(self, data: bytes, size: int | None = None) -> None:
        """Send octets, or so many at a time."""
        for at in range(0, len(data), size or len(data) or 1):
            self.sock.sendall(data[at : at + (size or len(data))])

    def send(self, opcode: int, payload: bytes = b"", **options: int) -> None:
        """Send a frame."""
        self.octets(frame(opcode, payload, **options))

    def read_frame(self) -> tuple[int, bytes] | None:
        """Return (first octet, payload) of a frame; None: the server has ended."""
        head = self.file.read(2)
        if not head:
            return None
        first, length = head
        if length == 126:
            (length,) = unpack("!H", self.file.read(2))
        elif length == 127:
            (length,) = unpack("!Q", self.file.read(8))
        return first, self.file.read(length)

    def read(self) -> tuple[int, bytes]:
        """Return (opcode, payload) of a frame that is whole and has no extensions."""
        received = self.read_frame()
        assert received is not None
        assert received[0] & 0xF0 == 0x80
        return received[0] & 0x0F, received[1]

    def closing(self) -> tuple[int, bytes]:
        """Return (code, reason) of Close, which must come next, and then the end."""
        opcode, payload = self.read()
        assert opcode == CLOSE
        assert self.read_frame() is None
        return (unpack("!H", payload[:2])[0] if payload else 0), payload[2:]

    def close(self) -> None:
        self.file.close()
        self.sock.close()


@pytest.fixture
def open_peer() -> Iterator[Callable[..., Peer]]:
    """Give a function that makes a handshake."""
    peers: list[Peer] = []

    def open_to(server: WSGIServer, *args: str, **options: str) -> Peer:
        peers.append(Peer(server, *args, **options))
        return peers[-1]

    yield open_to
    for peer in peers:
        peer.close()


def echo(environ, start_response):
    """Send back what comes, until the end."""
    websocket = environ["wsgi.websocket"]
    while (message := websocket.receive()) is not None:
        websocket.send(message)
    return []


@pytest.fixture
def echoing(serve, open_peer) -> Peer:
    """A client of a server that sends back what comes."""
    return open_peer(serve(echo, websocket=True))


def in_parts(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut data into pieces of these sizes, again and again."""
    parts = []
    for size in cycle(sizes):
        if not data:
            return parts
        parts.append(data[:size])
        data = data[size:]
    return parts
