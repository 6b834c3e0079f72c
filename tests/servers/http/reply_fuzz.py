"""Applications that answer at random, and what must hold for each reply.

An application is made of its number alone: it calls ``start_response``, ``write`` and
fails in any order. On both paths of the server the octets are the same, and a client of
h11 reads them; a reply that is not whole does not look so.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import h11

import gevent
from gevent import socket
from gevent.pywsgi import WSGIHandler, WSGIServer

STATUSES = ("200 OK", "200 ", "204 No Content", "304 Not Modified", "404 Not Found")
BAD_STATUSES = ("200", "2000 OK", "200 O\r\nK", "000 X", "abc", "200 \x00")
FIELDS = (
    ("X-A", "b"),
    ("Content-Type", "text/plain"),
    ("Date", "Mon, 30 Nov 2026 11:22:33 GMT"),
    ("Connection", "close"),
    ("Connection", "keep-alive"),
    ("Transfer-Encoding", "chunked"),
    ("Keep-Alive", "5"),
    ("X-Empty", ""),
    ("X-Latin", "\xe9"),
)
BAD_FIELDS = (
    ("X\r\nY", "a"),
    ("X", "a\r\nY: b"),
    ("X", "\x00"),
    ("", "a"),
    ("X ", "a"),
)
BLOCKS = (b"", b"a", b"hello", b"0\r\n\r\n", b"\r\n", b"x" * 20_000)
REQUESTS = (
    b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"HEAD /%d HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /%d HTTP/1.0\r\n\r\n",
    b"GET /%d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    (
        b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        b"Expect: 100-continue\r\n\r\nabc"
    ),
)
_date = re.compile(rb"Date: [^\r]*\r\n")


class Wanted(Exception):
    """What applications raise."""


class Failing(list):
    """A list whose blocks are not all to be had."""

    def __iter__(self):
        yield from list.__iter__(self)
        raise Wanted


def application(environ, start_response):
    """Do what the number in the path says."""
    chance = random.Random(int(environ["PATH_INFO"][1:]))
    write: Callable[[bytes], object] | None = None
    if chance.random() < 0.2:
        environ["wsgi.input"].read()
    for _ in range(chance.choice((1, 1, 1, 1, 2, 3))):
        step = chance.random()
        try:
            if step < 0.75 or write is None:
                write = start_response(*arguments(chance))
            elif step < 0.95:
                write(chance.choice(BLOCKS))
            else:
                raise Wanted
        except (ValueError, UnicodeError, AssertionError, Wanted) as error:
            if chance.random() < 0.5:
                raise
            if chance.random() < 0.5:
                write = start_response(
                    "500 Mine", [], (type(error), error, error.__traceback__)
                )
    blocks = [chance.choice(BLOCKS) for _ in range(chance.choice((0, 1, 1, 2, 4)))]
    kind = chance.random()
    if kind < 0.4:
        return blocks
    if kind < 0.5:
        return tuple(blocks)
    if kind < 0.6:
        return Failing(blocks)
    return iter(blocks)


def arguments(chance: random.Random) -> list[object]:
    """Return arguments of ``start_response``, mostly right."""
    status = chance.choice(BAD_STATUSES if chance.random() < 0.05 else STATUSES)
    fields = [chance.choice(FIELDS) for _ in range(chance.choice((0, 1, 2)))]
    if chance.random() < 0.05:
        fields.append(chance.choice(BAD_FIELDS))
    if chance.random() < 0.4:
        fields.append(("Content-Length", str(chance.choice((0, 1, 5, 10, 20_000)))))
    return [status, fields]


class Hooked(WSGIHandler):
    """Has the hooks called."""

    def finalize_headers(self) -> None:
        WSGIHandler.finalize_headers(self)


@dataclass
class Counts:
    """What came of many applications; accepted: replies that were whole."""

    n_run: int = 0
    n_accepted: int = 0


def run(numbers: range) -> Counts:
    """Run the applications of these numbers; an assertion says which one is wrong."""
    counts = Counts()
    hub = gevent.get_hub()
    before, hub.exception_stream = hub.exception_stream, io.StringIO()
    servers = [
        WSGIServer(("127.0.0.1", 0), application, log=None, error_log=None, **options)
        for options in ({}, {"handler_class": Hooked})
    ]
    try:
        for server in servers:
            server.start()
        for number in numbers:
            try:
                check(servers, number, counts)
            except Exception as error:
                error.add_note(f"application {number}")
                raise
    finally:
        hub.exception_stream = before
        for server in servers:
            server.stop(timeout=0)
    return counts


def check(servers: list[WSGIServer], number: int, counts: Counts) -> None:
    """Hold an application against all that must hold."""
    counts.n_run += 1
    request = REQUESTS[number % len(REQUESTS)] % number
    fast, hooked = (ask(server, request) for server in servers)
    assert without_date(fast) == without_date(hooked), (request, fast, hooked)
    octets, was_reset = fast
    assert b"Wanted" not in octets
    is_whole = read_by_h11(request, octets, was_reset)
    counts.n_accepted += is_whole


def ask(server: WSGIServer, request: bytes) -> tuple[bytes, bool]:
    """Return what comes back, and whether it ended in a reset."""
    with socket.create_connection(server.address, timeout=10) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        got = []
        try:
            got.extend(iter(lambda: client.recv(1 << 20), b""))
        except ConnectionResetError:
            return b"".join(got), True
        return b"".join(got), False


def without_date(seen: tuple[bytes, bool]) -> tuple[bytes, bool]:
    """Leave out what may change from one second to the next."""
    octets, was_reset = seen
    if was_reset:
        return b"", True  # how much of it has arrived is the system's affair
    return _date.sub(b"Date: now\r\n", octets), was_reset


def read_by_h11(request: bytes, octets: bytes, was_reset: bool) -> bool:
    """Return whether the reply is whole for h11, which must understand it."""
    peer = h11.Connection(h11.CLIENT)
    head, _, body = request.partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].split(b" ")
    fields = [tuple(line.split(b": ")) for line in head.split(b"\r\n")[1:]]
    if not any(name == b"Host" for name, _ in fields):
        fields.append((b"Host", b"a"))  # h11 speaks 1.1
    asked = h11.Request(method=method, target=target, headers=fields)
    peer.send(asked)
    if body:
        peer.send(h11.Data(data=body))
    peer.send(h11.EndOfMessage())
    peer.receive_data(octets)
    if not was_reset:
        peer.receive_data(b"")
    return _is_whole(events_of(peer))


def events_of(peer: h11.Connection) -> Iterator[object]:
    """Give the events of a client; the end of the stream too early is the last one."""
    while True:
        try:
            event = peer.next_event()
        except h11.RemoteProtocolError as error:
            # The only wrong thing that it may be is that it was cut.
            text = str(error)
            assert "without sending complete message body" in text or (
                "incomplete" in text
            ), text
            return
        if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(
            event, h11.ConnectionClosed
        ):
            return
        yield event


def _is_whole(events: Iterator[object]) -> bool:
    return any(isinstance(event, h11.EndOfMessage) for event in events)
