"""TLS sockets: what they say, what they refuse, and when they wait."""

from __future__ import annotations

import gc
import os
import ssl as stdlib
import struct
import sys
import warnings

import pytest

import gevent
from gevent import select, socket, ssl
from gevent.exceptions import ConcurrentObjectUseError
from gevent.net.read_ahead import readers
from tests.net.tls_pairs import (
    CLIENT,
    OTHER,
    SERVER,
    client_context,
    handshaken,
    server_context,
    tls_pair,
)

pytestmark = pytest.mark.pure


@pytest.fixture
def relayed():
    """Two TLS sockets and the wires between: what is sent waits to be passed on."""
    first, first_wire = socket.socketpair()
    second, second_wire = socket.socketpair()
    relays = [
        gevent.spawn(relay, first_wire, second_wire),
        gevent.spawn(relay, second_wire, first_wire),
    ]
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2  # nothing comes by itself later
    made = handshaken(first, second, client)
    gevent.killall(relays)
    yield made[0], first_wire, second_wire, made[1]
    for each in (*made, first_wire, second_wire):
        each.close()


def relay(source, target):
    while data := source.recv(65536):
        target.sendall(data)


def test_bytes_arrive_at_the_other_end(tls):
    client, server = tls
    client.sendall(b"ping")
    assert server.recv(100) == b"ping"
    server.sendall(memoryview(b"pong"))
    buffer = bytearray(10)
    assert client.recv_into(buffer) == 4
    assert buffer[:4] == b"pong"


def test_asking_for_nothing_gives_nothing(tls):
    client, server = tls
    server.sendall(b"data")
    assert client.recv(0) == client.read(0) == b""
    assert client.recv_into(bytearray()) == 0
    assert client.read(None) == b"data"


def test_nothing_is_sent_at_once_whatever_the_time_out(tls):
    client, _ = tls
    client.settimeout(0.001)
    assert client.sendall(b"") == 0
    assert client.send(b"") == 0
    assert client.write(b"") == 0


@pytest.mark.parametrize("size", [{}, "", 0.0])
def test_an_empty_object_is_no_size(tls, size):
    client, server = tls
    server.sendall(b"data")
    with pytest.raises(TypeError):
        client.recv_into(bytearray(4), size)
    assert client.recv_into(bytearray(4), 0) == 4


def test_large_data_arrives_whole(tls):
    client, server = tls
    data = bytes(range(256)) * 20_000
    sending = gevent.spawn(client.sendall, data)
    with server.makefile("rb") as stream:
        assert stream.read(len(data)) == data
    assert sending.get() is None


def test_a_large_buffer_to_a_slow_peer_is_sent_whole(tls):
    client, server = tls
    client.settimeout(60)
    sending = gevent.spawn(client.sendall, b"x" * 2_000_000)
    n_read = 0
    while n_read < 2_000_000:
        n_read += len(server.recv(1000 if n_read < 50_000 else 16384))
        gevent.sleep(0)
    assert sending.get() is None


def test_both_ends_know_what_was_agreed_on(tls):
    client, server = tls
    assert client.version() == server.version() == "TLSv1.3"
    assert client.cipher() == server.cipher()
    assert client.getpeercert()["subject"] == ((("commonName", "localhost"),),)
    assert client.getpeercert(True) == stdlib.PEM_cert_to_DER_cert(certificate(SERVER))
    assert server.getpeercert() is None
    assert client.cipher() in [tuple(each) for each in server.shared_ciphers()]
    assert client.compression() is None
    assert client.selected_alpn_protocol() is None
    assert client.selected_npn_protocol() is None
    assert "server=False, cipher=('TLS_" in repr(client)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="ssl tells it since 3.13")
def test_the_chain_of_certificates_can_be_had(tls):
    client, server = tls
    shown = stdlib.PEM_cert_to_DER_cert(certificate(SERVER))
    assert client.get_unverified_chain() == [shown]
    assert client.get_verified_chain() == [shown]
    assert server.get_unverified_chain() == []
    client.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        client.get_verified_chain()


@pytest.mark.skipif(sys.version_info < (3, 15), reason="ssl tells it since 3.15")
def test_the_group_and_the_signatures_can_be_had(tls):
    client, server = tls
    assert client.group() == server.group() is not None
    assert client.server_sigalg() == server.server_sigalg() is not None
    assert client.client_sigalg() is None
    with ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(
        socket.socket(), server_hostname="localhost"
    ) as fresh:
        assert (fresh.group(), fresh.client_sigalg(), fresh.server_sigalg()) == (
            None,
            None,
            None,
        )


def certificate(path):
    with open(path) as file:
        text = file.read()
    return text[text.index("-----BEGIN CERT") :]


def test_alpn_chooses_a_protocol():
    client, server = client_context(), server_context()
    client.set_alpn_protocols(["h2", "http/1.1"])
    server.set_alpn_protocols(["http/1.1"])
    first, second = tls_pair(client, server)
    with first, second:
        assert first.selected_alpn_protocol() == "http/1.1"
        assert second.selected_alpn_protocol() == "http/1.1"


def test_a_server_name_callback_gets_the_socket_and_may_change_its_context():
    client, server, other = client_context(), server_context(), server_context(OTHER)
    client.load_verify_locations(OTHER)
    asked = []

    def choose(sock, name, context):
        asked.append((type(sock), name, context))
        sock.context = other

    server.sni_callback = choose
    first, second = tls_pair(client, server, server_hostname="other.test")
    with first, second:
        assert asked == [(ssl.SSLSocket, "other.test", server)]
        assert second.context is other
        assert first.getpeercert(True) == stdlib.PEM_cert_to_DER_cert(
            certificate(OTHER)
        )


def test_a_message_callback_gets_the_socket_and_enums():
    client = client_context()
    seen = []
    client._msg_callback = lambda *args: seen.append(args)
    assert client._msg_callback is not None
    first, second = tls_pair(client)
    with first, second:
        kinds = {(type(each[0]), type(each[2]), type(each[3])) for each in seen}
        assert kinds == {(ssl.SSLSocket, ssl.TLSVersion, stdlib._TLSContentType)}
    client._msg_callback = None
    assert client._msg_callback is None
    with pytest.raises(TypeError):
        client._msg_callback = 3


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_after_a_goodbye_each_read_says_so_and_select_knows_it(version):
    client = client_context()
    client.maximum_version = version
    first, second = tls_pair(client)
    ending = gevent.spawn(second.unwrap)
    gevent.idle()
    with first, second:
        assert first.recv(1) == first.recv(1) == first.read(1) == b""
        assert first.recv_into(bytearray(1)) == 0
        with first.makefile("rb") as file:
            assert file.read() == b""
        assert select.select([first], [], [], 0)[0] == [first]
        first.unwrap()
        ending.get()


def test_a_session_is_used_again():
    client, server = client_context(), server_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    first, second = tls_pair(client, server)
    with first, second:
        assert not first.session_reused
        session = first.session
    first, second = tls_pair(client, server, session=session)
    with first, second:
        assert first.session_reused
        assert first.session == session


def test_unwrap_ends_tls_and_leaves_the_socket(tls):
    client, server = tls
    answering = gevent.spawn(server.unwrap)
    assert client.unwrap() is client
    assert answering.get() is server
    client.sendall(b"plain")
    assert server.recv(100) == b"plain"
    assert client.cipher() is None
    with pytest.raises(ValueError, match="No SSL wrapper around"):
        client.unwrap()
    with pytest.raises(ValueError, match="Read on closed or unwrapped SSL socket"):
        client.read()
    with pytest.raises(ValueError, match="Write on closed or unwrapped SSL socket"):
        client.write(b"x")


def test_plain_text_right_behind_the_end_of_tls_is_not_lost(relayed):
    client, client_wire, server_wire, server = relayed

    def end_tls():
        server.unwrap()
        server.sendall(b"plain text")

    ending = gevent.spawn(end_tls)
    answering = gevent.spawn(client.unwrap)
    server_wire.sendall(client_wire.recv(1000))
    ending.get()
    client_wire.sendall(server_wire.recv(1000))
    assert answering.get() is client
    assert client.pending() == 10
    assert client.recv(5) == b"plain"
    buffer = bytearray(10)
    assert client.recv_into(buffer) == 5
    assert buffer[:5] == b" text"


def test_a_client_shows_a_certificate_after_the_handshake():
    client, server = client_context(), server_context()
    client.post_handshake_auth = True
    client.load_cert_chain(CLIENT)
    server.load_verify_locations(CLIENT)
    server.verify_mode = ssl.CERT_REQUIRED
    server.post_handshake_auth = True
    first, second = tls_pair(client, server)
    with first, second:
        # TLS 1.3 servers ask at once, too, unless told otherwise.
        second.verify_client_post_handshake()
        second.sendall(b"x")
        assert first.recv(1) == b"x"
        first.sendall(b"y")
        assert second.recv(1) == b"y"
        assert second.getpeercert()["subject"] == ((("commonName", "client"),),)


def test_a_read_that_has_to_write_does_not_stall(fill):
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


# -- when it waits -------------------------------------------------------------------


def test_reading_waits_for_a_whole_record(relayed):
    client, client_wire, server_wire, server = relayed
    reading = gevent.spawn(client.recv, 100)
    server.sendall(b"hello")
    record = server_wire.recv(1000)
    for at in range(len(record)):
        assert not reading.dead
        client_wire.sendall(record[at : at + 1])
        gevent.sleep(0)
    assert reading.get() == b"hello"


def test_records_that_come_together_are_read_one_by_one(relayed):
    client, client_wire, server_wire, server = relayed
    for each in (b"one", b"two", b"three"):
        server.sendall(each)
    client_wire.sendall(server_wire.recv(1000))
    assert client.recv(100) == b"one"
    assert client.pending() == 3
    assert client.recv(2) == b"tw"
    assert client.recv(2) == b"o"
    buffer = bytearray(3)
    assert client.pending() == 5
    assert client.recv_into(buffer) == 3
    assert buffer == b"thr"
    assert client.recv(100) == b"ee"
    assert client.pending() == 0


def test_times_out_with_the_operation_in_the_message(fill):
    first, second = socket.socketpair()
    with second:
        made = client_context().wrap_socket(
            first, server_hostname="localhost", do_handshake_on_connect=False
        )
        with made:
            made.settimeout(0.001)
            for call, name in (
                (made.do_handshake, "handshake"),
                (lambda: made.recv(1), "read"),
                (lambda: made.write(b"x"), "write"),
            ):
                with pytest.raises(TimeoutError, match=f"The {name} operation"):
                    call()


def test_a_handshake_that_must_not_wait_is_refused():
    first, second = socket.socketpair()
    first.setblocking(False)
    with second, pytest.raises(ValueError, match="do_handshake_on_connect should not"):
        client_context().wrap_socket(first, server_hostname="localhost")


def test_sockets_that_do_not_wait_say_what_they_want(tls):
    client, server = tls
    for each in tls:
        each.setblocking(False)
    with pytest.raises(ssl.SSLWantReadError) as caught:
        client.recv(1)
    # Whoever logs TLS errors reads these of all of them.
    assert caught.value.reason is caught.value.library is None
    assert client.send(b"abc") == 3
    assert server.recv(10) == b"abc"


def test_a_full_socket_that_does_not_wait_owes_what_it_encrypted(tls):
    client, server = tls
    client.setblocking(False)
    block = bytes(10_000)
    n_sent = 0
    with pytest.raises(ssl.SSLWantWriteError) as caught:  # noqa: PT012 - any of them
        while True:
            n_sent += client.send(block)
    assert caught.value.reason is caught.value.library is None
    with pytest.raises(ssl.SSLWantWriteError):
        client.write(block)
    n_read = 0
    while n_read < n_sent:
        n_read += len(server.recv(16384))
    assert client.write(block) == len(block)
    n_sent += len(block)
    while n_read < n_sent:
        n_read += len(server.recv(16384))
    server.setblocking(False)
    with pytest.raises(ssl.SSLWantReadError):
        server.recv(1)


def test_a_killed_writer_leaves_a_stream_that_can_go_on(tls):
    client, server = tls
    sending = gevent.spawn(client.sendall, b"x" * 1_000_000)
    gevent.sleep(0)
    assert not sending.dead
    sending.kill()
    after = gevent.spawn(client.sendall, b"end")
    came = b""
    while not came.endswith(b"end"):
        came += server.recv(16384)
    assert came.strip(b"x") == b"end"
    after.get()


def test_one_greenlet_writes_at_a_time(tls, parked):
    client, _ = tls
    writing = parked(client.sendall, bytes(1_000_000))
    with pytest.raises(ConcurrentObjectUseError, match="already used by another"):
        client.send(b"x")
    writing.kill()


def test_a_reader_and_a_writer_do_not_disturb_each_other(tls):
    client, server = tls
    data = bytes(range(256)) * 4000

    def exchange(sock):
        sending = gevent.spawn(sock.sendall, data)
        with sock.makefile("rb") as stream:
            assert stream.read(len(data)) == data
        sending.get()

    gevent.joinall(
        [gevent.spawn(exchange, each) for each in (client, server)], raise_error=True
    )


# -- ends and errors ------------------------------------------------------------------


def test_a_stream_that_just_ends_reads_as_the_end_unless_told_otherwise():
    first, second = tls_pair()
    second.close()
    assert first.recv(1) == b""
    assert first.recv_into(bytearray(3)) == 0
    first.close()
    strict = client_context()
    # 3.11.2 of the standard library sets that, and has no class of its own for it.
    strict.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    first, second = tls_pair(strict, suppress_ragged_eofs=False)
    second.close()
    with first, pytest.raises(ssl.SSLError, match="EOF"):
        first.recv(1)


def test_something_else_than_tls_is_an_error_at_once():
    first, second = socket.socketpair()
    with first:
        first.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ssl.SSLError, match="HTTP_REQUEST"):
            server_context().wrap_socket(second, server_side=True)


def test_a_certificate_of_another_host_is_refused_and_the_socket_closed():
    first, second = socket.socketpair()
    accepting = gevent.spawn(outcome, server_context().wrap_socket, second, True)
    with pytest.raises(ssl.SSLCertVerificationError):
        client_context().wrap_socket(first, server_hostname="elsewhere.test")
    assert first.fileno() == -1
    assert "ALERT" in str(accepting.get())


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:  # the test looks at it
        return error


def test_data_that_came_before_a_connection_was_closed_is_no_tls_data(tcp_pair):
    client, server = tcp_pair
    client.sendall(b"early")
    server.wait_readable()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    with pytest.raises(ssl.SSLError, match="Closed before TLS handshake with data"):
        server_context().wrap_socket(server, server_side=True)


def test_what_makes_no_sense_under_tls_is_refused(tls):
    client, _ = tls
    for call in (
        lambda: client.recvfrom(1),
        lambda: client.recvfrom_into(bytearray(1)),
        lambda: client.sendto(b"x", ("127.0.0.1", 1)),
    ):
        with pytest.raises(ValueError, match="not allowed on instances of"):
            call()
    for call in (
        lambda: client.recv(1, socket.MSG_PEEK),
        lambda: client.recv_into(bytearray(1), 1, socket.MSG_PEEK),
        lambda: client.send(b"x", socket.MSG_OOB),
        lambda: client.sendall(b"x", socket.MSG_OOB),
    ):
        with pytest.raises(ValueError, match="non-zero flags not allowed in calls to"):
            call()
    for call in (client.dup, client.sendmsg, client.recvmsg, client.recvmsg_into):
        with pytest.raises(NotImplementedError):
            call()


def test_arguments_that_contradict_each_other_are_refused(pair):
    first, _ = pair
    with pytest.raises(ValueError, match="only be specified in client mode"):
        server_context().wrap_socket(first, server_side=True, server_hostname="x")
    with pytest.raises(ValueError, match="check_hostname requires server_hostname"):
        client_context().wrap_socket(first)
    with pytest.raises(ValueError, match="certfile must be specified for server"):
        ssl.wrap_socket(first, server_side=True)
    with pytest.raises(ValueError, match="certfile must be specified"):
        ssl.wrap_socket(first, keyfile=SERVER)
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sock,
        pytest.raises(NotImplementedError, match="only stream sockets"),
    ):
        client_context().wrap_socket(sock, server_hostname="localhost")


def test_before_it_is_connected_it_says_so():
    with client_context().wrap_socket(
        socket.socket(), server_hostname="localhost"
    ) as sock:
        for call in (sock.do_handshake, sock.getpeercert, lambda: sock.recv(1)):
            with pytest.raises(OSError, match="not connected"):
                call()
        assert sock.cipher() is sock.version() is sock.session is None
        assert sock.shared_ciphers() is sock.get_channel_binding() is None
        assert sock.pending() == 0
        with pytest.raises(ValueError, match="channel binding type not implemented"):
            sock.get_channel_binding("nothing")


def test_closing_leaves_nothing_registered(tls):
    client, server = tls
    assert {client.fileno(), server.fileno()} <= set(readers)
    client.close()
    os.close(server.detach())
    assert not readers


def test_closing_wakes_a_reader_with_an_error(tls, parked):
    client, _ = tls
    reading = parked(client.recv, 1)
    client.close()
    assert isinstance(reading.get(), OSError)


def test_closing_wakes_a_writer_with_an_error(tls, parked):
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


def test_reads_that_want_more_leave_no_objects(tls):
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


# -- the older interface ---------------------------------------------------------------


def test_the_module_function_wraps_without_a_context():
    first, second = socket.socketpair()
    serving = gevent.spawn(ssl.wrap_socket, second, certfile=SERVER, server_side=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ssl.wrap_socket(first) as client, serving.get() as server:
            client.sendall(b"x")
            assert server.recv(1) == b"x"


def test_accept_and_connect_make_the_handshake(listener):
    server = server_context().wrap_socket(listener, server_side=True)
    accepting = gevent.spawn(server.accept)
    client = client_context().wrap_socket(socket.socket(), server_hostname="localhost")
    client.connect(server.getsockname())
    accepted, address = accepting.get()
    with server, client, accepted:
        assert address == client.getsockname()
        assert type(accepted) is ssl.SSLSocket
        assert accepted.version() == "TLSv1.3"
        with pytest.raises(ValueError, match="already-connected"):
            client.connect(server.getsockname())
        with pytest.raises(ValueError, match="in server-side mode"):
            server.connect(("127.0.0.1", 1))


def test_a_subclass_of_the_context_chooses_the_socket_class(pair):
    class Own(ssl.SSLSocket):
        pass

    client = client_context()
    client.sslsocket_class = Own
    first, second = handshaken(*socket.socketpair(), client)
    with first, second:
        assert type(first) is Own


def test_buffers_can_be_resized_when_a_call_has_returned(tls):
    client, server = tls
    data = bytearray(b"text")
    client.sendall(data)
    data += b"more"
    assert server.recv_into(data) == 4
    data += b"and more"


def test_connections_of_the_module_are_ours():
    assert ssl.create_connection is socket.create_connection


def test_a_negative_size_is_refused_whether_something_came_or_not(tls):
    """As the standard library's."""
    client, _ = tls
    for call in (client.read, client.recv):
        with pytest.raises(ValueError, match="size should not be negative"):
            call(-1)


def test_nothing_is_read_into_nothing(tls):
    """As Python, which takes None for "no buffer"."""
    client, server = tls
    server.sendall(b"hello")
    assert client.recv_into(None, 0) == b""
    assert client.recv_into(None, 2) == b"he"
    assert client.recv_into(None) == b"llo"


def test_a_buffer_with_gaps_is_a_buffer_error(tls):
    """As without TLS, and as in the standard library."""
    client, _ = tls
    for call in (client.write, client.send):
        with pytest.raises(BufferError, match="not C-contiguous"):
            call(memoryview(b"abcd")[::2])
