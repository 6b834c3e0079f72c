"""HTTP/2 over TLS: who chooses it, and how."""

from __future__ import annotations

import pytest
from hyperframe.frame import GoAwayFrame

import gevent
from gevent import socket
from gevent.pywsgi import WSGIServer
from tests.net.tls_pairs import SERVER, client_context, server_context
from tests.servers.http2.conftest import Client, hello


@pytest.fixture
def wrap():
    """Give a function that connects by TLS."""
    socks = []

    def wrapped(server, *protocols):
        context = client_context()
        if protocols:
            context.set_alpn_protocols(protocols)
        raw = socket.create_connection(server.address, timeout=10)
        # The end without a good-bye is an error.
        options = {"server_hostname": "localhost", "suppress_ragged_eofs": False}
        socks.append(context.wrap_socket(raw, **options))
        return socks[-1]

    yield wrapped
    for sock in socks:
        sock.close()


def test_client_that_offers_h2_gets_it(serve, wrap):
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        return hello(environ, start_response)

    sock = wrap(serve(application, ssl_context=server_context()), "http/1.1", "h2")
    assert sock.selected_alpn_protocol() == "h2"
    client = Client(("", 0), sock=sock)
    client.get()
    assert client.reply().body == b"hello"
    assert seen["wsgi.url_scheme"] == "https"


def test_large_bodies_go_both_ways(serve, wrap):
    def application(environ, start_response):
        size = 0
        while data := environ["wsgi.input"].read(5000):
            size += len(data)
        start_response("200 OK", [])
        return [b"a" * size]

    client = Client(
        ("", 0),
        {4: 2**20},
        sock=wrap(serve(application, ssl_context=server_context()), "h2"),
    )
    client.open_window(2**20)
    client.post()
    for _ in range(3):
        client.data(b"a" * 16000)
    client.data(b"", ends=True)
    assert client.reply().body == b"a" * 48000


@pytest.mark.parametrize("protocols", [(), ("http/1.1",), ("other",)])
def test_other_clients_get_http_1(serve, wrap, protocols):
    sock = wrap(serve(hello, ssl_context=server_context()), *protocols)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert sock.recv(15) == b"HTTP/1.1 200 OK"


def test_context_keeps_the_protocols_that_it_has(serve, wrap):
    context = server_context()
    context.set_alpn_protocols(["http/1.1"])
    sock = wrap(serve(hello, ssl_context=context), "h2", "http/1.1")
    assert sock.selected_alpn_protocol() == "http/1.1"


def test_context_of_a_server_without_http_2_offers_nothing(serve, wrap):
    sock = wrap(serve(hello, ssl_context=server_context(), http2=False), "h2")
    assert sock.selected_alpn_protocol() is None


def test_preface_is_none_without_alpn(serve, wrap):
    sock = wrap(serve(hello, ssl_context=server_context()))
    sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert sock.recv(12) == b"HTTP/1.1 505"


def test_tls_needs_a_context():
    with pytest.raises(TypeError, match="needs an ssl_context="):
        WSGIServer(("127.0.0.1", 0), hello, http2=True, certfile=SERVER)


def test_violation_is_told_before_the_end(serve, wrap):
    sock = wrap(serve(hello, ssl_context=server_context()), "h2")
    client = Client(("", 0), sock=sock)
    client.send(b"\0\0\0\4\0\0\0\0\1")
    assert client.goaway().error_code == 1
    assert client.rest() == []


def test_stop_is_graceful(serve, wrap):

    server = serve(hello, ssl_context=server_context())
    client = Client(("", 0), sock=wrap(server, "h2"))
    client.get()
    client.reply()
    stopping = gevent.spawn(server.stop, 5)
    client.answer_last_ping()
    assert client.until(lambda f: f.type == 7 and f.last_stream_id == 1)
    assert client.rest() == []
    stopping.get(timeout=10)


def test_client_that_says_goaway_is_told_good_bye(serve, wrap):
    client = Client(
        ("", 0), sock=wrap(serve(hello, ssl_context=server_context()), "h2")
    )
    client.get()
    client.reply()
    client.send(GoAwayFrame(0, last_stream_id=0, error_code=0))
    assert client.rest() == []


def test_client_that_goes_without_a_word_is_no_error(serve, wrap, errors):
    server = serve(hello, ssl_context=server_context())
    client = Client(("", 0), sock=wrap(server, "h2"))
    client.round_trip()
    client.sock.shutdown(socket.SHUT_RDWR)
    client.close()

    while server._parking.connections:
        gevent.sleep(0.01)
    assert errors.getvalue() == ""
