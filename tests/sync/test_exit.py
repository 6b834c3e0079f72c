"""Locks at the end of the interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import gevent
from gevent.event import Event
from gevent.local import local
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.queue import Queue

class Last:
    def __init__(self):
        self.locks = Semaphore(), BoundedSemaphore(), RLock()
        self.event, self.queue, self.local = Event(), Queue(), local()

    def __del__(self):
        for lock in self.locks:
            with lock:
                lock.acquire(blocking=False)
        self.event.set()
        self.event.wait()
        self.queue.put(1)
        self.queue.get()
        self.local.x = 1
        print("used")

last = Last()
{use}
"""


@pytest.mark.compiled  # the interpreter empties modules in plain Python before
@pytest.mark.parametrize("use", ["", "gevent.sleep(0)"])
def test_a_finalizer_of_a_module_global_uses_them_at_exit(use: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(use=use)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("used\n", "")


HELD = """
import sys
from gevent.lock import Semaphore

class Last:
    def __init__(self):
        self.lock = Semaphore(0)

    def __del__(self):
        assert self.lock.acquire() is False

last = sys.last = Last()
"""


def test_a_finalizer_at_exit_does_not_wait_for_a_lock_that_nobody_frees() -> None:
    """Who held it is gone with the other greenlets; the wait failed with an error."""
    done = subprocess.run(
        [sys.executable, "-c", HELD],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""


LATE = """
import atexit, os, threading
import gevent

def use():
{use}
    print("used")

def late():
    threading.main_thread().join()
    # Until then, a hook could be registered.
    while not threading._SHUTTING_DOWN:
        pass
    use()

{begin}
"""

USES = {
    "apply": "    gevent.get_hub().threadpool.apply(int)",
    "look-up": "    import gevent.socket\n    gevent.socket.gethostbyname('localhost')",
    "executor": (
        "    from gevent.threadpool import ThreadPoolExecutor\n"
        "    with ThreadPoolExecutor(1) as executor: executor.submit(int).result()"
    ),
    "file": (
        "    from gevent.fileobject import FileObjectThread\n"
        "    far, near = os.pipe()\n"
        "    with FileObjectThread(near, 'wb', 0) as file: file.write(b'x')"
    ),
    "tp_read": (
        "    import gevent.os\n    far, near = os.pipe(); os.write(near, b'x')\n"
        "    assert gevent.os.tp_read(far, 1) == b'x'"
    ),
    "the standard library's": (
        "    gevent.get_hub().threadpool.apply(int)\n"
        "    from concurrent.futures import ThreadPoolExecutor\n"
        "    try: ThreadPoolExecutor(1).submit(int)\n"
        "    except RuntimeError as error: assert 'after interpreter' in str(error)\n"
        "    else: raise AssertionError"
    ),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "begin", ["atexit.register(use)", "threading.Thread(target=late).start()"]
)
def test_the_thread_pool_begins_after_the_main_module_has_ended(
    use: str, begin: str
) -> None:
    """It failed: "can't register atexit after shutdown"."""
    done = subprocess.run(
        [sys.executable, "-c", LATE.format(use=USES[use], begin=begin)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("used\n", "")
