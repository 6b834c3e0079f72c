"""The resolvers that leave names to the system, and which one a hub gets."""

from __future__ import annotations

import socket as stdlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gevent
from gevent import config, socket
from gevent.event import Event
from gevent.hub import Hub
from gevent.net.literal import find_literal, is_literal
from gevent.resolver.ares import Resolver as AresResolver
from gevent.resolver.blocking import Resolver as BlockingResolver
from gevent.resolver.dnspython import Resolver as DnspythonResolver
from gevent.resolver.thread import Resolver as ThreadResolver
from tests.support.schedule import no_switches, switches
from tests.support.services import name_of


@pytest.fixture
def hub() -> Hub:
    return gevent.get_hub()


@pytest.fixture
def chosen() -> Iterator[None]:
    """Put the setting back afterwards."""
    before = config.resolver
    yield
    config.resolver = before


def test_a_hub_resolves_in_threads_unless_told_otherwise(hub: Hub) -> None:
    assert type(hub.resolver) is ThreadResolver


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("block", BlockingResolver),
        ("ares", AresResolver),
        ("dnspython", DnspythonResolver),
        ("gevent.resolver.thread.Resolver", ThreadResolver),
        ("no.such.Resolver,block", BlockingResolver),
        (["no.such.Resolver", "dnspython", "block"], DnspythonResolver),
        (BlockingResolver, BlockingResolver),
    ],
)
def test_the_setting_chooses(
    hub: Hub, chosen: None, value: object, kind: type[object]
) -> None:
    config.resolver = value  # type: ignore[assignment]  # it is converted
    assert type(hub.resolver) is kind
    hub.resolver.close()


def test_a_resolver_of_the_programs_own(hub: Hub) -> None:
    class Fixed:
        def gethostbyname(self, name: str) -> str:
            return f"address of {name}"

        def close(self) -> None: ...

    hub.resolver = Fixed()  # type: ignore[assignment]  # it has what is used
    assert socket.gethostbyname("some.example") == "address of some.example"


def test_repr_shows_the_pool(hub: Hub) -> None:
    resolver = ThreadResolver(hub)
    assert repr(resolver).startswith("<gevent.resolver.thread.Resolver at 0x")
    assert f"pool={hub.threadpool!r}" in repr(resolver)


def test_errors_of_lookups_are_no_errors_of_the_hub(hub: Hub) -> None:
    ThreadResolver(hub)
    ThreadResolver(hub)
    assert hub.NOT_ERROR[-2:] == (stdlib.gaierror, stdlib.herror)
    assert hub.NOT_ERROR.count(stdlib.gaierror) == 1
    assert stdlib.gaierror not in Hub.NOT_ERROR


def test_a_name_is_looked_up_while_others_run() -> None:
    ran = Event()
    gevent.spawn(ran.set)
    with switches():
        found = socket.getnameinfo(("127.0.0.1", 80), stdlib.NI_NUMERICSERV)
    assert found == stdlib.getnameinfo(("127.0.0.1", 80), stdlib.NI_NUMERICSERV)
    assert ran.is_set()


def test_a_name_of_the_hosts_file_needs_no_thread(hub: Hub) -> None:
    with no_switches():
        want = stdlib.gethostbyname_ex("localhost")
        assert socket.gethostbyname_ex("localhost") == want
        assert socket.gethostbyname("localhost") == stdlib.gethostbyname("localhost")
        service = name_of(80)  # "http", if the system has a list of services
        want_entries = stdlib.getaddrinfo("localhost", service)
        assert socket.getaddrinfo("localhost", service) == want_entries
    assert not hub.threadpool.size  # type: ignore[attr-defined]  # a ThreadPool


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("getaddrinfo", ("127.0.0.1", 80)),
        ("getaddrinfo", ("127.0.0.1", "80")),
        ("getaddrinfo", (b"::1", b"80")),
        ("getaddrinfo", ("0x7f.1", None)),
        ("getaddrinfo", ("fe80::1%lo", 80)),
        ("getaddrinfo", (None, 80)),
        ("gethostbyname", ("127.0.0.1",)),
        pytest.param(
            *("gethostbyname", (b"1.2.3",)),
            marks=pytest.mark.cpython("PyPy's takes no bytes"),
        ),
        ("getnameinfo", (("127.0.0.1", 80), 3)),
    ],
)
def test_numbers_never_leave_the_thread(
    hub: Hub, function: str, args: tuple[object, ...]
) -> None:
    want = getattr(stdlib, function)(*args)
    with no_switches():
        assert getattr(socket, function)(*args) == want
        assert getattr(hub.resolver, function)(*args) == want
    assert not hub.threadpool.size  # type: ignore[attr-defined]  # a ThreadPool


@pytest.mark.parametrize("name", ["no-such-name-1", "127.0.0.256", "0x", "a:b", "٣"])
def test_what_only_looks_like_a_number_is_a_name(name: str) -> None:
    assert find_literal(name, 80) is None
    assert not is_literal(name)


def test_keywords_reach_the_systems_function() -> None:
    want = stdlib.getaddrinfo("localhost", 80, proto=stdlib.IPPROTO_TCP)
    assert socket.getaddrinfo(host="localhost", port=80, proto=6) == want
    resolver = ThreadResolver()
    assert resolver.getaddrinfo("localhost", port=80, proto=6) == want


def test_a_failed_lookup_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for sockaddr in (("127.0.0.1", 80), ("a..b", 80), 5):
        with pytest.raises((OSError, UnicodeError, TypeError)):
            socket.getnameinfo(sockaddr, 1 << 11)  # type: ignore[arg-type]  # wrong
    assert capsys.readouterr().err == ""


def test_a_killed_lookup_leaves_no_greenlet_waiting(hub: Hub) -> None:
    lookup = gevent.spawn(socket.gethostbyaddr, "127.0.0.1")
    gevent.sleep(0)
    lookup.kill()
    assert isinstance(lookup.value, gevent.GreenletExit)
    # The thread finishes what it began.
    assert hub.threadpool.join() is None  # type: ignore[attr-defined]  # a ThreadPool


DEPRECATED = """
import warnings

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    from gevent import resolver_thread, resolver_ares
for each in told:
    print(each.category.__name__, each.filename == __file__, each.message)
"""


def test_the_deprecated_names_are_told_to_who_imports_them(tmp_path: Path) -> None:
    # In a program of its own: pytest puts a frame between an import and a module.
    program = tmp_path / "program.py"
    program.write_text(DEPRECATED)
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=True
    )
    thread, ares = done.stdout.splitlines()
    assert thread.startswith("DeprecationWarning True gevent.resolver_thread is")
    assert ares.startswith("DeprecationWarning True gevent.resolver_ares is")


@pytest.mark.filterwarnings("ignore:gevent.resolver_:DeprecationWarning")
def test_the_deprecated_names_are_those_of_today() -> None:
    from gevent import ares, resolver_ares, resolver_thread
    from gevent.resolver import cares

    assert resolver_thread.Resolver is ThreadResolver
    assert resolver_ares.Resolver is AresResolver
    assert ares.channel is cares.channel


def test_entries_of_names_have_the_enumerations() -> None:
    """Issue #1310."""
    for host in ("localhost", "127.0.0.1"):
        family, kind, *_ = socket.getaddrinfo(host, 80, stdlib.AF_INET)[0]
        assert family is stdlib.AddressFamily.AF_INET
        assert kind is stdlib.SocketKind.SOCK_STREAM


@pytest.mark.parametrize("flags", [1 << 11, -1, 1 << 30, 2**70, "1", None, 1.5])
def test_wrong_flags_of_getnameinfo_are_what_they_are_to_the_system(
    flags: object,
) -> None:
    """Issue #774."""
    with pytest.raises(Exception) as want:  # noqa: PT011 - which one is the question
        stdlib.getnameinfo(("127.0.0.1", 80), flags)  # type: ignore[arg-type]  # wrong
    with pytest.raises(type(want.value)) as got:
        socket.getnameinfo(("127.0.0.1", 80), flags)  # type: ignore[arg-type]  # wrong
    assert got.value.args == want.value.args


@pytest.mark.parametrize("host", ["a..b", "ä..b", "\ud800", "ä" * 64])
def test_names_that_cannot_be_encoded_are_what_they_are_to_the_system(
    host: str,
) -> None:
    """Issue #132; good ones are in the tests of the resolvers that ask DNS."""
    with pytest.raises(UnicodeError) as want:
        stdlib.getaddrinfo(host, 80)
    with pytest.raises(type(want.value)) as got:
        socket.getaddrinfo(host, 80)
    assert got.value.args == want.value.args
