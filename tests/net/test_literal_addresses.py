"""Literal addresses: answered as the system does, most without asking it."""

from __future__ import annotations

import socket as stdlib
import sys

import pytest

import gevent
from gevent import socket
from gevent.net import literal

HOSTS = (
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "100.10.1.99",
    "127.1",
    "::1",
    "::",
    "fe80::1",
    "2001:0DB8::0001",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("family", [0, stdlib.AF_INET, stdlib.AF_INET6])
@pytest.mark.parametrize("kind", [0, stdlib.SOCK_STREAM, stdlib.SOCK_DGRAM])
def test_literal_is_answered_as_by_the_standard_library(host, family, kind):
    def ask(module, port):
        try:
            return module.getaddrinfo(host, port, family, kind)
        except OSError as error:
            return type(error)

    for port in (80, 0, 65535):
        assert ask(socket, port) == ask(stdlib, port)
        # The second time it is known what the system says.
        assert ask(socket, port) == ask(stdlib, port)


def test_result_belongs_to_the_caller():
    socket.getaddrinfo("127.0.0.1", 80).clear()
    assert socket.getaddrinfo("127.0.0.1", 80) == stdlib.getaddrinfo("127.0.0.1", 80)


def test_entries_name_family_and_type():
    for _ in range(2):
        family, kind, *_ = socket.getaddrinfo("127.0.0.1", 80, 0, stdlib.SOCK_DGRAM)[0]
        assert family is stdlib.AF_INET
        assert kind is stdlib.SOCK_DGRAM


_heard: list[tuple[object, ...]] = []


def _hear(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        _heard.append(args)


def test_each_lookup_of_a_literal_is_audited():
    sys.addaudithook(_hear)
    socket.getaddrinfo("127.0.0.3", 80)
    _heard.clear()
    socket.getaddrinfo("127.0.0.3", 80)
    assert _heard == [("127.0.0.3", 80, 0, 0, 0)]


@pytest.mark.parametrize(
    "wrong", [("127.0.0.1", 65536), ("127.0.0.1", -1), ("127.0.0.1", 2**70)]
)
def test_port_that_is_out_of_range_is_an_error(wrong):
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(OverflowError):
        sock.sendto(b"x", wrong)


def test_port_may_be_an_int_of_a_subclass():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", True))
        assert sock.getpeername() == ("127.0.0.1", 1)


def test_peer_addresses_are_written_as_by_the_standard_library():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as to,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        to.bind(("127.0.0.1", 0))
        sender.bind(("127.100.20.3", 0))
        sender.sendto(b"x", to.getsockname())
        assert to.recvfrom(10) == (b"x", sender.getsockname())


def test_connection_through_loopback_is_made_or_refused():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        place = listener.getsockname()
        with socket.socket() as client, pytest.raises(ConnectionRefusedError):
            client.connect(place)
        listener.listen()
        with socket.create_connection(place) as client:
            assert client.getpeername() == place
            assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def test_connection_of_a_socket_that_does_not_wait_is_under_way():
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.connect(listener.getsockname())
        assert client.wait_writable(10)
        assert client.connect_ex(listener.getsockname()) == 0


def test_connecting_for_ever_lets_other_greenlets_run():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        accepted = []

        def accept():
            while True:
                accepted.append(listener.accept()[0])

        acceptor = gevent.spawn(accept)
        while not accepted:
            socket.create_connection(listener.getsockname()).close()
        acceptor.kill()
        for each in accepted:
            each.close()


def test_scopes_of_addresses_are_kept() -> None:
    """Issues #1560 and #1634."""
    index = stdlib.if_nametoindex("lo")
    for host in ("fe80::1%lo", f"fe80::1%{index}"):
        found = socket.getaddrinfo(host, 80, 0, stdlib.SOCK_STREAM)
        assert found == stdlib.getaddrinfo(host, 80, 0, stdlib.SOCK_STREAM)
        assert found[0][4] == ("fe80::1", 80, 0, index)
    name = socket.getnameinfo(("fe80::1", 80, 0, index), stdlib.NI_NUMERICHOST)
    assert name[0] == "fe80::1%lo"


def test_literals_read_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_connecting_to_a_literal_looks_up_no_service(
    listener: socket.socket,
) -> None:
    """Issue #1252."""
    client = socket.create_connection(listener.getsockname())
    client.close()
    with socket.socket() as other:
        other.connect(listener.getsockname())
    assert not gevent.get_hub().threadpool.size  # type: ignore[attr-defined]  # a ThreadPool
