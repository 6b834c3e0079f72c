"""``gevent.resolver.cares`` and what is particular about the resolver over it."""

from __future__ import annotations

import pickle
import re
import socket
import sys
from collections.abc import Iterator

import pytest

import gevent
from gevent import config
from gevent.resolver.ares import Resolver
from gevent.resolver.cares import InvalidIP, Result, ares_host_result, channel
from tests.support.memory import drop
from tests.support.nameserver import Nameserver, serving
from tests.support.services import name_of
from tests.support.zone import ZONE


@pytest.fixture
def server() -> Iterator[Nameserver]:
    with serving(ZONE) as server:
        yield server


@pytest.fixture
def cares(server: Nameserver) -> Iterator[channel]:
    made = channel(
        gevent.get_hub().loop,
        servers=server.address,
        udp_port=server.port,
        tcp_port=server.port,
    )
    yield made
    made.destroy()


def _ask(cares: channel, method: str, *args: object) -> Result:
    waiter: gevent.hub.Waiter = gevent.hub.Waiter()
    getattr(cares, method)(waiter.switch, *args)
    result = waiter.get()
    assert isinstance(result, Result)
    return result


def test_a_host_by_name(cares: channel) -> None:
    found = _ask(cares, "gethostbyname", "alias.example").get()
    assert found == ("v4.example", ["alias.example"], ["192.0.2.1"])
    assert isinstance(found, ares_host_result)
    assert found.family == socket.AF_INET


def test_a_host_by_address(cares: channel) -> None:
    found = _ask(cares, "gethostbyaddr", b"192.0.2.1").get()
    assert found == ("v4.example", ["v4.example"], ["192.0.2.1"])


def test_addresses(cares: channel) -> None:
    found = _ask(cares, "getaddrinfo", b"v4.example", b"80", socket.AF_INET).get()
    assert found == [(socket.AF_INET, 0, 0, "", ("192.0.2.1", 80))]


def test_names_of_an_address(cares: channel) -> None:
    found = _ask(cares, "getnameinfo", ("192.0.2.1", 80), 0).get()
    # c-ares reads the file of services by itself.
    assert found == ("v4.example", name_of(80))


def test_a_failure_is_a_result(cares: channel) -> None:
    result = _ask(cares, "gethostbyname", "nowhere.example")
    assert not result.successful()
    with pytest.raises(socket.herror, match="ARES_ENOTFOUND"):
        result.get()


def test_destroying_a_channel_fails_its_queries(cares: channel) -> None:
    results: list[Result] = []
    cares.gethostbyname(results.append, "silent.example")
    cares.destroy()
    cares.destroy()
    assert not results
    gevent.sleep(0)
    assert [result.successful() for result in results] == [False]
    with pytest.raises(socket.gaierror, match="destroyed"):
        cares.gethostbyname(results.append, "v4.example")


@pytest.mark.parametrize("servers", ["nonsense", [b"1.2.3.4.5"], "127.0.0.1,x"])
def test_servers_are_addresses(servers: object) -> None:
    with pytest.raises(InvalidIP) as caught:
        channel(gevent.get_hub().loop, servers=servers)  # type: ignore[arg-type]  # wrong
    assert caught.value.__suppress_context__  # one traceback


def test_addresses_are_addresses(cares: channel) -> None:
    for method, wrong in (("gethostbyaddr", "xx"), ("getnameinfo", ("xx", 80))):
        args = (wrong, 0) if method == "getnameinfo" else (wrong,)
        with pytest.raises(InvalidIP):
            getattr(cares, method)(print, *args)
    assert not gevent.get_hub().loop.references


def test_callbacks_are_callable(cares: channel) -> None:
    with pytest.raises(TypeError, match="callable"):
        cares.gethostbyname(None, "v4.example")  # type: ignore[arg-type]  # wrong


def test_results() -> None:
    error = ValueError("x")
    assert Result(1).get() == 1
    assert repr(Result(1)) == "Result(1)"
    assert repr(Result(exception=error)) == "Result(exception=ValueError('x'))"
    host = ares_host_result(2, ("a", [], ["1.2.3.4"]))
    assert pickle.loads(pickle.dumps(host)).family == 2


def test_an_open_resolver_that_is_dropped_says_so() -> None:
    resolvers = [Resolver()]
    with pytest.warns(ResourceWarning, match="unclosed resolver"):
        drop(resolvers)


def test_a_resolver_that_could_not_be_made_goes_quietly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with pytest.raises(TypeError):
        Resolver(None, True, "too many")  # type: ignore[call-arg]  # what is refused
    assert not told


def test_a_closed_resolver_refuses(server: Nameserver) -> None:
    resolver = Resolver()
    resolver.close()
    resolver.close()
    assert repr(resolver).endswith(" ares=None>")
    with pytest.raises(socket.gaierror, match="closed"):
        resolver.gethostbyname("v4.example")


def test_the_configuration_names_the_servers(
    server: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(config), "resolver_nameservers", [server.address])
    monkeypatch.setitem(vars(config), "ares_udp_port", str(server.port))
    resolver = Resolver()
    assert resolver.gethostbyname("v4.example") == "192.0.2.1"
    resolver.close()


def test_a_server_that_is_not_there_is_a_temporary_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    resolver = Resolver(servers="127.0.0.1", udp_port=port, tcp_port=port)
    monkeypatch.setenv("LOCALDOMAIN", ".")  # no domain but the root is searched
    with pytest.raises(socket.gaierror) as caught:
        resolver.gethostbyname("v4.example")
    assert caught.value.args == (-3, "Temporary failure in name resolution")
    resolver.close()


def test_the_time_for_a_query_ends(
    server: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(config), "resolver_timeout", 0.01)
    resolver = Resolver(servers=server.address, udp_port=server.port)
    with pytest.raises(socket.gaierror) as caught:
        resolver.getaddrinfo("silent.example", 80)
    assert caught.value.errno == socket.EAI_AGAIN
    resolver.close()


def test_arguments_that_c_ares_does_not_have() -> None:
    with pytest.raises(TypeError, match="sevrers"):
        Resolver(sevrers="127.0.0.1")


def test_who_waits_during_a_fork_asks_again_in_the_child(server: Nameserver) -> None:
    resolver = Resolver(
        servers=server.address, udp_port=server.port, timeout=5, tries=1
    )
    lookup = gevent.spawn(resolver.getaddrinfo, "silent.example", 80, socket.AF_INET)
    gevent.sleep(0)
    pid = gevent.os.fork()
    if not pid:
        # The answer to the second question comes after the first was asked again.
        found = resolver.gethostbyname("v4.example")
        gevent.os._exit(found != "192.0.2.1" or lookup.ready())
    assert gevent.os.waitpid(pid, 0)[1] == 0
    assert server.questions["silent.example", "A"] == 2
    lookup.kill()
    resolver.close()


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("query", (b"\xff", "A")),
        ("query", ("v4.example", "NONE")),
        ("gethostbyname", (b"\xff",)),
        ("gethostbyaddr", (5,)),
        ("getaddrinfo", ("v4.example", None, "family")),
        ("getnameinfo", (("127.0.0.1", "port"), 0)),
    ],
)
def test_a_query_that_cannot_begin_is_not_waited_for(
    cares: channel, method: str, arguments: tuple[object, ...]
) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        getattr(cares, method)(lambda result: None, *arguments)
    assert "active" not in repr(cares)


def test_a_name_that_nobody_can_ask_for_is_told_once(cares: channel) -> None:
    results: list[Result] = []
    cares.query(results.append, "a..b", "A")
    gevent.idle(-2)
    assert [type(each.exception) for each in results] == [socket.gaierror]
    assert "active" not in repr(cares)


@pytest.mark.parametrize("name", [b"127.0.0.1", "::1"])
@pytest.mark.parametrize("method", ["gethostbyname", "getaddrinfo"])
def test_an_address_is_answered_also_when_its_canonical_name_is_wanted(
    cares: channel, method: str, name: str | bytes
) -> None:
    family = socket.AF_INET6 if name == "::1" else socket.AF_INET
    extra: tuple[object, ...] = (family,)
    if method == "getaddrinfo":
        extra = (None, family, 0, 0, socket.AI_CANONNAME)
    assert _ask(cares, method, name, *extra).successful()


@pytest.mark.parametrize("wrong", [5, object()])
def test_a_server_that_is_no_text_is_a_type_error(
    cares: channel, wrong: object
) -> None:
    with pytest.raises(TypeError, match="Expected str or bytes"):
        cares.set_servers([wrong])  # type: ignore[list-item]  # it is to refuse it


def test_the_repr_of_a_channel_shows_its_timer_and_how_many_sockets(
    cares: channel,
) -> None:
    assert re.fullmatch(
        r"<channel at 0x\w+ _timer=<timer at 0x\w+ native=0x\w+> _watchers\[0\]>",
        repr(cares),
    )


def test_the_repr_of_a_channel_that_is_asked_shows_that_its_timer_runs(
    cares: channel,
) -> None:
    cares.query(lambda result: None, "v4.example", "A")
    assert " active " in repr(cares)
