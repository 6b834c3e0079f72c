"""Programs that use ``asyncio`` after patching, and unpatched."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time

from differential import each

MODULE = "gevent.monkey"
PATCHED = True


async def give(value):
    await asyncio.sleep(0)
    return value


async def fail():
    raise ValueError("wrong")


def run(case):
    case.call(asyncio.run, give(5))
    case.call(asyncio.run, fail())
    case.call(asyncio.run, 5)


def run_in_run(case):
    async def inner():
        coroutine = give(1)
        try:
            asyncio.run(coroutine)
        except RuntimeError as error:
            return str(error)
        finally:
            coroutine.close()

    case.call(asyncio.run, inner())


def gather(case):
    async def main():
        return await asyncio.gather(*(give(n) for n in range(3)))

    case.call(asyncio.run, main())


def gather_with_failure(case):
    async def main():
        return await asyncio.gather(give(1), fail(), return_exceptions=True)

    case.call(asyncio.run, main())


@each(0, 0.001, None)
def wait_for(case, timeout):
    async def main():
        event = asyncio.Event()
        if timeout is None:
            event.set()
        await asyncio.wait_for(event.wait(), timeout)

    case.call(asyncio.run, main())


def cancelled(case):
    async def main():
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return "cancelled"

    case.call(asyncio.run, main())


def to_thread(case):
    async def main():
        here = threading.get_ident()
        there = await asyncio.to_thread(threading.get_ident)
        return here != there

    case.call(asyncio.run, main())


def to_thread_fails(case):
    async def main():
        await asyncio.to_thread(int, "x")

    case.call(asyncio.run, main())


def to_thread_keeps_context(case):
    variable = contextvars.ContextVar("variable", default=0)

    async def main():
        variable.set(5)
        return await asyncio.to_thread(variable.get)

    case.call(asyncio.run, main())


def to_thread_sleeps_beside(case):
    async def main():
        order = []

        async def tick():
            for _ in range(3):
                order.append("tick")
                await asyncio.sleep(0.001)

        await asyncio.gather(tick(), asyncio.to_thread(time.sleep, 0.02))
        return order

    case.call(asyncio.run, main())


def run_in_executor(case):
    async def main():
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, pow, 2, 3)

    case.call(asyncio.run, main())


def call_soon_threadsafe(case):
    async def main():
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(event.set))
        thread.start()
        await asyncio.wait_for(event.wait(), 5)
        thread.join()
        return event.is_set()

    case.call(asyncio.run, main())


def coroutine_from_a_thread(case):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    case.call(asyncio.run_coroutine_threadsafe(give(5), loop).result, 5)
    case.call(asyncio.run_coroutine_threadsafe(fail(), loop).result, 5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def a_loop_in_a_thread(case):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(asyncio.run(give(5))))
    thread.start()
    thread.join()
    case.show("seen", seen)


def loops_in_several_threads(case):
    seen = []

    async def main(number):
        for _ in range(3):
            await asyncio.sleep(0.001)
        seen.append(number)

    threads = [
        threading.Thread(target=lambda n=n: asyncio.run(main(n))) for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    case.show("seen", sorted(seen))


def no_running_loop(case):
    case.call(asyncio.get_running_loop)
    case.call(asyncio.current_task)


def no_running_loop_in_a_thread(case):
    async def main():
        try:
            await asyncio.to_thread(lambda: asyncio.get_running_loop())
        except RuntimeError as error:
            return str(error)

    case.call(asyncio.run, main())


def streams(case):
    async def serve(reader, writer):
        line = await reader.readline()
        writer.write(line.upper())
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return answer

    case.call(asyncio.run, main())


def stream_refused(case):
    import socket

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        case.hide(port, "PORT")

        async def main():
            await asyncio.open_connection("127.0.0.1", port)

        case.call(asyncio.run, main())


def subprocess(case):
    async def main():
        process = await asyncio.create_subprocess_exec(
            "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate(b"hello")
        return out, process.returncode

    case.call(asyncio.run, main())


def getaddrinfo(case):
    async def main():
        loop = asyncio.get_running_loop()
        return await loop.getaddrinfo("127.0.0.1", 80, type=1)

    case.named_call("found", lambda: len(asyncio.run(main())))


def a_thread_of_pool_and_loop(case):
    async def main():
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            *(loop.run_in_executor(None, time.sleep, 0.001) for _ in range(5))
        )

    case.call(asyncio.run, main())


def queue(case):
    async def main():
        items = asyncio.Queue(1)
        seen = []

        async def take():
            while (item := await items.get()) is not None:
                seen.append(item)

        task = asyncio.create_task(take())
        for item in (1, 2, None):
            await items.put(item)
        await task
        return seen

    case.call(asyncio.run, main())


def timeouts(case):
    async def main():
        async with asyncio.timeout(0.001):
            await asyncio.sleep(5)

    case.call(asyncio.run, main())


def task_group(case):
    async def main():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(give(n)) for n in range(2)]
        return [task.result() for task in tasks]

    case.call(asyncio.run, main())


def debug(case):
    async def main():
        return asyncio.get_running_loop().get_debug()

    case.call(asyncio.run, main(), debug=True)


def signal_handler(case):
    import os
    import signal

    async def main():
        event = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, event.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.wait_for(event.wait(), 2)
        loop.remove_signal_handler(signal.SIGUSR1)
        return event.is_set()

    case.call(asyncio.run, main())


def exception_in_a_callback(case):
    import logging

    logging.basicConfig(format="%(levelname)s %(message)s")

    async def main():
        asyncio.get_running_loop().call_soon(int, "x")
        await asyncio.sleep(0.001)

    case.call(asyncio.run, main())
