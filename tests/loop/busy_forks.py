"""A busy program that forks at random points; run by ``test_forks.py``.

    python tests/loop/busy_forks.py COUNT SEED

In the parent greenlets echo through sockets, sleep, and get messages of a thread. Each
child closes and kills what it inherited, runs a request of its own, and ends. The
parent then says how many children did so, having lost nothing.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import threading
from collections.abc import Callable

import gevent
from gevent import socket
from gevent.event import AsyncResult

PATIENCE = 30  # seconds; a child that hangs is killed
N_PAIRS = 4


class Busy:
    """What goes on in the parent."""

    def __init__(self) -> None:
        self.n_echoed = self.n_ticks = self.n_messages = 0
        self.pairs = [socket.socketpair() for _ in range(N_PAIRS)]
        self.ending = False
        self.greenlets = [gevent.spawn(self.tick)]
        for near, far in self.pairs:
            self.greenlets += [gevent.spawn(echo, far), gevent.spawn(self.ask, near)]
        loop = gevent.get_hub().loop
        self.thread = threading.Thread(target=self.post, args=(loop,))
        self.thread.start()

    def tick(self) -> None:
        while not self.ending:
            gevent.sleep(0.0002)
            self.n_ticks += 1

    def ask(self, sock: socket.socket) -> None:
        while not self.ending:
            text = b"%d" % self.n_echoed
            sock.sendall(text)
            assert sock.recv(64) == text
            self.n_echoed += 1
            gevent.sleep(0)
        sock.close()

    def post(self, loop: object) -> None:
        for _ in range(100):
            loop.run_callback_threadsafe(self.count_message)  # type: ignore[attr-defined]  # a loop
            threading.Event().wait(0.001)

    def count_message(self) -> None:
        self.n_messages += 1

    def finish(self) -> None:
        self.ending = True
        self.thread.join()
        gevent.joinall(self.greenlets, raise_error=True)
        for _, far in self.pairs:
            far.close()
        gevent.sleep(0)
        assert self.n_echoed > 0
        assert self.n_ticks > 0
        assert self.n_messages == 100


def echo(sock: socket.socket) -> None:
    while data := sock.recv(64):
        sock.sendall(data)


def live_in_child(busy: Busy) -> None:
    """A request and a timer, on the loop that was the parent's."""
    signal.alarm(PATIENCE)
    # What was runnable goes on in the child, too: it must not read the parent's data.
    gevent.get_hub().exception_stream = None
    for pair in busy.pairs:
        for sock in pair:
            sock.close()
    gevent.killall(busy.greenlets, block=False)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = gevent.spawn(lambda: echo(listener.accept()[0]))
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"request")
        assert client.recv(64) == b"request"
    server.join()
    gevent.sleep(0.0005)


def fork_and_reinit() -> int:
    pid = os.fork()
    if pid == 0:
        gevent.reinit()
    return pid


def fork_in_c() -> int:
    return ctypes.PyDLL(None).fork()  # type: ignore[no-any-return]  # an int


FORKS: tuple[Callable[[], int], ...] = (os.fork, fork_and_reinit, gevent.fork)


def random_fork(rng: random.Random, busy: Busy) -> int:
    # After a fork that the interpreter does not know of, it may wait for a thread that
    # is not there.
    # PyPy has no call that keeps its lock, and none may fork that does not.
    in_c = hasattr(ctypes, "PyDLL") and not busy.thread.is_alive()
    kinds = (*FORKS, fork_in_c) if in_c else FORKS
    return rng.choice(kinds)()


def run_child(busy: Busy, status: int = 1) -> None:
    try:
        live_in_child(busy)
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    count, seed = map(int, sys.argv[1:])
    rng = random.Random(seed)
    busy = Busy()
    children: list[AsyncResult[None]] = []
    watchers = []
    for _ in range(count):
        for _ in range(rng.randrange(4)):
            gevent.sleep(rng.choice((0, 0, 0.0001, 0.001)))
        pid = random_fork(rng, busy)
        if pid == 0:
            run_child(busy)
        ended: AsyncResult[None] = AsyncResult()
        watcher = gevent.get_hub().loop.child(pid)
        watcher.start(ended.set)
        children.append(ended)
        watchers.append(watcher)
        if len(children) >= 8:
            children[-8].get()
    gevent.wait(children)
    busy.finish()
    n_good = sum(watcher.rstatus == 0 for watcher in watchers)
    print(f"{n_good} of {count} children ran a request")


if __name__ == "__main__":
    main()
