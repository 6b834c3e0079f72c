"""``sendfile`` is that of the standard library, plain and under TLS."""

from __future__ import annotations

import io
import socket as stdlib_socket
import ssl as stdlib_ssl
import threading

import pytest

from gevent import socket, ssl
from tests.net.tls_pairs import SERVER, tls_pair

pytestmark = pytest.mark.pure

DATA = bytes(range(256)) * 40

# Where the file stands before, and what the call is given.
POSITIONS = (0, 4, 10_000)
ARGUMENTS = (
    (),
    (0, 3),
    (5,),
    (5, 3),
    (0, 20_000),
    (20_000,),
    (0, 0),
    (0, 2.0),
    (-1,),
    ("x",),
)


@pytest.fixture(params=["file", "raw file", "memory", "empty file", "text"])
def opened(request, tmp_path):
    """Give a function that opens the same file again."""
    path = tmp_path / "file"
    path.write_bytes(b"" if request.param == "empty file" else DATA)
    return {
        "memory": lambda: io.BytesIO(DATA),
        "text": lambda: io.StringIO("text"),
        "raw file": lambda: open(path, "rb", 0),
    }.get(request.param, lambda: open(path, "rb"))


def sent(sock, peer, file, args):
    """Return what the call gave, where the file stands, and what arrived."""
    try:
        outcome = sock.sendfile(file, *args)
    except Exception as error:
        outcome = type(error), str(error)
    sock.close()
    pieces = []
    while piece := peer.recv(65536):
        pieces.append(piece)
    peer.close()
    return outcome, file.tell(), b"".join(pieces)


def without_tickets(module):
    """Return a server's context; who has not read its tickets closes by a reset."""
    context = module.SSLContext(module.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SERVER)
    context.num_tickets = 0
    return context


def our_tls_pair():
    return tls_pair(server=without_tickets(ssl))


def stdlib_tls_pair():
    """Two connected TLS sockets of the standard library."""
    first, second = stdlib_socket.socketpair()
    client = stdlib_ssl.SSLContext(stdlib_ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(SERVER)
    accepted = without_tickets(stdlib_ssl).wrap_socket(
        second, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=accepted.do_handshake)
    thread.start()
    made = client.wrap_socket(first, server_hostname="localhost")
    thread.join()
    return made, accepted


@pytest.mark.parametrize("args", ARGUMENTS, ids=repr)
def test_a_plain_socket_sends_what_the_standard_library_sends(opened, args):
    for position in POSITIONS:
        results = []
        for pair in (stdlib_socket.socketpair, socket.socketpair):
            with opened() as file:
                file.seek(position)
                results.append(sent(*pair(), file, args))
        assert results[1] == results[0]


@pytest.mark.parametrize("args", ARGUMENTS, ids=repr)
def test_a_tls_socket_sends_what_the_standard_library_sends(opened, args):
    for position in POSITIONS:
        results = []
        for pair in (stdlib_tls_pair, our_tls_pair):
            with opened() as file:
                file.seek(position)
                results.append(sent(*pair(), file, args))
        assert results[1] == results[0]


def test_a_file_that_cannot_be_moved_is_sent_from_where_it_stands(pair):
    class Stream:
        read = io.BytesIO(DATA).read

    assert pair[0].sendfile(Stream()) == len(DATA)
