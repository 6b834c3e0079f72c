"""The class, the functions around it, and waiting for bare descriptors."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import socket as stdlib
import weakref
from contextlib import ExitStack

import pytest

import gevent
from gevent import socket
from gevent.exceptions import ConcurrentObjectUseError
from tests.support.form import WRONG_SHAPE


def test_class_is_assignable_and_instances_have_no_dict(pair):
    assert not hasattr(pair[0], "__dict__")
    with pytest.raises(AttributeError):
        pair[0].anything = 1
    assert weakref.ref(pair[0])() is pair[0]
    socket.socket.anything = 1
    assert pair[0].anything == 1
    del socket.socket.anything


def test_repr_names_the_descriptor_and_says_what_became_of_it(pair):
    a, b = pair
    fd = a.fileno()
    assert f"object, fd={fd}, family=1, type=1, proto=0>" in repr(a)
    a.close()
    assert "[closed] at 0x" in repr(a)
    assert repr(a).endswith(f"fd={fd} closed]>")
    os.close(b.detach())
    assert repr(b).endswith("detached]>")


def test_repr_of_who_waits_for_one_names_it(pair):
    greenlet = gevent.spawn(pair[0].recv, 1)
    gevent.sleep(0)
    assert repr(greenlet).endswith(f" waits for socket at 0x{id(pair[0]):x}>")
    greenlet.kill()


def test_sockets_cannot_be_copied_or_pickled(pair):
    for call in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="Cannot serialize socket object"):
            call(pair[0])


def test_family_is_an_enum_and_type_a_number(pair):
    assert pair[0].family is stdlib.AddressFamily.AF_UNIX
    assert type(pair[0].type) is int
    with socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
        assert sock.type == socket.SOCK_STREAM


@pytest.mark.parametrize(
    ("value", "error"),
    [("x", TypeError), (-1, ValueError), (float("nan"), ValueError)],
)
def test_wrong_timeouts_are_refused(pair, value, error):
    with pytest.raises(error):
        pair[0].settimeout(value)


def test_timeouts_and_blocking_are_the_same_thing(pair):
    a, _ = pair
    a.settimeout(1)
    assert (a.gettimeout(), a.timeout, a.getblocking()) == (1.0, 1.0, True)
    a.setblocking(False)
    assert (a.timeout, a.getblocking()) == (0.0, False)
    a.setblocking(True)
    assert a.timeout is None


def test_default_timeout_is_taken_over(listener):
    stdlib.setdefaulttimeout(3)
    try:
        with socket.create_connection(listener.getsockname()) as client:
            server, _ = listener.accept()
            assert client.timeout == server.timeout == 3.0
            server.close()
    finally:
        stdlib.setdefaulttimeout(None)


def test_adopting_a_descriptor(pair):
    a, b = pair
    with socket.socket(fileno=os.dup(a.fileno())) as again:
        assert (again.family, again.type) == (a.family, a.type)
        again.sendall(b"x")
    assert b.recv(10) == b"x"


@pytest.mark.parametrize(("fileno", "error"), [(-5, ValueError), (9999, OSError)])
def test_adopting_what_is_no_descriptor_is_an_error(fileno, error):
    with pytest.raises(error):
        socket.socket(fileno=fileno)


def test_dup_and_fromfd_are_independent(pair):
    a, b = pair
    a.settimeout(5)
    copies = [a.dup(), socket.fromfd(a.fileno(), a.family, a.type)]
    assert copies[0].timeout == 5
    a.close()
    for each in copies:
        each.sendall(b"x")
        assert b.recv(10) == b"x"
        each.close()


def test_subclasses_may_have_state_and_dup_gives_the_subclass(listener):
    class Named(socket.socket):
        name = "x"

    with Named() as sock:
        sock.other = 1
        copy_of_it = sock.dup()
        assert type(copy_of_it) is Named
        copy_of_it.close()
    server = Named(fileno=listener.detach())
    with server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        assert type(accepted) is socket.socket
        accepted.close()


def test_unknown_attributes_come_from_the_native_object(pair):
    assert pair[0].ioctl if hasattr(pair[0]._sock, "ioctl") else True
    with pytest.raises(AttributeError):
        pair[0].nothing  # noqa: B018 - the look-up is the test
    pair[0].close()
    assert not hasattr(pair[0], "nothing")


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_accept_returns_the_address_of_the_client(family):
    host = "127.0.0.1" if family == "AF_INET" else "::1"
    with socket.socket(getattr(socket, family)) as server:
        server.bind((host, 0))
        server.listen()
        with socket.socket(getattr(socket, family)) as client:
            client.connect(server.getsockname())
            accepted, address = server.accept()
            assert address == client.getsockname()
            assert accepted.getpeername() == address
            accepted.close()


@pytest.mark.parametrize("kind", ["path", "bytes path", "abstract"])
def test_unix_sockets_connect_by_name(tmp_path, kind):
    path = str(tmp_path / "socket")
    name = {"path": path, "bytes path": path.encode(), "abstract": b"\0gevent-test"}
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind(name[kind])
        server.listen()
        client.connect(name[kind])
        accepted, address = server.accept()
        assert address == ""
        client.sendall(b"x")
        assert accepted.recv(1) == b"x"
        accepted.close()


def test_unix_connect_waits_for_room_in_the_backlog(tmp_path, parked):
    path = str(tmp_path / "socket")
    server, client = (socket.socket(socket.AF_UNIX) for _ in range(2))
    with server, client, ExitStack() as others:
        server.bind(path)
        server.listen(0)
        code = 0
        while code == 0:
            other = others.enter_context(socket.socket(socket.AF_UNIX))
            other.setblocking(False)
            code = other.connect_ex(path)
        assert code == errno.EAGAIN
        waiter = parked(client.connect, path)
        server.accept()[0].close()
        assert waiter.get() is None


def test_servers_of_the_module_are_ours(parked):
    """In a program that is not patched theirs would block the thread."""
    with socket.create_server(("127.0.0.1", 0), backlog=5) as listener:
        assert type(listener) is socket.socket
        accepting = parked(listener.accept)
        with socket.create_connection(listener.getsockname()):
            accepting.get()[0].close()


def test_connect_resolves_names(listener):
    with socket.socket() as client:
        client.connect(("localhost", listener.getsockname()[1]))
        accepted, _ = listener.accept()
        accepted.close()


def test_refused_connections(listener):
    address = listener.getsockname()
    listener.close()
    with socket.socket() as sock, pytest.raises(ConnectionRefusedError):
        sock.connect(address)
    with socket.socket() as sock:
        assert sock.connect_ex(address) == errno.ECONNREFUSED
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    with pytest.raises(ExceptionGroup, match="create_connection failed"):
        socket.create_connection(address, all_errors=True)


@pytest.mark.parametrize("timeout", [None, 60, 0.0])
def test_a_connected_socket_cannot_be_connected_again(tcp_pair, listener, timeout):
    """As the system says."""
    client, _ = tcp_pair
    client.settimeout(timeout)
    assert client.connect_ex(listener.getsockname()) == errno.EISCONN
    with pytest.raises(OSError, match="already connected") as caught:
        client.connect(listener.getsockname())
    assert caught.value.errno == errno.EISCONN


@pytest.mark.parametrize("timeout", [None, 60, 0.0])
def test_a_listening_socket_cannot_be_connected(listener, timeout):
    listener.settimeout(timeout)
    with stdlib.create_server(("127.0.0.1", 0)) as plain:
        expected = plain.connect_ex(listener.getsockname())
    assert expected == listener.connect_ex(listener.getsockname()) == errno.EISCONN


def test_unix_sockets_cannot_be_connected_again(tmp_path, pair):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "name"))
        listening.listen()
        code = pair[0].connect_ex(str(tmp_path / "name"))
    assert code == errno.EISCONN


def test_connect_that_does_not_wait_is_under_way(listener):
    with socket.socket() as sock:
        sock.setblocking(False)
        with pytest.raises(BlockingIOError) as caught:
            sock.connect(listener.getsockname())
        assert caught.value.errno == errno.EINPROGRESS
        socket.wait_write(sock.fileno())
        assert sock.connect_ex(listener.getsockname()) == 0


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("text", WRONG_SHAPE),
        (("127.0.0.1", 99999), OverflowError),
        (("127.0.0.1", "80"), TypeError),
        (("127.0.0.1",), WRONG_SHAPE),
        (("nothing.invalid", 1), socket.gaierror),
    ],
)
def test_wrong_addresses_get_the_standard_errors(address, error):
    with socket.socket() as sock, pytest.raises(error):
        sock.connect(address)


def test_options_go_both_ways(tcp_pair):
    client, _ = tcp_pair
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(8))
    assert client.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == bytes(8)
    client.set_inheritable(True)
    assert client.get_inheritable()


def test_literal_addresses_are_resolved_in_place(monkeypatch):
    monkeypatch.setattr(gevent.get_hub(), "_resolver", None)
    monkeypatch.setattr("gevent.net.socket.resolver", lambda: pytest.fail("asked"))
    found = socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
    assert found == stdlib.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
    assert isinstance(found[0][0], stdlib.AddressFamily)
    assert socket.getaddrinfo("::1", 80)[0][4][:2] == ("::1", 80)
    assert socket.getaddrinfo(None, 80, type=socket.SOCK_STREAM)


def test_names_are_resolved(monkeypatch):
    found = socket.getaddrinfo("localhost", 80, socket.AF_INET, socket.SOCK_STREAM)
    assert found[0][4] == ("127.0.0.1", 80)
    assert socket.gethostbyname("localhost") == "127.0.0.1"
    assert (
        socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST)[0] == "127.0.0.1"
    )


def test_wait_read_returns_when_there_is_something(parked):
    r, w = os.pipe()
    waiter = parked(socket.wait_read, r)
    os.write(w, b"x")
    assert waiter.get() is None
    socket.wait_write(w)
    socket.wait_readwrite(r)
    os.close(r)
    os.close(w)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [((), TimeoutError), ((ValueError,), ValueError), ((None,), gevent.Timeout)],
)
def test_wait_read_times_out_with_what_was_asked_for(pair, extra, expected):
    with pytest.raises(expected):
        socket.wait_read(pair[0].fileno(), 0.001, *extra)


def test_cancel_wait_raises_in_who_waits(pair, parked):
    watcher = gevent.get_hub().loop.io(pair[0].fileno(), 1)
    waiter = parked(socket.wait, watcher)
    socket.cancel_wait(watcher)
    outcome = waiter.get()
    assert isinstance(outcome, OSError)
    assert outcome.errno == errno.EBADF
    watcher.close()


def test_watcher_that_is_in_use_is_refused(pair):
    watcher = gevent.get_hub().loop.io(pair[0].fileno(), 1)
    watcher.start(print)
    with pytest.raises(ConcurrentObjectUseError):
        socket.wait(watcher)
    watcher.close()


def test_module_mirrors_the_standard_library():
    assert set(stdlib.__all__) - {"CAPI"} <= set(socket.__all__)
    assert socket.AF_INET is stdlib.AF_INET
    assert socket.timeout is TimeoutError
    assert socket.SocketType is socket.socket
    assert set(socket.__extensions__) == {
        "cancel_wait",
        "wait_read",
        "wait_readwrite",
        "wait_write",
    }


def test_sockets_work_with_ssl_less_stdlib_modules(listener):
    """A file over a socket works where the standard library makes one."""
    import io

    with socket.create_connection(listener.getsockname()) as client:
        server, _ = listener.accept()
        with io.BufferedReader(stdlib.SocketIO(server, "r")) as reader:
            client.sendall(b"line\n")
            server._io_refs += 1
            assert reader.readline() == b"line\n"
        server.close()


# -- hosts in addresses ---------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1\0", "127.0.0.1\0.test", b"127.0.0.1\0"])
@pytest.mark.parametrize("call", ["connect", "connect_ex", "sendto"])
def test_a_host_does_not_end_at_a_null_character(call, host):
    """Who compares the name sees another host than the system would."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        arguments = (b"x",) if call == "sendto" else ()
        with pytest.raises(TypeError, match="must not contain null character"):
            getattr(sock, call)(*arguments, (host, 9))


def test_a_host_of_ascii_is_looked_up_as_it_is():
    with socket.socket() as sock, pytest.raises(socket.gaierror):
        sock.connect(("x" * 70, 9))


def test_a_host_that_cannot_be_encoded_is_a_type_error():
    with (
        socket.socket() as sock,
        pytest.raises(TypeError, match="encoding of hostname"),
    ):
        sock.connect(("a\ud800b", 9))


def test_a_host_may_be_a_bytearray():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect((bytearray(b"127.0.0.1"), 9))
        assert sock.getpeername() == ("127.0.0.1", 9)


@pytest.mark.parametrize("call", ["recv_into", "recvfrom_into"])
@pytest.mark.parametrize("buffer", [b"abc", None, memoryview(bytearray(8))[::2]])
def test_what_cannot_be_written_to_is_a_type_error(pair, call, buffer):
    with pytest.raises(TypeError, match="bytes-like object"):
        getattr(pair[0], call)(buffer)


@pytest.mark.parametrize("stands_at", [0, 5, 10])
def test_a_regular_file_is_sent_from_its_beginning(pair, tmp_path, stands_at):
    """As in the standard library, wherever the file stands."""
    (tmp_path / "data").write_bytes(b"0123456789")
    with open(tmp_path / "data", "rb") as file:
        file.seek(stands_at)
        assert pair[0].sendfile(file) == 10
        assert file.tell() == 10
    assert pair[1].recv(100) == b"0123456789"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("recv", (3, 1.5)),
        ("recv_into", (bytearray(3), 0, 1.5)),
        ("recvfrom", (3, 1.5)),
        ("recvfrom_into", (bytearray(3), 0, 1.5)),
        ("recvmsg", (3, 0, 1.5)),
        ("recvmsg_into", ([bytearray(3)], 0, 1.5)),
        ("send", (b"x", 1.5)),
        ("sendall", (b"x", 1.5)),
        ("sendto", (b"x", 1.5, ("127.0.0.1", 1))),
        ("sendmsg", ([b"x"], [], 1.5)),
        ("shutdown", (1.0,)),
        ("setsockopt", (1.0, 9, 1)),
        ("setsockopt", (1, 9.0, 1)),
    ],
)
def test_a_float_is_no_flag(pair, name, arguments):
    """The compiled form cut it off."""
    pair[1].sendall(b"abc")
    with pytest.raises(TypeError):
        getattr(pair[0], name)(*arguments)


@pytest.mark.parametrize("arguments", [(2.0,), (2, 1.0), (2, 1, 0.0)])
def test_a_socket_is_not_made_of_floats(arguments):
    """As in the standard library."""
    with pytest.raises(TypeError):
        socket.socket(*arguments)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**40, 2**70])
def test_a_flag_is_as_large_as_the_system_takes_it(pair, value):
    """Nothing of it is cut off."""
    with pytest.raises(OverflowError):
        pair[0].send(b"x", value)


def test_the_empty_address_of_a_unix_socket_names_nobody():
    """It was taken for a path."""
    with socket.socket(socket.AF_UNIX) as sock:
        assert sock.connect_ex("") == errno.EINVAL


def test_a_socket_is_left_without_an_exception_to_tell_of():
    """``__exit__()`` closes, as in the standard library."""
    sock = socket.socket()
    sock.__exit__()
    assert sock.closed
