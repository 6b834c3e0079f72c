"""asyncio in a native thread, used from greenlets."""

import asyncio

import gevent
from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool


class AsyncioThread:
    """Runs an asyncio loop in a native thread of its own."""

    def __init__(self):
        self._pool = ThreadPool(1)
        self._begun = AsyncResult()
        self._running = self._pool.spawn(asyncio.run, self._run())
        self._loop, self._end = self._begun.get()

    async def _run(self):
        end = asyncio.Event()
        self._begun.set((asyncio.get_running_loop(), end))
        await end.wait()

    def call(self, coroutine, timeout=None):
        """Wait for a coroutine; the other greenlets go on."""
        result = AsyncResult()
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        future.add_done_callback(lambda done: self._pass_on(done, result))
        try:
            return result.get(timeout=timeout)
        except BaseException:
            future.cancel()  # a time-out or a kill ends the coroutine, too
            raise

    @staticmethod
    def _pass_on(future, result):
        if future.cancelled():
            result.set_exception(asyncio.CancelledError())
        elif future.exception() is not None:
            result.set_exception(future.exception())
        else:
            result.set(future.result())

    def close(self):
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._running.get()
        self._pool.kill()


async def double(number):
    """Stand for a library that only knows asyncio."""
    await asyncio.sleep(0.01)
    return 2 * number


asynchronous = AsyncioThread()
greenlets = [gevent.spawn(asynchronous.call, double(n)) for n in range(3)]
gevent.joinall(greenlets, raise_error=True)
print([greenlet.value for greenlet in greenlets])
try:
    asynchronous.call(asyncio.sleep(60), timeout=0.01)
except gevent.Timeout:
    print("too slow, and cancelled")
asynchronous.close()
