"""Metrics and spans for OpenTelemetry, against its own SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent import config, events
from gevent._base import subscription
from gevent.pool import Group, Pool
from gevent.threadpool import ThreadPool, ThreadPoolExecutor
from tests.exporters.conftest import Program

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gevent.exporters.opentelemetry import export


class Telemetry:
    """Providers whose metrics and spans a test can read."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self._spans = InMemorySpanExporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.tracer = self.tracers.get_tracer("test")

    def metrics(self) -> dict[str, object]:
        """Collect; return the metrics by their names."""
        data = self.reader.get_metrics_data()
        if data is None:
            return {}
        return {
            metric.name: metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self, name: str) -> list[object]:
        """Collect; return the points of one metric."""
        metric = self.metrics().get(name)
        return [] if metric is None else list(metric.data.data_points)  # type: ignore[attr-defined]

    def value(self, name: str) -> object:
        """Collect; return the value of a metric that has one point."""
        [point] = self.points(name)
        return point.value  # type: ignore[attr-defined]

    def spans(self) -> dict[str, ReadableSpan]:
        """Return the spans that have ended, by their names."""
        return {each.name: each for each in self._spans.get_finished_spans()}

    def parent_of(self, name: str) -> str | None:
        """Return the name of the span that is the parent of one."""
        spans = self.spans()
        parent = spans[name].parent
        if parent is None:
            return None
        [found] = [
            each.name
            for each in spans.values()
            if each.context is not None and each.context.span_id == parent.span_id
        ]
        return found

    def span(self, name: str) -> None:
        """Make a span that is over at once."""
        with self.tracer.start_as_current_span(name):
            pass


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """Providers to which gevent is exported."""
    made = Telemetry()
    with export(made.meters, made.tracers):
        yield made
    made.meters.shutdown()


# -- spans have the right parents ------------------------------------------------------


def spawn(function: Callable[[], object]) -> None:
    gevent.spawn(function).join()


def spawn_later(function: Callable[[], object]) -> None:
    gevent.spawn_later(0, function).join()


def spawn_raw(function: Callable[[], object]) -> None:
    gevent.spawn_raw(function)
    gevent.sleep(0)


def spawn_in_pool(function: Callable[[], object]) -> None:
    Pool(2).spawn(function).join()


def map_in_pool(function: Callable[[], object]) -> None:
    Pool(2).map(lambda _: function(), [0])


def imap_in_group(function: Callable[[], object]) -> None:
    list(Group().imap_unordered(lambda _: function(), [0]))


def apply_async_in_group(function: Callable[[], object]) -> None:
    Group().apply_async(function).get()


def spawn_in_threads(function: Callable[[], object]) -> None:
    gevent.get_hub().threadpool.spawn(function).get()


def apply_in_threads(function: Callable[[], object]) -> None:
    gevent.get_hub().threadpool.apply(function)


def map_in_threads(function: Callable[[], object]) -> None:
    pool = ThreadPool(1)
    pool.map(lambda _: function(), [0])
    pool.kill()


def submit_to_executor(function: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(function).result()


@pytest.mark.parametrize(
    "run",
    [
        spawn,
        spawn_later,
        spawn_raw,
        spawn_in_pool,
        map_in_pool,
        imap_in_group,
        apply_async_in_group,
        spawn_in_threads,
        apply_in_threads,
        map_in_threads,
        submit_to_executor,
    ],
)
def test_a_span_is_a_child_of_that_of_the_spawner(
    telemetry: Telemetry, run: Callable[[Callable[[], object]], None]
) -> None:
    with telemetry.tracer.start_as_current_span("outer"):
        run(lambda: telemetry.span("inner"))
    assert telemetry.parent_of("inner") == "outer"
    assert telemetry.parent_of("outer") is None


def test_it_is_the_span_of_the_moment_of_the_spawning(telemetry: Telemetry) -> None:
    with telemetry.tracer.start_as_current_span("first"):
        greenlet = gevent.spawn(telemetry.span, "inner")
    with telemetry.tracer.start_as_current_span("second"):
        greenlet.join()
    assert telemetry.parent_of("inner") == "first"


def test_greenlets_that_run_in_turns_do_not_mix_their_spans(
    telemetry: Telemetry,
) -> None:
    def body(number: int) -> None:
        with telemetry.tracer.start_as_current_span(f"outer {number}"):
            gevent.sleep(0)
            gevent.spawn(telemetry.span, f"inner {number}").join()
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(body, number) for number in range(5)])
    for number in range(5):
        assert telemetry.parent_of(f"inner {number}") == f"outer {number}"
        assert telemetry.parent_of(f"outer {number}") is None


def test_a_child_changes_nothing_for_its_spawner(telemetry: Telemetry) -> None:
    def body() -> None:
        with telemetry.tracer.start_as_current_span("inner"):
            gevent.sleep(0)

    with telemetry.tracer.start_as_current_span("outer"):
        greenlet = gevent.spawn(body)
        gevent.sleep(0)
        telemetry.span("other")
        greenlet.join()
    assert telemetry.parent_of("other") == "outer"


def test_a_thread_of_the_pool_keeps_nothing_of_the_task_before(
    telemetry: Telemetry,
) -> None:
    pool = ThreadPool(1)
    with telemetry.tracer.start_as_current_span("outer"):
        pool.apply(telemetry.span, ("first",))
    pool.apply(telemetry.span, ("second",))
    pool.kill()
    assert telemetry.parent_of("first") == "outer"
    assert telemetry.parent_of("second") is None


def test_patched_threads_inherit_it(program: Program) -> None:
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import threading
        from concurrent.futures import ThreadPoolExecutor
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace import get_current_span
        from gevent.exporters.opentelemetry import export
        tracers = TracerProvider(shutdown_on_exit=False)
        tracer = tracers.get_tracer("test")
        seen = []
        def look():
            seen.append(get_current_span())
        with export(MeterProvider(shutdown_on_exit=False), tracers):
            with tracer.start_as_current_span("outer") as outer:
                thread = threading.Thread(target=look)
                thread.start()
                thread.join()
                timer = threading.Timer(0.001, look)
                timer.start()
                timer.join()
                with ThreadPoolExecutor(1) as executor:
                    executor.submit(look).result()
        print(len(seen), all(each is outer for each in seen))
        """
    )
    assert printed == "3 True\n"


def test_without_inheritance_the_setting_is_left_alone(telemetry: Telemetry) -> None:
    other = Telemetry()
    config.inherit_context = False
    with export(other.meters, other.tracers, inherit_context=False):
        assert config.inherit_context is False
    config.inherit_context = True


# -- spans of gevent -------------------------------------------------------------------


def test_a_look_up_is_a_span_of_the_current_one(telemetry: Telemetry) -> None:
    event = events.NameLookedUp(None, "getaddrinfo", ("name", 80), None, 0.25)
    with telemetry.tracer.start_as_current_span("outer"):
        subscription.send_typed(event)
    assert telemetry.parent_of("getaddrinfo") == "outer"
    span = telemetry.spans()["getaddrinfo"]
    assert span.end_time is not None
    assert span.start_time is not None
    assert span.end_time - span.start_time == 250_000_000
    assert dict(span.attributes or {}) == {"dns.question.name": "name"}


def test_a_handshake_that_failed_says_so(telemetry: Telemetry) -> None:
    with telemetry.tracer.start_as_current_span("outer"):
        subscription.send_typed(events.HandshakeDone(None, OSError("no"), 0.1))
    span = telemetry.spans()["TLS handshake"]
    assert not span.status.is_ok
    assert (span.attributes or {})["error.type"] == "OSError"
    [record] = span.events
    assert record.name == "exception"


def test_without_a_current_span_there_is_none(telemetry: Telemetry) -> None:
    subscription.send_typed(
        events.NameLookedUp(None, "getaddrinfo", ("name", 80), None, 0.25)
    )
    assert telemetry.spans() == {}


# -- metrics ---------------------------------------------------------------------------


def test_names_and_units_are_as_the_conventions_want_them(telemetry: Telemetry) -> None:
    gevent.spawn(int).join()
    subscription.send_typed(
        events.RequestFinished(None, {"REQUEST_METHOD": "GET"}, "200 OK", 1, 0.2)
    )
    metrics = telemetry.metrics()
    for name, metric in metrics.items():
        assert name.startswith("gevent.") or name == "http.server.request.duration"
        unit = metric.unit  # type: ignore[attr-defined]
        assert unit == "s" or (unit.startswith("{") and unit.endswith("}")), name
        assert not name.endswith("_total")
        assert metric.description  # type: ignore[attr-defined]
    wanted = {"gevent.switches", "gevent.greenlet.run_time.p99", "gevent.loop.stalls"}
    assert wanted <= set(metrics)


def test_hubs_are_told_apart_by_an_attribute(telemetry: Telemetry) -> None:
    gevent.spawn(int).join()
    [point] = telemetry.points("gevent.switches")
    hub = gevent.get_hub()
    assert dict(point.attributes) == {"gevent.hub": hub.minimal_ident}  # type: ignore[attr-defined]
    assert point.value == hub.loop.n_switches  # type: ignore[attr-defined]


def test_parked_greenlets_and_the_thread_pool_are_levels(telemetry: Telemetry) -> None:
    gevent.get_hub().threadpool.apply(int)
    waiting = gevent.spawn(gevent.sleep, 100)
    gevent.sleep(0)
    assert telemetry.value("gevent.greenlet.parked") == 1
    waiting.kill()
    assert telemetry.value("gevent.greenlet.parked") == 0
    size = gevent.get_hub().threadpool.size
    assert telemetry.value("gevent.threadpool.threads") == size


def test_quantiles_are_of_what_was_since_the_last_collection(
    telemetry: Telemetry,
) -> None:
    gevent.spawn(int).join()
    assert telemetry.value("gevent.greenlet.run_time.p50")
    # Nothing has run since but the test itself.
    assert telemetry.points("gevent.greenlet.run_time.p50") == []
    gevent.spawn(int).join()
    seconds = telemetry.value("gevent.greenlet.run_time.max")
    assert isinstance(seconds, float)
    assert 0 < seconds < 10


def test_stalls_are_counted(telemetry: Telemetry) -> None:
    hub = gevent.get_hub()
    subscription.send_typed(events.LoopStalled(hub, hub, 2.0))
    subscription.send_typed(events.LoopStalled(hub, hub, 0.5))
    assert telemetry.value("gevent.loop.stalls") == 2
    assert telemetry.value("gevent.loop.stalled_time") == 2.5


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("200 OK", {"http.response.status_code": 200}),
        ("503 No", {"http.response.status_code": 503, "error.type": "503"}),
        (None, {"error.type": "no_response"}),
    ],
)
def test_requests_are_measured_as_the_conventions_say(
    telemetry: Telemetry, status: str | None, expected: dict[str, object]
) -> None:
    environ = {"REQUEST_METHOD": "HUNT", "wsgi.url_scheme": "https"}
    subscription.send_typed(events.RequestFinished(None, environ, status, 1, 0.2))
    [point] = telemetry.points("http.server.request.duration")
    assert dict(point.attributes) == {  # type: ignore[attr-defined]
        "http.request.method": "_OTHER",
        "url.scheme": "https",
        **expected,
    }
    assert point.sum == 0.2  # type: ignore[attr-defined]
    assert max(point.explicit_bounds) == 10  # type: ignore[attr-defined]


def test_greenlets_are_counted_if_that_is_wanted() -> None:
    telemetry = Telemetry()
    with export(telemetry.meters, telemetry.tracers, greenlets=True):
        gevent.joinall([gevent.spawn(int) for _ in range(5)])
        gevent.sleep(0)
        assert telemetry.value("gevent.greenlet.starts") == 5
        assert telemetry.value("gevent.greenlet.ends") == 5


# -- its end ---------------------------------------------------------------------------


def test_its_end_leaves_no_trace() -> None:
    before = set(subscription._subscriptions)
    assert config.inherit_context is False
    telemetry = Telemetry()
    exported = export(telemetry.meters, telemetry.tracers)
    assert config.inherit_context is True
    exported.close()
    exported.close()
    assert config.inherit_context is False
    assert set(subscription._subscriptions) == before
    gevent.spawn(int).join()
    assert telemetry.metrics() == {}


def test_it_may_be_exported_again() -> None:
    telemetry = Telemetry()
    for _ in range(2):
        with export(telemetry.meters, telemetry.tracers):
            gevent.spawn(int).join()
            assert len(telemetry.points("gevent.switches")) == 1


def test_one_provider_is_told_once(telemetry: Telemetry) -> None:
    before = set(subscription._subscriptions)
    with pytest.raises(ValueError, match="already"):
        export(telemetry.meters, telemetry.tracers)
    assert set(subscription._subscriptions) == before
    assert config.inherit_context is True


def test_the_setting_is_set_back_by_the_last_one(telemetry: Telemetry) -> None:
    other = Telemetry()
    with export(other.meters, other.tracers):
        pass
    assert config.inherit_context is True


def test_without_an_sdk_there_is_nothing_to_tell(program: Program) -> None:
    program(
        """
        import sys
        sys.modules["opentelemetry.sdk"] = None
        import gevent
        from gevent.exporters.opentelemetry import export
        with export():
            gevent.spawn(int).join()
        """
    )


def test_without_the_api_the_error_names_the_extra(program: Program) -> None:
    program(
        """
        import sys
        sys.modules["opentelemetry"] = None
        try:
            import gevent.exporters.opentelemetry
        except ImportError as error:
            assert "gevent[opentelemetry]" in str(error), error
        else:
            raise AssertionError
        """
    )
