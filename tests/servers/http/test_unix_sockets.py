"""A server behind a unix socket, as proxies on the same machine use it."""

from __future__ import annotations

import os

import pytest

from gevent import socket
from gevent.pywsgi import WSGIHandler
from tests.servers.http.conftest import hello

GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Hooked(WSGIHandler):
    """A handler that has a hook, which does nothing."""

    def finalize_headers(self):
        WSGIHandler.finalize_headers(self)


@pytest.fixture(params=[WSGIHandler, Hooked])
def handler_class(request):
    """Give the classes of both paths."""
    return request.param


@pytest.fixture
def listen(tmp_path):
    """Give a function that makes a listener."""

    def listen_at(name="s"):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / name))
        listener.listen()
        return listener

    return listen_at


def ask(server, data=GET, name=None):
    """Send a request from a socket of that name; return all that comes."""
    with socket.socket(socket.AF_UNIX) as client:
        if name is not None:
            client.bind(str(name))
        client.settimeout(5)
        client.connect(server.address)
        client.sendall(data)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("is_named", [False, True])
def test_client_has_no_address_in_the_environ(
    serve, listen, tmp_path, handler_class, is_named
):
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        return hello(environ, start_response)

    server = serve(application, listener=listen(), handler_class=handler_class)
    assert ask(server, name=tmp_path / "c" if is_named else None).endswith(b"hello")
    assert "REMOTE_ADDR" not in seen
    assert "REMOTE_PORT" not in seen
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("", "")
    assert seen["HTTP_HOST"] == "a"
    assert server.server_host is server.server_port is None


def test_log_shows_the_name_that_a_client_has(serve, listen, tmp_path, handler_class):
    server = serve(hello, listener=listen(), handler_class=handler_class)
    ask(server)
    ask(server, name=tmp_path / "c")
    first, second = server.log.getvalue().splitlines()
    assert first.startswith("- - - [")
    assert second.startswith(f"{tmp_path}/c - - [")


@pytest.mark.parametrize("data", [GET, b"no request\r\n\r\n"])
def test_name_of_a_client_forges_no_line(serve, listen, tmp_path, handler_class, data):
    server = serve(hello, listener=listen(), handler_class=handler_class)
    ask(server, data, tmp_path / 'c\n127.0.0.1 - "\x1b[1m')
    for line in (server.log.getvalue() + server.error_log.getvalue()).splitlines():
        assert not line.startswith("127.0.0.1")
        assert "\x1b" not in line


def test_refused_request_is_logged(serve, listen, handler_class):
    server = serve(hello, listener=listen(), handler_class=handler_class)
    assert ask(server, b"no\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert '"no" 400 - ' in server.log.getvalue()
    assert "(from ) Invalid request" in server.error_log.getvalue()


def test_abstract_name_is_served(serve, handler_class):
    name = b"\0gevent-test-%d" % os.getpid()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen()
    server = serve(hello, listener=listener, handler_class=handler_class)
    assert server.address == name
    assert ask(server).endswith(b"hello")


def test_several_requests_of_a_connection_are_served(serve, listen, handler_class):
    server = serve(hello, listener=listen(), handler_class=handler_class)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(server.address)
        for _ in range(3):
            client.sendall(GET.replace(b"Connection: close\r\n", b""))
            assert client.recv(65536).endswith(b"hello")
        client.sendall(GET)
        assert client.recv(65536).endswith(b"hello")
        assert client.recv(65536) == b""


def test_file_of_the_socket_is_its_makers_to_remove(serve, listen):
    """Another process may listen there by then."""
    server = serve(hello, listener=listen())
    path = server.address
    server.stop()
    assert os.path.exists(path)
    with (
        socket.socket(socket.AF_UNIX) as another,
        pytest.raises(OSError, match="Address already in use"),
    ):
        another.bind(path)
    os.unlink(path)
    assert ask(serve(hello, listener=listen())).endswith(b"hello")


@pytest.mark.parametrize("address", ["/nosuch/socket", "unix:/nosuch/socket"])
def test_path_is_no_address(serve, address):
    with pytest.raises(ValueError, match="Failed to parse address"):
        serve(hello, listener=address)
