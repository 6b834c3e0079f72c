"""What servers listen on: inherited descriptors, shared ports, sockets that do not."""

from __future__ import annotations

import errno
import os
import socket as stdlib
import sys

import pytest

import gevent
from gevent import socket
from gevent.server import DatagramServer, StreamServer
from gevent.servers.listener import inherited_socket, keep_out

LOCAL = ("127.0.0.1", 0)


def answer(sock, _address):
    sock.sendall(b"here")


@pytest.fixture
def number():
    """The number of a listening descriptor, which somebody takes over."""
    with stdlib.create_server(LOCAL) as made:
        number = made.detach()
    yield number
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(number)


def test_descriptor_is_served_and_closed(talk, number):
    """Issue 14."""
    with StreamServer(f"fd:{number}", answer) as server:
        server.start()
        assert server.socket.fileno() == number
        assert talk(server.address) == b"here"


def test_descriptor_is_not_inherited_any_further(number):
    os.set_inheritable(number, True)
    with StreamServer(f"fd:{number}", answer):
        assert not os.get_inheritable(number)


def test_descriptor_of_datagrams_is_served():
    with stdlib.socket(type=stdlib.SOCK_DGRAM) as made:
        made.bind(LOCAL)
        number = made.detach()
    done = gevent.event.Event()
    with (
        DatagramServer(f"fd:{number}", lambda *_: done.set()) as server,
        socket.socket(type=socket.SOCK_DGRAM) as client,
    ):
        server.start()
        client.sendto(b"x", server.address)
        assert done.wait(10)


@pytest.mark.parametrize("text", ["fd:", "fd:x", "fd:-1", "fd: 3", "fd:٣"])
def test_descriptor_without_a_number_is_refused(text):
    with pytest.raises(ValueError, match=r"Failed to parse address .*descriptor"):
        StreamServer(text, answer)


def test_error_of_a_descriptor_names_it():
    with pytest.raises(OSError, match="'fd:9999'") as caught:
        StreamServer("fd:9999", answer)
    assert caught.value.errno == errno.EBADF


def test_other_addresses_are_no_descriptors():
    assert inherited_socket("localhost:3") is None
    assert inherited_socket(3) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it may not be shared")
def test_two_servers_may_share_a_port(talk):
    class Shared(StreamServer):
        reuse_port = True

    with Shared(LOCAL, answer) as first, Shared(LOCAL, answer) as second:
        first.start()
        second.address = first.address
        second.start()
        assert first.server_port == second.server_port
        assert talk(first.address) == b"here"


def test_ports_are_not_shared_unless_asked():
    assert StreamServer.reuse_port is DatagramServer.reuse_port is False


def test_port_that_cannot_be_shared_is_an_error(monkeypatch):
    class Shared(StreamServer):
        reuse_port = True

    monkeypatch.delattr(stdlib, "SO_REUSEPORT")
    with pytest.raises(ValueError, match="no SO_REUSEPORT"):
        Shared(LOCAL, answer).start()


def test_socket_that_does_not_listen_is_an_error_of_start():
    """Issue 14."""
    with socket.socket() as made:
        made.bind(LOCAL)
        server = StreamServer(made, answer)
        with pytest.raises(OSError, match="does not listen") as caught:
            server.start()
        assert caught.value.errno == errno.EINVAL
        assert not server.started


def test_listener_is_shared_with_a_forked_process(talk):
    """Whom the other process was faster with is no error."""
    with StreamServer(LOCAL, answer) as server:
        server.init_socket()
        pid = gevent.os.fork()
        if pid == 0:
            try:
                server.start()
                gevent.sleep(30)
            finally:
                os._exit(0)
        try:
            server.start()
            for _ in range(50):
                assert talk(server.address) == b"here"
            assert server.started
            assert server.delay == server.min_delay
        finally:
            os.kill(pid, 9)
            gevent.os.waitpid(pid, 0)


@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EPROTO, errno.EPERM])
def test_client_that_has_gone_before_it_is_accepted_is_no_error(
    talk, errors, monkeypatch, number
):
    from gevent.servers import server as home

    accept = home.accept_pending
    failures = [OSError(number, "of the client")]

    def accept_pending(*args):
        if failures:
            raise failures.pop()
        return accept(*args)

    monkeypatch.setattr(home, "accept_pending", accept_pending)
    with StreamServer(LOCAL, answer) as server:
        server.start()
        assert talk(server.address) == b"here"
        assert server.delay == server.min_delay
    assert errors.getvalue() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="a filter of Linux")
def test_listener_that_keeps_out_gives_what_it_has_and_takes_no_more():
    with stdlib.create_server(LOCAL) as listener:
        address = listener.getsockname()
        with socket.create_connection(address) as early:
            assert keep_out(listener)
            with socket.socket() as late:
                late.setblocking(False)
                with pytest.raises(BlockingIOError):
                    late.connect(address)
                listener.settimeout(5)
                taken, _ = listener.accept()
                with taken:
                    early.sendall(b"here")
                    assert taken.recv(4) == b"here"
                listener.setblocking(False)
                with pytest.raises(BlockingIOError):
                    listener.accept()
