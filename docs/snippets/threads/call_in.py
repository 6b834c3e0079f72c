"""A native thread has something done by a greenlet of another thread."""

import threading

import gevent
from gevent.event import AsyncResult

loop = gevent.get_hub().loop  # of the main thread


def in_greenlet(function, *args):
    """Run a function in a new greenlet of the main thread; wait for its result."""
    result = AsyncResult()

    def run():
        try:
            result.set(function(*args))
        except BaseException as error:
            result.set_exception(error)
            raise

    loop.run_callback_threadsafe(gevent.spawn, run)
    return result.get()


def where(greeting):
    """Wait a moment, which only greenlets of this thread may do."""
    gevent.sleep(0.001)
    return f"{greeting} from {threading.current_thread().name}"


said = AsyncResult()
thread = threading.Thread(target=lambda: said.set(in_greenlet(where, "hello")))
thread.start()
print(said.get())
thread.join()
