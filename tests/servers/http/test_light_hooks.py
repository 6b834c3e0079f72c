"""Handlers that replace only what the fast path asks: logs and environs."""

from __future__ import annotations

import pytest

from gevent.pywsgi import WSGIHandler, WSGIServer
from gevent.servers.http.exchange import Exchange
from tests.servers.http.conftest import hello

POST = b"POST /a?b HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def paths(monkeypatch):
    """Note the class that serves each connection."""
    seen = []
    real = WSGIServer._handler_of

    def handler_of(self, connection):
        handler = real(self, connection)
        seen.append(type(handler))
        return handler

    monkeypatch.setattr(WSGIServer, "_handler_of", handler_of)
    return seen


def echo(environ, start_response):
    start_response("201 Made", [("Date", "then"), ("Content-Length", "5")])
    return [environ["wsgi.input"].read()]


ATTRIBUTES = [
    *("requestline", "command", "path", "request_version", "content_length"),
    *("close_connection", "connection_upgraded", "status", "_orig_status", "code"),
    *("response_headers", "headers_sent", "provided_date", "provided_content_length"),
    *("response_use_chunked", "response_length"),
]


def noting(seen, *bases):
    """Make a class of handlers that notes its attributes when it logs."""

    class Noting(*bases, WSGIHandler):
        def log_request(self):
            values = {name: getattr(self, name) for name in ATTRIBUTES}
            if values["response_headers"] is not None:
                values["response_headers"] = list(values["response_headers"])
            values["fields"] = self.headers.items()
            values["path"] = self.environ["PATH_INFO"] if self.environ else None
            values["in order"] = self.time_start <= self.time_finish
            values["application"] = self.application
            values["place"] = self.wsgi_input.position if self.wsgi_input else None
            seen.append(values)

    return Noting


class Hook:
    """Makes it serve by hooks."""

    def finalize_headers(self):
        WSGIHandler.finalize_headers(self)


@pytest.mark.parametrize(
    "request_",
    [
        POST,
        POST.replace(b"1.1", b"1.0"),
        b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
)
@pytest.mark.parametrize("application", [echo, hello])
def test_log_hook_sees_what_it_would_see_among_hooks(
    serve, connect, paths, request_, application
):
    seen = []
    for bases in ((), (Hook,)):
        server = serve(application, handler_class=noting(seen, *bases))
        client = connect(server)
        client.send(request_)
        client.reply(has_body=False)
        server.stop()
    assert paths[0] is Exchange
    assert paths[1] is not Exchange
    light, heavy = seen
    assert light == heavy


def test_log_hook_sees_each_request_of_a_connection(serve, connect, paths):
    lines = []

    class Logging(WSGIHandler):
        def log_request(self):
            lines.append((id(self), self.path, self.status))

    client = connect(serve(hello, handler_class=Logging))
    client.get("/1")
    client.get("/2")
    assert paths == [Exchange]
    assert [line[1:] for line in lines] == [("/1", b"200 OK"), ("/2", b"200 OK")]
    assert lines[0][0] == lines[1][0]


def test_log_hook_is_called_without_a_log(serve, connect):
    lines = []

    class Logging(WSGIHandler):
        def log_request(self):
            lines.append(self.format_request())

    connect(serve(hello, handler_class=Logging, log=None)).get()
    assert '"GET / HTTP/1.1" 200 ' in lines[0]


def test_format_hook_makes_the_line(serve, connect, paths):
    class Formatting(WSGIHandler):
        def format_request(self):
            return f"{self.requestline} -> {self._orig_status}"

    server = serve(hello, handler_class=Formatting)
    connect(server).get()
    assert paths == [Exchange]
    assert server.log.getvalue() == "GET / HTTP/1.1 -> 200 OK\n"


def test_hook_that_is_assigned_to_our_class_counts(serve, connect, paths, monkeypatch):
    lines = []

    def log(self):
        lines.append(self.path)

    monkeypatch.setattr(WSGIHandler, "log_request", log)
    connect(serve(hello)).get("/x")
    assert paths == [Exchange]
    assert lines == ["/x"]


def test_log_hook_that_fails_is_reported_and_the_reply_is_whole(serve, connect, errors):
    class Failing(WSGIHandler):
        def log_request(self):
            raise ZeroDivisionError

    client = connect(serve(hello, handler_class=Failing))
    for _ in range(2):
        assert client.get().body == b"hello"
    while errors.getvalue().count("ZeroDivisionError") < 4:
        client.get()


@pytest.mark.parametrize("bad", [b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_log_hook_sees_what_was_refused(serve, connect, bad):
    lines = []

    class Logging(WSGIHandler):
        def log_request(self):
            lines.append((self.requestline, self.status, self._orig_status))

    server = serve(hello, handler_class=Logging)
    client = connect(server)
    client.send(bad)
    assert client.rest().startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert lines == [(bad.split(b"\r\n")[0].decode(), "400 Bad Request", None)]
    assert server.log.getvalue() == ""
    assert "Invalid request: " in server.error_log.getvalue()
    assert server.stats()["refused"] == {400: 1}


def test_environ_hook_makes_the_environ(serve, connect, paths):
    class Making(WSGIHandler):
        def get_environ(self):
            environ = WSGIHandler.get_environ(self)
            environ["mine"] = f"{self.command} {self.headers['x-one']}"
            return environ

    def application(environ, start_response):
        start_response("200 OK", [])
        return [environ["mine"].encode(), environ["wsgi.input"].read()]

    client = connect(serve(application, handler_class=Making))
    for _ in range(2):
        client.send(POST)
        assert client.reply().body == b"POST 1hello"
    assert paths == [Exchange]


def test_environ_hook_may_close_the_connection(serve, connect):
    class Closing(WSGIHandler):
        def get_environ(self):
            self.close_connection = True
            return WSGIHandler.get_environ(self)

    reply = connect(serve(hello, handler_class=Closing)).get()
    assert reply.fields["connection"] == "close"


def test_environ_hook_keeps_an_unread_body_out_of_the_next_request(serve, connect):
    class Making(WSGIHandler):
        def get_environ(self):
            return WSGIHandler.get_environ(self)

    client = connect(serve(hello, handler_class=Making))
    for _ in range(3):
        client.send(POST)
        assert client.reply().status == "HTTP/1.1 200 OK"


def test_environ_hook_hands_over_the_socket_of_an_upgrade(serve, connect):
    class Making(WSGIHandler):
        def get_environ(self):
            return WSGIHandler.get_environ(self)

    def application(environ, start_response):
        environ["wsgi.input"].raw._sock.sendall(b"mine")
        return []

    client = connect(serve(application, handler_class=Making))
    client.send(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n"
    )
    assert client.rest() == b"mine"


def test_fields_are_read_when_somebody_looks(serve, connect):
    seen = []

    class Looking(WSGIHandler):
        def log_request(self):
            seen.append(
                (
                    self.headers.get("X-ONE"),
                    self.headers.getheader("x-one"),
                    len(self.headers),
                    list(self.headers.headers),
                    self.headers.status,
                )
            )

    client = connect(serve(hello, handler_class=Looking))
    client.get("/", "X-One: 1")
    assert seen == [("1", "1", 2, ["Host: a\r\n", "X-One: 1\r\n"], "")]


def test_logs_may_be_taken_away_later(serve, connect, capsys):
    server = serve(hello)
    server.log = server.error_log = None
    client = connect(server)
    client.get()
    client.send(b"no request\r\n\r\n")
    client.rest()
    assert "Error" not in capsys.readouterr().err
