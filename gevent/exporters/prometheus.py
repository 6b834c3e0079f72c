"""Metrics for Prometheus, by its client: ``pip install gevent[prometheus]``.

Every metric is in seconds or a count, and is made when it is scraped: hubs are read
then, and events have been counted as they came. The label ``hub`` is a small number,
which is used again when a thread has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

try:
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.metrics_core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        Metric,
    )
except ImportError as _error:
    raise ImportError(
        "gevent.exporters.prometheus needs the Prometheus client: "
        "pip install 'gevent[prometheus]'",
        name=_error.name,
    ) from _error

from gevent.exporters._tally import BOUNDS, HubReading, Tally, cumulate, read_hubs

__all__ = ("HubCollector", "collect_into")

# Name and documentation of counted events.
_COUNTERS = {
    "loop_stalls": "Runs without a switch for longer than max_blocking_time.",
    "loop_stalled_seconds": "How long these runs took.",
    "loop_lags": "Times that a loop did not poll for longer than max_blocking_time.",
    "loop_lagged_seconds": "For how long it did not.",
    "threadpool_saturated": "Greenlets that waited for a place in a thread pool.",
    "pool_exhausted": "Greenlets that waited for a place in a gevent.pool.Pool.",
    "greenlets_failed": "Greenlets that ended with an exception.",
    "deadlocks": "Dead-locks that the monitor thread found.",
    "connections_accepted": "Connections that servers accepted.",
    "connections_closed": "Connections that servers closed after their handler.",
    "requests_refused": "What HTTP servers refused as no request, or too much.",
    "greenlets_spawned": "Greenlets that were started.",
    "greenlets_finished": "Greenlets that ended with a value, or were killed.",
}
# Name of a duration, documentation, labels.
_DURATIONS = (
    ("name_lookup", "Look-ups of names.", ("outcome",)),
    ("tls_handshake", "Handshakes of TLS.", ("outcome",)),
)
_SERVER_DURATIONS = (
    ("http_request", "From the head of a request to its reply.", ("method", "code")),
)
_BUCKETS = (*map(str, BOUNDS), "+Inf")


def collect_into(
    registry: CollectorRegistry = REGISTRY,
    *,
    servers: bool = True,
    greenlets: bool = False,
) -> HubCollector:
    """Let a registry have the metrics of gevent, until that is undone.

    Args:
        registry: Which; the client's default one, which its servers show.
        servers: Whether connections and requests of servers are counted.
        greenlets: Whether greenlets that start and finish are counted, too. Each
            then takes some microseconds more.

    Returns:
        What was registered. Its ``close()``, or the end of a ``with`` block, undoes it.

    Raises:
        ValueError: The registry has metrics of these names already.

    Thread safety:
        From any thread; the registry may be scraped in any, and in any greenlet.
    """
    return HubCollector(registry, servers=servers, greenlets=greenlets)


class HubCollector:
    """A collector of the Prometheus client; :func:`collect_into` makes it."""

    def __init__(
        self, registry: CollectorRegistry, *, servers: bool, greenlets: bool
    ) -> None:
        self._registry: CollectorRegistry | None = registry
        self._durations: list[tuple[str, str, tuple[str, ...]]] = list(_DURATIONS)
        if servers:
            self._durations += _SERVER_DURATIONS
        self._tally = Tally(servers=servers, greenlets=greenlets)
        try:
            registry.register(self)
        except BaseException:
            self._tally.close()
            raise

    def close(self) -> None:
        """Take the metrics out of the registry, and count no more; repeatable."""
        registry, self._registry = self._registry, None
        if registry is not None:
            self._tally.close()
            registry.unregister(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- what the registry calls ------------------------------------------------------

    def describe(self) -> Iterator[Metric]:
        """Yield the metrics without values: the registry takes their names."""
        yield from self._families([])

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics as they are now.

        Blocking:
            Never switches.
        Thread safety:
            From any thread.
        """
        yield from self._families(read_hubs())

    def _families(self, hubs: Sequence[HubReading]) -> Iterator[Metric]:
        yield from _hub_counters(hubs)
        yield from _hub_gauges(hubs)
        yield from _hub_histograms(hubs)
        for name in self._tally.names:
            yield CounterMetricFamily(
                f"gevent_{name}", _COUNTERS[name], value=self._tally.number(name)
            )
        for name, text, labels in self._durations:
            yield self._duration_family(name, text, labels)

    def _duration_family(
        self, name: str, text: str, labels: tuple[str, ...]
    ) -> HistogramMetricFamily:
        family = HistogramMetricFamily(f"gevent_{name}_seconds", text, labels=labels)
        for values, each in sorted(self._tally.durations(name).items()):
            family.add_metric(values, _buckets(each.cumulative()), each.sum)
        return family


def _hub_counters(hubs: Sequence[HubReading]) -> Iterator[Metric]:
    switches = CounterMetricFamily(
        "gevent_switches", "Switches to greenlets.", labels=["hub"]
    )
    polls = CounterMetricFamily(
        "gevent_loop_iterations", "Times that a loop looked for events.", labels=["hub"]
    )
    for each in hubs:
        label = [str(each.number)]
        switches.add_metric(label, each.switches)
        polls.add_metric(label, each.iterations)
    yield switches
    yield polls


def _hub_gauges(hubs: Sequence[HubReading]) -> Iterator[Metric]:
    texts = {
        "greenlets_parked": "Greenlets that wait for something.",
        "callbacks_pending": "What the loop has to run before it looks for events.",
        "threadpool_threads": "Native threads in the thread pool of a hub.",
        "threadpool_threads_max": "How many there may be.",
        "threadpool_tasks": "Tasks of the thread pool that have not finished.",
    }
    families = {
        name: GaugeMetricFamily(f"gevent_{name}", text, labels=["hub"])
        for name, text in texts.items()
    }
    for each in hubs:
        values = {"greenlets_parked": each.parked, "callbacks_pending": each.pending}
        if each.pool is not None:
            values["threadpool_threads"] = each.pool.threads
            values["threadpool_threads_max"] = each.pool.limit
            values["threadpool_tasks"] = each.pool.tasks
        for name, value in values.items():
            families[name].add_metric([str(each.number)], value)
    yield from families.values()


def _hub_histograms(hubs: Sequence[HubReading]) -> Iterator[Metric]:
    """Without sums, which nobody counts."""
    runs = HistogramMetricFamily(
        "gevent_greenlet_run_seconds",
        "How long greenlets, and callbacks in the hub, ran between two switches.",
        labels=["hub"],
    )
    lag = HistogramMetricFamily(
        "gevent_loop_lag_seconds",
        "How long a loop was busy from one look for events to the next.",
        labels=["hub"],
    )
    for each in hubs:
        label = [str(each.number)]
        runs.add_metric(label, _buckets(cumulate(each.run_times)), None)
        lag.add_metric(label, _buckets(cumulate(each.lag)), None)
    yield runs
    yield lag


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    return [(bound, float(n)) for bound, n in zip(_BUCKETS, counts, strict=True)]
