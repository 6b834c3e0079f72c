"""WSGIServer and WSGIHandler: requests, replies, what the application sees."""

from __future__ import annotations

import re
from wsgiref.validate import validator

import pytest

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer
from tests.servers.http.conftest import hello


def echo_body(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


# -- replies ----------------------------------------------------------------------


def test_reply_has_status_fields_date_and_length(serve, connect):
    reply = connect(serve(hello)).get()
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == b"hello"
    assert list(reply.fields) == ["content-type", "date", "content-length"]
    assert reply.fields["content-length"] == "5"
    assert re.fullmatch(
        r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.fields["date"]
    )


def test_connection_serves_one_request_after_the_other(serve, connect):
    client = connect(serve(hello))
    for _ in range(3):
        assert client.get().body == b"hello"


def test_pipelined_requests_are_answered_in_order(serve, connect):
    def path(environ, start_response):
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    client = connect(serve(path))
    client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(40)))
    assert [client.reply().body for _ in range(40)] == [b"/%d" % n for n in range(40)]


def test_blocks_of_unknown_length_are_chunks(serve, connect):
    def generate(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        yield b""
        yield b"bc"

    client = connect(serve(generate))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.rest().endswith(b"chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")


def test_body_of_unknown_length_ends_a_1_0_connection(serve, connect):
    def generate(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        yield b"bc"

    client = connect(serve(generate))
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head, _, body = client.rest().partition(b"\r\n\r\n")
    assert body == b"abc"
    assert b"Connection: close" in head
    assert b"chunked" not in head


def test_1_0_connection_is_kept_when_asked_for(serve, connect):
    client = connect(serve(hello))
    for _ in range(2):
        client.send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        reply = client.reply()
        assert reply.fields["connection"] == "keep-alive"
        assert reply.body == b"hello"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_reply_without_a_body_has_none(serve, connect, status):
    """S06."""

    def wrong(environ, start_response):
        start_response(status, [])
        return [b"body"]

    client = connect(serve(wrong))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, body = client.rest().partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}".encode())
    assert body == b""
    assert b"content-length" not in head.lower()


def test_head_gets_the_fields_and_no_body(serve, connect):
    client = connect(serve(hello))
    client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    reply = client.reply(has_body=False)
    assert reply.status == "HTTP/1.1 200 OK"
    assert client.get().body == b"hello"


def test_surplus_of_the_content_length_is_not_sent(serve, connect):
    """S04."""

    def wrong(environ, start_response):
        start_response("200 OK", [("Content-Length", "3")])
        return [b"abcdef"]

    client = connect(serve(wrong))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.rest().endswith(b"\r\n\r\nabc")
    assert "more than its Content-Length" in serve.error_log.getvalue()


def test_connection_is_not_used_again_after_a_body_that_is_too_short(serve, connect):
    """S05."""

    def wrong(environ, start_response):
        start_response("200 OK", [("Content-Length", "9")])
        return [b"abc"]

    client = connect(serve(wrong))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    assert client.rest().count(b"HTTP/1.1") == 1
    assert "6 octets less than its Content-Length" in serve.error_log.getvalue()


def test_failing_generator_leaves_out_the_last_chunk(serve, connect, errors):
    """S08."""

    def generate(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        raise ValueError("of the application")

    client = connect(serve(generate))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.rest().endswith(b"1\r\na\r\n")
    assert "ValueError: of the application" in errors.getvalue()


def test_close_of_the_iterable_is_called_once(serve, connect):
    closed = []

    class Result:
        def __iter__(self):
            return iter([b"a", b"b"])

        def close(self):
            closed.append(self)

    def application(environ, start_response):
        start_response("200 OK", [])
        return Result()

    connect(serve(application)).get()
    assert len(closed) == 1


# -- what is wrong with an application -------------------------------------------


@pytest.mark.parametrize(
    "status",
    ["200 OK\r\nX: y", "abc", "99 X", "20", "2000 OK", 200, b"200 OK", "200 \u20ac"],
)
def test_status_that_is_none_is_an_error_of_the_application(
    serve, connect, errors, status
):
    """S03."""

    def wrong(environ, start_response):
        start_response(status, [])
        return [b"body"]

    reply = connect(serve(wrong)).get()
    assert reply.status == "HTTP/1.1 500 Internal Server Error"
    assert reply.body == b"Internal Server Error"


@pytest.mark.parametrize(
    "headers",
    [
        [("X", "a\r\nY: b")],
        [("X", "a\nb")],
        [("X", "a\0b")],
        [("X Y", "a")],
        [("X:", "a")],
        [("", "a")],
        [("X", 1)],
        [("X", b"a")],
        [("X", "\u20ac")],
        [("Content-Length", "x")],
        [("Content-Length", "-1")],
        [("Content-Length", "1"), ("Content-Length", "1")],
    ],
)
def test_field_that_is_none_is_an_error_of_the_application(
    serve, connect, errors, headers
):
    """S01, S02."""

    def wrong(environ, start_response):
        start_response("200 OK", headers)
        return [b"body"]

    client = connect(serve(wrong))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = client.rest()
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"X" not in answer.replace(b"text/plain", b"")


def test_answer_to_a_failing_application_tells_nothing(serve, connect, errors):
    def fail(environ, start_response):
        raise ValueError("secret")

    client = connect(serve(fail))
    client.send(b"GET /?key=secret HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n\r\n")
    answer = client.rest()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"HTTP/1.1 500 Internal Server Error"
    assert b"Connection: close" in head
    assert b"Content-Length: 21" in head
    assert body == b"Internal Server Error"
    printed = errors.getvalue()
    assert "ValueError: secret" in printed
    assert "hidden keys" in printed
    assert "Cookie" not in printed
    assert "HTTP_COOKIE" not in printed


def test_start_response_is_needed(serve, connect, errors):
    reply = connect(serve(lambda environ, start_response: [b"a"])).get()
    assert reply.status.startswith("HTTP/1.1 500")
    assert "did not call start_response" in errors.getvalue()


def test_error_page_replaces_what_is_not_sent(serve, connect):
    import sys

    def application(environ, start_response):
        start_response("200 OK", [("X-Wrong", "1")])
        try:
            raise ValueError
        except ValueError:
            start_response("503 Later", [("X-Right", "1")], sys.exc_info())
        return [b"sorry"]

    reply = connect(serve(application)).get()
    assert reply.status == "HTTP/1.1 503 Later"
    assert "x-wrong" not in reply.fields
    assert reply.fields["x-right"] == "1"


def test_application_must_be_callable():
    with pytest.raises(TypeError, match="callable"):
        WSGIServer(("127.0.0.1", 0), "application")


# -- requests ---------------------------------------------------------------------


def test_environ_is_what_pep_3333_says(serve, connect):
    seen = {}

    @validator
    def application(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]

    server = serve(application)
    client = connect(server)
    client.get("/a%20b%C3%A9/?x=1&y", "X-One: 1", "X-Two: a", "X-Two: b")
    assert seen["REQUEST_METHOD"] == "GET"
    assert seen["SCRIPT_NAME"] == ""
    assert seen["PATH_INFO"] == "/a b\xc3\xa9/"
    assert seen["QUERY_STRING"] == "x=1&y"
    assert seen["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert seen["SERVER_PORT"] == str(server.server_port)
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["REMOTE_PORT"] == str(client.sock.getsockname()[1])
    assert seen["HTTP_X_ONE"] == "1"
    assert seen["HTTP_X_TWO"] == "a,b"
    assert seen["wsgi.input_terminated"] is True
    assert seen["wsgi.url_scheme"] == "http"
    assert "CONTENT_LENGTH" not in seen


def test_body_is_read_by_length(serve, connect):
    client = connect(serve(echo_body))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    assert client.reply().body == b"hello"


def test_body_is_read_by_chunks(serve, connect):
    client = connect(serve(echo_body))
    client.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert client.reply().body == b"abcde"
    assert client.get().body == b""


def test_body_that_nobody_reads_is_skipped(serve, connect):
    client = connect(serve(hello))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    assert client.reply().body == b"hello"
    assert client.get().body == b"hello"


def test_long_body_that_nobody_reads_ends_the_connection(serve, connect):
    """S09."""
    client = connect(serve(hello))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nhello")
    reply = client.reply()
    assert reply.fields["connection"] == "close"
    assert client.rest() == b""


def test_continue_is_sent_when_the_body_is_read(serve, connect):
    client = connect(serve(echo_body))
    client.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Expect: 100-continue\r\n\r\n"
    )
    assert client.reply(has_body=False).status == "HTTP/1.1 100 Continue"
    client.send(b"hello")
    assert client.reply().body == b"hello"


def test_continue_is_not_sent_when_the_body_is_not_wanted(serve, connect):
    """S15."""

    def refuse(environ, start_response):
        start_response("413 Too Much", [])
        return []

    client = connect(serve(refuse))
    client.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Expect: 100-continue\r\n\r\n"
    )
    answer = client.rest()
    assert answer.startswith(b"HTTP/1.1 413 Too Much\r\n")
    assert b"Connection: close" in answer


def test_half_closed_client_gets_its_reply(serve, connect):
    """S10."""
    client = connect(serve(hello))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    client.sock.shutdown(gevent.socket.SHUT_WR)
    assert client.reply().body == b"hello"
    assert client.rest() == b""


# -- connections without a greenlet -----------------------------------------------


def test_connection_without_a_request_takes_no_place_of_the_pool(serve, connect):
    """K17, T3."""
    server = serve(hello, spawn=Pool(1))
    silent = [connect(server) for _ in range(5)]
    assert connect(server).get().body == b"hello"
    assert all(client.get().body == b"hello" for client in silent)


def test_idle_connections_give_their_place_to_who_has_a_request(serve, connect):
    server = serve(hello, spawn=1)
    clients = [connect(server) for _ in range(10)]
    for _ in range(3):
        assert [client.get().body for client in clients] == [b"hello"] * 10


def test_request_waits_for_a_place_of_the_pool(serve, connect):
    go = Event()
    running = []

    def application(environ, start_response):
        running.append(environ["PATH_INFO"])
        go.wait()
        start_response("200 OK", [])
        return [b"done"]

    server = serve(application, spawn=2)
    clients = [connect(server) for _ in range(4)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    gevent.sleep(0.01)
    assert len(running) == 2
    go.set()
    assert [client.reply().body for client in clients] == [b"done"] * 4


def test_connection_whose_greenlet_is_killed_before_it_runs_is_closed(serve, connect):
    class KillingPool(Pool):
        def spawn(self, *args, **kwargs):
            greenlet = super().spawn(*args, **kwargs)
            greenlet.kill(block=False)
            return greenlet

    client = connect(serve(hello, spawn=KillingPool(2)))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.rest() == b""


# -- the end ----------------------------------------------------------------------


def test_stop_waits_for_a_request_and_closes_its_connection(serve, connect):
    go = Event()
    began = Event()

    def application(environ, start_response):
        began.set()
        go.wait()
        start_response("200 OK", [])
        return [b"done"]

    server = serve(application)
    client = connect(server)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    began.wait()
    stopping = gevent.spawn(server.stop, 5)
    gevent.sleep(0)
    go.set()
    reply = client.reply()
    assert reply.fields["connection"] == "close"
    assert reply.body == b"done"
    assert client.rest() == b""
    stopping.get()


def test_stop_ends_idle_connections_at_once(serve, connect):
    server = serve(hello)
    client = connect(server)
    client.get()
    server.stop()
    assert client.rest() == b""


def test_server_may_be_stopped_by_an_application(serve, connect):
    def application(environ, start_response):
        server.stop()
        start_response("200 OK", [])
        return [b"bye"]

    server = serve(application)
    client = connect(server)
    reply = client.get()
    assert reply.body == b"bye"
    assert reply.fields["connection"] == "close"
    assert not server.started


# -- hooks ------------------------------------------------------------------------


def test_hooks_of_a_handler_class_are_called(serve, connect):
    called = []

    class Handler(WSGIHandler):
        pass

    def count(name):
        original = getattr(WSGIHandler, name)

        def hook(self, *args):
            called.append(name)
            return original(self, *args)

        setattr(Handler, name, hook)

    hooks = (
        "handle",
        "handle_one_request",
        "read_requestline",
        "read_request",
        "get_environ",
        "handle_one_response",
        "run_application",
        "start_response",
        "process_result",
        "write",
        "finalize_headers",
        "log_request",
        "format_request",
    )
    for name in hooks:
        count(name)
    client = connect(serve(hello, handler_class=Handler))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    client.rest()
    assert called == list(hooks)


def test_server_may_handle_connections_itself(serve, connect):
    class Server(WSGIServer):
        def handle(self, sock, address):
            sock.sendall(b"mine")

    assert connect(serve(hello, cls=Server)).rest() == b"mine"


# -- logs -------------------------------------------------------------------------


def test_access_log_has_a_line_for_each_request(serve, connect):
    client = connect(serve(hello))
    client.get("/a?x=1")
    assert re.fullmatch(
        r"127\.0\.0\.1 - - \[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]"
        r' "GET /a\?x=1 HTTP/1\.1" 200 \d+ \d\.\d{6}\n',
        serve.log.getvalue(),
    )


def test_refused_request_is_in_both_logs(serve, connect):
    client = connect(serve(hello))
    client.send(b"GET  / HTTP/1.1\r\n\r\n")
    client.rest()
    assert '"GET  / HTTP/1.1" 400 - ' in serve.log.getvalue()
    assert "Invalid request" in serve.error_log.getvalue()


def test_failing_log_does_not_touch_the_reply(serve, connect, errors):
    """S18."""

    class Log:
        def write(self, text):
            raise ValueError("of the log")

    client = connect(serve(hello, log=Log()))
    assert client.get().body == b"hello"
    assert client.get().body == b"hello"
    assert "ValueError: of the log" in errors.getvalue()
