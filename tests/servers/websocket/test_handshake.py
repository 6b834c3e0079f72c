"""Who gets a WebSocket."""

from __future__ import annotations

import sys

import pytest

from gevent.servers.http.websocket.handshake import answer_to, checked_origins
from tests.servers.websocket.conftest import KEY, TEXT, echo, request

ORIGINS = ("https://example.com", "HTTP://Example.com:81")


def either(environ, start_response):
    """Serve what is no WebSocket, too."""
    if "wsgi.websocket" in environ:
        return echo(environ, start_response)
    start_response("200 OK", [])
    return [b"plain"]


def test_answer_to_the_key_of_the_rfc():
    assert answer_to(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_handshake_is_answered(echoing):
    lines = echoing.head.split("\r\n")
    assert lines[0] == "HTTP/1.1 101 Switching Protocols"
    assert lines[1:4] == [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]
    assert "Content-Length" not in echoing.head


@pytest.mark.parametrize("upgrade", ["WebSocket", "h2c, websocket", "foo , WEBSOCKET"])
def test_protocol_is_found_in_the_list_of_upgrades(serve, connect, upgrade):
    client = connect(serve(echo, websocket=True))
    client.send(request().replace(b"websocket", upgrade.encode(), 1))
    assert client.file.readline().startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("version", ["", "8", "14", "13, 8", "013"])
def test_other_version_is_told_which_one_there_is(serve, connect, version):
    client = connect(serve(either, websocket=True))
    client.send(request(version=version))
    reply = client.reply()
    assert reply.status == "HTTP/1.1 426 Upgrade Required"
    assert reply.fields["sec-websocket-version"] == "13"


@pytest.mark.parametrize(
    "key",
    ["", "short==", KEY[:-2], KEY + KEY, "d" * 21 + "===", "dGhl!HNhbXBsZSBub25jZQ=="],
)
def test_key_that_is_none_is_refused(serve, connect, key):
    client = connect(serve(either, websocket=True))
    client.send(request(key=key))
    assert client.reply().status == "HTTP/1.1 400 Bad Request"


def test_second_key_is_refused(serve, connect):
    client = connect(serve(either, websocket=True))
    client.send(request("/", f"Sec-WebSocket-Key: {KEY}"))
    assert client.reply().status == "HTTP/1.1 400 Bad Request"


@pytest.mark.parametrize(
    "change",
    [
        (b"GET", b"OPTIONS"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"Upgrade: websocket", b"Upgrade: other"),
        (b"Connection: Upgrade", b"Connection: keep-alive"),
        (b"Host: a", b"Host: a\r\nContent-Length: 2"),
    ],
    ids=["method", "version", "protocol", "connection", "body"],
)
def test_request_that_asks_for_something_else_is_one_as_any_other(
    serve, connect, change
):
    client = connect(serve(either, websocket=True))
    client.send(request().replace(*change) + b"{}")
    reply = client.reply()
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == b"plain"


def test_without_being_asked_a_server_makes_none(serve, connect):
    client = connect(serve(either))
    client.send(request())
    assert client.reply().body == b"plain"


# -- the application answers otherwise ---------------------------------------------


@pytest.mark.parametrize("kind", [list, tuple, iter], ids=["list", "tuple", "iterator"])
def test_application_may_answer_otherwise(serve, connect, kind):
    def forbid(environ, start_response):
        start_response("403 Forbidden", [("X", "y")])
        return kind([b"no", b"body"])

    client = connect(serve(forbid, websocket=True))
    client.send(request())
    reply = client.reply()
    assert reply.status == "HTTP/1.1 403 Forbidden"
    assert reply.body == b"nobody"
    assert client.rest() == b""


def test_application_may_answer_otherwise_by_write(serve, connect):
    def forbid(environ, start_response):
        start_response("403 Forbidden", [("Content-Length", "2")])(b"no")
        with pytest.raises(OSError, match="closed"):
            environ["wsgi.websocket"].send("too late")
        return []

    client = connect(serve(forbid, websocket=True))
    client.send(request())
    assert client.reply().body == b"no"


def test_use_comes_before_an_answer_that_was_not_sent(serve, open_peer):
    def both(environ, start_response):
        start_response("200 OK", [("Content-Length", "4")])
        environ["wsgi.websocket"].send("first")
        start_response("200 OK", [])(b"dropped")
        return [b"dropped"]

    peer = open_peer(serve(both, websocket=True))
    assert peer.status == 101
    assert peer.read() == (TEXT, b"first")
    assert peer.closing() == (1000, b"")


def test_generator_may_use_it(serve, open_peer):
    def generate(environ, start_response):
        environ["wsgi.websocket"].send("one")
        yield b"dropped"
        environ["wsgi.websocket"].send("two")

    peer = open_peer(serve(generate, websocket=True))
    assert [peer.read(), peer.read()] == [(TEXT, b"one"), (TEXT, b"two")]
    assert peer.closing() == (1000, b"")


def test_what_was_neither_used_nor_answered_is_accepted_and_closed(serve, open_peer):
    peer = open_peer(serve(lambda environ, start_response: [], websocket=True))
    assert peer.status == 101
    assert peer.closing() == (1000, b"")


def test_error_in_an_answer_instead_cuts_it(serve, open_peer, errors):
    """PEP 3333: ``exc_info`` is raised again when the head has been sent."""

    def application(environ, start_response):
        start_response("200 OK", [])
        yield b"begun"
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            start_response("500 Oops", [], sys.exc_info())
        yield b"dropped"

    peer = open_peer(serve(application, websocket=True))
    assert peer.status == 200
    assert peer.file.read() == b"5\r\nbegun\r\n"
    assert "ZeroDivisionError" in errors.getvalue()


def test_application_may_take_the_socket_instead(serve, connect):
    def take(environ, start_response):
        environ["wsgi.input"].raw._sock.sendall(b"mine")
        return []

    client = connect(serve(take, websocket=True))
    client.send(request())
    assert client.rest() == b"mine"


def test_failing_application_is_an_error_of_the_server(serve, connect, errors):
    def fail(environ, start_response):
        raise RuntimeError("before it was used")

    client = connect(serve(fail, websocket=True))
    client.send(request())
    assert client.reply().status == "HTTP/1.1 500 Internal Server Error"
    assert "before it was used" in errors.getvalue()


# -- subprotocols, and who decides -------------------------------------------------


def test_application_accepts_a_subprotocol(serve, open_peer):
    def accept(environ, start_response):
        websocket = environ["wsgi.websocket"]
        websocket.accept("b")
        websocket.send(f"{websocket.subprotocol} of {websocket.protocol}")
        return []

    peer = open_peer(serve(accept, websocket=True), "/", "Sec-WebSocket-Protocol: a,b")
    assert "Sec-WebSocket-Protocol: b\r\n" in peer.head
    assert peer.read() == (TEXT, b"b of a,b")


@pytest.mark.parametrize("subprotocol", ["c", "", "a,b", "é", b"a", 1])
def test_subprotocol_must_have_been_offered(serve, connect, errors, subprotocol):
    def accept(environ, start_response):
        environ["wsgi.websocket"].accept(subprotocol)

    client = connect(serve(accept, websocket=True))
    client.send(request("/", "Sec-WebSocket-Protocol: a,b,\xe9"))
    assert client.reply().status == "HTTP/1.1 500 Internal Server Error"
    assert "subprotocol" in errors.getvalue()


@pytest.mark.parametrize("answer", [True, "b"])
def test_function_accepts_before_the_application_is_called(serve, open_peer, answer):
    peer = open_peer(
        serve(echo, websocket=lambda environ: answer),
        "/",
        "Sec-WebSocket-Protocol: a, b",
    )
    assert ("Sec-WebSocket-Protocol: b\r\n" in peer.head) is (answer == "b")
    peer.send(TEXT, b"x")
    assert peer.read() == (TEXT, b"x")


@pytest.mark.parametrize("answer", [False, None])
def test_function_refuses_before_the_application_is_called(serve, connect, answer):
    client = connect(serve(echo, websocket=lambda environ: answer))
    client.send(request())
    reply = client.reply()
    assert (reply.status, reply.body) == ("HTTP/1.1 403 Forbidden", b"")


@pytest.mark.parametrize("websocket", [None, 1, "yes"])
def test_what_decides_must_be_a_bool_or_callable(serve, websocket):
    with pytest.raises(TypeError, match="websocket must be a bool or callable"):
        serve(echo, websocket=websocket)


# -- origins -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origins", "origin", "is_accepted"),
    [
        (None, "https://evil.example", True),
        (ORIGINS, "https://EXAMPLE.com", True),
        (ORIGINS, "http://example.com:81", True),
        (ORIGINS, "http://example.com", False),
        (ORIGINS, "null", False),
        (ORIGINS, None, True),
        ((), "https://example.com", False),
        ("same", "http://a", True),
        ("same", "https://A:443", True),
        ("same", "http://a:81", False),
        ("same", "http://b", False),
        ("same", "null", False),
        ("same", "same", False),
        ("same", "ftp://a", False),
        (("same", "null"), "null", True),
    ],
)
def test_origin(serve, connect, origins, origin, is_accepted):
    client = connect(serve(echo, websocket=True, websocket_origins=origins))
    client.send(request("/", *([] if origin is None else [f"Origin: {origin}"])))
    status = int(client.file.readline()[9:12])
    assert status == (101 if is_accepted else 403)


@pytest.mark.parametrize("origins", ["https://a", [b"https://a"], [1]])
def test_origins_must_be_a_collection_of_strings(origins):
    with pytest.raises(TypeError, match="origin"):
        checked_origins(origins)
