"""TLS connections end as in the ``ssl`` of the same interpreter.

Each program runs twice, on the standard library's blocking sockets and on ours; what
one gives and raises the other must, too.
"""

from __future__ import annotations

import re
import socket as stdlib_socket
import ssl as stdlib_ssl
import struct
import sys
import threading

import pytest

from gevent import socket, ssl
from tests.net.tls_engine import Peer
from tests.net.tls_pairs import SERVER, handshaken

# What nothing here waits for unless it hangs.
PATIENCE = 30


def reset(peer):
    peer.sock.setsockopt(
        stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    peer.sock.close()


def read_tickets(peer):
    """Take what a server sent behind its handshake, so that a close is no reset."""
    peer.sock.setblocking(False)
    try:
        peer.sock.recv(65536)
    except BlockingIOError:
        pass


def close_with_tickets_unread(peer):
    peer.write(b"abcdef")
    peer.sock.close()


def close_by_reset(peer):
    reset(peer)


def send_and_reset(peer):
    peer.write(b"abcdef")
    reset(peer)


def send_and_shut_down_writing(peer):
    peer.write(b"abcdef")
    peer.sock.shutdown(stdlib_socket.SHUT_WR)


def send_and_close(peer):
    peer.write(b"abcdef")
    read_tickets(peer)
    peer.sock.close()


def close_within_a_record(peer):
    peer.write(b"abcdef")
    peer.write_part(b"ghijkl")
    read_tickets(peer)
    peer.sock.close()


def say_goodbye(peer):
    peer.write(b"abcdef")
    peer.say_goodbye()


def say_goodbye_and_close(peer):
    peer.write(b"abcdef")
    peer.say_goodbye()
    read_tickets(peer)
    peer.sock.close()


def say_goodbye_and_reset(peer):
    peer.write(b"abcdef")
    peer.say_goodbye()
    reset(peer)


ENDS = (
    close_with_tickets_unread,
    close_by_reset,
    send_and_reset,
    send_and_shut_down_writing,
    send_and_close,
    close_within_a_record,
    say_goodbye,
    say_goodbye_and_close,
    say_goodbye_and_reset,
)

PROGRAMS = {
    "reading": ["s.recv(2)", "s.read(1)", "s.recv_into(bytearray(100))"] * 2,
    "file": ["s.makefile('rb').read()"] * 3,
    "raw file": ["s.makefile('rb', 0).read(3)"] * 4,
    "pending": ["s.pending()", "s.recv(2)", "s.pending()", "s.recv(100)"] * 2,
    "unwrap": ["s.recv(100)", "type(s.unwrap()).__name__"],
    "unwrap after the end": ["s.recv(100)"] * 2 + ["type(s.unwrap()).__name__"],
    "sendall": ["s.sendall(b'x' * 10)"] * 3 + ["s.recv(100)"] * 2,
    "write": ["s.recv(3)"] + ["s.write(b'x' * 10)"] * 3,
}


def outcome(sock, step):
    try:
        return eval(step, {"s": sock})
    except Exception as error:
        text = re.sub(r" *\(_ssl\.c:\d+\)", "", str(error))
        of_tls = getattr(error, "reason", None), getattr(error, "library", None)
        return type(error).__name__, text, *of_tls


def context_for(module, server_side, version):
    if server_side:
        context = module.SSLContext(module.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(SERVER)
    else:
        context = module.SSLContext(module.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(SERVER)
    context.minimum_version = context.maximum_version = version
    return context


class Ending:
    """A peer in a thread of its own that ends the connection when told to."""

    def __init__(self, address, end, server_side, version):
        self._sock = stdlib_socket.create_connection(address, PATIENCE)
        # A reset must not overtake what was sent before.
        self._sock.setsockopt(stdlib_socket.IPPROTO_TCP, stdlib_socket.TCP_NODELAY, 1)
        self._context = context_for(stdlib_ssl, server_side, version)
        self._server_side = server_side
        self._end = end
        self._may_end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        peer = Peer(self._sock, self._context, self._server_side)
        peer.do_handshake()
        self._may_end.wait(PATIENCE)
        self._end(peer)

    def end(self):
        self._may_end.set()
        self._thread.join()

    def close(self):
        self.end()
        self._sock.close()


def outcomes(sockets, tls, end, steps, server_side, version, suppresses):
    with stdlib_socket.create_server(("127.0.0.1", 0)) as listener:
        peer = Ending(listener.getsockname(), end, not server_side, version)
        accepted, _ = listener.accept()
    try:
        sock = sockets.socket(fileno=accepted.detach())
        sock.settimeout(PATIENCE)
        with context_for(tls, server_side, version).wrap_socket(
            sock,
            server_side=server_side,
            server_hostname=None if server_side else "localhost",
            suppress_ragged_eofs=suppresses,
        ) as subject:
            peer.end()
            return [outcome(subject, step) for step in steps]
    finally:
        peer.close()


def both_ways(end, program, server_side, suppresses):
    """Return, for each version, what the standard library gives, and what ours."""
    if program == "unwrap" and server_side and sys.version_info < (3, 11, 7):
        pytest.skip("3.11.2 reports a broken pipe at unwrap, which 3.11.7 does not")
    results = []
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        how = end, PROGRAMS[program], server_side, version, suppresses
        expected = outcomes(stdlib_socket, stdlib_ssl, *how)
        results.append((expected, outcomes(socket, ssl, *how)))
    return zip(*results, strict=True)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_server_sees_what_the_standard_library_shows(end, program):
    expected, found = both_ways(end, program, True, True)
    assert found == expected


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_server_that_wants_to_know_sees_what_the_standard_library_shows(end, program):
    expected, found = both_ways(end, program, True, False)
    assert found == expected


@pytest.mark.parametrize("program", ["reading", "sendall"])
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_client_sees_what_the_standard_library_shows(end, program):
    expected, found = both_ways(end, program, False, False)
    assert found == expected


def test_an_error_of_the_system_is_the_cause_of_what_is_raised_for_it(tcp_pair):
    client, server = handshaken(*tcp_pair, suppress_ragged_eofs=False)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.close()
    with client, pytest.raises(OSError, match=r"EOF|reset") as caught:
        client.recv(1)
    causes = caught.value, caught.value.__cause__
    assert any(isinstance(each, ConnectionResetError) for each in causes)
