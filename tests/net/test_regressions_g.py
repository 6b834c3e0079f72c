"""TLS as it failed before: class G of the regressions, and what belongs to it."""

from __future__ import annotations

import errno
import gc
import ssl as stdlib
import sys

import pytest

import gevent
from gevent import select, socket, ssl
from gevent import server as servers
from tests.net.tls_pairs import (
    CLIENT,
    SERVER,
    client_context,
    server_context,
    tls_pair,
)

pytestmark = pytest.mark.pure


@pytest.fixture
def tls():
    first, second = tls_pair()
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def tls_server():
    """A server that sends back what it gets, in upper case."""

    def answer(sock, _):
        while data := sock.recv(1000):
            sock.sendall(data.upper())

    made = servers.StreamServer(("127.0.0.1", 0), answer, ssl_context=server_context())
    made.start()
    yield made
    made.stop()
    gevent.wait()  # for the handlers, which see their clients go


def connected(server):
    sock = socket.create_connection(server.address)
    return client_context().wrap_socket(sock, server_hostname="localhost")


def test_g1_large_buffers_to_a_slow_peer(tls):
    client, server = tls
    client.settimeout(60)
    sending = gevent.spawn(client.sendall, b"x" * 2_000_000)
    n_read = 0
    while n_read < 2_000_000:
        n_read += len(server.recv(1000 if n_read < 50_000 else 16384))
        gevent.sleep(0)
    assert sending.get() is None


def test_g2_nothing_is_sent_at_once_whatever_the_time_out(tls):
    client, _ = tls
    client.settimeout(0.001)
    assert client.sendall(b"") == 0
    assert client.send(b"") == 0
    assert client.write(b"") == 0


def test_g3_an_idle_client_does_not_stop_a_tls_server(tls_server):
    with socket.create_connection(tls_server.address), connected(tls_server) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"HELLO"


# G5, what a reset is: test_ssl_ends.py.


def test_g6_the_certificate_of_a_server_can_be_had(tls_server):
    with open(SERVER) as file:
        expected = file.read()
    found = ssl.get_server_certificate(tls_server.address)
    assert found.strip() in expected
    found = ssl.get_server_certificate(tls_server.address, ca_certs=SERVER)
    assert found.strip() in expected


def test_g7_defaults_are_safe():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.options & ssl.OP_NO_SSLv3
    # The system's OpenSSL says which is the lowest, and so may this build of Python.
    plain = stdlib.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # PyPy itself accepts what OpenSSL does; ours is stricter there.
    assert context.minimum_version >= plain.minimum_version
    context = ssl.create_default_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_g9_a_bad_client_is_reported_and_the_server_goes_on(tls_server, capsys):
    with socket.create_connection(tls_server.address) as bad:
        bad.sendall(b"this is no TLS at all\r\n")
        while bad.recv(100):
            pass  # the alert, then the end
    assert "SSLError" in capsys.readouterr().err
    with connected(tls_server) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"HELLO"


def test_g10_settings_work_when_the_name_of_the_class_is_ours(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(stdlib, "SSLContext", ssl.SSLContext)
    context.options |= ssl.OP_NO_TICKET
    assert context.options & ssl.OP_NO_TICKET
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert context.verify_flags & ssl.VERIFY_X509_STRICT
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    assert context.minimum_version is context.maximum_version is ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    assert context.verify_mode is ssl.CERT_NONE
    context._msg_callback = None


def test_g11_settings_work_through_super(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(stdlib, "SSLContext", ssl.SSLContext)
    base = super(stdlib.SSLContext, stdlib.SSLContext)
    context.check_hostname = False
    base.verify_mode.__set__(context, ssl.CERT_NONE)
    base.options.__set__(context, ssl.OP_NO_TICKET)
    base.minimum_version.__set__(context, ssl.TLSVersion.TLSv1_2)
    assert context.verify_mode is ssl.CERT_NONE
    assert context.options & ssl.OP_NO_TICKET


def test_g14_a_read_that_has_to_write_does_not_stall(fill):
    """The client answers a request for its certificate while it reads."""
    client, server = client_context(), server_context()
    client.post_handshake_auth = True
    client.load_cert_chain(CLIENT)
    first, second = tls_pair(client, server)
    with first, second:
        server.load_verify_locations(CLIENT)
        reading = gevent.spawn(first.recv, 10)
        gevent.sleep(0)
        sending = gevent.spawn(first.sendall, b"x" * 1_000_000)
        gevent.sleep(0)
        assert not sending.dead
        second.sendall(b"y")
        assert reading.get() == b"y"
        n_read = 0
        while n_read < 1_000_000:
            n_read += len(second.recv(16384))
        sending.get()


def test_f13_a_connection_under_way_is_followed_by_a_handshake(listener):
    client = client_context().wrap_socket(
        socket.socket(), server_hostname="localhost", do_handshake_on_connect=False
    )
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    accepted, _ = listener.accept()
    serving = gevent.spawn(server_context().wrap_socket, accepted, True)
    client.wait_writable()
    client.settimeout(60)
    client.do_handshake()
    with client, serving.get():
        assert client.version() == "TLSv1.3"


@pytest.mark.parametrize("at_once", [False, True])
def test_a_connection_under_way_may_be_asked_for_again(listener, at_once):
    """Issue 12: programs repeat ``connect_ex`` until it says that it is done."""
    tls = client_context().wrap_socket(
        socket.socket(), server_hostname="localhost", do_handshake_on_connect=at_once
    )
    tls.setblocking(False)
    assert tls.connect_ex(listener.getsockname()) == errno.EINPROGRESS
    select.select([], [tls], [])
    if at_once:
        with pytest.raises(ssl.SSLWantReadError):
            tls.connect_ex(listener.getsockname())
    else:
        assert tls.connect_ex(listener.getsockname()) == 0
    with pytest.raises(ValueError, match="already-connected"):
        tls.connect_ex(listener.getsockname())
    accepted, _ = listener.accept()
    accepting = gevent.spawn(server_context().wrap_socket, accepted, server_side=True)
    tls.setblocking(True)
    tls.do_handshake()
    with tls, accepting.get() as server:
        server.sendall(b"hello")
        assert tls.recv(10) == b"hello"


def test_f13_a_socket_that_was_wrapped_before_it_was_connected(listener):
    plain = socket.socket()
    client = client_context().wrap_socket(plain, server_hostname="localhost")
    socket.socket.connect(client, listener.getsockname())
    accepted, _ = listener.accept()
    serving = gevent.spawn(server_context().wrap_socket, accepted, True)
    client.do_handshake()
    with client, serving.get():
        assert client.version() == "TLSv1.3"


def test_c7_reads_that_want_more_leave_no_objects(tls):
    client, server = tls

    def exchange():
        reading = gevent.spawn(client.recv, 10)
        gevent.sleep(0)
        server.sendall(b"x")
        assert reading.get() == b"x"

    def count():
        gc.collect()
        return sum(isinstance(each, OSError) for each in gc.get_objects())

    count_blocks = getattr(sys, "getallocatedblocks", int)  # PyPy has no such count
    exchange()
    before = count(), count_blocks()
    for _ in range(300):
        exchange()
    assert count() == before[0]
    assert count_blocks() - before[1] < 300


def test_l5_closing_under_a_writer(tls, parked):
    client, _ = tls
    writing = parked(client.sendall, b"x" * 1_000_000)
    client.close()
    assert isinstance(writing.get(), OSError)
    for call in (lambda: client.sendall(b"x"), lambda: client.recv(1)):
        with pytest.raises(OSError, match="Bad file descriptor"):
            call()
    for call in (client.read, lambda: client.write(b"x"), client.unwrap):
        with pytest.raises(ValueError, match=r"closed or unwrapped|No SSL wrapper"):
            call()


def test_closing_under_a_reader(tls, parked):
    client, _ = tls
    reading = parked(client.recv, 1)
    client.close()
    assert isinstance(reading.get(), OSError)
