"""Programs about ``gevent.socket``: one socket or two, in every state."""

from __future__ import annotations

import array
import copy
import os
import pickle
import tempfile
import weakref

from differential import each

MODULE = "gevent.socket"
TWIN = "socket"

STATES = ("new", "bound", "listening", "connected", "closed", "detached", "datagram")


def _in_state(case, state):
    names = case.module
    kind = names.SOCK_DGRAM if state == "datagram" else names.SOCK_STREAM
    if state == "connected":
        case.peer = None
        sock, case.peer = names.socketpair()
        return sock
    sock = names.socket(names.AF_INET, kind)
    if state in ("bound", "listening"):
        sock.bind(("127.0.0.1", 0))
    if state == "listening":
        sock.listen()
    # Whatever waits gets nothing.
    sock.settimeout(0.01)
    if state == "closed":
        sock.close()
    if state == "detached":
        os.close(sock.detach())
    return sock


@each(*STATES)
def attributes(case, state):
    sock = _in_state(case, state)
    # What the standard library knows of one that is closed, it asks the system.
    if sock.fileno() >= 0:
        case.attributes(sock, "family", "proto", "timeout", "nosuch")
        case.show("type", int(sock.type))
    case.call(sock.gettimeout)
    case.call(sock.getblocking)
    case.show("fileno", sock.fileno() >= 0)
    case.show("bool", bool(sock))
    case.named_call("hash", lambda: isinstance(hash(sock), int))
    case.named_call("weak", lambda: weakref.ref(sock)() is sock)


@each(*STATES)
def receiving(case, state):
    sock = _in_state(case, state)
    for name, arguments in (
        ("recv", (3,)),
        ("recv", (0,)),
        ("recv_into", (bytearray(3),)),
        ("recvfrom", (3,)),
        ("recvfrom_into", (bytearray(3),)),
        ("recvmsg", (3,)),
        ("recvmsg_into", ([bytearray(3)],)),
        ("accept", ()),
    ):
        case.call(getattr(sock, name), *arguments)


@each(*STATES)
def sending(case, state):
    sock = _in_state(case, state)
    for name, arguments in (
        ("send", (b"abc",)),
        ("sendall", (b"abc",)),
        ("sendto", (b"abc", ("127.0.0.1", 9))),
        ("sendto", (b"abc", 0, ("127.0.0.1", 9))),
        ("sendmsg", ([b"a", b"b"],)),
    ):
        case.call(getattr(sock, name), *arguments)


@each(*STATES)
def the_rare_calls(case, state):
    sock = _in_state(case, state)
    names = case.module
    for name, arguments in (
        ("getpeername", ()),
        ("getsockopt", (names.SOL_SOCKET, names.SO_TYPE)),
        ("getsockopt", (names.SOL_SOCKET, names.SO_LINGER, 8)),
        ("setsockopt", (names.SOL_SOCKET, names.SO_KEEPALIVE, 1)),
        ("setsockopt", (names.SOL_SOCKET, names.SO_LINGER, b"\0" * 8)),
        ("get_inheritable", ()),
        ("set_inheritable", (True,)),
        ("get_inheritable", ()),
        ("shutdown", (names.SHUT_RDWR,)),
        ("shutdown", (names.SHUT_RDWR,)),
        ("close", ()),
        ("close", ()),
        ("getpeername", ()),
        ("getsockname", ()),
    ):
        case.call(getattr(sock, name), *arguments)


@each(*STATES)
def copies_and_views(case, state):
    sock = _in_state(case, state)

    def duplicate():
        with sock.dup() as made:
            return (
                type(made).__name__,
                made.gettimeout(),
                made.fileno() != sock.fileno(),
            )

    def file_of(mode):
        with sock.makefile(mode) as file:
            return type(file).__name__.replace("TextStream", "TextIOWrapper"), file.mode

    case.named_call("dup", duplicate)
    case.named_call("makefile", file_of, "r")
    case.named_call("copy", copy.copy, sock)
    case.named_call("deepcopy", copy.deepcopy, sock)
    case.named_call("pickle", pickle.dumps, sock)
    case.named_call("detach", lambda: os.close(sock.detach()))
    case.named_call("detach again", sock.detach)
    case.call(sock.fileno)


@each(
    *(
        (name, *arguments)
        for name in ("send", "sendall")
        for arguments in (
            ("text",),
            (1,),
            (None,),
            ([1],),
            (),
            (b"", 1.5),
            (b"x", 1.5),
            (b"x", "1"),
            (b"x", None),
            (b"x", 2**40),
            (b"x", -(2**40)),
            (bytearray(b"abc"),),
        )
    )
)
def data_and_flags(case, given):
    name, *arguments = given
    one, other = case.module.socketpair()
    one.settimeout(0.01)
    other.settimeout(0.01)
    case.call(getattr(one, name), *arguments)
    case.call(other.recv, 10)


def other_kinds_of_data(case):
    one, other = case.module.socketpair()
    other.settimeout(0.01)
    for data in (
        memoryview(b"abcd")[1:],
        array.array("i", [1, 2]),
        memoryview(b"abcd")[::2],
    ):
        for name in ("send", "sendall", "sendto", "sendmsg"):
            arguments = ([data],) if name == "sendmsg" else (data,)
            arguments += (None,) if name == "sendto" else ()
            case.named_call(name, getattr(one, name), *arguments)
    case.call(other.recv, 100)


@each(
    ("recv", -1),
    ("recv", 1.5),
    ("recv", "1"),
    ("recv", None),
    ("recv",),
    ("recv", 3, 1.5),
    ("recv", 3, "x"),
    ("recv", 3, 2**40),
    ("recv", 2**70),
    ("recvfrom", -1),
    ("recvfrom", 3, 1.5),
    ("recvfrom", 1.5),
    ("recvmsg", -1),
    ("recvmsg", 3, -1),
    ("recvmsg", 3, 0, 1.5),
    ("recvmsg", 3, 1.5),
    ("recv_into", b"abc"),
    ("recv_into", "abc"),
    ("recv_into", 3),
    ("recv_into", bytearray(3), 4),
    ("recv_into", bytearray(3), -1),
    ("recv_into", bytearray(3), 1.5),
    ("recv_into", bytearray(3), 0, 1.5),
    ("recv_into", bytearray(0)),
    ("recvfrom_into", bytearray(3), 4),
    ("recvfrom_into", bytearray(3), -1),
    ("recvfrom_into", b"abc"),
    ("recvfrom_into", bytearray(3), 0, 1.5),
    ("recvmsg_into", bytearray(3)),
    ("recvmsg_into", [b"abc"]),
    ("recvmsg_into", 5),
    ("recvmsg_into", [bytearray(2)], -1),
)
def sizes_and_flags(case, given):
    name, *arguments = given
    one, other = case.module.socketpair()
    one.settimeout(0.01)
    other.sendall(b"abcdef")
    case.call(getattr(one, name), *arguments)
    case.show("given", arguments)
    case.call(one.recv, 10)


@each("MSG_PEEK", "MSG_DONTWAIT", "MSG_WAITALL", "MSG_TRUNC", "MSG_OOB", "MSG_ERRQUEUE")
def a_flag_of_recv(case, flag):
    names = case.module
    for kind in (names.SOCK_STREAM, names.SOCK_DGRAM):
        one, other = names.socketpair(names.AF_UNIX, kind)
        one.settimeout(0.01)
        case.call(one.recv, 3, getattr(names, flag))
        other.send(b"abcdef")
        case.call(one.recv, 3, getattr(names, flag))
        case.call(one.recv, 10, getattr(names, flag))
        case.call(one.recv_into, bytearray(3), 0, getattr(names, flag))


@each(0, 0.01, None)
def nothing_there(case, timeout):
    names = case.module
    one, other = names.socketpair()
    one.settimeout(timeout)
    case.spawn(lambda: (case.sleep(0.02), other.send(b"late")))
    case.call(one.recv, 10)
    case.attributes(one, "timeout")


@each("recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into")
def the_end_of_a_stream(case, name):
    one, other = case.module.socketpair()
    other.sendall(b"xy")
    other.close()
    wants_buffer = name.endswith("into")
    argument = bytearray(5) if wants_buffer else 5
    if name == "recvmsg_into":
        argument = [argument]
    for _ in range(3):
        case.call(getattr(one, name), argument)
    case.call(one.send, b"x")
    case.call(one.send, b"x")
    case.call(getattr(one, name), argument)


def _tcp_pair(case):
    names = case.module
    with names.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = names.create_connection(listener.getsockname())
        server, _ = listener.accept()
    return client, server


def _reset(case, sock):
    names = case.module
    # (on, 0 seconds): close() throws away what is under way.
    sock.setsockopt(names.SOL_SOCKET, names.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


@each(
    ("recv", 5),
    ("send", b"x"),
    ("sendall", b"x"),
    ("recv_into", bytearray(5)),
    ("getpeername",),
    ("shutdown", 2),
    ("recvmsg", 5),
    ("sendmsg", [b"x"]),
    ("recvfrom", 5),
    ("sendall", b""),
    ("recv", 0),
)
def after_a_reset(case, given):
    name, *arguments = given
    client, server = _tcp_pair(case)
    _reset(case, server)
    case.sleep(0.005)
    for _ in range(3):
        case.call(getattr(client, name), *arguments)
    case.call(client.recv, 5)


@each(("recv", 5), ("send", b"x"), ("sendall", b"x" * 10), ("shutdown", 1))
def after_a_close_with_unread_data(case, given):
    name, *arguments = given
    client, server = _tcp_pair(case)
    client.sendall(b"unread")
    case.sleep(0.005)
    server.close()
    case.sleep(0.005)
    for _ in range(3):
        case.call(getattr(client, name), *arguments)


def a_reset_while_it_waits(case):
    client, server = _tcp_pair(case)
    case.spawn(lambda: (case.sleep(0.01), _reset(case, server)))
    case.call(client.recv, 5)
    case.call(client.recv, 5)
    case.call(client.send, b"x")


def a_reset_while_it_sends(case):
    client, server = _tcp_pair(case)
    case.spawn(lambda: (case.sleep(0.02), _reset(case, server)))
    case.call(client.sendall, bytes(30_000_000))
    case.call(client.send, b"x")


@each(0, 1, 2)
def half_closed(case, how):
    client, server = _tcp_pair(case)
    server.settimeout(0.02)
    client.settimeout(0.02)
    client.sendall(b"before")
    case.call(client.shutdown, how)
    for sock in (server, client):
        for _ in range(2):
            case.call(sock.recv, 10)
        case.call(sock.send, b"after")
        case.call(sock.sendall, b"more")
    case.call(client.recv, 20)
    case.call(client.shutdown, how)


@each(3, -1, 1.0, "x", None, 2**40)
def shutdown_of_something_else(case, how):
    one, _other = case.module.socketpair()
    case.call(one.shutdown, how)


@each(
    (2.0,),
    (2, 1.0),
    (2, 1, 0.0),
    ("2",),
    (None,),
    (-2,),
    (99,),
    (2, 99),
    (2, 1, 99),
    (2**40,),
    (2, 2**40),
    (2, 1, 0, 99),
    (2, 1, 0, -1),
    (2, 1, 0, "x"),
    (2, 1, 0, 1.5),
    (2, 1, 0, 0, 0),
    (1, 1),
    (2, 1, 6),
    (10, 2, 17),
    (2, 2048 | 1),
    (2, 524288 | 2),
)
def made_of(case, arguments):
    def make():
        with case.module.socket(*arguments) as sock:
            return sock.family, int(sock.type), sock.proto, sock.timeout

    case.named_call("made", make)


@each(
    *(None, 0, 0.0, 1, 1.5, -1, -0.0, -0.5, "x", "1", b"1", True, False, float("nan")),
    *(float("inf"), 10**10, 10**20, 2**70, [], (1,), 1j),
)
def a_timeout(case, value):
    sock = case.module.socket()
    case.call(sock.settimeout, value)
    case.call(sock.gettimeout)
    case.call(sock.getblocking)
    case.call(sock.setblocking, value)
    case.call(sock.gettimeout)


@each(None, 0, 0.01, 5, -1, "x", float("nan"))
def the_default_timeout(case, value):
    names = case.module
    case.call(names.setdefaulttimeout, value)
    case.call(names.getdefaulttimeout)
    with names.socket() as sock:
        case.call(sock.gettimeout)
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        case.named_call("accept", lambda: sock.accept()[1])
    one, other = names.socketpair()
    case.show("pair", (one.gettimeout(), other.gettimeout()))
    with names.fromfd(one.fileno(), names.AF_UNIX, names.SOCK_STREAM) as copied:
        case.show("copy", copied.gettimeout())


def an_accepted_one_and_its_listener(case):
    names = case.module
    listener = names.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    listener.settimeout(2)
    client = names.socket()
    client.settimeout(3)
    client.connect(listener.getsockname())
    server, address = listener.accept()
    case.show(
        "accepted", (server.gettimeout(), server.family, int(server.type), server.proto)
    )
    case.show("address", address == client.getsockname())
    case.show("inherited", (server.get_inheritable(), client.get_inheritable()))
    case.call(client.connect, listener.getsockname())
    case.call(client.connect_ex, listener.getsockname())
    case.call(server.accept)
    case.call(server.listen)
    case.call(listener.connect, listener.getsockname())


@each(
    *(
        (host, 1)
        for host in ("127.0.0.1", "", "localhost", "256.1.1.1", "::1", b"127.0.0.1")
    ),
    *(
        (host, 1)
        for host in (None, 1, "127.0.0.1\0", "\udcff", "a" * 300, bytearray(b"::1"))
    ),
    *(("127.0.0.1", port) for port in (-1, 65536, "1", None, 1.5, 2**70, True)),
    *(
        (),
        ("127.0.0.1",),
        ("127.0.0.1", 1, 2),
        ["127.0.0.1", 1],
        "127.0.0.1",
        b"x",
        None,
        5,
    ),
)
def an_address(case, address):
    names = case.module
    for kind in (names.SOCK_STREAM, names.SOCK_DGRAM):
        with names.socket(names.AF_INET, kind) as sock:
            sock.settimeout(1)
            case.call(sock.connect, address)
        with names.socket(names.AF_INET, kind) as sock:
            sock.settimeout(1)
            case.call(sock.connect_ex, address)
    with names.socket(names.AF_INET, names.SOCK_DGRAM) as sock:
        case.call(sock.sendto, b"x", address)
        case.call(sock.sendmsg, [b"x"], [], 0, address)


@each(
    ("127.0.0.1", 0),
    ("", 0),
    ("localhost", 0),
    ("8.8.8.8", 0),
    ("127.0.0.1", 70000),
    ("127.0.0.1",),
    "x",
    ("127.0.0.1", "x"),
    None,
    ("127.0.0.1", 0, 0),
)
def bound_to(case, address):
    with case.module.socket() as sock:
        case.call(sock.bind, address)
        case.named_call("host", lambda: sock.getsockname()[0])
        case.call(sock.bind, address)


@each(
    ("::1", 1),
    ("::1", 1, 0),
    ("::1", 1, 0, 0),
    ("::1", 1, 2**20, 0),
    ("::1", 1, -1, 0),
    ("::1", 1, 0, 0, 0),
    ("127.0.0.1", 1),
    ("fe80::1%lo", 1),
    ("::1%nosuch", 1),
    ("::ffff:127.0.0.1", 1),
    ("[::1]", 1),
    ("", 1),
)
def an_address_of_ipv6(case, address):
    names = case.module
    with names.socket(names.AF_INET6) as sock:
        sock.settimeout(1)
        case.call(sock.connect, address)
    with names.socket(names.AF_INET6, names.SOCK_DGRAM) as sock:
        case.call(sock.sendto, b"x", address)


def refused(case):
    names = case.module
    with names.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    sock = names.socket()
    case.call(sock.connect, address)
    case.call(sock.send, b"x")
    case.call(sock.recv, 1)
    with names.socket() as sock:
        case.call(sock.connect_ex, address)
    with names.socket() as sock:
        sock.settimeout(1)
        case.call(sock.connect, address)
    case.call(names.create_connection, address)
    case.call(names.create_connection, address, all_errors=True)
    case.call(names.create_connection, address, 0.5)
    case.call(names.create_connection, address, timeout=0)


def connecting_without_waiting(case):
    names = case.module
    listener = names.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sock = names.socket()
    sock.setblocking(False)
    case.call(sock.connect, listener.getsockname())
    case.sleep(0.01)
    case.call(sock.connect_ex, listener.getsockname())
    case.call(sock.connect_ex, listener.getsockname())
    case.call(sock.send, b"x")
    case.call(sock.recv, 1)
    with names.socket() as other:
        other.setblocking(False)
        case.call(other.connect_ex, listener.getsockname())
    case.call(listener.getsockopt, names.SOL_SOCKET, names.SO_ERROR)


@each(
    (("127.0.0.1",),),
    ("127.0.0.1",),
    (None,),
    (),
    (("127.0.0.1", 1), "x"),
    (("127.0.0.1", 1), -1),
    (("127.0.0.1", 1), 1, "x"),
    (("127.0.0.1", 1), 1, ("8.8.8.8", 0)),
    (("127.0.0.1", "nosuch"),),
    (("nosuch.invalid", 1),),
    (("127.0.0.1", 1), 1, None, True),
)
def create_connection_to(case, arguments):
    case.call(case.module.create_connection, *arguments)


@each(
    {},
    {"backlog": 1},
    {"backlog": -1},
    {"reuse_port": True},
    {"family": 10},
    {"family": 10, "dualstack_ipv6": True},
    {"dualstack_ipv6": True},
    {"family": 1},
    {"backlog": "x"},
)
def create_server_with(case, options):
    names = case.module

    def make():
        with names.create_server(("", 0), **options) as made:
            reuses = made.getsockopt(names.SOL_SOCKET, names.SO_REUSEADDR)
            return type(made).__name__, made.family, made.getsockname()[0], reuses

    case.named_call("made", make)


def create_server_in_use(case):
    with case.module.create_server(("127.0.0.1", 0)) as made:
        case.hide(made.getsockname()[1], "PORT")
        case.call(case.module.create_server, made.getsockname())


@each(
    "r",
    "w",
    "rw",
    "rb",
    "wb",
    "rwb",
    "br",
    "",
    "b",
    "a",
    "x",
    "r+",
    "rt",
    "U",
    "rr",
    "wr",
)
def the_mode_of_a_file(case, mode):
    one, _other = case.module.socketpair()
    for buffering in (None, 0, 1, 5, -1):
        file = case.named_call(
            f"buffering {buffering}", lambda b=buffering: _kind(one.makefile(mode, b))
        )
        case.show("file", file)


def _kind(file):
    name = type(file).__name__.replace("TextStream", "TextIOWrapper")
    found = [name, file.readable(), file.writable(), file.seekable(), file.isatty()]
    found.append(getattr(file, "mode", None))
    found.append(isinstance(getattr(file, "name", -1), int))
    return found


@each("rb", "wb", "rwb", "r", "w", "rw")
def a_closed_file(case, mode):
    one, _other = case.module.socketpair()
    file = one.makefile(mode)
    file.close()
    file.close()
    for name, arguments in (
        ("read", ()),
        ("read", (1,)),
        ("readline", ()),
        ("readlines", ()),
        ("write", (b"x",)),
        ("flush", ()),
        ("fileno", ()),
        ("readable", ()),
        ("tell", ()),
        ("seek", (0,)),
        ("isatty", ()),
        ("__next__", ()),
        ("__enter__", ()),
        ("read1", ()),
        ("peek", ()),
        ("readinto", (bytearray(3),)),
        ("detach", ()),
    ):
        if "b" not in mode and name == "write":
            arguments = ("x",)
        case.named_call(name, lambda n=name, a=arguments: getattr(file, n)(*a))
    case.attributes(file, "closed")
    case.call(one.send, b"still open")


def lines_of_a_file(case):
    one, other = case.module.socketpair()
    file = one.makefile("rb")
    other.sendall(b"one\ntwo\n\nlast")
    other.close()
    case.call(file.readline)
    case.call(file.readline, 2)
    case.call(file.peek)
    case.call(file.read1)
    case.call(file.readlines)
    case.call(file.readline)
    case.call(file.read)
    case.call(file.tell)


@each("\n", "", "\r", "\r\n", None, "x")
def newlines_of_a_file(case, newline):
    one, other = case.module.socketpair()
    if newline == "x":
        case.call(one.makefile, "rw", newline=newline)
        return
    file = one.makefile("rw", newline=newline, encoding="utf-8")
    other.sendall("ä\r\nb\nc\rd".encode())
    other.shutdown(1)
    case.named_call("lines", list, file)
    case.call(file.write, "x\ny")
    case.call(file.flush)
    case.call(other.recv, 20)


@each("strict", "replace", "nosuch")
def bad_text_in_a_file(case, errors):
    one, other = case.module.socketpair()
    other.sendall(b"a\xffb\n")
    other.close()
    file = one.makefile("r", encoding="ascii", errors=errors)
    case.call(file.readline)
    case.call(file.readline)


def a_file_outlives_its_socket(case):
    one, other = case.module.socketpair()
    file = one.makefile("rwb")
    one.close()
    case.show("socket", (one.fileno() >= 0,))
    file.write(b"x")
    file.flush()
    case.call(other.recv, 5)
    other.send(b"y\n")
    case.call(file.readline)
    file.close()
    case.call(other.recv, 5)
    case.call(one.fileno)


def a_timeout_in_a_file(case):
    one, other = case.module.socketpair()
    one.settimeout(0.01)
    file = one.makefile("rb")
    other.send(b"part")
    case.call(file.readline)
    other.send(b" rest\n")
    case.call(file.readline)
    case.call(file.read, 1)


def a_file_that_does_not_wait(case):
    one, other = case.module.socketpair()
    one.setblocking(False)
    raw = one.makefile("rb", 0)
    case.call(raw.read, 3)
    case.call(raw.readinto, bytearray(3))
    other.send(b"abcde")
    case.call(raw.read, 3)
    case.call(raw.readline)
    case.call(raw.readall)


@each(
    "text",
    "pipe",
    "empty",
    "offset",
    "count",
    "count 0",
    "count x",
    "beyond",
    "no fileno",
)
def sendfile(case, what):
    import io

    one, other = case.module.socketpair()
    with tempfile.TemporaryFile("w+" if what == "text" else "w+b") as file:
        if what != "empty":
            file.write("abcdef" if what == "text" else b"abcdef")
        file.flush()
        given, arguments = file, ()
        if what == "pipe":
            reading, writing = os.pipe()
            os.write(writing, b"abc")
            os.close(writing)
            given = open(reading, "rb")  # noqa: SIM115 - it is closed with the process
        if what == "no fileno":
            given = io.BytesIO(b"abcdef")
        arguments = {
            "offset": (2,),
            "count": (1, 3),
            "count 0": (0, 0),
            "count x": (0, "x"),
            "beyond": (100,),
        }.get(what, ())
        case.call(one.sendfile, given, *arguments)
        case.named_call("tell", lambda: given.tell())
        one.close()
        case.call(other.recv, 20)


def descriptors_over_a_unix_socket(case):
    names = case.module
    one, other = names.socketpair()
    reading, writing = os.pipe()
    case.call(names.send_fds, one, [b"x"], [reading])
    data, numbers, _flags, address = names.recv_fds(other, 10, 2)
    case.show("got", (data, len(numbers), address))
    os.write(writing, b"hi")
    case.call(os.read, numbers[0], 5)
    for number in (*numbers, reading, writing):
        os.close(number)


@each("family", "type", "proto", "timeout", "closed", "fileno", "nosuch", "_sock")
def assigning(case, name):
    sock = case.module.socket()
    case.call(setattr, sock, name, 1)
    case.call(delattr, sock, name)


def a_subclass(case):
    names = case.module

    class Mine(names.socket):
        extra = 1

    made = Mine()
    made.own = 2
    case.show("own", made.own)
    with made.dup() as copied:
        case.show("dup", type(copied).__name__)
    made.bind(("127.0.0.1", 0))
    made.listen()
    client = names.create_connection(made.getsockname())
    case.show("accepted", type(made.accept()[0]).__name__)
    client.close()


def a_context_manager(case):
    with case.module.socket() as sock:
        case.show("inside", sock.fileno() >= 0)
        case.show("same", sock.__enter__() is sock)
    case.call(sock.fileno)
    case.named_call("enter", lambda: sock.__enter__() is sock)
    case.call(sock.__exit__)
    other = case.module.socket()
    case.call(other.__exit__)
    case.call(other.fileno)


def names_of_the_module(case):
    names = case.module
    case.call(names.inet_aton, "1.2.3.4")
    case.call(names.inet_pton, names.AF_INET6, "::1")
    case.call(names.htons, 1)
    case.call(names.CMSG_LEN, 4)
    case.show("error", names.error is OSError)
    case.show("timeout", names.timeout is TimeoutError)
    case.show("type", names.SocketType.__name__)
    case.show("has_dualstack", names.has_dualstack_ipv6())
    case.call(names.close, -1)
    case.call(names.close, "x")
    case.call(names.dup, -1)


@each(-1, 9999, "x", None, 1.5)
def fromfd_of(case, number):
    names = case.module
    case.call(names.fromfd, number, names.AF_INET, names.SOCK_STREAM)


def fromfd_of_a_pipe(case):
    names = case.module
    reading, writing = os.pipe()
    made = case.named_call(
        "made", lambda: names.fromfd(reading, names.AF_INET, names.SOCK_STREAM)
    )
    if made is not None:
        case.call(made.recv, 1)
        made.close()
    os.close(reading)
    os.close(writing)


@each((), (1,), (1, 2), (1, 1, 99), (2,), (99,), ("x",), (1.0,), (None, 2), (1, 1.0))
def socketpair_of(case, arguments):
    made = case.named_call("made", lambda: len(case.module.socketpair(*arguments)))
    case.show("made", made)


def closed_while_another_one_reads(case):
    names = case.module
    one, other = names.socketpair()
    one.settimeout(0.05)
    ended = []

    def read():
        try:
            ended.append(one.recv(1))
        except OSError as error:
            ended.append(type(error).__name__)

    reader = case.spawn(read)
    case.sleep(0.01)
    one.shutdown(names.SHUT_RDWR)
    reader.join()
    case.show("n", len(ended))
    case.call(other.recv, 1)


def many_at_once(case):
    names = case.module
    listener = names.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(5):
            sock, _address = listener.accept()
            with sock:
                sock.sendall(sock.recv(10).upper())

    server = case.spawn(serve)
    found = []

    def ask(word):
        with names.create_connection(listener.getsockname()) as sock:
            sock.sendall(word)
            found.append(sock.recv(10))

    clients = [case.spawn(ask, bytes([65 + i]) * 3) for i in range(5)]
    for each_one in (server, *clients):
        each_one.join()
    case.show("found", sorted(found))


@each(100, 70_000, 3_000_000)
def much_data(case, size):
    one, other = case.module.socketpair()
    writer = case.spawn(lambda: (one.sendall(b"x" * size), one.close()))
    total, largest = 0, 0
    while data := other.recv(1 << 20):
        total += len(data)
        largest = max(largest, len(data))
    writer.join()
    case.show("total", total)


@each(1, 0, 65507, 65508, 100_000)
def a_datagram(case, size):
    names = case.module
    one = names.socket(names.AF_INET, names.SOCK_DGRAM)
    other = names.socket(names.AF_INET, names.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    other.settimeout(0.05)
    case.call(one.sendto, bytes(size), other.getsockname())
    case.named_call("length", lambda: len(other.recvfrom(70_000)[0]))
    case.call(one.sendto, bytes(size), 0, other.getsockname())
    case.call(other.recv, 2)
    case.call(one.connect, other.getsockname())
    case.call(one.send, bytes(size))
    case.call(other.recvfrom_into, bytearray(3))
    case.call(one.sendto, b"x", other.getsockname(), 0, 0)
    case.call(one.sendto, "x", other.getsockname())
    case.call(one.sendto, b"x", 1.5, other.getsockname())


def a_refused_datagram(case):
    names = case.module
    with names.socket(names.AF_INET, names.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    sock = names.socket(names.AF_INET, names.SOCK_DGRAM)
    sock.settimeout(0.05)
    sock.connect(address)
    case.call(sock.send, b"x")
    case.call(sock.recv, 5)
    case.call(sock.recv, 5)
    case.call(sock.send, b"x")
    case.call(sock.send, b"x")


def unix_addresses(case):
    names = case.module
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        listener = names.socket(names.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        client = names.socket(names.AF_UNIX)
        case.call(client.connect, path)
        server, address = listener.accept()
        case.show("address", address)
        case.named_call("name", lambda: server.getsockname() == path)
        for other in (
            path.encode(),
            folder,
            "/nosuch/x",
            "",
            b"\0nobody",
            "x" * 200,
            5,
        ):
            with names.socket(names.AF_UNIX) as sock:
                case.named_call(f"connect {other!r}", sock.connect, other)
    abstract = names.socket(names.AF_UNIX)
    case.call(abstract.bind, b"\0gevent-differential")
    case.call(abstract.getsockname)
