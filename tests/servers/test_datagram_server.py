"""DatagramServer: a handler for each datagram, replies from its socket."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator

import pytest

import gevent
from gevent import socket
from gevent.event import Event
from gevent.server import DatagramServer

LOCAL = ("127.0.0.1", 0)


def test_each_datagram_is_handled_and_can_be_answered():
    server = DatagramServer(LOCAL, lambda data, who: server.sendto(data[::-1], who))
    with server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.start()
        client.settimeout(10)
        client.connect(server.address)
        for n in range(20):
            client.send(b"%d!" % n)
            assert client.recv(100) == (b"%d!" % n)[::-1]


def test_socket_that_is_bound_already_is_served():
    bound = socket.socket(type=socket.SOCK_DGRAM)
    bound.bind(LOCAL)
    seen = []
    server = DatagramServer(bound, lambda *args: server.sendto(b"seen", args[1]))
    server.start()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(b"x", server.address)
        seen.append(client.recv(10))
    server.stop()
    assert seen == [b"seen"]
    assert bound.fileno() == -1


def test_extra_keywords_are_refused():
    with pytest.raises(TypeError):
        DatagramServer(LOCAL, print, anything=1)


@pytest.fixture
def client() -> Iterator[socket.socket]:
    """Give a UDP socket."""
    with socket.socket(type=socket.SOCK_DGRAM) as made:
        yield made


def test_datagrams_are_handled_in_the_order_they_came(client):
    seen: list[bytes] = []
    done = Event()

    def handle(data, _who):
        seen.append(data)
        if len(seen) == 50:
            done.set()

    with DatagramServer(LOCAL, handle) as server:
        server.start()
        for n in range(50):
            client.sendto(b"%d" % n, server.address)
        assert done.wait(10)
    assert seen == [b"%d" % n for n in range(50)]


def test_a_handler_that_is_set_later_gets_the_next_datagram(client):
    """Issue 12."""
    with DatagramServer(LOCAL, lambda *_: server.sendto(b"one", _[1])) as server:
        server.start()
        client.connect(server.address)
        client.send(b"?")
        assert client.recv(10) == b"one"
        server.set_handle(lambda *_: server.sendto(b"two", _[1]))
        client.send(b"?")
        assert client.recv(10) == b"two"


def test_handler_runs_before_the_next_datagram_is_taken(client):
    events: list[str] = []
    done = Event()

    class Server(DatagramServer):
        def do_read(self):
            taken = super().do_read()
            events.append("taken" if taken else "empty")
            return taken

        def handle(self, _data, _who):
            events.append("handled")
            if events.count("handled") == 2:
                done.set()

    with Server(LOCAL) as server:
        server.start()
        client.sendto(b"a", server.address)
        client.sendto(b"b", server.address)
        assert done.wait(10)
    assert events[:4] == ["taken", "handled", "taken", "handled"]


@pytest.mark.parametrize("end", ["stop_accepting", "close"])
@pytest.mark.parametrize("spawn", ["default", None])
def test_nothing_is_taken_after_a_handler_ended_the_accepting(
    client, errors: io.StringIO, end: str, spawn: str | None
):
    seen: list[bytes] = []
    done = Event()

    def handle(data, _who):
        seen.append(data)
        getattr(server, end)()
        done.set()

    server = DatagramServer(LOCAL, handle, spawn=spawn)
    server.start()
    for _ in range(3):
        client.sendto(b"x", server.address)
    assert done.wait(10)
    gevent.idle()
    server.stop()
    assert seen == [b"x"]
    assert errors.getvalue() == ""


def test_accepting_goes_on_after_it_was_stopped_and_started(client):
    seen: list[bytes] = []
    done = Event()

    def handle(data, _who):
        seen.append(data)
        server.stop_accepting()
        server.start_accepting()
        if len(seen) == 3:
            done.set()

    with DatagramServer(LOCAL, handle) as server:
        server.start()
        for each in b"a", b"b", b"c":
            client.sendto(each, server.address)
        assert done.wait(10)
    assert seen == [b"a", b"b", b"c"]


def test_one_wake_up_takes_at_most_max_accept(client):
    n_wake_ups = 0
    seen: list[bytes] = []
    done = Event()

    class Server(DatagramServer):
        max_accept = 2

        def _do_read(self):
            nonlocal n_wake_ups
            n_wake_ups += 1
            super()._do_read()

        def handle(self, data, _who):
            seen.append(data)
            if len(seen) == 6:
                done.set()

    with Server(LOCAL) as server:
        server.start()
        for n in range(6):
            client.sendto(b"%d" % n, server.address)
        assert done.wait(10)
    assert n_wake_ups >= 3


def test_pool_that_is_full_leaves_datagrams_in_the_socket(client):
    seen: list[bytes] = []
    may_end = Event()
    arrived = Event()

    def handle(data, _who):
        seen.append(data)
        arrived.set()
        may_end.wait()

    server = DatagramServer(LOCAL, handle, spawn=1)
    server.start()
    client.sendto(b"a", server.address)
    client.sendto(b"b", server.address)
    assert arrived.wait(10)
    gevent.idle()
    assert seen == [b"a"]
    arrived.clear()
    may_end.set()
    assert arrived.wait(10)
    assert seen == [b"a", b"b"]
    server.stop()


def test_unix_socket_is_served_and_its_peers_may_have_no_name():
    seen: list[tuple[bytes, object]] = []
    done = Event()

    def handle(*args):
        seen.append(args)
        done.set()

    with tempfile.TemporaryDirectory() as folder:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bound.bind(os.path.join(folder, "s"))
        with (
            DatagramServer(bound, handle) as server,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless,
        ):
            server.start()
            nameless.sendto(b"x", os.path.join(folder, "s"))
            assert done.wait(10)
    assert seen == [(b"x", None)]


def test_large_datagram_is_cut(client):
    sizes: list[int] = []
    done = Event()

    def handle(data, _who):
        sizes.append(len(data))
        done.set()

    with DatagramServer(LOCAL, handle) as server:
        server.start()
        client.sendto(bytes(9000), server.address)
        assert done.wait(10)
    assert sizes == [8192]


def test_blocking_socket_of_the_standard_library_does_not_stop_the_loop(client):
    import _socket  # not the patched one

    bound = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    bound.bind(LOCAL)
    done = Event()
    # What has no accept() is no listener.
    server = DatagramServer(LOCAL, lambda *args: done.set())
    server.socket = bound
    server.start()
    client.sendto(b"x", bound.getsockname())
    assert done.wait(10)
    server.stop()
