"""The cases in gevent: this tree's and the reference's; public names only."""

from __future__ import annotations

from measuring import (
    MESSAGE,
    N_CONNECTIONS,
    PIECE,
    REQUEST,
    perf_counter,
    resident,
    run,
    shares,
)

import gevent
from gevent import socket
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.queue import Queue
from gevent.server import DatagramServer, StreamServer


def _nothing(*_: object) -> None:
    pass


def spawn_join(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        gevent.spawn(_nothing).join()
    return perf_counter() - start


def spawn_joinall(loops: int) -> float:
    start = perf_counter()
    gevent.joinall([gevent.spawn(_nothing) for _ in range(loops)])
    return perf_counter() - start


def switch(loops: int) -> float:
    def turn(times: int) -> None:
        for _ in range(times):
            gevent.sleep(0)

    start = perf_counter()
    gevent.joinall([gevent.spawn(turn, times) for times in shares(loops, 2)])
    return perf_counter() - start


def unused_timeout(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        with gevent.Timeout(10):
            pass
    return perf_counter() - start


def timers(loops: int) -> float:
    start = perf_counter()
    gevent.joinall([gevent.spawn_later(n % 10 / 1e4, _nothing) for n in range(loops)])
    return perf_counter() - start


def queue(loops: int) -> float:
    numbers: Queue[int] = Queue(1)

    def put() -> None:
        for number in range(loops):
            numbers.put(number)

    start = perf_counter()
    greenlet = gevent.spawn(put)
    for _ in range(loops):
        numbers.get()
    greenlet.join()
    return perf_counter() - start


def event(loops: int) -> float:
    ping, pong = Event(), Event()

    def answer() -> None:
        for _ in range(loops):
            ping.wait()
            ping.clear()
            pong.set()

    start = perf_counter()
    greenlet = gevent.spawn(answer)
    for _ in range(loops):
        ping.set()
        pong.wait()
        pong.clear()
    greenlet.join()
    return perf_counter() - start


def free_lock(loops: int) -> float:
    lock = Semaphore()
    start = perf_counter()
    for _ in range(loops):
        with lock:
            pass
    return perf_counter() - start


def pool_map(loops: int) -> float:
    pool = Pool(10)
    start = perf_counter()
    pool.map(_nothing, range(loops))
    return perf_counter() - start


def _echo(connection: socket.socket, _: object) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(65536):
        connection.sendall(data)


def _connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _round_trips(sock: socket.socket, message: bytes, times: int) -> None:
    for _ in range(times):
        sock.sendall(message)
        left = len(message)
        while left:
            left -= len(sock.recv(left))


def _echoes(loops: int, connections: int, message: bytes) -> float:
    server = StreamServer(("127.0.0.1", 0), _echo)
    server.start()
    clients = [_connect(server.server_port) for _ in range(connections)]
    for client in clients:
        _round_trips(client, message, 1)
    start = perf_counter()
    gevent.joinall(
        [
            gevent.spawn(_round_trips, client, message, times)
            for client, times in zip(clients, shares(loops, connections), strict=True)
        ]
    )
    elapsed = perf_counter() - start
    for client in clients:
        client.close()
    server.stop()
    return elapsed


def echo(loops: int) -> float:
    return _echoes(loops, 1, MESSAGE)


def echo_many(loops: int) -> float:
    return _echoes(loops, N_CONNECTIONS, MESSAGE)


def echo_large(loops: int) -> float:
    return _echoes(loops, 1, PIECE)


def connect(loops: int) -> float:
    server = StreamServer(("127.0.0.1", 0), _echo)
    server.start()
    start = perf_counter()
    for _ in range(loops):
        sock = _connect(server.server_port)
        _round_trips(sock, MESSAGE, 1)
        sock.close()
    elapsed = perf_counter() - start
    server.stop()
    return elapsed


class _EchoDatagrams(DatagramServer):
    def handle(self, data: bytes, address: object) -> None:
        self.socket.sendto(data, address)


def datagrams(loops: int) -> float:
    server = _EchoDatagrams(("127.0.0.1", 0))
    server.start()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", server.server_port))
    start = perf_counter()
    for _ in range(loops):
        sock.send(MESSAGE)
        sock.recv(64)
    elapsed = perf_counter() - start
    sock.close()
    server.stop()
    return elapsed


def _application(_environ: object, start_response: object) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])  # type: ignore[operator]  # a WSGI server's
    return [b"Hello, world"]


def _requests(sock: socket.socket, times: int) -> None:
    for _ in range(times):
        sock.sendall(REQUEST)
        data = b""
        while not data.endswith(b"Hello, world") and not data.endswith(b"0\r\n\r\n"):
            data += sock.recv(65536)


def _http(loops: int, connections: int) -> float:
    server = WSGIServer(("127.0.0.1", 0), _application, log=None)
    server.start()
    clients = [_connect(server.server_port) for _ in range(connections)]
    start = perf_counter()
    gevent.joinall(
        [
            gevent.spawn(_requests, client, times)
            for client, times in zip(clients, shares(loops, connections), strict=True)
        ]
    )
    elapsed = perf_counter() - start
    for client in clients:
        client.close()
    server.stop()
    return elapsed


def keep_alive(loops: int) -> float:
    return _http(loops, 1)


def keep_alive_many(loops: int) -> float:
    return _http(loops, N_CONNECTIONS)


def parked(loops: int) -> float:
    stop = Event()
    gevent.spawn(_nothing).join()
    before = resident()
    waiting = [gevent.spawn(stop.wait) for _ in range(loops)]
    gevent.sleep(0)
    found = (resident() - before) / loops
    stop.set()
    gevent.joinall(waiting)
    return found


CASES = {
    "core.spawn_join": spawn_join,
    "core.spawn_joinall": spawn_joinall,
    "core.switch": switch,
    "core.unused_timeout": unused_timeout,
    "core.timers": timers,
    "sync.queue": queue,
    "sync.event": event,
    "sync.free_lock": free_lock,
    "sync.pool_map": pool_map,
    "net.echo": echo,
    "net.echo_100_connections": echo_many,
    "net.echo_64K": echo_large,
    "net.connect": connect,
    "net.datagrams": datagrams,
    "http.keep_alive": keep_alive,
    "http.keep_alive_100_connections": keep_alive_many,
    "memory.parked": parked,
}

if __name__ == "__main__":
    run(CASES)
