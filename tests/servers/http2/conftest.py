"""A client that speaks HTTP/2 frame by frame, right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hpack.hpack import Decoder, Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from gevent import socket
from gevent.pywsgi import WSGIServer
from tests.servers.http.conftest import Servers

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GET = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/")]
POST = [(":method", "POST"), *GET[1:]]


@dataclass
class Reply:
    """What came on a stream."""

    fields: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    informational: list[str] = field(default_factory=list)
    error_code: int | None = None
    has_ended: bool = False

    @property
    def status(self) -> str | None:
        return self.fields.get(":status")


class Client:
    """A connection; *settings* None: it sends nothing by itself."""

    def __init__(
        self,
        address: tuple[str, int],
        settings: dict[int, int] | None = None,
        *,
        says_hello: bool = True,
        sock: socket.socket | None = None,
    ):
        self.sock = sock or socket.create_connection(address, timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encoder = Encoder()
        self.decoder = Decoder()
        self.replies: dict[int, Reply] = {}
        self.frames: list[Frame] = []
        if says_hello:
            self.sock.sendall(PREFACE)
            self.send(SettingsFrame(settings=settings or {}))

    # -- sending

    def send(self, *frames: Frame | bytes) -> None:
        """Send frames, or octets, with one call."""
        octets = [
            frame if isinstance(frame, bytes) else frame.serialize() for frame in frames
        ]
        self.sock.sendall(b"".join(octets))

    def head(
        self, stream_id: int, fields: list[tuple[str, str]], *flags: str
    ) -> HeadersFrame:
        """Make a frame of a whole head."""
        data = self.encoder.encode(fields)
        return HeadersFrame(stream_id, data, flags=["END_HEADERS", *flags])

    def get(self, path: str = "/", *fields: tuple[str, str], stream_id: int = 1):
        """Send a GET."""
        named = [*GET[:3], (":path", path), *fields]
        self.send(self.head(stream_id, named, "END_STREAM"))

    def post(self, *fields: tuple[str, str], stream_id: int = 1):
        """Send the head of a POST."""
        self.send(self.head(stream_id, [*POST, *fields]))

    def data(self, data: bytes, *, stream_id: int = 1, ends: bool = False) -> None:
        """Send octets of a body."""
        flags = ["END_STREAM"] if ends else []
        self.send(DataFrame(stream_id, data, flags=flags))

    def open_window(self, n: int, stream_id: int = 0) -> None:
        self.send(WindowUpdateFrame(stream_id, window_increment=n))

    def reset(self, stream_id: int) -> None:
        self.send(RstStreamFrame(stream_id, error_code=8))

    # -- receiving

    def frame(self) -> Frame | None:
        """Read a frame; None at the end."""
        header = self._read(9)
        if not header:
            return None
        frame, length = Frame.parse_frame_header(memoryview(header))
        frame.parse_body(memoryview(self._read(length)))
        self.frames.append(frame)
        self._note(frame)
        return frame

    def _read(self, n: int) -> bytes:
        octets = b""
        while len(octets) < n:
            try:
                data = self.sock.recv(n - len(octets))
            except ConnectionResetError:
                return b""
            if not data:
                return b""
            octets += data
        return octets

    def _note(self, frame: Frame) -> None:
        reply = self.replies.setdefault(frame.stream_id, Reply())
        if isinstance(frame, HeadersFrame | ContinuationFrame):
            assert "END_HEADERS" in frame.flags
            fields = dict(self.decoder.decode(frame.data))
            if fields[":status"].startswith("1"):
                reply.informational.append(fields[":status"])
            else:
                reply.fields = fields
        elif isinstance(frame, DataFrame):
            reply.body += frame.data
        elif isinstance(frame, RstStreamFrame):
            reply.error_code = frame.error_code
        if "END_STREAM" in frame.flags:
            reply.has_ended = True

    def until(self, condition: Callable[[Frame], bool]) -> Frame:
        """Read until a frame is what is wanted."""
        while (frame := self.frame()) is not None:
            if condition(frame):
                return frame
        raise EOFError("the server closed")

    def answer_last_ping(self) -> None:
        """Answer the ping that comes with the GOAWAY of all ids."""

        def is_ping(frame: Frame) -> bool:
            return isinstance(frame, PingFrame) and not frame.flags

        found = [frame for frame in self.frames if is_ping(frame)]
        ping = found[0] if found else self.until(is_ping)
        self.send(PingFrame(0, opaque_data=ping.opaque_data, flags=["ACK"]))

    def reply(self, stream_id: int = 1) -> Reply:
        """Read until a stream has ended."""
        reply = self.replies.setdefault(stream_id, Reply())
        while not reply.has_ended and reply.error_code is None:
            if self.frame() is None:
                raise EOFError("the server closed")
        return reply

    def goaway(self) -> GoAwayFrame:
        """Read until the server says that it is over."""
        found = self.until(lambda frame: isinstance(frame, GoAwayFrame))
        assert isinstance(found, GoAwayFrame)
        return found

    def round_trip(self, data: bytes = b"12345678") -> None:
        """Return when all that was sent has been looked at."""
        self.send(PingFrame(0, opaque_data=data))
        self.until(
            lambda frame: (
                isinstance(frame, PingFrame)
                and "ACK" in frame.flags
                and frame.opaque_data == data
            )
        )

    def rest(self) -> list[Frame]:
        """Read until the server closes."""
        found = []
        while (frame := self.frame()) is not None:
            found.append(frame)
        return found

    def close(self) -> None:
        self.sock.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., WSGIServer]]:
    """Give a function that starts a server of HTTP/2 for an application."""
    servers = Servers()

    def start(application: object, **options: object) -> WSGIServer:
        options.setdefault("http2", True)
        server = servers(application, **options)
        server.access = servers.log
        server.errors = servers.error_log
        return server

    yield start
    for server in servers.started:
        server.stop(timeout=0)


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Give a function that connects to a server."""
    clients: list[Client] = []

    def connect_to(server: WSGIServer, *args: object, **options: object) -> Client:
        clients.append(Client(server.address, *args, **options))
        return clients[-1]

    yield connect_to
    for client in clients:
        client.close()


def hello(environ, start_response):
    """The smallest application."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def echo(environ, start_response):
    """Reads the body."""
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]
