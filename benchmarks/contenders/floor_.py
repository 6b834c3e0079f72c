"""The least that Python can do for a case: bare greenlets, bare system calls."""

from __future__ import annotations

import socket

from greenlet import getcurrent, greenlet
from measuring import MESSAGE, PIECE, REPLY, REQUEST, perf_counter, run


def _nothing() -> None:
    pass


def spawn_join(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        greenlet(_nothing).switch()
    return perf_counter() - start


def switch(loops: int) -> float:
    main = getcurrent()

    def turn() -> None:
        while True:
            main.switch()

    other = greenlet(turn)
    start = perf_counter()
    # Two switches make two turns.
    for _ in range((loops + 1) // 2):
        other.switch()
    return perf_counter() - start


def _round_trips(loops: int, there: bytes, back: bytes) -> float:
    """What the kernel takes: four calls, and nobody waits."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    for sock in (client, server):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    start = perf_counter()
    for _ in range(loops):
        for one, other, message in ((client, server, there), (server, client, back)):
            one.sendall(message)
            left = len(message)
            while left:
                left -= len(other.recv(left))
    elapsed = perf_counter() - start
    client.close()
    server.close()
    return elapsed


def echo(loops: int) -> float:
    return _round_trips(loops, MESSAGE, MESSAGE)


def echo_large(loops: int) -> float:
    return _round_trips(loops, PIECE, PIECE)


def keep_alive(loops: int) -> float:
    return _round_trips(loops, REQUEST, REPLY)


def connect(loops: int) -> float:
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    start = perf_counter()
    for _ in range(loops):
        client = socket.create_connection(address)
        server, _ = listener.accept()
        client.sendall(MESSAGE)
        server.sendall(server.recv(64))
        client.recv(64)
        client.close()
        server.close()
    elapsed = perf_counter() - start
    listener.close()
    return elapsed


def datagrams(loops: int) -> float:
    one, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    other.bind(("127.0.0.1", 0))
    one.connect(other.getsockname())
    start = perf_counter()
    for _ in range(loops):
        one.send(MESSAGE)
        data, address = other.recvfrom(64)
        other.sendto(data, address)
        one.recv(64)
    elapsed = perf_counter() - start
    one.close()
    other.close()
    return elapsed


CASES = {
    "core.spawn_join": spawn_join,
    "core.switch": switch,
    "net.echo": echo,
    "net.echo_64K": echo_large,
    "net.connect": connect,
    "net.datagrams": datagrams,
    "http.keep_alive": keep_alive,
}

if __name__ == "__main__":
    run(CASES)
