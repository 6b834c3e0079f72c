"""Hand-overs between native threads and their greenlets: none lost, none doubled.

    python benchmarks/hand_over.py [--total N] [--json FILE] [CASE ...]

Four native threads, each with a hub and some greenlets, hand N numbers (10,000,000 by
default, divided between the cases) to each other through one object; each number is
ticked off when it arrives. The script fails if one is missing or came twice, or if it
takes too long. It reports seconds per hand-over, with what it ran on.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator

import gevent
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.queue import Channel, LifoQueue, PriorityQueue, Queue, SimpleQueue

N_THREADS = 4
N_GREENLETS = 4
# What share of all hand-overs a case gets: each of the slow ones is a round trip
# through a poll.
SHARES = {
    "queue": 40,
    "simple": 20,
    "lifo": 10,
    "priority": 10,
    "semaphore": 8,
    "bounded": 4,
    "rlock": 4,
    "channel": 2,
    "result": 1,
    "event": 1,
}


class Tally:
    """Which numbers have arrived; each is ticked off once."""

    def __init__(self, total: int) -> None:
        self.seen = bytearray(total)
        self.numbers = iter(range(total))
        self.n_doubled = 0

    def tick(self, number: int) -> None:
        """A number has arrived, whichever thread this is."""
        if self.seen[number]:
            self.n_doubled += 1
        self.seen[number] = 1

    def check(self) -> None:
        """Fail unless each number has arrived once."""
        n_lost = self.seen.count(0)
        if n_lost or self.n_doubled:
            raise AssertionError(f"{n_lost} lost, {self.n_doubled} doubled")


def through_queue(queue: Queue | Channel, tally: Tally) -> Iterator[Callable[[], None]]:
    """Half of the greenlets put numbers, the other half takes them."""
    end = len(tally.seen)
    putters = [None] * (N_THREADS * N_GREENLETS // 2)

    def put() -> None:
        for number in tally.numbers:
            queue.put(number)
        putters.pop()
        if not putters:
            # Stacks: the end must not be taken before what lies below it.
            while queue.qsize():
                gevent.sleep(0)
            for _ in range(N_THREADS * N_GREENLETS // 2):
                queue.put(end)

    def take() -> None:
        while (number := queue.get()) != end:
            tally.tick(number)

    while True:
        yield put
        yield take


def through_lock(lock: Semaphore | RLock, tally: Tally) -> Iterator[Callable[[], None]]:
    """Who has the lock takes the next number; two at once would take the same."""
    at = [0]
    total = len(tally.seen)

    def count() -> None:
        while True:
            with lock:
                number = at[0]
                if number >= total:
                    return
                tally.tick(number)
                if number % 16 == 0:
                    gevent.sleep(0)
                at[0] = number + 1

    while True:
        yield count


def through_results(tally: Tally) -> Iterator[Callable[[], None]]:
    """Pairs: one waits for a result, the other sets it and waits for the next."""
    while True:
        box = [AsyncResult(), AsyncResult()]

        def ask(box: list[AsyncResult] = box) -> None:
            while (number := box[0].get()) is not None:
                tally.tick(number)
                box[0] = AsyncResult()
                answer, box[1] = box[1], AsyncResult()
                answer.set(True)

        def answer(box: list[AsyncResult] = box) -> None:
            for number in tally.numbers:
                asked = box[1]
                box[0].set(number)
                asked.get()
            box[0].set(None)

        yield ask
        yield answer


def through_events(tally: Tally) -> Iterator[Callable[[], None]]:
    """Pairs: each sets the other's event, for a moment."""
    while True:
        events = [Event(), Event()]
        numbers: list[int | None] = []

        def ping(events: list[Event] = events, numbers: list = numbers) -> None:
            while True:
                events[0].wait()
                events[0].clear()
                number = numbers.pop()
                if number is None:
                    return
                tally.tick(number)
                events[1].set()

        def pong(events: list[Event] = events, numbers: list = numbers) -> None:
            for number in tally.numbers:
                numbers.append(number)
                events[0].set()
                events[1].wait()
                events[1].clear()
            numbers.append(None)
            events[0].set()

        yield ping
        yield pong


CASES: dict[str, Callable[[Tally], Iterator[Callable[[], None]]]] = {
    "queue": lambda tally: through_queue(Queue(100), tally),
    "simple": lambda tally: through_queue(SimpleQueue(100), tally),
    "lifo": lambda tally: through_queue(LifoQueue(100), tally),
    "priority": lambda tally: through_queue(PriorityQueue(100), tally),
    "channel": lambda tally: through_queue(Channel(), tally),
    "semaphore": lambda tally: through_lock(Semaphore(), tally),
    "bounded": lambda tally: through_lock(BoundedSemaphore(), tally),
    "rlock": lambda tally: through_lock(RLock(), tally),
    "result": through_results,
    "event": through_events,
}


def run_case(name: str, total: int, limit: float) -> float:
    """Hand *total* numbers over; return the seconds that took.

    Raises:
        AssertionError: One was lost or came twice, or a thread did not end in time.
    """
    tally = Tally(total)
    bodies = CASES[name](tally)
    errors: list[BaseException] = []

    # Neighbours are partners and live in different threads, in each both kinds.
    work: list[list[Callable[[], None]]] = [[] for _ in range(N_THREADS)]
    for index in range(N_THREADS * N_GREENLETS):
        work[(index + index // N_THREADS) % N_THREADS].append(next(bodies))

    def run(number: int) -> None:
        try:
            greenlets = [gevent.spawn(body) for body in work[number]]
            gevent.joinall(greenlets, raise_error=True)
            gevent.get_hub().destroy(destroy_loop=True)
        except BaseException as error:
            errors.append(error)

    began = time.monotonic()
    threads = [
        threading.Thread(target=run, args=(number,), daemon=True)
        for number in range(N_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, began + limit - time.monotonic()))
        if thread.is_alive():
            raise AssertionError(f"{name}: not over after {limit} seconds")
    if errors:
        raise errors[0]
    tally.check()
    return time.monotonic() - began


def main() -> int:
    """Run the cases that were asked for, report, and say whether all was well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--total", type=int, default=10_000_000)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds per case")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("cases", nargs="*", choices=[[], *SHARES], metavar="CASE")
    options = parser.parse_args()
    names = options.cases or list(SHARES)
    whole = sum(SHARES[name] for name in names)
    results = {}
    for name in names:
        total = options.total * SHARES[name] // whole
        seconds = run_case(name, total, options.limit)
        results[name] = {"hand_overs": total, "seconds": seconds}
        print(
            f"{name:10} {total:9,} hand-overs {seconds / total * 1e6:8.2f} us each",
            flush=True,
        )
    if options.json:
        conditions = {
            "python": sys.version,
            "machine": platform.platform(),
            "gevent": gevent.__version__,
            "loop": f"{gevent.config.loop.__module__}",
        }
        with open(options.json, "w") as file:
            json.dump({"conditions": conditions, "results": results}, file, indent=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
