"""Programs about ``gevent.ssl``: both ends in one process, beside each other."""

from __future__ import annotations

import os
import socket as stdlib_socket

from differential import each

MODULE = "gevent.ssl"
TWIN = "ssl"

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "..", "net", "tls")


def _sockets(case):
    if case.is_stdlib:
        return stdlib_socket
    from gevent import socket

    return socket


def _contexts(case, version=None):
    names = case.module
    server = names.SSLContext(names.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(os.path.join(FOLDER, "server.pem"))
    client = names.SSLContext(names.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = names.CERT_NONE
    if version is not None:
        client.maximum_version = client.minimum_version = version
    return server, client


def _pair(case, version=None, **options):
    """Return (client, server) after the handshake, over TCP."""
    sockets = _sockets(case)
    server_context, client_context = _contexts(case, version)
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        raw_client = sockets.create_connection(listener.getsockname())
        raw_server, _ = listener.accept()
    made = []

    def wrap():
        made.append(server_context.wrap_socket(raw_server, server_side=True))

    other = case.spawn(wrap)
    client = client_context.wrap_socket(raw_client, **options)
    other.join()
    client.settimeout(0.3)
    made[0].settimeout(0.3)
    return client, made[0]


@each("TLSv1_2", "TLSv1_3")
def a_connection(case, version):
    client, server = _pair(case, getattr(case.module.TLSVersion, version))
    case.call(client.send, b"hello")
    case.call(server.recv, 100)
    case.call(server.sendall, b"x" * 10)
    case.call(client.recv, 4)
    case.call(client.pending)
    case.call(client.read, 3)
    case.call(client.recv_into, bytearray(2))
    case.call(client.version)
    case.named_call("cipher", lambda: client.cipher()[1:])
    case.call(client.selected_alpn_protocol)
    case.call(client.compression)
    case.attributes(client, "server_side", "server_hostname", "session_reused")
    case.attributes(client, "do_handshake_on_connect", "suppress_ragged_eofs", "nosuch")
    case.call(client.getpeercert)
    case.named_call("der", lambda: client.getpeercert(True)[:2])
    case.named_call("shared", lambda: len(server.shared_ciphers()) > 0)
    case.call(client.shared_ciphers)
    case.call(client.get_channel_binding, "nosuch")
    case.call(client.do_handshake)


@each(
    ("write", "text"),
    ("write", 5),
    ("write", None),
    ("write",),
    ("write", b""),
    ("write", bytearray(b"abc")),
    ("write", memoryview(b"abcd")[::2]),
    ("send", "text"),
    ("send", b""),
    ("send", b"x", 1),
    ("send", b"x", 1.5),
    ("send", memoryview(b"abcd")[::2]),
    ("sendall", "text"),
    ("sendall", b""),
    ("sendall", b"x", 1),
    ("sendall", None),
    ("sendall", memoryview(b"abcd")[::2]),
    ("sendall",),
    ("sendto", b"x", ("127.0.0.1", 1)),
    ("sendmsg", [b"x"]),
    ("recvmsg", 5),
    ("recvmsg_into", [bytearray(3)]),
    ("recvfrom", 5),
    ("recvfrom_into", bytearray(3)),
    ("dup",),
    ("sendfile", None),
    ("connect", ("127.0.0.1", 1)),
    ("connect_ex", ("127.0.0.1", 1)),
    ("accept",),
    ("listen",),
    ("getpeercert", 1, 2),
)
def a_call(case, given):
    name, *arguments = given
    client, server = _pair(case)
    case.named_call(name, lambda: getattr(client, name)(*arguments))
    case.named_call("goes on", client.send, b"x")
    server.close()


@each(
    ("read", 0),
    ("read", -1),
    ("read", None),
    ("read", "x"),
    ("read", 1.5),
    ("read",),
    ("read", 3, bytearray(2)),
    ("read", None, bytearray(3)),
    ("read", 3, b"abc"),
    ("recv", 0),
    ("recv", -1),
    ("recv", "x"),
    ("recv", 1.5),
    ("recv",),
    ("recv", 3, 1),
    ("recv", 2**40),
    ("recv_into", bytearray(3)),
    ("recv_into", b"abc"),
    ("recv_into", bytearray(3), 1),
    ("recv_into", bytearray(3), 5),
    ("recv_into", bytearray(3), -1),
    ("recv_into", bytearray(0)),
    ("recv_into", None),
    ("recv_into", bytearray(3), 0, 1),
    ("recv_into", 5),
)
def a_size(case, given):
    name, *arguments = given
    client, server = _pair(case)
    server.sendall(b"abcdef")
    case.named_call(name, lambda: getattr(client, name)(*arguments))
    case.show("given", arguments)
    case.call(client.recv, 10)


@each("TLSv1_2", "TLSv1_3")
def closed_politely(case, version):
    client, server = _pair(case, getattr(case.module.TLSVersion, version))
    server.sendall(b"last")
    other = case.spawn(
        lambda: case.named_call("server", lambda: server.unwrap() and None)
    )
    case.call(client.recv, 10)
    case.call(client.recv, 10)
    case.named_call("unwrap", lambda: type(client.unwrap()).__name__)
    other.join()
    case.call(client.version)
    case.call(client.read, 1)
    case.named_call("again", client.unwrap)


@each(True, False)
def closed_rudely(case, suppress):
    for version in ("TLSv1_2", "TLSv1_3"):
        client, server = _pair(
            case,
            getattr(case.module.TLSVersion, version),
            suppress_ragged_eofs=suppress,
        )
        server.close()
        # Time for the news to arrive.
        case.sleep(0.005)
        case.named_call("recv", lambda client=client: client.recv(10))
        case.named_call("into", lambda client=client: client.recv_into(bytearray(3)))


@each(
    "recv",
    "send",
    "sendall",
    "read",
    "write",
    "unwrap",
    "do_handshake",
    "pending",
    "version",
    "cipher",
    "getpeercert",
    "fileno",
    "getpeername",
    "shutdown",
    "close",
    "settimeout",
    "makefile",
)
def after_close(case, name):
    client, server = _pair(case)
    client.close()
    arguments = {
        "recv": (1,),
        "send": (b"x",),
        "sendall": (b"x",),
        "write": (b"x",),
        "shutdown": (2,),
        "settimeout": (1,),
    }.get(name, ())
    case.named_call(name, lambda: getattr(client, name)(*arguments) and None)
    server.close()


@each(
    "recv",
    "send",
    "read",
    "write",
    "unwrap",
    "do_handshake",
    "pending",
    "version",
    "cipher",
    "getpeercert",
    "selected_alpn_protocol",
    "compression",
    "shared_ciphers",
    "session",
    "session_reused",
    "get_channel_binding",
    "verify_client_post_handshake",
)
def unconnected(case, name):
    _, context = _contexts(case)
    sock = context.wrap_socket(_sockets(case).socket())
    arguments = {"recv": (1,), "send": (b"x",), "write": (b"x",)}.get(name, ())

    def call():
        value = getattr(sock, name)
        return value(*arguments) if callable(value) else value

    case.named_call(name, call)
    sock.close()


@each(0, 0.01)
def nothing_there(case, timeout):
    client, server = _pair(case)
    client.settimeout(timeout)
    case.call(client.recv, 1)
    case.call(client.recv_into, bytearray(3))
    case.call(client.read)
    case.call(client.send, b"x")
    case.call(client.pending)
    server.close()


@each(
    {"server_side": True, "server_hostname": "x"},
    {"server_hostname": ""},
    {"server_hostname": "a" * 300},
    {"server_hostname": b"x"},
    {"server_hostname": "x\0y"},
    {"server_hostname": ".x"},
    {"server_hostname": 5},
    {"session": "x"},
    {"server_side": True, "session": "x"},
    {"server_side": True},
    {"nosuch": 1},
    {"server_hostname": "127.0.0.1"},
    {"server_hostname": "\xfc.example"},
)
def wrapped_with(case, options):
    _, context = _contexts(case)
    one, _other = _sockets(case).socketpair()
    one.settimeout(0.01)
    case.named_call(
        "made",
        lambda: (
            context.wrap_socket(
                one, do_handshake_on_connect=False, **options
            ).server_hostname
        ),
    )


@each("datagram", "none", "text", "listening", "non-blocking", "data", "closed")
def what_is_wrapped(case, what):
    sockets = _sockets(case)
    _, context = _contexts(case)
    one, other = sockets.socketpair()
    if what == "datagram":
        one, other = sockets.socketpair(sockets.AF_UNIX, sockets.SOCK_DGRAM)
    given = {"none": None, "text": "x"}.get(what, one)
    if what == "listening":
        given = sockets.create_server(("127.0.0.1", 0))
    if what == "closed":
        one.close()
    if what == "non-blocking":
        one.setblocking(False)
    if what == "data":
        other.sendall(b"no TLS at all\n")
    one.settimeout(0.02) if what not in ("non-blocking", "closed") else None
    case.named_call("made", lambda: context.wrap_socket(given) and None)


def plain_text_from_the_client(case):
    sockets = _sockets(case)
    context, _ = _contexts(case)
    one, other = sockets.socketpair()
    one.sendall(b"GET / HTTP/1.0\r\n\r\n")
    case.named_call(
        "made", lambda: context.wrap_socket(other, server_side=True) and None
    )
    case.named_call("left", other.fileno)


@each("TLSv1_2", "TLSv1_3")
def a_client_that_trusts_nobody(case, version):
    names = case.module
    sockets = _sockets(case)
    server_context, _ = _contexts(case)
    client_context = names.create_default_context()
    client_context.maximum_version = getattr(names.TLSVersion, version)
    one, other = sockets.socketpair()
    beside = case.spawn(
        lambda: case.named_call(
            "server",
            lambda: server_context.wrap_socket(other, server_side=True).recv(1),
        )
    )
    try:
        client_context.wrap_socket(one, server_hostname="localhost")
    except names.SSLCertVerificationError as error:
        case.show("reason", (error.reason, error.verify_code, error.library))
        case.show("message", error.verify_message)
    beside.join(1)


def alpn(case):
    sockets = _sockets(case)
    server_context, client_context = _contexts(case)
    server_context.set_alpn_protocols(["h2", "http/1.1"])
    client_context.set_alpn_protocols(["http/1.1"])
    one, other = sockets.socketpair()
    beside = case.spawn(lambda: server_context.wrap_socket(other, server_side=True))
    client = client_context.wrap_socket(one)
    case.call(client.selected_alpn_protocol)
    beside.join(1)


def the_name_in_a_callback(case):
    sockets = _sockets(case)
    server_context, client_context = _contexts(case)
    seen = []

    def choose(sock, name, context):
        seen.append((type(sock).__name__, name, context is server_context))

    server_context.sni_callback = choose
    one, other = sockets.socketpair()
    beside = case.spawn(lambda: server_context.wrap_socket(other, server_side=True))
    client_context.wrap_socket(one, server_hostname="some.name")
    beside.join(1)
    case.show("seen", seen)


@each("rb", "r", "wb", "rwb")
def a_file(case, mode):
    client, server = _pair(case)
    server.sendall(b"one\ntwo\nthree")
    file = client.makefile(mode)
    if "r" in mode:
        case.call(file.readline)
        case.call(file.read, 2)
    if "w" in mode:
        case.call(file.write, b"written\n")
        file.flush()
        case.call(server.recv, 20)
    file.close()
    server.close()
    case.call(client.fileno) if client.fileno() < 0 else None


@each(100, 70_000, 1_000_000)
def much_data(case, size):
    client, server = _pair(case)
    client.settimeout(5)
    server.settimeout(5)
    beside = case.spawn(lambda: (server.sendall(b"x" * size), server.close()))
    total = 0
    while data := client.recv(50_000):
        total += len(data)
    beside.join()
    case.show("total", total)


@each("PROTOCOL_TLS", "PROTOCOL_TLS_CLIENT", "PROTOCOL_TLS_SERVER", "nosuch")
def a_context(case, protocol):
    names = case.module
    context = case.named_call(
        "made", lambda: names.SSLContext(getattr(names, protocol)) and None
    )
    if protocol == "nosuch":
        case.call(names.SSLContext, 99)
        case.call(names.SSLContext, "x")
        return
    context = names.SSLContext(getattr(names, protocol))
    case.attributes(
        context, "check_hostname", "verify_mode", "protocol", "verify_flags"
    )
    case.attributes(
        context, "minimum_version", "maximum_version", "sni_callback", "keylog_filename"
    )
    for name, value in (
        ("verify_mode", 0),
        ("verify_mode", 9),
        ("verify_mode", "x"),
        ("check_hostname", True),
        ("options", 0),
        ("options", "x"),
        ("options", -1),
        ("minimum_version", 5),
        ("minimum_version", names.TLSVersion.TLSv1_2),
        ("maximum_version", "x"),
        ("sni_callback", 5),
        ("sni_callback", None),
        ("verify_flags", "x"),
    ):
        case.named_call(f"{name} = {value!r}", setattr, context, name, value)
    case.call(context.load_cert_chain, "/nosuch")
    case.call(context.load_verify_locations, "/nosuch")
    case.call(context.load_verify_locations)
    case.call(context.set_ciphers, "nosuch")
    case.call(context.cert_store_stats)
    case.call(context.set_alpn_protocols, ["x" * 300])


def default_contexts(case):
    names = case.module
    for make in (names.create_default_context, names._create_unverified_context):
        context = make()
        case.show(
            "made",
            (type(context).__name__, context.check_hostname, context.verify_mode),
        )
    case.call(names.create_default_context, "x")
    case.call(names.create_default_context, cafile="/nosuch")


def sessions(case):
    client, server = _pair(case, case.module.TLSVersion.TLSv1_2)
    case.show("session", client.session is not None)
    case.attributes(client, "session_reused")
    case.call(setattr, client, "session", "x")
    case.call(setattr, client, "session", client.session)
    server.close()


def refused(case):
    sockets = _sockets(case)
    _, context = _contexts(case)
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    sock = context.wrap_socket(sockets.socket())
    case.call(sock.connect, address)
    sock.close()
    sock = context.wrap_socket(sockets.socket())
    case.call(sock.connect_ex, address)
    sock.close()


def a_handshake_that_takes_too_long(case):
    sockets = _sockets(case)
    _, context = _contexts(case)
    one, _other = sockets.socketpair()
    one.settimeout(0.01)
    case.named_call("made", lambda: context.wrap_socket(one) and None)
    case.call(one.fileno)


def a_listener_that_accepts_tls(case):
    sockets = _sockets(case)
    server_context, client_context = _contexts(case)
    listener = server_context.wrap_socket(
        sockets.create_server(("127.0.0.1", 0)), server_side=True
    )
    found = []
    beside = case.spawn(lambda: found.append(listener.accept()[0]))
    client = client_context.wrap_socket(
        sockets.create_connection(listener.getsockname())
    )
    beside.join(1)
    case.show(
        "accepted",
        (type(found[0]).__name__, found[0].server_side, found[0].gettimeout()),
    )
    client.sendall(b"x")
    case.call(found[0].recv, 5)
    for sock in (client, found[0], listener):
        sock.close()
