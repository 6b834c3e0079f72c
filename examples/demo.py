"""Two servers under load: what ``make demo`` shows.

This process serves an echo protocol and a little HTTP, each with a ``StreamServer``,
while one of its greenlets ticks every 10 ms. Another process opens more than a thousand
connections at once and keeps each of them busy with random payloads. Every message
carries a checksum: the server checks what it gets, the client checks what comes back,
and in the end both must have counted the same.

    python examples/demo.py [--connections N] [--seconds S]

The exit status is 0 only if every reply was right.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import struct
import subprocess
import sys
import time
from zlib import crc32

import gevent
from gevent import socket
from gevent.event import Event
from gevent.server import StreamServer

HOST = "127.0.0.1"
TICK = 0.010
# One connection in so many speaks HTTP.
HTTP_SHARE = 5
# Descriptors that a process needs besides its connections.
SPARE_DESCRIPTORS = 64
HEAD = struct.Struct("!II")  # length and checksum of an echo message
LARGEST_PAYLOAD = 4096
# Seconds that a client waits for a reply before it calls it lost.
PATIENCE = 30


def read_exactly(reader: socket.socket, size: int) -> bytes:
    """Return *size* bytes, or fewer at the end of the stream."""
    data = reader.recv(size)
    while 0 < len(data) < size:
        more = reader.recv(size - len(data))
        if not more:
            break
        data += more
    return data


# -- the servers ----------------------------------------------------------------------


class Service:
    """The handlers of both servers, and what they count."""

    def __init__(self) -> None:
        self.counts = {"echo": 0, "http": 0, "bytes": 0}
        self.wrong: list[str] = []
        self.n_open = 0
        self.most_open = 0

    def echo(self, sock: socket.socket, address: object) -> None:
        """Send every message back whose checksum is right."""
        self.enter()
        try:
            while head := read_exactly(sock, HEAD.size):
                size, checksum = HEAD.unpack(head)
                payload = read_exactly(sock, size)
                if not self.check("echo", payload, checksum):
                    return
                sock.sendall(head + payload)
        finally:
            self.n_open -= 1

    def http(self, sock: socket.socket, address: object) -> None:
        """Answer POST requests with the reversed body, and keep the connection."""
        self.enter()
        stream = sock.makefile("rb")
        try:
            while request := stream.readline():
                headers = read_headers(stream)
                body = stream.read(int(headers["content-length"]))
                right = self.check("http", body, int(headers["x-checksum"]))
                if not right or not request.startswith(b"POST /reverse HTTP/1.1"):
                    sock.sendall(
                        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
                    )
                    return
                sock.sendall(http_message("HTTP/1.1 200 OK", body[::-1]))
        finally:
            stream.close()
            self.n_open -= 1

    def enter(self) -> None:
        """One more connection."""
        self.n_open += 1
        self.most_open = max(self.most_open, self.n_open)

    def check(self, kind: str, payload: bytes, checksum: int) -> bool:
        """Count a message; say whether it arrived as it was sent."""
        if crc32(payload) != checksum:
            self.wrong.append(
                f"server: {kind} message of {len(payload)} bytes is wrong"
            )
            return False
        self.counts[kind] += 1
        self.counts["bytes"] += len(payload)
        return True


def read_headers(stream) -> dict[str, str]:  # type: ignore[no-untyped-def]  # a file
    """Read the lines up to the empty one; names in small letters."""
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return headers


def http_message(first_line: str, body: bytes) -> bytes:
    """Return a request or response with a body and its checksum."""
    head = (
        f"{first_line}\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
        f"X-Checksum: {crc32(body)}\r\n\r\n"
    )
    return head.encode("latin-1") + body


class Ticker:
    """A greenlet that should run every 10 ms, whatever the others do."""

    def __init__(self) -> None:
        self.worst = 0.0
        self.n_ticks = 0
        self.greenlet = gevent.spawn(self.run)

    def run(self) -> None:
        """Tick for ever."""
        last = time.perf_counter()
        while True:
            gevent.sleep(TICK)
            now = time.perf_counter()
            self.worst = max(self.worst, now - last)
            self.n_ticks += 1
            last = now


# -- the clients, in a process of their own -------------------------------------------


class Load:
    """All connections of the client process."""

    def __init__(self, ports: dict[str, int], n_connections: int, seconds: float):
        self.ports = ports
        self.n_connections = n_connections
        self.seconds = seconds
        self.n_connected = 0
        self.everybody_is_there = Event()
        self.end = 0.0
        self.counts = {"echo": 0, "http": 0, "bytes": 0}
        self.wrong: list[str] = []

    def run(self) -> dict[str, object]:
        """Open all connections, use them, and report."""
        greenlets = [
            gevent.spawn(self.connect, "http" if n % HTTP_SHARE == 0 else "echo", n)
            for n in range(self.n_connections)
        ]
        gevent.joinall(greenlets)
        return {"counts": self.counts, "wrong": self.wrong, "open": self.n_connected}

    def connect(self, kind: str, number: int) -> None:
        """The body of one client; whatever goes wrong is counted as wrong."""
        try:
            address = (HOST, self.ports[kind])
            with socket.create_connection(address, PATIENCE) as sock:
                self.wait_for_everybody()
                talk = self.talk_http if kind == "http" else self.talk_echo
                talk(sock, random.Random(number))
        except Exception as error:  # any failure makes the demo fail
            self.wrong.append(f"client {number}: {kind}: {error!r}")

    def wait_for_everybody(self) -> None:
        """Begin only when all connections are open."""
        self.n_connected += 1
        if self.n_connected == self.n_connections:
            self.end = time.monotonic() + self.seconds
            self.everybody_is_there.set()
        if not self.everybody_is_there.wait(PATIENCE):
            raise TimeoutError("the other connections were not opened in time")

    def talk_echo(self, sock: socket.socket, source: random.Random) -> None:
        """Send messages and expect them back."""
        while time.monotonic() < self.end:
            payload = source.randbytes(source.randrange(LARGEST_PAYLOAD))
            message = HEAD.pack(len(payload), crc32(payload)) + payload
            sock.sendall(message)
            self.check("echo", payload, read_exactly(sock, len(message)) == message)

    def talk_http(self, sock: socket.socket, source: random.Random) -> None:
        """Send requests on one connection and expect the bodies back, reversed."""
        with sock.makefile("rb") as stream:
            while time.monotonic() < self.end:
                body = source.randbytes(source.randrange(LARGEST_PAYLOAD))
                sock.sendall(http_message("POST /reverse HTTP/1.1", body))
                status = stream.readline()
                headers = read_headers(stream)
                reply = stream.read(int(headers["content-length"]))
                is_right = status.startswith(b"HTTP/1.1 200") and reply == body[::-1]
                self.check("http", body, is_right)

    def check(self, kind: str, payload: bytes, is_right: bool) -> None:
        """Count a reply."""
        if not is_right:
            raise ValueError(f"the reply to {len(payload)} bytes is wrong")
        self.counts[kind] += 1
        self.counts["bytes"] += len(payload)


# -- putting it together --------------------------------------------------------------


def raise_descriptor_limit() -> int:
    """Set RLIMIT_NOFILE to the hard limit; return how many connections fit in."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return sys.maxsize
    return hard - SPARE_DESCRIPTORS


def start_clients(arguments: argparse.Namespace, ports: dict[str, int]) -> bytes:
    """Run the client process to its end; return what it printed."""
    command = [sys.executable, os.path.abspath(__file__)]
    command += ["--connections", str(arguments.connections)]
    command += ["--seconds", str(arguments.seconds), "--clients", json.dumps(ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        report = b""
        while True:
            # The pipe is the standard library's: wait for it, then read.
            socket.wait_read(process.stdout.fileno())
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                break
            report += data
    return report


def serve(arguments: argparse.Namespace) -> int:
    """Serve, have the load made, and report; 0 if all was right."""
    service = Service()
    echo = StreamServer((HOST, 0), service.echo, backlog=arguments.connections)
    http = StreamServer((HOST, 0), service.http, backlog=arguments.connections)
    with echo, http:
        echo.start()
        http.start()
        ticker = Ticker()
        begin = time.perf_counter()
        report = start_clients(
            arguments, {"echo": echo.server_port, "http": http.server_port}
        )
        seconds = time.perf_counter() - begin
        ticker.greenlet.kill()
    return show(service, ticker, seconds, arguments, json.loads(report or "null"))


def show(service, ticker, seconds, arguments, report) -> int:  # type: ignore[no-untyped-def]  # prints
    """Print what happened; return the exit status."""
    wrong = list(service.wrong)
    if report is None:
        wrong.append("the client process ended without a report")
    else:
        wrong += report["wrong"]
        if report["counts"] != service.counts:
            wrong.append(f"client counted {report['counts']}, server {service.counts}")
    if service.most_open < arguments.connections:
        wrong.append(f"only {service.most_open} connections were open at once")
    counts = service.counts
    n_served = counts["echo"] + counts["http"]
    print(f"connections  {service.most_open} open at once, of another process")
    print(
        f"served       {counts['echo']} echo messages, {counts['http']} HTTP requests,"
    )
    print(f"             {counts['bytes'] / 1e6:.0f} MB of payload each way")
    print(
        f"per second   {n_served / arguments.seconds:.0f} (of {seconds:.1f} s in all,"
    )
    print("             with the start of the clients)")
    print(f"ticker       {ticker.n_ticks} ticks of {TICK * 1e3:.0f} ms,", end=" ")
    print(f"worst gap {ticker.worst * 1e3:.1f} ms")
    for line in wrong[:10]:
        print("WRONG       ", line)
    print("all replies were right" if not wrong else f"{len(wrong)} things were wrong")
    return 1 if wrong else 0


def main() -> int:
    """Run the demo, or the client process of one."""
    parser = argparse.ArgumentParser(description="Two servers under load.")
    parser.add_argument("--connections", type=int, default=1250)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--clients", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    room = raise_descriptor_limit()
    if arguments.clients is not None:
        ports = json.loads(arguments.clients)
        load = Load(ports, arguments.connections, arguments.seconds)
        print(json.dumps(load.run()))
        return 0
    if room < arguments.connections:
        print(
            f"this system allows {room} connections instead of {arguments.connections}"
        )
        arguments.connections = room
    return serve(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
