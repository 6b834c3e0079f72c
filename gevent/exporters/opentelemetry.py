"""Metrics and spans for OpenTelemetry: ``pip install gevent[opentelemetry]``.

Only its API is needed; whether and where to anything is sent is up to the providers of
the program, which needs the SDK for that.

What happens in a hub is counted here, and told when a reader asks: instruments take
locks, which in a patched program may switch, and a hub must not. Durations are of what
greenlets did, and are recorded there.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self, TypeAlias

try:
    from opentelemetry.metrics import (
        CallbackOptions,
        Meter,
        MeterProvider,
        Observation,
        get_meter_provider,
    )
    from opentelemetry.metrics import Histogram as DurationInstrument
    from opentelemetry.trace import (
        SpanKind,
        Status,
        StatusCode,
        Tracer,
        TracerProvider,
        get_current_span,
        get_tracer_provider,
    )
except ImportError as _error:
    raise ImportError(
        "gevent.exporters.opentelemetry needs the API of OpenTelemetry: "
        "pip install 'gevent[opentelemetry]'",
        name=_error.name,
    ) from _error

from gevent._base.config import config
from gevent._base.events import (
    HandshakeDone,
    NameLookedUp,
    RequestFinished,
    Subscription,
    subscribe,
)
from gevent._base.version import __version__
from gevent.exporters._tally import (
    BOUNDS,
    HubReading,
    Tally,
    method_of,
    read_hubs,
    status_code_of,
)
from gevent.sync.introspection.times import Histogram

__all__ = ("Export", "export")

_Callback: TypeAlias = Callable[[CallbackOptions], Iterable[Observation]]

# What names of metrics, and of attributes that no convention knows, begin with.
_SCOPE = "gevent"
_HUB = f"{_SCOPE}.hub"
# Name here and there, unit, description: of events.
_COUNTERS = (
    ("loop_stalls", "loop.stalls", "{stall}", "Too long runs without a switch."),
    ("loop_stalled_seconds", "loop.stalled_time", "s", "How long they took."),
    ("loop_lags", "loop.lags", "{lag}", "Times that a loop polled too late."),
    ("loop_lagged_seconds", "loop.lagged_time", "s", "How late it was."),
    (
        "threadpool_saturated",
        "threadpool.saturations",
        "{greenlet}",
        "Greenlets that waited for a place in a thread pool.",
    ),
    (
        "pool_exhausted",
        "pool.exhaustions",
        "{greenlet}",
        "Greenlets that waited for a place in a gevent.pool.Pool.",
    ),
    (
        "greenlets_failed",
        "greenlet.failures",
        "{greenlet}",
        "Greenlets that ended with an exception.",
    ),
    (
        "deadlocks",
        "deadlocks",
        "{deadlock}",
        "Dead-locks that the monitor found.",
    ),
    (
        "connections_accepted",
        "server.connections.accepted",
        "{connection}",
        "Connections that servers accepted.",
    ),
    (
        "connections_closed",
        "server.connections.closed",
        "{connection}",
        "Connections that servers closed after their handler.",
    ),
    (
        "requests_refused",
        "server.requests.refused",
        "{request}",
        "What HTTP servers refused as no request, or too much.",
    ),
    (
        "greenlets_spawned",
        "greenlet.starts",
        "{greenlet}",
        "Greenlets that were started.",
    ),
    (
        "greenlets_finished",
        "greenlet.ends",
        "{greenlet}",
        "Greenlets that ended with a value, or were killed.",
    ),
)
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


def export(
    meter_provider: MeterProvider | None = None,
    tracer_provider: TracerProvider | None = None,
    *,
    servers: bool = True,
    greenlets: bool = False,
    inherit_context: bool = True,
) -> Export:
    """Tell OpenTelemetry what gevent does, until that is undone.

    While it is on, and *inherit_context* true, each greenlet, patched thread, and task
    of a thread pool starts with a copy of the context of whoever spawned it, so that
    its spans are children of the span that was current there. Look-ups of names and
    handshakes of TLS are spans themselves, if there is a current span.

    Args:
        meter_provider: Where metrics go; None: to the global one.
        tracer_provider: Where spans go; None: to the global one.
        servers: Whether connections and requests of servers are counted.
        greenlets: Whether greenlets that start and finish are counted, too. Each
            then takes some microseconds more.
        inherit_context: Whether ``config.inherit_context`` is set meanwhile.

    Returns:
        What undoes it, by ``close()`` or the end of a ``with`` block.

    Raises:
        ValueError: There is one for this meter provider already.

    Thread safety:
        From any thread.
    """
    meters = get_meter_provider() if meter_provider is None else meter_provider
    tracers = get_tracer_provider() if tracer_provider is None else tracer_provider
    return Export(
        meters,
        tracers,
        servers=servers,
        greenlets=greenlets,
        inherit_context=inherit_context,
    )


class Export:
    """What gevent tells OpenTelemetry; :func:`export` makes it."""

    def __init__(
        self,
        meter_provider: MeterProvider,
        tracer_provider: TracerProvider,
        *,
        servers: bool,
        greenlets: bool,
        inherit_context: bool,
    ) -> None:
        self._instruments = _instruments_of(meter_provider)
        self._tracer: Tracer = tracer_provider.get_tracer(_SCOPE, __version__)
        self._inherits = inherit_context
        self._tally = Tally(servers=servers, greenlets=greenlets)
        if not self._instruments.attach(self._tally):
            self._tally.close()
            raise ValueError(f"gevent is exported to {meter_provider!r} already")
        self._subscriptions: list[Subscription] = [
            subscribe(NameLookedUp, self._on_lookup),
            subscribe(HandshakeDone, self._on_handshake),
        ]
        if servers:
            self._subscriptions.append(subscribe(RequestFinished, self._on_request))
        self._is_open = True
        if inherit_context:
            _inheritance.want()

    def close(self) -> None:
        """Tell no more, and set ``config.inherit_context`` back; repeatable.

        Instruments cannot be taken back: they stay, and have nothing to say.
        """
        if not self._is_open:
            return
        self._is_open = False
        for each in self._subscriptions:
            each.unsubscribe()
        self._tally.close()
        self._instruments.tally = None
        if self._inherits:
            _inheritance.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- what greenlets did ---------------------------------------------------------

    def _on_lookup(self, event: NameLookedUp) -> None:
        attributes = _error_type(event.error)
        self._instruments.name_lookup.record(event.seconds, attributes)
        asked = str(event.arguments[0]) if event.arguments else ""
        self._add_span(
            event.function,
            event.seconds,
            event.error,
            {**attributes, "dns.question.name": asked},
        )

    def _on_handshake(self, event: HandshakeDone) -> None:
        attributes = _error_type(event.error)
        self._instruments.tls_handshake.record(event.seconds, attributes)
        self._add_span("TLS handshake", event.seconds, event.error, attributes)

    def _add_span(
        self,
        name: str,
        seconds: float,
        error: BaseException | None,
        attributes: dict[str, str],
    ) -> None:
        """Add what has just ended to what the current span consists of."""
        if not get_current_span().get_span_context().is_valid:
            return
        end = time.time_ns()
        start = end - int(seconds * 1e9)
        span = self._tracer.start_span(
            name, kind=SpanKind.CLIENT, start_time=start, attributes=attributes
        )
        if error is not None:
            span.record_exception(error)
            span.set_status(Status(StatusCode.ERROR, str(error)))
        span.end(end)

    def _on_request(self, event: RequestFinished) -> None:
        environ = event.environ
        attributes: dict[str, str | int] = {
            "http.request.method": method_of(environ),
            "url.scheme": str(environ.get("wsgi.url_scheme", "http")),
        }
        code = status_code_of(event.status)
        if code is not None:
            attributes["http.response.status_code"] = int(code)
        if code is None or code >= "500":
            attributes["error.type"] = code or "no_response"
        self._instruments.http_request.record(event.seconds, attributes)


def _error_type(error: BaseException | None) -> dict[str, str]:
    return {} if error is None else {"error.type": type(error).__qualname__}


# -- the setting that makes spans have the right parents -------------------------------


class _Inheritance:
    """Sets ``config.inherit_context`` while somebody wants it."""

    def __init__(self) -> None:
        self._n_wanting = 0
        self._before = False

    def want(self) -> None:
        self._n_wanting += 1
        if self._n_wanting == 1:
            self._before = config.inherit_context
            config.inherit_context = True

    def release(self) -> None:
        self._n_wanting -= 1
        if self._n_wanting == 0:
            config.inherit_context = self._before


_inheritance = _Inheritance()


# -- instruments -----------------------------------------------------------------------


class _Instruments:
    """The instruments of one provider: made once, since they cannot be taken back."""

    def __init__(self, meter: Meter) -> None:
        #: What they tell of; None: nothing.
        self.tally: Tally | None = None
        self._make_counters(meter)
        self._make_hub_counters(meter)
        self._make_hub_levels(meter)
        self._make_quantiles(meter)
        self.name_lookup = _duration(
            meter, f"{_SCOPE}.name_lookup.duration", "Look-ups of names."
        )
        self.tls_handshake = _duration(
            meter, f"{_SCOPE}.tls.handshake.duration", "Handshakes of TLS."
        )
        self.http_request = _duration(
            meter, "http.server.request.duration", "Requests that were served."
        )

    def attach(self, tally: Tally) -> bool:
        """Tell of this from now on; False: of another one already."""
        if self.tally is None:
            self.tally = tally
        return self.tally is tally

    def _hubs(self) -> list[HubReading]:
        return [] if self.tally is None else read_hubs()

    def _make_counters(self, meter: Meter) -> None:
        for name, public, unit, text in _COUNTERS:
            meter.create_observable_counter(
                f"{_SCOPE}.{public}", [self._counter(name)], unit=unit, description=text
            )

    def _counter(self, name: str) -> _Callback:
        def observe(_: CallbackOptions) -> Iterator[Observation]:
            if self.tally is not None and name in self.tally.names:
                yield Observation(self.tally.number(name))

        return observe

    def _make_hub_counters(self, meter: Meter) -> None:
        meter.create_observable_counter(
            f"{_SCOPE}.switches",
            [self._level(lambda each: each.switches)],
            unit="{switch}",
            description="Switches to greenlets.",
        )
        meter.create_observable_counter(
            f"{_SCOPE}.loop.iterations",
            [self._level(lambda each: each.iterations)],
            unit="{iteration}",
            description="Times that a loop looked for events.",
        )

    def _make_hub_levels(self, meter: Meter) -> None:
        levels: tuple[tuple[str, str, str, Callable[[HubReading], int | None]], ...] = (
            (
                "greenlet.parked",
                "{greenlet}",
                "Greenlets that wait for something.",
                lambda each: each.parked,
            ),
            (
                "callbacks.pending",
                "{callback}",
                "What the loop has to run before it looks for events.",
                lambda each: each.pending,
            ),
            (
                "threadpool.threads",
                "{thread}",
                "Native threads in the thread pool of a hub.",
                lambda each: each.pool and each.pool.threads,
            ),
            (
                "threadpool.threads.limit",
                "{thread}",
                "How many there may be.",
                lambda each: each.pool and each.pool.limit,
            ),
            (
                "threadpool.tasks",
                "{task}",
                "Tasks of the thread pool that have not finished.",
                lambda each: each.pool and each.pool.tasks,
            ),
        )
        for name, unit, text, read in levels:
            meter.create_observable_up_down_counter(
                f"{_SCOPE}.{name}", [self._level(read)], unit=unit, description=text
            )

    def _level(self, read: Callable[[HubReading], int | None]) -> _Callback:
        def observe(_: CallbackOptions) -> Iterator[Observation]:
            for each in self._hubs():
                value = read(each)
                if value is not None:
                    yield Observation(value, {_HUB: each.number})

        return observe

    def _make_quantiles(self, meter: Meter) -> None:
        histograms: tuple[tuple[str, str, Callable[[HubReading], Histogram]], ...] = (
            (
                "greenlet.run_time",
                "How long greenlets ran between two switches",
                lambda each: each.run_times,
            ),
            (
                "loop.lag",
                "How long a loop was busy from one look for events to the next",
                lambda each: each.lag,
            ),
        )
        for name, text, read in histograms:
            for suffix, fraction in _QUANTILES.items():
                meter.create_observable_gauge(
                    f"{_SCOPE}.{name}.{suffix}",
                    [self._quantile(read, fraction)],
                    unit="s",
                    description=f"{text}, since the last collection: {suffix}.",
                )

    def _quantile(
        self, read: Callable[[HubReading], Histogram], fraction: float
    ) -> _Callback:
        seen: dict[int, tuple[int, ...]] = {}

        def observe(_: CallbackOptions) -> Iterator[Observation]:
            hubs = self._hubs()
            for each in hubs:
                bounds, counts = read(each)
                new = _since(counts, seen.get(each.number))
                seen[each.number] = counts
                if any(new):
                    value = Histogram(bounds, new).quantile(fraction)
                    yield Observation(value, {_HUB: each.number})
            for number in seen.keys() - {each.number for each in hubs}:
                del seen[number]

        return observe


def _since(counts: tuple[int, ...], before: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return what is new; all, if it is another hub that has the same number now."""
    if before is None:
        return counts
    new = tuple(a - b for a, b in zip(counts, before, strict=True))
    return counts if min(new) < 0 else new


def _duration(meter: Meter, name: str, text: str) -> DurationInstrument:
    return meter.create_histogram(
        name, unit="s", description=text, explicit_bucket_boundaries_advisory=BOUNDS
    )


_made: weakref.WeakKeyDictionary[MeterProvider, _Instruments]
_made = weakref.WeakKeyDictionary()


def _instruments_of(provider: MeterProvider) -> _Instruments:
    found = _made.get(provider)
    if found is None:
        found = _made[provider] = _Instruments(provider.get_meter(_SCOPE, __version__))
    return found
