"""Metrics for Prometheus, against its own client and parser."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import gevent
from gevent import config, events
from gevent._base import subscription
from gevent.pool import Pool
from gevent.socket import create_connection
from gevent.util import run_times
from tests.exporters.conftest import Program

pytest.importorskip("prometheus_client", reason="needs prometheus_client")

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse

from gevent.exporters import prometheus
from gevent.exporters.prometheus import collect_into
from gevent.pywsgi import WSGIServer


@pytest.fixture
def registry() -> Iterator[CollectorRegistry]:
    """A registry that has the metrics of gevent."""
    made = CollectorRegistry()
    with collect_into(made):
        yield made


def own_hub() -> dict[str, str]:
    return {"hub": str(gevent.get_hub().minimal_ident)}


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


# -- the format ----------------------------------------------------------------------


@pytest.mark.parametrize("greenlets", [False, True])
def test_the_parser_of_prometheus_reads_them(greenlets: bool) -> None:
    registry = CollectorRegistry()
    with collect_into(registry, greenlets=greenlets):
        gevent.sleep(0)
        families = list(parse(generate_latest(registry).decode()))
    names = {each.name for each in families}
    assert len(names) == len(families)
    assert all(each.startswith("gevent_") for each in names)
    assert all(each.documentation for each in families)
    assert ("gevent_greenlets_spawned" in names) == greenlets


def test_the_parser_of_openmetrics_reads_them(registry: CollectorRegistry) -> None:
    gevent.sleep(0)
    text = openmetrics.generate_latest(registry).decode()
    assert "gevent_loop_lag_seconds" in {each.name for each in parse_openmetrics(text)}


def test_what_is_described_is_what_is_collected(registry: CollectorRegistry) -> None:
    collector = collect_into(CollectorRegistry())
    described = [(each.name, each.type) for each in collector.describe()]
    assert described == [(each.name, each.type) for each in collector.collect()]
    collector.close()


# -- hubs ------------------------------------------------------------------------------


def test_switches_are_counted(registry: CollectorRegistry) -> None:
    gevent.spawn(int).join()
    before = value(registry, "gevent_switches_total", **own_hub())
    assert before == gevent.get_hub().loop.n_switches
    gevent.spawn(int).join()
    after = value(registry, "gevent_switches_total", **own_hub())
    assert after is not None
    assert after > before


def test_parked_greenlets_are_counted(registry: CollectorRegistry) -> None:
    greenlets = [gevent.spawn(gevent.sleep, 100) for _ in range(3)]
    gevent.sleep(0)
    assert value(registry, "gevent_greenlets_parked", **own_hub()) == 3
    gevent.killall(greenlets)
    assert value(registry, "gevent_greenlets_parked", **own_hub()) == 0


def test_every_run_is_in_the_last_bucket(registry: CollectorRegistry) -> None:
    gevent.spawn(int).join()
    name = "gevent_greenlet_run_seconds_bucket"
    total = value(registry, name, le="+Inf", **own_hub())
    assert total == run_times().total


def test_buckets_only_grow(registry: CollectorRegistry) -> None:
    gevent.spawn(int).join()
    [runs] = [
        each for each in registry.collect() if each.name == "gevent_loop_lag_seconds"
    ]
    values = [
        each.value for each in runs.samples if own_hub()["hub"] in each.labels["hub"]
    ]
    assert values == sorted(values)
    bounds = [float(each.labels["le"]) for each in runs.samples]
    assert len(set(bounds)) == len(prometheus.BOUNDS) + 1


def test_the_thread_pool_is_told_of(registry: CollectorRegistry) -> None:
    pool = gevent.get_hub().threadpool
    pool.apply(int)
    labels = own_hub()
    assert value(registry, "gevent_threadpool_threads", **labels) == pool.size
    assert value(registry, "gevent_threadpool_threads_max", **labels) == pool.maxsize
    assert value(registry, "gevent_threadpool_tasks", **labels) == 0


def test_a_look_makes_no_thread_pool(program: Program) -> None:
    program(
        """
        import gevent
        from prometheus_client import CollectorRegistry
        from gevent.exporters.prometheus import collect_into
        gevent.sleep(0)
        registry = CollectorRegistry()
        collect_into(registry)
        list(registry.collect())
        assert gevent.get_hub()._threadpool is None
        """
    )


def test_hubs_of_other_threads_are_told_apart(registry: CollectorRegistry) -> None:
    gevent.sleep(0)
    seen: list[int] = []

    def run() -> None:
        gevent.sleep(0)
        names = {
            each.labels["hub"]
            for family in registry.collect()
            if family.name == "gevent_switches"
            for each in family.samples
        }
        seen.append(len(names))
        gevent.get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [2]


# -- events ----------------------------------------------------------------------------


def test_stalls_are_counted_with_their_time(registry: CollectorRegistry) -> None:

    hub = gevent.get_hub()
    subscription.send_typed(events.LoopStalled(hub, hub, 2.0))
    subscription.send_typed(events.LoopStalled(hub, hub, 0.5))
    assert value(registry, "gevent_loop_stalls_total") == 2
    assert value(registry, "gevent_loop_stalled_seconds_total") == 2.5


def test_failures_are_counted(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gevent.get_hub(), "handle_error", lambda *_: None)
    gevent.spawn(int, "x").join()
    gevent.sleep(0)  # the event comes soon after
    assert value(registry, "gevent_greenlets_failed_total") == 1


def test_waiting_for_a_pool_is_counted(registry: CollectorRegistry) -> None:
    pool = Pool(1)
    pool.spawn(gevent.sleep, 0)
    pool.spawn(int).join()
    assert value(registry, "gevent_pool_exhausted_total") == 1


def test_look_ups_are_measured_by_outcome(registry: CollectorRegistry) -> None:
    sent = [(0.003, None), (0.2, None), (1.0, OSError())]
    for seconds, error in sent:
        subscription.send_typed(
            events.NameLookedUp(None, "getaddrinfo", ("x", 1), error, seconds)
        )
    name = "gevent_name_lookup_seconds"
    assert value(registry, f"{name}_count", outcome="success") == 2
    assert value(registry, f"{name}_sum", outcome="success") == pytest.approx(0.203)
    assert value(registry, f"{name}_bucket", outcome="success", le="0.005") == 1
    assert value(registry, f"{name}_bucket", outcome="error", le="1.0") == 1
    assert value(registry, f"{name}_bucket", outcome="error", le="0.5") == 0


def test_requests_of_a_server_are_measured(registry: CollectorRegistry) -> None:
    def application(environ: object, start_response: object) -> list[bytes]:
        start_response("404 Not Found", [])  # type: ignore[operator]
        return [b"none"]

    server = WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    for method in ("GET", "HUNT"):
        client = create_connection(server.address)
        client.sendall(f"{method} / HTTP/1.0\r\n\r\n".encode())
        while client.recv(1000):
            pass
        client.close()
    server.stop()
    name = "gevent_http_request_seconds_count"
    assert value(registry, name, method="GET", code="404") == 1
    assert value(registry, name, method="_OTHER", code="404") == 1
    assert value(registry, "gevent_connections_accepted_total") == 2
    assert value(registry, "gevent_connections_closed_total") == 2


def test_greenlets_are_counted_if_that_is_wanted() -> None:
    registry = CollectorRegistry()
    with collect_into(registry, greenlets=True):
        gevent.joinall([gevent.spawn(int) for _ in range(5)])
        gevent.sleep(0)
        assert value(registry, "gevent_greenlets_spawned_total") == 5
        assert value(registry, "gevent_greenlets_finished_total") == 5


def test_what_all_threads_count_is_added_up(registry: CollectorRegistry) -> None:
    hub = gevent.get_hub()

    def stall() -> None:
        subscription.send_typed(events.LoopStalled(hub, hub, 1.0))

    threads = [threading.Thread(target=stall) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert value(registry, "gevent_loop_stalls_total") == 3


# -- its end ---------------------------------------------------------------------------


def test_its_end_leaves_no_trace() -> None:
    before = set(subscription._subscriptions)
    registry = CollectorRegistry()
    collector = collect_into(registry, greenlets=True)
    assert set(subscription._subscriptions) != before
    collector.close()
    collector.close()
    assert set(subscription._subscriptions) == before
    assert generate_latest(registry) == b""
    with collect_into(registry):
        assert generate_latest(registry)


def test_a_registry_that_has_it_refuses_another_one(
    registry: CollectorRegistry,
) -> None:
    before = set(subscription._subscriptions)
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        collect_into(registry)
    assert set(subscription._subscriptions) == before


def test_the_default_registry_is_that_of_the_client() -> None:
    from prometheus_client import REGISTRY

    with collect_into():
        assert b"gevent_switches_total" in generate_latest(REGISTRY)
    assert b"gevent_" not in generate_latest(REGISTRY)


def test_settings_are_left_alone() -> None:
    with collect_into(CollectorRegistry()):
        assert config.inherit_context is False


def test_without_the_client_the_error_names_the_extra(program: Program) -> None:
    program(
        """
        import sys
        sys.modules["prometheus_client"] = None
        try:
            import gevent.exporters.prometheus
        except ImportError as error:
            assert "gevent[prometheus]" in str(error), error
        else:
            raise AssertionError
        """
    )
