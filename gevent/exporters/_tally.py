"""What exporters export: events counted as they come, and hubs read when asked.

Nothing here knows a monitoring system. An event is counted without a lock, because that
happens in hubs, and locks of patched programs are greenlets': each native thread has
counts of its own, and who reads adds them up.

Names for checkers are imported, here and in the exporters, so that ``get_type_hints``
finds them: who loads these has loaded typing anyhow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple, cast

from gevent._base import originals
from gevent._base.events import (
    ConnectionAccepted,
    ConnectionClosed,
    DeadlockFound,
    GreenletFailed,
    GreenletFinished,
    GreenletSpawned,
    HandshakeDone,
    LoopLagged,
    LoopStalled,
    NameLookedUp,
    PoolExhausted,
    RequestFinished,
    RequestRefused,
    Subscription,
    ThreadPoolSaturated,
    subscribe,
)
from gevent._hub.hub import live_hubs
from gevent.sync.introspection.times import Histogram, loop_lag, run_times
from gevent.sync.threads.threadpool import ThreadPool

__all__ = (
    "BOUNDS",
    "Durations",
    "HubReading",
    "PoolReading",
    "Tally",
    "cumulate",
    "method_of",
    "read_hubs",
    "status_code_of",
)

# Upper bounds of durations, in seconds: the same on each machine, so that one may add.
BOUNDS: tuple[float, ...] = (
    *(0.00001, 0.0001, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
# Those that have a meaning; others come from clients, who may invent any number.
_METHODS = frozenset(
    {
        *("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE"),
        *("PATCH", "QUERY"),
    }
)
_OTHER_METHOD = "_OTHER"

# Names of the numbers that a tally counts.
ALWAYS = (
    "loop_stalls",
    "loop_stalled_seconds",
    "loop_lags",
    "loop_lagged_seconds",
    "threadpool_saturated",
    "pool_exhausted",
    "greenlets_failed",
    "deadlocks",
)
WITH_SERVERS = ("connections_accepted", "connections_closed", "requests_refused")
WITH_GREENLETS = ("greenlets_spawned", "greenlets_finished")

# What stands behind a name: nothing, an outcome, or method and status.
Labels = tuple[str, ...]
Key = tuple[str, Labels]


class Durations:
    """How many of something took how long.

    ``counts[i]`` counts those of at most ``BOUNDS[i]`` seconds that are longer than the
    bound before; the last one, those that are longer than all bounds.
    """

    def __init__(self) -> None:
        self.counts: list[int] = [0] * (len(BOUNDS) + 1)
        self.sum: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds

    def add_all(self, other: Durations) -> None:
        """Count what another one has counted."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.sum += other.sum

    def cumulative(self) -> list[int]:
        """Return how many took at most each bound; last of all, how many there were."""
        return list(accumulate(self.counts))


class _Counts:
    """What one native thread has counted."""

    def __init__(self) -> None:
        self.numbers: dict[Key, float] = {}
        self.durations: dict[Key, Durations] = {}


class Tally:
    """Counts events from when it is made until it is closed.

    Args:
        servers: Whether connections and requests of servers are counted.
        greenlets: Whether each greenlet is, which makes spawning one dearer.
    """

    def __init__(self, *, servers: bool, greenlets: bool) -> None:
        # By the ident of the thread; those of threads that have ended stay.
        self._counts: dict[int, _Counts] = {}
        #: Of the numbers that are counted.
        self.names: tuple[str, ...] = ALWAYS
        if servers:
            self.names += WITH_SERVERS
        if greenlets:
            self.names += WITH_GREENLETS
        self._subscriptions: list[Subscription] = [
            subscribe(LoopStalled, self._on_stall),
            subscribe(LoopLagged, self._on_lag),
            subscribe(
                ThreadPoolSaturated, lambda _: self.count("threadpool_saturated")
            ),
            subscribe(PoolExhausted, lambda _: self.count("pool_exhausted")),
            subscribe(GreenletFailed, lambda _: self.count("greenlets_failed")),
            subscribe(DeadlockFound, lambda _: self.count("deadlocks")),
            subscribe(NameLookedUp, self._on_lookup),
            subscribe(HandshakeDone, self._on_handshake),
        ]
        if servers:
            self._subscriptions += [
                subscribe(
                    ConnectionAccepted, lambda _: self.count("connections_accepted")
                ),
                subscribe(ConnectionClosed, lambda _: self.count("connections_closed")),
                subscribe(RequestFinished, self._on_request),
                subscribe(RequestRefused, lambda _: self.count("requests_refused")),
            ]
        if greenlets:
            self._subscriptions += [
                subscribe(GreenletSpawned, lambda _: self.count("greenlets_spawned")),
                subscribe(GreenletFinished, lambda _: self.count("greenlets_finished")),
            ]

    def close(self) -> None:
        """Count nothing any more; repeatable."""
        for each in self._subscriptions:
            each.unsubscribe()

    # -- counting -----------------------------------------------------------------

    def _own(self) -> _Counts:
        ident: int = originals.get("_thread", "get_ident")()
        own = self._counts.get(ident)
        return self._counts.setdefault(ident, _Counts()) if own is None else own

    def count(self, name: str, number: float = 1, labels: Labels = ()) -> None:
        """Add to a number of this thread."""
        numbers = self._own().numbers
        numbers[name, labels] = numbers.get((name, labels), 0) + number

    def measure(self, name: str, seconds: float, labels: Labels = ()) -> None:
        """Add to the durations of this thread."""
        durations = self._own().durations
        if (name, labels) not in durations:
            durations[name, labels] = Durations()
        durations[name, labels].add(seconds)

    def _on_stall(self, event: LoopStalled) -> None:
        self.count("loop_stalls")
        self.count("loop_stalled_seconds", event.duration)

    def _on_lag(self, event: LoopLagged) -> None:
        self.count("loop_lags")
        self.count("loop_lagged_seconds", event.lag)

    def _on_lookup(self, event: NameLookedUp) -> None:
        self.measure("name_lookup", event.seconds, (outcome_of(event.error),))

    def _on_handshake(self, event: HandshakeDone) -> None:
        self.measure("tls_handshake", event.seconds, (outcome_of(event.error),))

    def _on_request(self, event: RequestFinished) -> None:
        labels = (method_of(event.environ), status_code_of(event.status) or "none")
        self.measure("http_request", event.seconds, labels)

    # -- reading ------------------------------------------------------------------

    def number(self, name: str) -> float:
        """Return the sum of all threads of a number without labels."""
        key: Key = (name, ())
        return sum(each.numbers.get(key, 0) for each in list(self._counts.values()))

    def durations(self, name: str) -> dict[Labels, Durations]:
        """Return the durations of all threads, by their labels."""
        found: dict[Labels, Durations] = {}
        for counts in list(self._counts.values()):
            for (known, labels), each in list(counts.durations.items()):
                if known == name:
                    found.setdefault(labels, Durations()).add_all(each)
        return found


# -- what events say -----------------------------------------------------------------


def outcome_of(error: BaseException | None) -> str:
    """Return ``"success"`` or ``"error"``."""
    return "success" if error is None else "error"


def method_of(environ: object) -> str:
    """Return the method of a request; ``"_OTHER"`` for all that have no meaning."""
    if not isinstance(environ, dict):
        return _OTHER_METHOD
    method = cast("dict[str, object]", environ).get("REQUEST_METHOD")
    return method if isinstance(method, str) and method in _METHODS else _OTHER_METHOD


def status_code_of(status: str | None) -> str | None:
    """Return the number in a status line, as text; None: there is none."""
    code = (status or "").partition(" ")[0]
    return code if len(code) == 3 and code.isascii() and code.isdigit() else None


# -- hubs ------------------------------------------------------------------------------


class PoolReading(NamedTuple):
    """The thread pool of a hub."""

    threads: int
    limit: int
    tasks: int


class HubReading(NamedTuple):
    """One hub, at this moment.

    ``number`` is small and used again by later hubs: labels made of it are few.
    """

    number: int
    switches: int
    iterations: int
    parked: int
    pending: int
    run_times: Histogram
    lag: Histogram
    pool: PoolReading | None


def read_hubs() -> list[HubReading]:
    """Return what can be read from each hub of the process.

    Thread safety:
        From any thread.
    """
    return list(_readings())


def _readings() -> Iterator[HubReading]:
    for hub, loop in live_hubs():
        try:
            runs, lag = run_times(hub), loop_lag(hub)
        except ValueError:
            continue  # its thread has destroyed it meanwhile
        yield HubReading(
            hub.minimal_ident,
            loop.n_switches,
            loop.iteration,
            loop.n_parked,
            loop.pendingcnt,
            runs,
            lag,
            # What it has made by now; the property would make it.
            _read_pool(vars(hub).get("_threadpool")),
        )


def _read_pool(pool: object) -> PoolReading | None:
    if not isinstance(pool, ThreadPool):
        return None
    return PoolReading(pool.size, pool.maxsize, len(pool))


def cumulate(histogram: Histogram, bounds: Iterable[float] = BOUNDS) -> list[int]:
    """Return how many took surely at most each bound; last, how many there were.

    The bounds of a histogram of gevent depend on the machine, so one that lies between
    two of them counts up to the lower one: what it misses is in the next.
    """
    totals = list(accumulate(histogram.counts))
    places = [bisect_left(histogram.bounds, bound * (1 + 1e-9)) for bound in bounds]
    return [totals[each - 1] if each else 0 for each in places] + [totals[-1]]
