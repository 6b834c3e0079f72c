"""Look-ups, handshakes and full pools tell who wants to know of them."""

from __future__ import annotations

import pytest

import gevent
from gevent import events, socket, ssl
from gevent.hub import Hub, get_hub
from gevent.net.literal import resolver
from gevent.pool import Pool
from gevent.threadpool import ThreadPool
from tests.net.tls_pairs import client_context, server_context


class FakeResolver:
    """Answers at once, or fails."""

    def getaddrinfo(self, host: str, *args: object) -> list[object]:
        """Know one name."""
        if host != "known":
            raise socket.gaierror(1, "unknown")
        return [(2, 1, 6, "", ("127.0.0.1", 1))]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub whose resolver is made up."""
    found = get_hub()
    monkeypatch.setattr(found, "_resolver", FakeResolver(), raising=False)
    return found


def test_look_up_is_told(hub: Hub) -> None:
    found: list[events.NameLookedUp] = []
    with events.subscribe(events.NameLookedUp, found.append):
        answer = socket.getaddrinfo("known", 1)
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("other", 1)
    assert answer[0][4] == ("127.0.0.1", 1)
    assert [(event.function, event.arguments[0]) for event in found] == [
        ("getaddrinfo", "known"),
        ("getaddrinfo", "other"),
    ]
    assert found[0].error is None
    assert isinstance(found[1].error, socket.gaierror)
    assert found[0].resolver is hub.resolver
    assert all(event.seconds >= 0 for event in found)


def test_without_anybody_who_listens_the_resolver_is_asked_itself(hub: Hub) -> None:
    assert resolver() is hub.resolver


def test_numeric_address_is_no_look_up(hub: Hub) -> None:
    found: list[object] = []
    with events.subscribe(events.NameLookedUp, found.append):
        socket.getaddrinfo("127.0.0.1", 1)
    assert found == []


def test_who_fails_to_take_a_look_up_is_reported_and_it_succeeds(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports: list[object] = []
    monkeypatch.setattr(hub, "handle_error", lambda *args: reports.append(args[:2]))

    def fail(_: object) -> None:
        raise KeyError("subscriber")

    with events.subscribe(events.NameLookedUp, fail):
        assert socket.getaddrinfo("known", 1)
    assert reports == [("NameLookedUp", KeyError)]


def test_handshake_is_told_by_both_ends() -> None:
    found: list[events.HandshakeDone] = []
    here, there = socket.socketpair()
    with events.subscribe(events.HandshakeDone, found.append):
        serving = gevent.spawn(server_context().wrap_socket, there, server_side=True)
        client = client_context().wrap_socket(here, server_hostname="localhost")
        server = serving.get()
    assert {event.socket for event in found} == {client, server}
    assert [event.error for event in found] == [None, None]
    client.close()
    server.close()


def test_handshake_that_fails_is_told() -> None:
    found: list[events.HandshakeDone] = []
    here, there = socket.socketpair()
    there.sendall(b"this is no TLS" * 10)
    with (
        events.subscribe(events.HandshakeDone, found.append),
        pytest.raises(ssl.SSLError),
    ):
        client_context().wrap_socket(here, server_hostname="localhost")
    there.close()
    here.close()
    (event,) = found
    assert isinstance(event.error, ssl.SSLError)


def test_full_pool_is_told_before_it_waits() -> None:
    found: list[events.PoolExhausted] = []
    pool = Pool(1)
    with events.subscribe(events.PoolExhausted, found.append):
        pool.spawn(gevent.sleep, 0)
        assert found == []
        pool.spawn(int)
        with pytest.raises(gevent.pool.PoolFull):
            pool.add(gevent.Greenlet(int), blocking=False)
        pool.join()
    assert [event.pool for event in found] == [pool]


def test_full_thread_pool_is_told_before_it_waits() -> None:
    found: list[events.ThreadPoolSaturated] = []
    pool = ThreadPool(1)
    with events.subscribe(events.ThreadPoolSaturated, found.append):
        results = [pool.spawn(int) for _ in range(2)]
        assert found == []
        results.append(pool.spawn(int))
        for result in results:
            result.get()
    pool.kill()
    assert [(event.hub, event.pool) for event in found] == [(get_hub(), pool)]
