"""Measure the same small things on gevent, threads, asyncio, uvloop and trio.

    python measure.py            all of them, each in a process of its own
    python measure.py --quick    once, with few repetitions
    python measure.py gevent tasks 10000

Prints processor time for each operation, and memory for each task.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

CASES = {  # name: how many, what is printed
    "tasks": (10_000, "start and join a task", "us"),
    "switch": (100_000, "wake each other, both ways", "us"),
    "echo": (20_000, "a line there and back over TCP, 50 connections", "us"),
    "memory": (1_000, "a task that waits", "KiB"),
}
WORLDS = ("gevent", "threads", "asyncio", "uvloop", "trio")
ROUNDS = 5
CLIENTS = 50


def seconds(run, *args):
    """Return the processor time that a call takes, in all threads."""
    begin = time.process_time()
    run(*args)
    return time.process_time() - begin


def resident():
    """Return the memory of this process, in KiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4


# -- gevent --------------------------------------------------------------------------


def gevent_tasks(n):
    """Start and join."""
    import gevent

    for _ in range(n):
        gevent.spawn(int).join()


def gevent_switch(n):
    """Two greenlets, two queues."""
    import gevent
    from gevent.queue import SimpleQueue

    there, back = SimpleQueue(), SimpleQueue()

    def answer():
        for _ in range(n):
            back.put(there.get())

    greenlet = gevent.spawn(answer)
    for number in range(n):
        there.put(number)
        back.get()
    greenlet.join()


def gevent_echo(n):
    """A server and its clients in one process."""
    import gevent
    from gevent import socket
    from gevent.server import StreamServer

    def handle(sock, address):
        while data := sock.recv(1024):
            sock.sendall(data)

    server = StreamServer(("127.0.0.1", 0), handle)
    server.start()

    def ask():
        with socket.create_connection(("127.0.0.1", server.server_port)) as sock:
            for _ in range(n // CLIENTS):
                sock.sendall(b"hello\n")
                sock.recv(1024)

    gevent.joinall([gevent.spawn(ask) for _ in range(CLIENTS)], raise_error=True)
    server.stop()


def gevent_memory(n):
    """Greenlets that wait."""
    import gevent
    from gevent.event import Event

    event = Event()

    n_waiting = 0

    def wait():
        nonlocal n_waiting
        n_waiting += 1
        event.wait()

    before = resident()
    greenlets = [gevent.spawn(wait) for _ in range(n)]
    while n_waiting < n:
        gevent.sleep(0.01)
    used = resident() - before
    event.set()
    gevent.joinall(greenlets)
    return used


# -- threads -------------------------------------------------------------------------


def threads_tasks(n):
    """Start and join."""
    from threading import Thread

    for _ in range(n):
        thread = Thread(target=int)
        thread.start()
        thread.join()


def threads_switch(n):
    """Two threads, two queues."""
    from queue import SimpleQueue
    from threading import Thread

    there, back = SimpleQueue(), SimpleQueue()

    def answer():
        for _ in range(n):
            back.put(there.get())

    thread = Thread(target=answer)
    thread.start()
    for number in range(n):
        there.put(number)
        back.get()
    thread.join()


def threads_echo(n):
    """A server and its clients in one process."""
    import socket
    from threading import Thread

    def handle(sock):
        with sock:
            while data := sock.recv(1024):
                sock.sendall(data)

    listener = socket.create_server(("127.0.0.1", 0), backlog=100)

    def serve():
        for _ in range(CLIENTS):
            Thread(target=handle, args=(listener.accept()[0],)).start()

    def ask():
        with socket.create_connection(listener.getsockname()) as sock:
            for _ in range(n // CLIENTS):
                sock.sendall(b"hello\n")
                sock.recv(1024)

    threads = [Thread(target=serve), *(Thread(target=ask) for _ in range(CLIENTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listener.close()


def threads_memory(n):
    """Threads that wait."""
    from threading import Event, Thread

    event = Event()
    before = resident()
    threads = [Thread(target=event.wait) for _ in range(n)]
    for thread in threads:
        thread.start()
    used = resident() - before
    event.set()
    for thread in threads:
        thread.join()
    return used


# -- asyncio -------------------------------------------------------------------------


def asyncio_tasks(n):
    """Start and join."""
    import asyncio

    async def nothing():
        pass

    async def main():
        for _ in range(n):
            await asyncio.create_task(nothing())

    asyncio.run(main())


def asyncio_switch(n):
    """Two tasks, two queues."""
    import asyncio

    async def main():
        there, back = asyncio.Queue(), asyncio.Queue()

        async def answer():
            for _ in range(n):
                back.put_nowait(await there.get())

        task = asyncio.create_task(answer())
        for number in range(n):
            there.put_nowait(number)
            await back.get()
        await task

    asyncio.run(main())


def asyncio_echo(n):
    """A server and its clients in one process."""
    import asyncio

    async def handle(reader, writer):
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()

        async def ask():
            reader, writer = await asyncio.open_connection(*address)
            for _ in range(n // CLIENTS):
                writer.write(b"hello\n")
                await writer.drain()
                await reader.read(1024)
            writer.close()

        await asyncio.gather(*(ask() for _ in range(CLIENTS)))
        server.close()

    asyncio.run(main())


def asyncio_memory(n):
    """Tasks that wait."""
    import asyncio

    async def main():
        event = asyncio.Event()
        before = resident()
        tasks = [asyncio.create_task(event.wait()) for _ in range(n)]
        await asyncio.sleep(0.5)
        used = resident() - before
        event.set()
        await asyncio.gather(*tasks)
        return used

    return asyncio.run(main())


# -- trio ----------------------------------------------------------------------------


def trio_tasks(n):
    """Start and join."""
    import trio

    async def nothing():
        pass

    async def main():
        for _ in range(n):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(nothing)

    trio.run(main)


def trio_switch(n):
    """Two tasks, two channels."""
    import trio

    async def main():
        to_there, there = trio.open_memory_channel(1)
        to_back, back = trio.open_memory_channel(1)

        async def answer():
            for _ in range(n):
                to_back.send_nowait(await there.receive())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(answer)
            for number in range(n):
                to_there.send_nowait(number)
                await back.receive()

    trio.run(main)


def trio_echo(n):
    """A server and its clients in one process."""
    import trio

    async def handle(stream):
        while data := await stream.receive_some(1024):
            await stream.send_all(data)

    async def ask(address):
        stream = await trio.open_tcp_stream(*address)
        async with stream:
            for _ in range(n // CLIENTS):
                await stream.send_all(b"hello\n")
                await stream.receive_some(1024)

    async def main():
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        async with trio.open_nursery() as outer:
            outer.start_soon(trio.serve_listeners, handle, listeners)
            async with trio.open_nursery() as nursery:
                for _ in range(CLIENTS):
                    nursery.start_soon(ask, listeners[0].socket.getsockname())
            outer.cancel_scope.cancel()

    trio.run(main)


def trio_memory(n):
    """Tasks that wait."""
    import trio

    async def main():
        event = trio.Event()
        before = resident()
        async with trio.open_nursery() as nursery:
            for _ in range(n):
                nursery.start_soon(event.wait)
            await trio.sleep(0.5)
            used = resident() - before
            event.set()
        return used

    return trio.run(main)


# -- all of it -----------------------------------------------------------------------


def one(world, case, n):
    """Return microseconds for each, or KiB."""
    if world == "uvloop":  # another loop for the same programs
        import uvloop

        uvloop.install()
        world = "asyncio"
    function = globals()[f"{world}_{case}"]
    if case == "memory":
        return function(n) / n
    return seconds(function, n) / n * 1e6


def main(*arguments):
    """Print a table; the worlds take turns."""
    quick = "--quick" in arguments
    worlds = WORLDS[:3] if quick else WORLDS
    for case, (n, meaning, unit) in CASES.items():
        samples = {world: [] for world in worlds}
        for _ in range(1 if quick else ROUNDS):
            for world in worlds:
                command = [sys.executable, __file__, world, case]
                command.append(str(max(n // 100, CLIENTS) if quick else n))
                samples[world].append(json.loads(subprocess.check_output(command)))
        best = {world: min(values) for world, values in samples.items()}
        if quick:
            print(meaning, list(best))
        else:
            shown = "  ".join(f"{w} {value:.2f}" for w, value in best.items())
            print(f"{meaning} ({unit}): {shown}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        print(json.dumps(one(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
    else:
        main(*sys.argv[1:])
