#!/usr/bin/env python3
"""Run a mixed load for a stated time; nothing may be lost, and nothing may grow.

    .venv/bin/python benchmarks/soak.py --seconds 600 [--seed 1] [--window 10]

``make soak`` runs it. Echo servers over TCP and TLS with clients that are killed and
run into time-outs, queues between greenlets and native threads, the thread pool, forked
children and subprocesses, all at once, for a window. Then all of it ends, a forked
child uses gevent, and what is left is counted: descriptors, greenlets, native threads,
resident memory. Each client checks each byte that it gets, each queue each item. After
the first windows (caches fill) the counts must stay what they are, and memory flat.
GEVENT_LOOP chooses the loop. That handshakes fail whose clients are killed is no fault.

Exits 1 with a line per fault.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import statistics
import subprocess as native_subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import greenlet

import gevent
from gevent import socket, ssl, subprocess
from gevent.event import Event
from gevent.pool import Pool
from gevent.queue import Queue
from gevent.server import StreamServer

# Windows that do not count: caches, pools and the allocator find their sizes.
N_WARM_UP = 3
# What memory may gain from the first quarter of the windows to the last, in bytes.
ALLOWED_GROWTH = 8 << 20
N_CLIENTS = 20


class Load:
    """What goes on in one window.

    Args:
        chance: Decides who is killed, and when.
        certificate: A file with a certificate and its key.
    """

    def __init__(self, chance: random.Random, certificate: str):
        self.chance = chance
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []
        self._stop = False
        self._server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server_side.load_cert_chain(certificate)
        self._client_side = ssl.create_default_context(cafile=certificate)
        self._client_side.check_hostname = False

    def run(self, seconds: float) -> None:
        """Run everything, then end it in order."""
        self._stop = False
        plain = StreamServer(("127.0.0.1", 0), self._echo)
        tls = StreamServer(("127.0.0.1", 0), self._echo, ssl_context=self._server_side)
        plain.start()
        tls.start()
        actors: list[Callable[[], None]] = [
            self._hand_over,
            self._hand_over_to_a_thread,
            self._use_the_pool,
            self._use_processes,
            self._time_out,
        ]
        workers = [gevent.spawn(self._again, actor) for actor in actors]
        victims = Pool(N_CLIENTS)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            server = self.chance.choice((plain, tls))
            client = victims.spawn(self._talk, server.server_port, server is tls)
            client.link_exception(self._failed)
            if self.chance.random() < 0.3:
                gevent.spawn_later(self.chance.random() / 50, client.kill, block=False)
        self._stop = True
        with gevent.Timeout(60, RuntimeError("the load does not end")):
            gevent.joinall(workers)
            victims.join()
        plain.stop(timeout=5)
        tls.stop(timeout=5)

    def _again(self, actor: Callable[[], None]) -> None:
        while not self._stop:
            try:
                actor()
            except Exception as error:
                self.faults.append(f"{actor.__name__}: {error!r}")
                return
            self.done[actor.__name__] += 1
            gevent.sleep(0)

    def _failed(self, client: gevent.Greenlet[..., None]) -> None:
        self.faults.append(f"a client failed: {client.exception!r}")

    def _echo(self, sock: socket.socket, _address: object) -> None:
        try:
            while data := sock.recv(65536):
                sock.sendall(data)
        except OSError:
            return  # the client was killed

    def _talk(self, port: int, is_tls: bool) -> None:
        """A client: what it sends comes back, unless it is killed or gives up."""
        limit = self.chance.choice((0.002, 5, 5, 5))
        with gevent.Timeout(limit, False):
            sock = socket.create_connection(("127.0.0.1", port))
            try:
                if is_tls:
                    sock = self._client_side.wrap_socket(sock)
                for number in range(5):
                    message = bytes([number]) * self.chance.choice((1, 100, 70_000))
                    sender = gevent.spawn(sock.sendall, message)
                    try:
                        self._expect(sock, message)
                        sender.get()
                    finally:
                        sender.kill()
                self.done["talk"] += 1
            except OSError:
                if limit > 1:
                    raise
            finally:
                sock.close()

    def _expect(self, sock: socket.socket, message: bytes) -> None:
        got = bytearray()
        while len(got) < len(message):
            data = sock.recv(65536)
            if not data:
                self.faults.append(f"{len(message) - len(got)} bytes of an echo lost")
                return
            got += data
        if got != message:
            self.faults.append("an echo came back with other bytes")

    def _hand_over(self) -> None:
        """Greenlets hand numbers on, while one of them is killed again and again."""
        numbers: Queue[int] = Queue(5)
        got: list[int] = []

        def take() -> None:
            while True:
                got.append(numbers.get())

        taker = gevent.spawn(take)
        for number in range(500):
            numbers.put(number)
            if number % 50 == 0:
                taker.kill()
                taker = gevent.spawn(take)
        while not numbers.empty():
            gevent.sleep(0)
        taker.kill()
        if got != list(range(500)):
            self.faults.append(f"a queue lost or doubled {set(range(500)) ^ {*got}}")

    def _hand_over_to_a_thread(self) -> None:
        numbers: Queue[int | None] = Queue(5)
        got: list[int] = []
        finished = Event()

        def take() -> None:
            while (number := numbers.get()) is not None:
                got.append(number)
            finished.set()

        thread = threading.Thread(target=take)
        thread.start()
        for number in range(200):
            numbers.put(number)
        numbers.put(None)
        finished.wait()
        thread.join()
        if got != list(range(200)):
            self.faults.append("a queue lost or doubled items between two threads")

    def _use_the_pool(self) -> None:
        pool = gevent.get_hub().threadpool
        results = pool.map(abs, range(-50, 0))
        if results != list(range(50, 0, -1)):
            self.faults.append("the thread pool gave wrong results")

    def _use_processes(self) -> None:
        done = subprocess.run(["cat"], input=b"bytes" * 5000, stdout=subprocess.PIPE)
        if done.stdout != b"bytes" * 5000:
            self.faults.append("a subprocess lost bytes")
        pid = gevent.fork()
        if pid == 0:
            # Not through the hub: it would go on with the clients, as the parent does.
            os._exit(7)
        self._expect_status(pid)

    def use_a_forked_child(self) -> None:
        """While nothing else goes on, a child uses gevent."""
        pid = gevent.fork()
        if pid == 0:
            status = 3
            with gevent.Timeout(10, False):
                gevent.sleep(0.001)
                status = gevent.spawn(lambda: 7).get()
            os._exit(status)
        self._expect_status(pid)

    def _expect_status(self, pid: int) -> None:
        _, status = gevent.os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != 7:
            self.faults.append(f"a forked child ended with {status}")

    def _time_out(self) -> None:
        never = Event()
        for _ in range(100):
            if (
                never.wait(0.0001)
                or gevent.with_timeout(0.0001, gevent.sleep, 60, timeout_value=True)
                is not True
            ):
                self.faults.append("a wait ended that nobody ended")
        del never


def main() -> int:
    """Run windows until the time is over; say what was found."""
    parser = argparse.ArgumentParser(description="Mixed load; nothing may grow.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--window", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"loop {gevent.config.loop.__name__}, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        load = Load(random.Random(options.seed), _certificate(folder))
        counts = _run_windows(load, options.seconds, options.window)
    faults = load.faults + _faults_of(counts)
    for fault in faults:
        print(f"fault: {fault}")
    done = ", ".join(f"{n} x {name.strip('_')}" for name, n in load.done.items())
    print(f"{'failed' if faults else 'held'}: {len(counts)} windows; {done}")
    return 1 if faults else 0


def _run_windows(load: Load, seconds: float, window: float) -> list[dict[str, int]]:
    counts: list[dict[str, int]] = []
    end = time.monotonic() + seconds
    while not load.faults and (time.monotonic() < end or len(counts) < N_WARM_UP + 2):
        load.run(window)
        load.use_a_forked_child()
        counts.append(_count())
        print(f"window {len(counts)}: {counts[-1]}", flush=True)
    return counts


def _count() -> dict[str, int]:
    """Count what is left when nothing goes on."""
    for _ in range(5):
        gevent.sleep(0.02)  # threads of the pool that end, children that are reaped
        gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    kinds = [type(each) for each in gc.get_objects()]
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "greenlets": sum(issubclass(kind, greenlet.greenlet) for kind in kinds),
        "threads": len(os.listdir("/proc/self/task")),
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
    }


def _faults_of(counts: list[dict[str, int]]) -> list[str]:
    counted = counts[N_WARM_UP:] or counts
    faults = []
    for name in ("descriptors", "greenlets", "threads"):
        first, last = counted[0][name], counted[-1][name]
        # Threads of the pool come and go: only what goes up and up is a fault.
        if (last > first and name != "threads") or last > first + 10:
            faults.append(f"{name}: {first} after the warm-up, {last} at the end")
    part = max(1, len(counted) // 4)
    grown = statistics.median(each["memory"] for each in counted[-part:])
    grown -= statistics.median(each["memory"] for each in counted[:part])
    if grown > ALLOWED_GROWTH:
        faults.append(f"memory grew by {grown / 2**20:.1f} MiB")
    return faults


def _certificate(folder: str) -> str:
    path = f"{folder}/localhost.pem"
    native_subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", path, "-out", f"{path}.crt"),
        ],
        check=True,
        capture_output=True,
    )
    with Path(path).open("a") as stream:
        stream.write(Path(f"{path}.crt").read_text())
    return path


if __name__ == "__main__":
    sys.exit(main())
