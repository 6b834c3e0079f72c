"""OpenSSL reads while it writes and writes while it reads."""

from __future__ import annotations

import ssl as stdlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import gevent
from gevent import socket, ssl
from gevent.exceptions import ConcurrentObjectUseError
from tests.net.tls_engine import Peer, has_openssl
from tests.net.tls_pairs import SERVER, client_context

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(not has_openssl(), reason="OpenSSL cannot be called directly"),
]

Connection = tuple[ssl.SSLSocket, Peer]
Parked = Callable[..., gevent.Greenlet]


@contextmanager
def connected(version: ssl.TLSVersion) -> Iterator[Connection]:
    """A client of ours and a peer that goes step by step, after the handshake."""
    first, second = socket.socketpair()
    server = stdlib.SSLContext(stdlib.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(SERVER)
    client = client_context()
    client.maximum_version = version
    peer = Peer(second, server)
    shaking = gevent.spawn(peer.do_handshake)
    with second, client.wrap_socket(first, server_hostname="localhost") as made:
        shaking.get()
        yield made, peer


@pytest.fixture
def renegotiating(parked: Parked) -> Iterator[tuple[ssl.SSLSocket, Peer, object]]:
    """A client whose reader has begun a new handshake, and waits for its answer."""
    with connected(ssl.TLSVersion.TLSv1_2) as (client, peer):
        reading = parked(client.recv, 100)
        peer.renegotiate()
        peer.sock.wait_readable()
        assert not reading.dead
        yield client, peer, reading
        reading.kill()


def test_a_writer_waits_for_the_handshake_that_a_reader_has_begun(
    renegotiating, parked
):
    client, peer, reading = renegotiating
    writing = parked(client.sendall, b"from the writer")
    assert peer.read() == b"from the writer"
    assert writing.get() is None
    assert not reading.dead
    peer.write(b"for the reader")
    assert reading.get() == b"for the reader"


def test_a_writer_goes_on_when_the_reader_is_killed(renegotiating, parked):
    client, peer, reading = renegotiating
    writing = parked(client.sendall, b"from the writer")
    reading.kill()
    assert peer.read() == b"from the writer"
    writing.get()


def test_a_reader_waits_while_a_writer_makes_the_handshake(renegotiating, parked):
    client, peer, reading = renegotiating
    reading.kill()
    writing = parked(client.sendall, b"from the writer")
    reading = parked(client.recv, 100)
    assert peer.read() == b"from the writer"
    writing.get()
    peer.write(b"for the reader")
    assert reading.get() == b"for the reader"


def test_a_reader_goes_on_when_the_writer_is_killed(renegotiating, parked):
    client, peer, reading = renegotiating
    reading.kill()
    writing = parked(client.sendall, b"from the writer")
    reading = parked(client.recv, 100)
    writing.kill()
    serving = gevent.spawn(peer.do_handshake)
    peer.write(b"for the reader")
    assert reading.get() == b"for the reader"
    serving.get()


def test_closing_wakes_reader_and_writer_of_a_handshake(renegotiating, parked):
    client, _, reading = renegotiating
    writing = parked(client.sendall, b"x")
    client.close()
    for each in (reading, writing):
        assert isinstance(each.get(), OSError)


def test_a_writer_that_waits_for_a_handshake_times_out(renegotiating):
    client, _, reading = renegotiating
    client.settimeout(0.001)
    with pytest.raises(TimeoutError, match="write operation timed out"):
        client.sendall(b"x")
    assert not reading.dead


def test_a_writer_that_must_not_wait_says_what_it_wants(renegotiating):
    client, _, reading = renegotiating
    client.settimeout(0)
    with pytest.raises(ssl.SSLWantReadError):
        client.write(b"x")
    assert not reading.dead


def test_a_second_reader_is_refused(renegotiating):
    client, _, _ = renegotiating
    with pytest.raises(ConcurrentObjectUseError):
        client.recv(1)


def test_new_keys_while_both_directions_are_busy(parked):
    """The answer to a request for new keys goes out although the reader only reads."""
    with connected(ssl.TLSVersion.TLSv1_3) as (client, peer):
        sent = bytes(range(256)) * 4000
        writing = parked(client.sendall, sent)
        reading = parked(client.recv, 100)
        for _ in range(3):
            peer.update_keys()
        peer.write(b"after the new keys")
        assert reading.get() == b"after the new keys"
        came = bytearray()
        while len(came) < len(sent):
            came += peer.read()
        assert came == sent
        writing.get()


def test_a_client_that_has_gone_is_heard_by_a_server_that_has_tickets_for_it():
    """As in the standard library: what was sent before the end of it can be read."""
    first, second = socket.socketpair()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(SERVER)
    shared = {"do_handshake_on_connect": False}
    client = client_context().wrap_socket(first, server_hostname="localhost", **shared)
    server = server_context.wrap_socket(second, server_side=True, **shared)
    for each in (client, server):
        each.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            each.do_handshake()
    client.do_handshake()
    client.send(b"the last words")
    client.close()
    with server:
        server.do_handshake()
        assert server.recv(100) == b"the last words"
