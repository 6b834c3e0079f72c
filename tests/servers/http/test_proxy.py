"""The PROXY protocol: headers taken apart, and connections that begin with one."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gevent
from gevent import socket, ssl
from gevent._native.http.head import HeadError
from gevent.pywsgi import Limits, Timeouts, WSGIHandler, WSGIServer
from gevent.servers.http.proxy import Proxies, ProxyHeader, checksum
from tests.servers.http.conftest import hello

CERTIFICATE = str(Path(__file__).parents[2] / "net" / "tls" / "server.pem")
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
LINE = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n"
LOCAL = ["127.0.0.1"]


def block(command=0x21, kind=0x11, data=b"\xc0\x00\x02\x07" * 2 + b"\x12\x67\x00\x50"):
    """Make a header of version 2."""
    return SIGNATURE + struct.pack("!BBH", command, kind, len(data)) + data


def take(data, size=1 << 20):
    """Feed a header in pieces; return it and what is not its own."""
    header = ProxyHeader()
    while data:
        piece = data[:size]
        n = header.claim(piece)
        assert 0 < n <= len(piece)
        is_whole = header.feed(data[:n])
        data = data[n:]
        if is_whole:
            return header, data
    return None, data


# -- headers ----------------------------------------------------------------------


v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
v6 = st.integers(0, 2**128 - 1).map(IPv6Address)
ports = st.integers(0, 65535)
sizes = st.integers(1, 40)
# Not 3: that is a checksum.
kinds = st.integers(0, 255).filter(lambda kind: kind != 3)
tlvs = st.lists(st.tuples(kinds, st.binary(max_size=20)), max_size=4)


def normal(address):
    """Return how sockets write an address."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return socket.inet_ntop(family, address.packed)


def place(address, port):
    return (normal(address), port) + ((0, 0) if address.version == 6 else ())


@given(st.one_of(st.tuples(v4, v4), st.tuples(v6, v6)), ports, ports, sizes)
def test_line_says_what_was_written(addresses, port, to_port, size):
    source, target = addresses
    line = f"PROXY TCP{source.version} {source} {target} {port} {to_port}\r\n"
    header, rest = take(line.encode() + b"GET /", size)
    assert header.address == place(source, port)
    assert rest == b"GET /"


@given(
    st.one_of(st.tuples(v4, v4), st.tuples(v6, v6)),
    ports,
    ports,
    tlvs,
    st.sampled_from([1, 2]),
    sizes,
)
def test_block_says_what_was_written(addresses, port, to_port, more, transport, size):
    source, target = addresses
    data = source.packed + target.packed + struct.pack("!HH", port, to_port)
    for kind, value in more:
        data += struct.pack("!BH", kind, len(value)) + value
    family = 0x10 if source.version == 4 else 0x20
    header, rest = take(block(0x21, family + transport, data) + b"\r\n\r\nGET", size)
    assert header.address == place(source, port)
    assert rest == b"\r\n\r\nGET"


@pytest.mark.parametrize(
    ("path", "shown"),
    [(b"/run/a.sock", "/run/a.sock"), (b"\0abstract", "\0abstract"), (b"", "")],
)
def test_block_of_unix_sockets_has_a_path(path, shown):
    data = path.ljust(108, b"\0") + bytes(108)
    assert take(block(0x21, 0x31, data))[0].address == shown


def crc32c(octets):
    """Reckon the checksum bit by bit, as RFC 3720 says it."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def summed(before=b"", behind=b""):
    """Make a header with a checksum between other TLVs."""
    data = bytes(8) + b"\x12\x67\x00\x50" + before + b"\x03\x00\x04"
    blank = block(data=data + bytes(4) + behind)
    return block(data=data + struct.pack("!I", crc32c(blank)) + behind)


def test_checksum_is_that_of_rfc_3720():
    assert crc32c(b"123456789") == checksum(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == checksum(bytes(32)) == 0x8A9136AA


@pytest.mark.parametrize("before", [b"", b"\x04\x00\x02\x03\x00"])
@pytest.mark.parametrize("behind", [b"", b"\x01\x00\x02h2"])
def test_checksum_of_a_header_is_checked(before, behind):
    header = summed(before, behind)
    assert take(header)[0].address == ("0.0.0.0", 0x1267)
    for at in (16, 25, len(header) - len(behind) - 1, len(header) - 1):
        wrong = bytearray(header)
        wrong[at] ^= 1
        with pytest.raises(HeadError, match="checksum") as caught:
            take(bytes(wrong))
        assert caught.value.status == 400


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
        b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n",
        block(0x20, 0x00, b""),
        block(0x20, 0x11),
        block(0x20, 0xFF, b"whatever"),
        block(0x21, 0x00, b""),
        block(0x21, 0x00, b"whatever"),
        block(0x20, 0x00, bytes(536)),
    ],
)
def test_header_may_leave_the_client_unknown(header):
    taken, rest = take(header + b"x")
    assert taken.address is None
    assert rest == b"x"


MALFORMED = {
    "none": b"GET / HTTP/1.1\r\n",
    "tls": b"\x16\x03\x01\x02\x00",
    "lower case": b"proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "white space in front": b" PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "empty line in front": b"\r\nPROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "tab": b"PROXY\tTCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "two spaces": b"PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
    "two spaces in front": b"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "space at the end": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
    "tab between": b"PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n",
    "bare LF": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
    "bare LF, unknown": b"PROXY UNKNOWN\n",
    "bare CR": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r \r\n",
    "bare CR, unknown": b"PROXY UNKNOWN a\rb\r\n",
    "no kind": b"PROXY \r\n",
    "unknown kind": b"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
    "udp": b"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "longer kind": b"PROXY UNKNOWNS\r\n",
    "nothing behind": b"PROXY TCP4\r\n",
    "no port": b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
    "a third port": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
    "empty port": b"PROXY TCP4 1.2.3.4 1.2.3.4  2\r\n",
    "large port": b"PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
    "large target port": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
    "long port": b"PROXY TCP4 1.2.3.4 1.2.3.4 100000 2\r\n",
    "zero in front": b"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
    "sign": b"PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
    "negative": b"PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
    "underscore": b"PROXY TCP4 1.2.3.4 1.2.3.4 1_0 2\r\n",
    "hexadecimal": b"PROXY TCP4 1.2.3.4 1.2.3.4 0x1 2\r\n",
    "digit of another script": "PROXY TCP4 1.2.3.4 1.2.3.4 \u0661 2\r\n".encode(),
    "name": b"PROXY TCP4 localhost 1.2.3.4 1 2\r\n",
    "three parts": b"PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
    "five parts": b"PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2\r\n",
    "large part": b"PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
    "large part of the target": b"PROXY TCP4 1.2.3.4 1.2.3.256 1 2\r\n",
    "octal part": b"PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n",
    "v6 in TCP4": b"PROXY TCP4 ::1 ::1 1 2\r\n",
    "v4 in TCP6": b"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
    "mixed": b"PROXY TCP6 ::1 1.2.3.4 1 2\r\n",
    "scope": b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    "brackets": b"PROXY TCP6 [::1] [::1] 1 2\r\n",
    "two gaps": b"PROXY TCP6 1::2::3 ::1 1 2\r\n",
    "malformed v6 target": b"PROXY TCP6 ::1 1::2::3 1 2\r\n",
    "NUL": b"PROXY TCP4 1.2.3.4\x00 1.2.3.4 1 2\r\n",
    "too long": b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    "endless": b"PROXY UNKNOWN " + b"x" * 93,
    "another signature": SIGNATURE[:-1] + b"\r" + bytes(20),
    "version 1 in a block": block(0x11),
    "version 3": block(0x31),
    "another command": block(0x22),
    "family that is not specified, stream": block(0x21, 0x01),
    "family without a transport": block(0x21, 0x10),
    "another family": block(0x21, 0x41, bytes(300)),
    "another transport": block(0x21, 0x13),
    "v4 too short": block(0x21, 0x11, bytes(11)),
    "v6 too short": block(0x21, 0x21, bytes(35)),
    "unix too short": block(0x21, 0x31, bytes(215)),
    "no room for addresses": block(0x21, 0x11, b""),
    "block too long": block(0x20, 0x00, bytes(537)),
    "TLV without a length": block(data=bytes(12) + b"\x04"),
    "TLV with half a length": block(data=bytes(12) + b"\x04\x00"),
    "TLV past the end": block(data=bytes(12) + b"\x04\x00\x02a"),
    "checksum of another size": block(data=bytes(12) + b"\x03\x00\x02ab"),
    "two checksums": summed(behind=b"\x03\x00\x04abcd"),
    "octets behind a TLV": block(data=bytes(12) + b"\x04\x00\x01a\x00"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_header_is_refused_however_it_is_cut(name):
    for size in (1 << 20, 7, 1):
        with pytest.raises(HeadError) as caught:
            take(MALFORMED[name], size)
        assert caught.value.status == 400


@pytest.mark.parametrize("header", [LINE, block(), block(0x20, 0, b"abc")])
def test_header_is_whole_with_its_last_octet_and_not_before(header):
    for cut in range(len(header)):
        assert take(header[:cut])[0] is None
    assert take(header)[0] is not None


@given(st.binary(max_size=700), sizes)
def test_any_octets_are_judged_alike_however_they_come(data, size):
    def outcome(size):
        try:
            header, rest = take(data, size)
        except HeadError as error:
            return error.reason
        return header and (header.address, rest)

    assert outcome(size) == outcome(1 << 20)


# -- who is trusted ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("networks", "address", "is_trusted"),
    [
        ([], ("127.0.0.1", 1), False),
        ([], "", False),
        (["127.0.0.1"], ("127.0.0.1", 1), True),
        (["127.0.0.1"], ("127.0.0.2", 1), False),
        (["10.0.0.0/8"], ("10.255.0.1", 1), True),
        (["10.0.0.0/8"], ("11.0.0.1", 1), False),
        (["10.0.0.0/8"], ("::ffff:10.0.0.1", 1, 0, 0), True),
        (["::1"], ("::1", 1, 0, 0), True),
        (["fe80::/10"], ("fe80::1%lo", 1, 0, 1), True),
        (["::1"], ("127.0.0.1", 1), False),
        (["unix"], "", True),
        (["unix"], b"\0name", True),
        (["unix"], ("127.0.0.1", 1), False),
        (["127.0.0.1"], "", False),
    ],
)
def test_peers_of_the_networks_are_trusted(networks, address, is_trusted):
    assert Proxies(networks).trusts(address) is is_trusted


def test_one_string_is_no_collection_of_networks():
    with pytest.raises(TypeError, match=r"not the string '127\.0\.0\.1'"):
        WSGIServer(("127.0.0.1", 0), hello, proxy_protocol="127.0.0.1")


@pytest.mark.parametrize("name", ["localhost", "10.0.0.1/8", "unix:", ""])
def test_what_is_no_network_is_refused(name):
    with pytest.raises(ValueError, match="proxy_protocol must name networks"):
        WSGIServer(("127.0.0.1", 0), hello, proxy_protocol=[name])


def test_network_that_is_no_text_is_refused():
    with pytest.raises(TypeError, match="proxy_protocol must name networks, not 1"):
        WSGIServer(("127.0.0.1", 0), hello, proxy_protocol=[1])


# -- connections ------------------------------------------------------------------


def remote(environ, start_response):
    """Answer with the client's address."""
    start_response("200 OK", [])
    host, port = environ.get("REMOTE_ADDR"), environ.get("REMOTE_PORT")
    return [f"{host} {port}".encode()]


class Hooked(WSGIHandler):
    """A handler that has a hook, which does nothing."""

    def write(self, data):
        WSGIHandler.write(self, data)


class Alone(WSGIServer):
    """A server that has each connection for itself."""

    def handle(self, sock, address):
        WSGIServer.handle(self, sock, address)


@pytest.fixture(params=["fast", "hooks", "alone"])
def options(request):
    """Give what makes servers that serve by another path each."""
    return {
        "fast": {},
        "hooks": {"handler_class": Hooked},
        "alone": {"cls": Alone},
    }[request.param]


def body_of(client):
    head, _, body = client.rest().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    return body.decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (LINE, "192.0.2.7 4711"),
        (b"PROXY TCP6 2001:DB8::7 ::1 4711 80\r\n", "2001:db8::7 4711"),
        (block(), "192.0.2.7 4711"),
        (block(0x21, 0x31, b"/a".ljust(216, b"\0")), "None None"),
    ],
)
def test_client_is_who_the_header_says(serve, connect, options, header, expected):
    client = connect(serve(remote, proxy_protocol=LOCAL, **options))
    client.send(header + GET)
    assert body_of(client) == expected


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", block(0x20, 0, b"")])
def test_client_is_the_peer_if_the_header_does_not_say(serve, connect, options, header):
    client = connect(serve(remote, proxy_protocol=LOCAL, **options))
    client.send(header + GET)
    assert body_of(client) == f"127.0.0.1 {client.sock.getsockname()[1]}"


@pytest.mark.parametrize("header", [LINE, block()])
def test_header_and_request_may_come_octet_by_octet(serve, connect, header):
    server = serve(remote, proxy_protocol=LOCAL)
    client = connect(server)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in header + GET:
        client.send(bytes([octet]))
        gevent.sleep(0)
    assert body_of(client) == "192.0.2.7 4711"


def test_header_counts_for_all_requests_of_a_connection(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL)
    client = connect(server)
    client.send(LINE)
    for _ in range(3):
        assert client.get().body == b"192.0.2.7 4711"
    assert server.log.getvalue().count("192.0.2.7 - - ") == 3


@pytest.mark.parametrize("header", [LINE, block()])
def test_second_header_is_refused(serve, connect, options, header):
    client = connect(serve(remote, proxy_protocol=LOCAL, **options))
    client.send(header + header + GET)
    assert client.rest().startswith(b"HTTP/1.1 400 ")


def test_connection_that_does_not_begin_with_a_header_is_refused(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL)
    for first in (GET, *MALFORMED.values()):
        client = connect(server)
        client.send(first)
        assert client.rest().startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("networks", [(), ("10.0.0.0/8", "unix")])
@pytest.mark.parametrize("header", [LINE, b"PROXY UNKNOWN\r\n", block()])
def test_header_of_somebody_else_is_refused(serve, connect, options, networks, header):
    client = connect(serve(remote, proxy_protocol=networks, **options))
    client.send(header + GET)
    assert client.rest().startswith(b"HTTP/1.1 400 ")


def test_connection_that_ends_in_its_header_is_closed_in_silence(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL)
    client = connect(server)
    client.send(LINE[:9])
    client.sock.shutdown(socket.SHUT_WR)
    assert client.rest() == b""
    assert server.error_log.getvalue() == server.log.getvalue() == ""


def test_header_that_does_not_end_is_refused(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL, timeouts=Timeouts(head=0.02))
    client = connect(server)
    client.send(LINE[:9])
    assert client.rest().startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert server.stats()["deadlines"] == 1


def test_header_that_does_not_begin_is_waited_for_as_long(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL, timeouts=Timeouts(head=0.02))
    assert connect(server).rest() == b""


def test_head_has_its_own_deadline_behind_the_header(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL, timeouts=Timeouts(head=0.02))
    client = connect(server)
    client.send(LINE)
    assert client.rest() == b""
    other = connect(server)
    other.send(LINE + b"GET")
    assert other.rest().startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_limit_per_address_is_of_clients_not_of_the_proxy(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL, limits=Limits(per_address=1))
    clients = [connect(server) for _ in range(3)]
    for n, client in enumerate(clients):
        client.send(b"PROXY TCP4 192.0.2.%d 192.0.2.9 1 2\r\n" % n)
        assert client.get().body == b"192.0.2.%d 1" % n
    another = connect(server)
    another.send(b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2\r\n" + GET)
    try:
        assert another.rest() == b""
    except ConnectionResetError:
        pass  # by what it sent too much
    clients[1].close()
    while len(server._parking.connections) > 2:
        gevent.sleep(0)
    late = connect(server)
    late.send(b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2\r\n" + GET)
    assert body_of(late) == "192.0.2.1 1"


@pytest.mark.parametrize("header", [LINE, block()])
def test_header_comes_before_the_handshake(serve, options, header):
    server = serve(remote, proxy_protocol=LOCAL, certfile=CERTIFICATE, **options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raw = socket.create_connection(server.address, timeout=5)
    raw.sendall(header)
    with context.wrap_socket(raw) as client:
        client.sendall(GET)
        assert b"".join(iter(lambda: client.recv(65536), b"")).endswith(
            b"\r\n\r\n192.0.2.7 4711"
        )


def test_handshake_without_a_header_is_refused_without_an_answer(serve):
    server = serve(remote, proxy_protocol=LOCAL, certfile=CERTIFICATE)
    with socket.create_connection(server.address, timeout=5) as client:
        client.sendall(b"\x16\x03\x01\x02\x00")
        assert client.recv(1) == b""


def test_clients_of_a_unix_socket_may_be_proxies(serve, tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "a.sock"))
    listener.listen()
    serve(remote, listener=listener, proxy_protocol=["unix"])
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(tmp_path / "a.sock"))
        client.sendall(LINE + GET)
        got = b"".join(iter(lambda: client.recv(65536), b""))
    assert got.endswith(b"\r\n\r\n192.0.2.7 4711")


def test_connection_in_its_header_is_closed_when_the_server_stops(serve, connect):
    server = serve(remote, proxy_protocol=LOCAL)
    client = connect(server)
    client.send(LINE[:9])
    while server.stats()["connections"] != {"PROXY": 1}:
        gevent.sleep(0)
    server.stop(timeout=0)
    assert client.rest() == b""
    assert server.stats()["connections"] == {}


def test_class_of_servers_may_say_who_the_proxies_are(serve, connect):
    class Behind(WSGIServer):
        proxy_protocol = ("127.0.0.1",)

    client = connect(serve(remote, cls=Behind))
    client.send(LINE + GET)
    assert body_of(client) == "192.0.2.7 4711"
