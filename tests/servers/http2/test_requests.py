"""HTTP/2: what applications see, and what becomes of their replies."""

from __future__ import annotations

import io
from wsgiref.validate import validator

import pytest

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer
from tests.servers.http2.conftest import GET, PREFACE, echo, hello


def test_reply_has_status_fields_date_and_length(serve, connect):
    client = connect(serve(hello))
    client.get()
    reply = client.reply()
    assert reply.body == b"hello"
    assert list(reply.fields) == [":status", "content-type", "date", "content-length"]
    assert reply.status == "200"
    assert reply.fields["content-length"] == "5"


def test_environ_is_that_of_http_1_but_for_the_protocol(serve, connect):
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        return hello(environ, start_response)

    server = serve(application)
    client = connect(server)
    client.get(
        "/a%20b?c=d",
        ("cookie", "a=1"),
        ("x-one", "1"),
        ("cookie", "b=2"),
        ("x-one", "2"),
        ("x_two", "3"),
        ("content-type", "text/x"),
    )
    client.reply()
    assert seen["REQUEST_METHOD"] == "GET"
    assert seen["PATH_INFO"] == "/a b"
    assert seen["QUERY_STRING"] == "c=d"
    assert seen["SERVER_PROTOCOL"] == "HTTP/2"
    assert seen["HTTP_HOST"] == "a"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["HTTP_X_ONE"] == "1,2"
    assert "HTTP_X_TWO" not in seen
    assert seen["CONTENT_TYPE"] == "text/x"
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["REMOTE_PORT"] == str(client.sock.getsockname()[1])
    assert seen["wsgi.url_scheme"] == "http"
    assert seen["wsgi.input_terminated"] is True
    assert seen["SERVER_PORT"] == str(server.server_port)


def test_application_keeps_to_pep_3333(serve, connect):
    client = connect(serve(validator(hello)))
    client.get()
    assert client.reply().body == b"hello"


def test_log_has_a_line_for_a_request(serve, connect):
    server = serve(hello)
    client = connect(server)
    client.get("/a")
    client.reply()
    client.round_trip()
    assert '] "GET /a HTTP/2" 200 5 0.' in server.access.getvalue()


def test_streams_are_served_at_a_time(serve, connect):
    both = [Event(), Event()]

    def application(environ, start_response):
        n = int(environ["PATH_INFO"][1:])
        both[n].set()
        both[1 - n].wait()
        return hello(environ, start_response)

    client = connect(serve(application))
    client.get("/0", stream_id=1)
    client.get("/1", stream_id=3)
    assert client.reply(1).body == client.reply(3).body == b"hello"


def test_each_stream_takes_a_slot_of_the_pool(serve, connect):
    release = Event()
    running = []

    def application(environ, start_response):
        running.append(environ["PATH_INFO"])
        release.wait()
        return hello(environ, start_response)

    client = connect(serve(application, spawn=Pool(1)))
    for n in (1, 3):
        client.get(f"/{n}", stream_id=n)
    client.round_trip()
    assert running == ["/1"]
    release.set()
    client.reply(1)
    client.reply(3)
    assert running == ["/1", "/3"]


@pytest.mark.parametrize("spawn", [gevent.spawn_raw, None, 5], ids=["raw", "none", "5"])
def test_every_form_of_spawn_serves(serve, connect, spawn):
    client = connect(serve(echo, spawn=spawn))
    client.post()
    client.data(b"a")
    client.data(b"b", ends=True)
    assert client.reply().body == b"ab"


# -- replies ------------------------------------------------------------------------


def test_blocks_are_sent_when_they_are_yielded(serve, connect):
    more = Event()

    def application(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        more.wait()
        yield b""
        yield b"b"

    client = connect(serve(application))
    client.get()
    client.until(lambda frame: frame.stream_id == 1 and frame.type == 0)
    assert client.replies[1].body == b"a"
    more.set()
    reply = client.reply()
    assert reply.body == b"ab"
    assert "content-length" not in reply.fields


def test_write_sends_before_the_result(serve, connect):
    def application(environ, start_response):
        start_response("200 OK", [])(b"a")
        return [b"b"]

    client = connect(serve(application))
    client.get()
    assert client.reply().body == b"ab"


def test_fields_of_a_connection_are_dropped(serve, connect):
    def application(environ, start_response):
        fields = [("Connection", "close"), ("Keep-Alive", "a"), ("X-A", " b ")]
        start_response("200 OK", fields)
        return []

    client = connect(serve(application))
    client.get()
    reply = client.reply()
    assert list(reply.fields) == [":status", "x-a", "date", "content-length"]
    assert reply.fields["x-a"] == "b"


@pytest.mark.parametrize(
    ("method", "status", "length"),
    [("HEAD", "200 OK", "1"), ("GET", "204 No", None), ("GET", "304 Not", "1")],
)
def test_reply_without_a_body_ends_with_its_head(
    serve, connect, method, status, length
):
    def application(environ, start_response):
        start_response(status, [("Content-Length", "1")])
        return [b"x"]

    client = connect(serve(application))
    client.send(client.head(1, [(":method", method), *GET[1:]], "END_STREAM"))
    reply = client.reply()
    assert reply.body == b""
    assert reply.fields.get("content-length") == length


def test_more_than_the_content_length_is_cut(serve, connect):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        yield b"abc"
        yield b"d"

    server = serve(application)
    client = connect(server)
    client.get()
    assert client.reply().body == b"ab"
    client.round_trip()
    assert "more than its Content-Length" in server.errors.getvalue()


def test_less_than_the_content_length_resets(serve, connect):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"a"]

    server = serve(application)
    client = connect(server)
    client.get()
    reply = client.reply()
    assert (reply.body, reply.has_ended, reply.error_code) == (b"a", False, 2)
    client.round_trip()
    assert "less than its Content-Length" in server.errors.getvalue()


@pytest.mark.usefixtures("errors")
def test_error_before_the_reply_is_a_500(serve, connect):
    def application(environ, start_response):
        start_response("200 OK", [])
        raise ZeroDivisionError

    client = connect(serve(application))
    client.get()
    reply = client.reply()
    assert (reply.status, reply.body) == ("500", b"Internal Server Error")


@pytest.mark.usefixtures("errors")
@pytest.mark.parametrize("status", ["200", "101 Switching", "100 Continue", "2 x"])
def test_status_that_http_2_does_not_have_is_an_error(serve, connect, status):
    raised = []

    def application(environ, start_response):
        try:
            start_response(status, [])
        except ValueError as error:
            raised.append(error)
            raise
        return []

    client = connect(serve(application))
    client.get()
    assert client.reply().status == "500"
    assert raised


def test_error_in_the_reply_resets_its_stream_alone(serve, connect, errors):
    def application(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        if environ["PATH_INFO"] == "/bad":
            raise ZeroDivisionError
        yield b"b"

    client = connect(serve(application))
    client.get("/bad", stream_id=1)
    client.get("/", stream_id=3)
    assert client.reply(1).error_code == 2
    assert client.reply(3).body == b"ab"
    assert "ZeroDivisionError" in errors.getvalue()


@pytest.mark.parametrize("way", ["end", "error", "reset", "close", "kill"])
@pytest.mark.usefixtures("errors")
def test_result_is_closed_once(serve, connect, way):
    closed = Event()
    n_closed = []
    me = []

    class Result:
        def __iter__(self):
            me.append(gevent.getcurrent())
            yield b"a"
            if way == "end":
                return
            if way == "error":
                raise ZeroDivisionError
            while True:
                gevent.sleep(0)
                yield b"b"

        def close(self):
            n_closed.append(1)
            closed.set()

    def application(environ, start_response):
        start_response("200 OK", [])
        return Result()

    client = connect(serve(application))
    client.get()
    client.until(lambda frame: frame.type == 0)
    if way == "reset":
        client.reset(1)
    elif way == "close":
        client.close()
    elif way == "kill":
        me[0].kill()
    closed.wait()
    gevent.sleep(0)
    assert n_closed == [1]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_file_is_read_and_closed_once(serve, connect, tmp_path, method):
    data = bytes(range(256)) * 300
    (tmp_path / "a").write_bytes(data)
    closed = []

    class File(io.FileIO):
        def close(self):
            if not self.closed:
                closed.append(self)
            super().close()

    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", str(len(data) - 7))])
        file = File(tmp_path / "a")
        file.seek(7)
        return environ["wsgi.file_wrapper"](file)

    client = connect(serve(application), {4: 2**20})
    client.open_window(2**20)
    client.send(client.head(1, [(":method", method), *GET[1:]], "END_STREAM"))
    reply = client.reply()
    client.round_trip()
    assert reply.fields["content-length"] == str(len(data) - 7)
    assert reply.body == (data[7:] if method == "GET" else b"")
    assert len(closed) == 1


def test_killed_application_resets_its_stream(serve, connect):
    me = []

    def application(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        me.append(gevent.getcurrent())
        Event().wait()

    client = connect(serve(application))
    client.get()
    client.until(lambda frame: frame.type == 0)
    while not me:
        gevent.sleep(0)
    me[0].kill()
    assert client.reply().error_code == 2
    client.round_trip()


# -- bodies -------------------------------------------------------------------------


def test_body_is_read_as_a_file(serve, connect):
    got = []

    def application(environ, start_response):
        body = environ["wsgi.input"]
        got.extend([body.read(3), body.readline(), body.readline(2), body.read(0)])
        got.extend([*body, body.read(), body.readline()])
        return hello(environ, start_response)

    client = connect(serve(application))
    client.post()
    for part in (b"ab", b"cde\nf", b"gh\ni", b"j"):
        client.data(part)
    client.data(b"", ends=True)
    client.reply()
    assert got == [b"abc", b"de\n", b"fg", b"", b"h\n", b"ij", b"", b""]


def test_timeout_in_a_read_loses_nothing(serve, connect):
    got = []
    waiting = Event()

    def application(environ, start_response):
        body = environ["wsgi.input"]
        with gevent.Timeout(0.02, False):
            body.read()
        waiting.set()
        got.append(body.read())
        return hello(environ, start_response)

    client = connect(serve(application))
    client.post()
    client.data(b"a" * 10)
    waiting.wait()
    client.data(b"b", ends=True)
    client.reply()
    assert got == [b"a" * 10 + b"b"]


def test_trailers_end_a_body(serve, connect):
    client = connect(serve(echo))
    client.post()
    client.data(b"a")
    client.send(client.head(1, [("x-sum", "1")], "END_STREAM"))
    assert client.reply().body == b"a"


def test_continue_is_sent_at_the_first_read(serve, connect):
    client = connect(serve(echo))
    client.post(("expect", "100-continue"))
    client.until(lambda frame: frame.stream_id == 1)
    assert client.replies[1].informational == ["100"]
    client.data(b"a", ends=True)
    reply = client.reply()
    assert (reply.body, reply.informational) == (b"a", ["100"])


def test_continue_is_not_sent_by_who_does_not_read(serve, connect):
    client = connect(serve(hello))
    client.post(("expect", "100-continue"))
    reply = client.reply()
    assert (reply.body, reply.informational) == (b"hello", [])


def test_body_that_nobody_reads_is_not_wanted_any_more(serve, connect):
    """RFC 9113, 8.1: after the reply, NO_ERROR."""
    client = connect(serve(hello))
    client.post()
    frame = client.until(lambda frame: frame.stream_id == 1 and frame.type == 3)
    assert frame.error_code == 0
    assert client.replies[1].has_ended
    client.data(b"late")  # it was on its way
    client.round_trip()
    assert sum(frame.type == 3 for frame in client.frames) == 1


@pytest.mark.parametrize("body", [b"a", b"abc"], ids=["shorter", "longer"])
def test_body_of_another_length_resets(serve, connect, body):
    """RFC 9113, 8.1.1."""
    raised = []

    def application(environ, start_response):
        try:
            environ["wsgi.input"].read()
        except OSError as error:
            raised.append(error)
            raise

    client = connect(serve(application))
    client.post(("content-length", "2"))
    client.data(body, ends=True)
    assert client.reply().error_code == 1
    client.round_trip()
    assert raised


def test_content_length_without_a_body_resets(serve, connect):
    client = connect(serve(hello))
    client.get("/", ("content-length", "1"))
    assert client.reply().error_code == 1


def test_reset_is_seen_by_reads_and_writes(serve, connect):
    errors = []
    over = Event()

    def application(environ, start_response):
        for use in (
            environ["wsgi.input"].read,
            lambda: start_response("200 OK", [])(b""),
        ):
            try:
                use()
            except OSError as error:
                errors.append(type(error))
        over.set()
        return []

    client = connect(serve(application))
    client.post()
    client.round_trip()
    client.reset(1)
    over.wait()
    assert errors == [ConnectionResetError] * 2


def test_half_closed_client_gets_its_reply(serve, connect):
    """S10."""
    seen = Event()

    def application(environ, start_response):
        seen.wait()
        return hello(environ, start_response)

    client = connect(serve(application))
    client.get()
    client.round_trip()
    client.sock.shutdown(1)
    gevent.sleep(0)
    seen.set()
    assert client.reply().body == b"hello"


# -- who gets HTTP/2 ----------------------------------------------------------------


def test_preface_may_come_in_pieces(serve, connect):
    client = connect(serve(hello), says_hello=False)
    for octet in PREFACE:
        client.sock.sendall(bytes([octet]))
        gevent.sleep(0)
    client.send(b"\0\0\0\4\0\0\0\0\0")
    client.get()
    assert client.reply().body == b"hello"


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"P"])
def test_http_1_is_served_beside(serve, connect, method):
    client = connect(serve(hello), says_hello=False)
    for octet in method:
        client.sock.sendall(bytes([octet]))
        gevent.sleep(0)
    client.sock.sendall(b" / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.sock.recv(8) == b"HTTP/1.1"


def test_upgrade_to_h2c_is_not_heard(serve, connect):
    client = connect(serve(hello), says_hello=False)
    client.sock.sendall(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, http2-settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    )
    assert client.sock.recv(15) == b"HTTP/1.1 200 OK"


def test_preface_is_no_request_where_nobody_asked_for_http_2(serve, connect):
    client = connect(serve(hello, http2=False))
    assert client.sock.recv(12) == b"HTTP/1.1 505"


def test_handler_with_hooks_does_not_go_with_http_2():
    class Handler(WSGIHandler):
        def log_request(self):
            pass

    with pytest.raises(TypeError, match="needs the handler as it is"):
        WSGIServer(("127.0.0.1", 0), hello, handler_class=Handler, http2=True)


def test_own_handle_does_not_go_with_http_2():
    class Server(WSGIServer):
        def handle(self, sock, address):
            pass

    with pytest.raises(TypeError, match="needs the handler as it is"):
        Server(("127.0.0.1", 0), hello, http2=True)


def test_missing_package_is_named(monkeypatch):
    import sys

    for name in [name for name in sys.modules if ".http2." in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ImportError, match=r"install gevent\[http2\]"):
        WSGIServer(("127.0.0.1", 0), hello, http2=True)


def test_old_package_is_refused(monkeypatch):
    import h2

    monkeypatch.setattr(h2, "__version__", "4.3.0")
    with pytest.raises(ImportError, match=r"needs h2 4\.4\.1 or newer, not 4\.3\.0"):
        WSGIServer(("127.0.0.1", 0), hello, http2=True)


def test_nothing_is_imported_unless_asked_for():
    import subprocess
    import sys

    program = "import sys, gevent.pywsgi; print('h2' in sys.modules)"
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert printed == "False\n"
