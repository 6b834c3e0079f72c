"""Regressions of name resolution, by their ids."""

from __future__ import annotations

import multiprocessing
import os
import socket as stdlib
import subprocess
import sys

import pytest

import gevent
from gevent import socket
from gevent.net import literal
from gevent.resolver.dnspython import Resolver as DnspythonResolver
from tests.support.nameserver import serving


def _exit_status(function: object, *args: object) -> None:
    os._exit(0 if function(*args) else 1)  # type: ignore[operator]  # it is one


def _resolves() -> bool:
    """Look up what needs a thread, and no server."""
    name = socket.getnameinfo(("127.0.0.1", 80), stdlib.NI_NUMERICSERV)
    return name == stdlib.getnameinfo(("127.0.0.1", 80), stdlib.NI_NUMERICSERV)


def test_j1_a_lookup_after_fork() -> None:
    """Issue #2: also when the parent has looked up, in a thread, before."""
    assert _resolves()
    pid = gevent.os.fork()
    if not pid:
        _exit_status(_resolves)
    assert gevent.os.waitpid(pid, 0)[1] == 0
    assert _resolves()


def test_j1_a_lookup_after_a_bare_fork() -> None:
    """Issue #2."""
    assert _resolves()
    pid = os.fork()
    if not pid:
        _exit_status(_resolves)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.slow
def test_e1_a_lookup_in_a_child_of_multiprocessing() -> None:
    """Issue #230."""
    assert _resolves()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_exit_status, args=(_resolves,))
    child.start()
    child.join()
    assert child.exitcode == 0


def test_i13_entries_have_the_enumerations() -> None:
    """Issue #1310."""
    for host in ("localhost", "127.0.0.1"):
        family, kind, *_ = socket.getaddrinfo(host, 80, stdlib.AF_INET)[0]
        assert family is stdlib.AddressFamily.AF_INET
        assert kind is stdlib.SocketKind.SOCK_STREAM


def test_j3_scopes_are_kept() -> None:
    """Issues #1560 and #1634."""
    index = stdlib.if_nametoindex("lo")
    for host in ("fe80::1%lo", f"fe80::1%{index}"):
        found = socket.getaddrinfo(host, 80, 0, stdlib.SOCK_STREAM)
        assert found == stdlib.getaddrinfo(host, 80, 0, stdlib.SOCK_STREAM)
        assert found[0][4] == ("fe80::1", 80, 0, index)
    name = socket.getnameinfo(("fe80::1", 80, 0, index), stdlib.NI_NUMERICHOST)
    assert name[0] == "fe80::1%lo"


def test_j6_numeric_addresses_read_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue #2084: the system is told that there is nothing to look up."""
    seen = []

    def getaddrinfo(*args: object) -> list[object]:
        seen.append(args[5])
        return []

    monkeypatch.setattr(literal._socket, "getaddrinfo", getaddrinfo)
    # What is known is not even asked for.
    monkeypatch.setattr(literal, "_kinds", {})
    for _ in range(10_000):
        socket.getaddrinfo("192.0.2.1", 80)
    numeric = stdlib.AI_NUMERICHOST | stdlib.AI_NUMERICSERV
    assert len(seen) == 10_000
    assert set(seen) == {numeric}
    assert not gevent.get_hub().threadpool.size  # type: ignore[attr-defined]  # a ThreadPool


def test_j7_dnspython_may_be_imported_before() -> None:
    """Issues #1661 and #1526: it is used as it is, and left as it is."""
    program = (
        "import socket, time, dns.resolver, dns.query\n"
        "before = dns.query.socket, dns.resolver.socket, dns.resolver.time\n"
        "from gevent.resolver.dnspython import Resolver\n"
        "assert isinstance(Resolver().resolver, dns.resolver.Resolver)\n"
        "assert before == (socket, socket, time)\n"
        "assert dns.query.socket.socket.__module__ == 'socket'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_j7_others_run_while_dnspython_waits() -> None:
    """Issue #1661."""
    zone = {"v4.example": {"A": ["192.0.2.1"]}, "silent.example": {"SILENT": []}}
    with serving(zone) as server:
        resolver = DnspythonResolver()
        resolver.resolver.port = server.port
        resolver.resolver.nameservers = [server.address]
        ran: list[bool] = []
        gevent.spawn(ran.append, True)
        answer = resolver.resolver.resolve("v4.example.")
        assert [record.to_text() for record in answer] == ["192.0.2.1"]
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
            resolver.resolver.resolve("silent.example.")
        assert ran


@pytest.mark.parametrize("flags", [1 << 11, -1, 1 << 30, 2**70, "1", None, 1.5])
def test_j9_wrong_flags_of_getnameinfo(flags: object) -> None:
    """Issue #774."""
    with pytest.raises(Exception) as want:  # noqa: PT011 - which one is the question
        stdlib.getnameinfo(("127.0.0.1", 80), flags)  # type: ignore[arg-type]  # wrong
    with pytest.raises(type(want.value)) as got:
        socket.getnameinfo(("127.0.0.1", 80), flags)  # type: ignore[arg-type]  # wrong
    assert got.value.args == want.value.args


def test_j10_connecting_to_a_literal_looks_up_no_service(
    listener: socket.socket,
) -> None:
    """Issue #1252."""
    client = socket.create_connection(listener.getsockname())
    client.close()
    with socket.socket() as other:
        other.connect(listener.getsockname())
    assert not gevent.get_hub().threadpool.size  # type: ignore[attr-defined]  # a ThreadPool


@pytest.mark.parametrize("host", ["a..b", "ä..b", "\ud800", "ä" * 64])
def test_j11_wrong_names_in_other_alphabets(host: str) -> None:
    """Issue #132; good ones are in the tests of the resolvers that ask DNS."""
    with pytest.raises(UnicodeError) as want:
        stdlib.getaddrinfo(host, 80)
    with pytest.raises(type(want.value)) as got:
        socket.getaddrinfo(host, 80)
    assert got.value.args == want.value.args
