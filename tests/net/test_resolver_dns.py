"""The resolvers that ask DNS, against a server on the loopback."""

from __future__ import annotations

import _socket
import os
import socket
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

import gevent
from gevent import config
from gevent.event import Event
from gevent.net.resolver.stub import StubResolver
from gevent.net.resolver.system import Search
from gevent.resolver.ares import Resolver as AresResolver
from gevent.resolver.dnspython import Resolver as DnspythonResolver
from tests.support.nameserver import Nameserver, serving
from tests.support.schedule import wait_until
from tests.support.services import name_of
from tests.support.zone import ZONE

Make: TypeAlias = Callable[[Nameserver], StubResolver]


def _make_ares(server: Nameserver) -> StubResolver:
    return AresResolver(
        servers=[server.address],
        udp_port=server.port,
        tcp_port=server.port,
        timeout=5,
        tries=2,
    )


def _make_dnspython(server: Nameserver) -> StubResolver:
    made = DnspythonResolver()
    made.resolver.port = server.port
    made.resolver.nameservers = [server.address]
    return made


@pytest.fixture
def server() -> Iterator[Nameserver]:
    with serving(ZONE) as server:
        yield server


@pytest.fixture(params=[_make_ares, _make_dnspython], ids=["ares", "dnspython"])
def resolver(
    request: pytest.FixtureRequest, server: Nameserver
) -> Iterator[StubResolver]:
    make: Make = request.param
    made = make(server)
    yield made
    made.close()


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let resolvers that are made from now on wait for no answer for long."""
    monkeypatch.setitem(vars(config), "resolver_timeout", 0.02)


@pytest.fixture
def impatient(
    impatience: None, resolver: StubResolver, monkeypatch: pytest.MonkeyPatch
) -> StubResolver:
    """A resolver that soon gives up, and asks for no other names."""
    monkeypatch.setattr(resolver, "_search", _NoSearch())
    return resolver


class _NoSearch:
    """A configuration that has no domains to search."""

    def get(self) -> Search:
        return Search((), 1)


def _addresses(resolver: StubResolver, name: str, family: int = 0) -> set[object]:
    found = resolver.getaddrinfo(name, 80, family, socket.SOCK_STREAM)
    return {entry[4][0] for entry in found}


def test_addresses_of_both_families(resolver: StubResolver) -> None:
    assert _addresses(resolver, "both.example") == {"192.0.2.2", "2001:db8::2"}


def test_addresses_of_one_family(resolver: StubResolver) -> None:
    assert _addresses(resolver, "both.example", socket.AF_INET) == {"192.0.2.2"}
    assert _addresses(resolver, "both.example", socket.AF_INET6) == {"2001:db8::2"}


def test_an_entry_for_each_kind_of_socket(resolver: StubResolver) -> None:
    literal = socket.getaddrinfo("192.0.2.1", 80)
    assert resolver.getaddrinfo("v4.example", 80) == literal


def test_services_are_the_systems(resolver: StubResolver) -> None:
    service = name_of(443)  # "https", if the system has a list of services
    literal = socket.getaddrinfo("192.0.2.1", service, 0, socket.SOCK_STREAM)
    found = resolver.getaddrinfo("v4.example", service, 0, socket.SOCK_STREAM)
    assert found == literal


def test_no_question_is_asked_when_an_argument_is_wrong(
    resolver: StubResolver, server: Nameserver
) -> None:
    with pytest.raises(socket.gaierror) as caught:
        resolver.getaddrinfo("v4.example", "no-such-service")
    assert caught.value.errno == socket.EAI_SERVICE
    assert not server.questions


def test_aliases_are_followed(resolver: StubResolver) -> None:
    name, aliases, addresses = resolver.gethostbyname_ex("chain.example")
    assert name == "v4.example"
    assert aliases == ["chain.example", "alias.example"]
    assert addresses == ["192.0.2.1"]


def test_the_canonical_name_is_in_the_first_entry(resolver: StubResolver) -> None:
    found = resolver.getaddrinfo("alias.example", 80, flags=socket.AI_CANONNAME)
    assert [entry[3] for entry in found] == ["v4.example", "", ""]


def test_an_answer_that_needs_tcp(resolver: StubResolver, server: Nameserver) -> None:
    assert resolver.gethostbyname("tcp.example") == "192.0.2.7"
    assert server.questions["tcp.example", "A"] == 2


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("nowhere.example", socket.EAI_NONAME),
        ("empty.example", socket.EAI_NODATA),
        ("broken.example", socket.EAI_AGAIN),
    ],
)
def test_failures_are_the_systems(
    resolver: StubResolver, name: str, number: int
) -> None:
    with pytest.raises(socket.gaierror) as caught:
        resolver.getaddrinfo(name, 80)
    assert caught.value.errno == number
    assert caught.value.strerror


@pytest.mark.parametrize(
    "name", ["broken.example", "refused.example", "notimp.example", "silent.example"]
)
@pytest.mark.parametrize("method", ["gethostbyname", "gethostbyname_ex"])
def test_a_server_that_fails_is_a_temporary_failure(
    impatient: StubResolver, method: str, name: str
) -> None:
    with pytest.raises(socket.gaierror) as caught:
        getattr(impatient, method)(name)
    assert caught.value.args == (-3, "Temporary failure in name resolution")


@pytest.mark.parametrize("method", ["gethostbyname", "gethostbyname_ex"])
@pytest.mark.parametrize("name", ["localhost\0x", "v4.example\0", b"127.0.0.1\0"])
def test_a_name_does_not_end_at_a_null(
    resolver: StubResolver, server: Nameserver, method: str, name: str
) -> None:
    with pytest.raises(TypeError):
        getattr(resolver, method)(name)
    assert not server.questions


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("gethostbyname", (5,)),
        ("gethostbyaddr", (None,)),
        ("getaddrinfo", (bytearray(b"v4.example"), 80)),
        ("getaddrinfo", ("v4.example", 80, 2.0)),
        ("getaddrinfo", ("127.0.0.1", 80, 0, 1.0)),
        ("getaddrinfo", ("v4.example", 80, 0, 0, 0, "1")),
        ("getnameinfo", (("127.0.0.1", 80), 1.0)),
    ],
)
def test_wrong_types_are_what_they_are_to_the_system(
    resolver: StubResolver, method: str, args: tuple[object, ...]
) -> None:
    with pytest.raises(TypeError) as want:
        getattr(_socket, method)(*args)
    with pytest.raises(TypeError) as got:
        getattr(resolver, method)(*args)
    assert str(got.value) == str(want.value)


def test_the_name_of_an_address(resolver: StubResolver) -> None:
    found = ("v4.example", [], ["192.0.2.1"])
    assert resolver.gethostbyaddr("192.0.2.1") == found
    assert resolver.gethostbyaddr("v4.example") == found
    assert resolver.getnameinfo(("192.0.2.1", 80), 0) == ("v4.example", name_of(80))


def test_an_address_without_a_name(resolver: StubResolver) -> None:
    with pytest.raises(socket.herror) as caught:
        resolver.gethostbyaddr("192.0.2.200")
    assert caught.value.args == (1, "Unknown host")
    assert resolver.getnameinfo(("192.0.2.200", 80), 0) == ("192.0.2.200", name_of(80))


def test_a_literal_address_asks_nobody(
    resolver: StubResolver, server: Nameserver
) -> None:
    assert resolver.gethostbyname("192.0.2.77") == "192.0.2.77"
    assert resolver.getaddrinfo("2001:db8::77", "80")
    assert resolver.gethostbyname("<broadcast>") == "255.255.255.255"
    assert resolver.gethostbyname("") == "0.0.0.0"
    assert not server.questions


def test_lookups_run_at_the_same_time(resolver: StubResolver) -> None:
    lookups = [
        gevent.spawn(resolver.gethostbyname, name)
        for name in ("v4.example", "both.example", "alias.example")
    ]
    gevent.joinall(lookups)
    assert [lookup.value for lookup in lookups] == [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.1",
    ]


def test_others_run_while_an_answer_is_awaited(resolver: StubResolver) -> None:
    ran = Event()
    gevent.spawn(ran.set)
    # An answer that comes at once is taken without a switch: this one never comes.
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
        resolver.getaddrinfo("silent.example", 80)
    assert ran.is_set()


def _ask_the_silent(resolver: StubResolver, server: Nameserver) -> gevent.Greenlet:
    """Start a lookup that nobody answers; return when the server has heard of it."""
    lookup = gevent.spawn(resolver.getaddrinfo, "silent.example", 80)
    gevent.sleep(0)
    assert gevent.get_hub().threadpool.apply(server.asked.wait, (10,))
    return lookup


def test_a_killed_lookup_leaves_nothing(
    resolver: StubResolver, server: Nameserver
) -> None:
    loop = gevent.get_hub().loop
    lookup = _ask_the_silent(resolver, server)
    assert loop.references
    lookup.kill()
    gevent.idle(-2)
    assert not loop.references


def test_a_timeout_ends_a_lookup(resolver: StubResolver) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
        resolver.getaddrinfo("silent.example", 80)
    assert resolver.gethostbyname("v4.example") == "192.0.2.1"


def test_a_killed_lookup_does_not_end_others(
    resolver: StubResolver, server: Nameserver
) -> None:
    lookup = _ask_the_silent(resolver, server)
    other = gevent.spawn(resolver.gethostbyname, "v4.example")
    gevent.sleep(0)
    lookup.kill(block=False)
    assert other.get() == "192.0.2.1"
    lookup.join()


def test_a_child_asks_for_itself(resolver: StubResolver) -> None:
    assert resolver.gethostbyname("v4.example") == "192.0.2.1"
    pid = gevent.os.fork()
    if not pid:
        try:
            same = resolver.gethostbyname("both.example") == "192.0.2.2"
        except BaseException:
            os._exit(2)
        os._exit(0 if same else 1)
    assert gevent.os.waitpid(pid, 0)[1] == 0
    assert resolver.gethostbyname("alias.example") == "192.0.2.1"


def test_a_name_of_the_hosts_file_asks_nobody(
    resolver: StubResolver, server: Nameserver
) -> None:
    assert resolver.gethostbyname("localhost") == socket.gethostbyname("localhost")
    by_address = resolver.gethostbyaddr("127.0.0.1")
    assert by_address == socket.gethostbyaddr("127.0.0.1")
    assert not server.questions


def test_a_name_in_another_alphabet(resolver: StubResolver) -> None:
    assert resolver.gethostbyname("bücher.example") == "192.0.2.6"


def test_both_families_are_asked_for_at_once(
    resolver: StubResolver, server: Nameserver
) -> None:
    lookup = _ask_the_silent(resolver, server)
    wanted = {("silent.example", "A"), ("silent.example", "AAAA")}
    wait_until(lambda: wanted <= set(server.questions))  # its thread notes them
    # Not after the first was given up: it would have been repeated before.
    assert server.questions["silent.example", "A"] == 1
    lookup.kill()


def test_servers_are_read_again_when_the_configuration_has_changed(
    server: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = AresResolver(udp_port=server.port, tcp_port=server.port)
    before = made.cares
    monkeypatch.setattr(made, "_ask_channel", lambda name, kinds: [])
    made._ask("v4.example", ("A",))
    assert made.cares is before
    made._search._stamp = "another"
    made._ask("v4.example", ("A",))
    assert made.cares is not before
    made.close()


def test_given_servers_stay_when_the_configuration_has_changed(
    server: Nameserver,
) -> None:
    made = _make_ares(server)
    made._search._stamp = "another"
    assert made.gethostbyname("v4.example") == "192.0.2.1"
    made.close()


def test_who_waits_is_answered_by_the_servers_of_the_new_configuration(
    server: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = AresResolver(udp_port=server.port, tcp_port=server.port, timeout=60)
    assert made.cares is not None
    with serving({"v4.example": {"SILENT": []}}) as silent:
        made.cares.destroy()
        made.cares = AresResolver.cares_class(
            made.hub.loop, servers=[silent.address], udp_port=silent.port
        )
        lookup = gevent.spawn(made._ask, "v4.example", ("A",))
        gevent.sleep(0)
        assert gevent.get_hub().threadpool.apply(silent.asked.wait, (10,))
        made.params["servers"] = [server.address]
        made._replace(made.cares)
        assert lookup.get()[0].values == ["192.0.2.1"]
    made.close()
