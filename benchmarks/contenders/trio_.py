"""The cases in trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio
from measuring import (
    MESSAGE,
    N_CONNECTIONS,
    PIECE,
    perf_counter,
    resident,
    run,
    shares,
)


async def _nothing(*_: object) -> None:
    pass


async def spawn_join(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_nothing)
    return perf_counter() - start


async def spawn_joinall(loops: int) -> float:
    start = perf_counter()
    async with trio.open_nursery() as nursery:
        for _ in range(loops):
            nursery.start_soon(_nothing)
    return perf_counter() - start


async def switch(loops: int) -> float:
    async def turn(times: int) -> None:
        for _ in range(times):
            await trio.lowlevel.checkpoint()

    start = perf_counter()
    async with trio.open_nursery() as nursery:
        for times in shares(loops, 2):
            nursery.start_soon(turn, times)
    return perf_counter() - start


async def unused_timeout(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        with trio.move_on_after(10):
            pass
    return perf_counter() - start


async def timers(loops: int) -> float:
    start = perf_counter()
    async with trio.open_nursery() as nursery:
        for n in range(loops):
            nursery.start_soon(trio.sleep, n % 10 / 1e4)
    return perf_counter() - start


async def queue(loops: int) -> float:
    sender, receiver = trio.open_memory_channel[int](1)

    async def put() -> None:
        for number in range(loops):
            await sender.send(number)

    start = perf_counter()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(put)
        for _ in range(loops):
            await receiver.receive()
    return perf_counter() - start


async def free_lock(loops: int) -> float:
    lock = trio.Semaphore(1)
    start = perf_counter()
    for _ in range(loops):
        async with lock:
            pass
    return perf_counter() - start


async def _serve(stream: trio.SocketStream) -> None:
    async with stream:
        while data := await stream.receive_some(65536):
            await stream.send_all(data)


async def _round_trips(stream: trio.SocketStream, message: bytes, times: int) -> None:
    for _ in range(times):
        await stream.send_all(message)
        left = len(message)
        while left:
            left -= len(await stream.receive_some(left))


async def _echoes(loops: int, connections: int, message: bytes) -> float:
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, _serve, [listener])
        port = listener.socket.getsockname()[1]
        clients = [
            await trio.open_tcp_stream("127.0.0.1", port) for _ in range(connections)
        ]
        start = perf_counter()
        async with trio.open_nursery() as clients_nursery:
            for client, times in zip(clients, shares(loops, connections), strict=True):
                clients_nursery.start_soon(_round_trips, client, message, times)
        elapsed = perf_counter() - start
        for client in clients:
            await client.aclose()
        nursery.cancel_scope.cancel()
    return elapsed


async def echo(loops: int) -> float:
    return await _echoes(loops, 1, MESSAGE)


async def echo_many(loops: int) -> float:
    return await _echoes(loops, N_CONNECTIONS, MESSAGE)


async def echo_large(loops: int) -> float:
    return await _echoes(loops, 1, PIECE)


async def parked(loops: int) -> float:
    async with trio.open_nursery() as nursery:
        before = resident()
        for _ in range(loops):
            nursery.start_soon(trio.sleep_forever)
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        found = (resident() - before) / loops
        nursery.cancel_scope.cancel()
    return found


CASES = {
    "core.spawn_join": spawn_join,
    "core.spawn_joinall": spawn_joinall,
    "core.switch": switch,
    "core.unused_timeout": unused_timeout,
    "core.timers": timers,
    "sync.queue": queue,
    "sync.free_lock": free_lock,
    "net.echo": echo,
    "net.echo_100_connections": echo_many,
    "net.echo_64K": echo_large,
    "memory.parked": parked,
}


def _on_a_loop(case: Callable[[int], Awaitable[float]]) -> Callable[[int], float]:
    return lambda loops: trio.run(case, loops)


if __name__ == "__main__":
    run({name: _on_a_loop(case) for name, case in CASES.items()})
