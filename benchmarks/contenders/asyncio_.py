"""The cases in asyncio; ``BENCH_UVLOOP=1`` runs them on uvloop."""

from __future__ import annotations

import asyncio
import os
import socket

from coroutines import AsyncCase, Heads, exchanges, free_lock, nothing, run_cases
from measuring import MESSAGE, REPLY, perf_counter, resident, shares


async def spawn_join(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        await asyncio.create_task(nothing())
    return perf_counter() - start


async def spawn_joinall(loops: int) -> float:
    start = perf_counter()
    await asyncio.gather(*[asyncio.create_task(nothing()) for _ in range(loops)])
    return perf_counter() - start


async def switch(loops: int) -> float:
    async def turn(times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(0)

    start = perf_counter()
    await asyncio.gather(*[turn(times) for times in shares(loops, 2)])
    return perf_counter() - start


async def unused_timeout(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        async with asyncio.timeout(10):
            pass
    return perf_counter() - start


async def timers(loops: int) -> float:
    start = perf_counter()
    await asyncio.gather(*[asyncio.sleep(n % 10 / 1e4) for n in range(loops)])
    return perf_counter() - start


async def queue(loops: int) -> float:
    numbers: asyncio.Queue[int] = asyncio.Queue(1)

    async def put() -> None:
        for number in range(loops):
            await numbers.put(number)

    start = perf_counter()
    task = asyncio.create_task(put())
    for _ in range(loops):
        await numbers.get()
    await task
    return perf_counter() - start


async def event(loops: int) -> float:
    ping, pong = asyncio.Event(), asyncio.Event()

    async def answer() -> None:
        for _ in range(loops):
            await ping.wait()
            ping.clear()
            pong.set()

    start = perf_counter()
    task = asyncio.create_task(answer())
    for _ in range(loops):
        ping.set()
        await pong.wait()
        pong.clear()
    await task
    return perf_counter() - start


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


class _Replying(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # it is one
        self.transport = transport
        self.heads = Heads()

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.heads.replies_to(data))


async def _round_trips(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    message: bytes,
    n_answered: int,
    times: int,
) -> None:
    for _ in range(times):
        writer.write(message)
        await reader.readexactly(n_answered)


async def _exchange(
    server: asyncio.Server,
    loops: int,
    connections: int,
    message: bytes,
    n_answered: int,
) -> float:
    port = server.sockets[0].getsockname()[1]
    clients = [
        await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)
    ]
    start = perf_counter()
    await asyncio.gather(
        *[
            _round_trips(*client, message, n_answered, times)
            for client, times in zip(clients, shares(loops, connections), strict=True)
        ]
    )
    elapsed = perf_counter() - start
    for _, writer in clients:
        writer.close()
        await writer.wait_closed()
    server.close()
    return elapsed


async def echo(loops: int, connections: int, message: bytes) -> float:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    return await _exchange(server, loops, connections, message, len(message))


async def http(loops: int, connections: int, request: bytes) -> float:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Replying, "127.0.0.1", 0)
    return await _exchange(server, loops, connections, request, len(REPLY))


async def connect(loops: int) -> float:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    start = perf_counter()
    for _ in range(loops):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await _round_trips(reader, writer, MESSAGE, len(MESSAGE), 1)
        writer.close()
        await writer.wait_closed()
    elapsed = perf_counter() - start
    server.close()
    return elapsed


class _EchoDatagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # it is one
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(data, addr)


async def datagrams(loops: int) -> float:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        _EchoDatagrams, local_addr=("127.0.0.1", 0)
    )
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.connect(transport.get_extra_info("sockname"))
    start = perf_counter()
    for _ in range(loops):
        await loop.sock_sendall(sock, MESSAGE)
        await loop.sock_recv(sock, 64)
    elapsed = perf_counter() - start
    sock.close()
    transport.close()
    return elapsed


async def parked(loops: int) -> float:
    stop = asyncio.Event()
    before = resident()
    waiting = [asyncio.create_task(stop.wait()) for _ in range(loops)]
    await asyncio.sleep(0)
    found = (resident() - before) / loops
    stop.set()
    await asyncio.gather(*waiting)
    return found


CASES: dict[str, AsyncCase] = {
    "core.spawn_join": spawn_join,
    "core.spawn_joinall": spawn_joinall,
    "core.switch": switch,
    "core.unused_timeout": unused_timeout,
    "core.timers": timers,
    "sync.queue": queue,
    "sync.event": event,
    "sync.free_lock": free_lock(asyncio.Semaphore),
    **exchanges(echo, http),
    "net.connect": connect,
    "net.datagrams": datagrams,
    "memory.parked": parked,
}


def _on_a_loop(case: AsyncCase, loops: int) -> float:
    async def one() -> float:
        return await case(loops)

    if os.environ.get("BENCH_UVLOOP"):
        import uvloop

        return float(uvloop.run(one()))
    return asyncio.run(one())


if __name__ == "__main__":
    run_cases(CASES, _on_a_loop)
