"""The cases in trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio
from coroutines import AsyncCase, Heads, exchanges, free_lock, nothing, run_cases
from measuring import REPLY, perf_counter, resident, shares


async def spawn_join(loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nothing)
    return perf_counter() - start


async def spawn_joinall(loops: int) -> float:
    start = perf_counter()
    async with trio.open_nursery() as nursery:
        for _ in range(loops):
            nursery.start_soon(nothing)
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


async def _serve(stream: trio.SocketStream) -> None:
    async with stream:
        while data := await stream.receive_some(65536):
            await stream.send_all(data)


async def _reply(stream: trio.SocketStream) -> None:
    heads = Heads()
    async with stream:
        while data := await stream.receive_some(65536):
            await stream.send_all(heads.replies_to(data))


async def _round_trips(
    stream: trio.SocketStream, message: bytes, n_answered: int, times: int
) -> None:
    for _ in range(times):
        await stream.send_all(message)
        left = n_answered
        while left:
            left -= len(await stream.receive_some(left))


async def _exchange(
    serve: Callable[[trio.SocketStream], Awaitable[None]],
    loops: int,
    connections: int,
    message: bytes,
    n_answered: int,
) -> float:
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        port = listener.socket.getsockname()[1]
        clients = [
            await trio.open_tcp_stream("127.0.0.1", port) for _ in range(connections)
        ]
        start = perf_counter()
        async with trio.open_nursery() as asking:
            for client, times in zip(clients, shares(loops, connections), strict=True):
                asking.start_soon(_round_trips, client, message, n_answered, times)
        elapsed = perf_counter() - start
        for client in clients:
            await client.aclose()
        nursery.cancel_scope.cancel()
    return elapsed


async def echo(loops: int, connections: int, message: bytes) -> float:
    return await _exchange(_serve, loops, connections, message, len(message))


async def http(loops: int, connections: int, request: bytes) -> float:
    return await _exchange(_reply, loops, connections, request, len(REPLY))


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


CASES: dict[str, AsyncCase] = {
    "core.spawn_join": spawn_join,
    "core.spawn_joinall": spawn_joinall,
    "core.switch": switch,
    "core.unused_timeout": unused_timeout,
    "core.timers": timers,
    "sync.queue": queue,
    "sync.free_lock": free_lock(lambda: trio.Semaphore(1)),
    **exchanges(echo, http),
    "memory.parked": parked,
}


if __name__ == "__main__":
    run_cases(CASES, trio.run)
