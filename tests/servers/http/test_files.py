"""Replies out of files: ``wsgi.file_wrapper``."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from pathlib import Path

import pytest

import gevent
from gevent import socket, ssl
from gevent.pywsgi import Timeouts, WSGIHandler
from gevent.servers.http import files
from gevent.servers.http.files import FileWrapper
from tests.servers.http.conftest import hello

CERTIFICATE = str(Path(__file__).parents[2] / "net" / "tls" / "server.pem")
GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
DATA = bytes(range(256)) * 3000


class Hooked(WSGIHandler):
    """A handler that has a hook, which does nothing."""

    def finalize_headers(self):
        WSGIHandler.finalize_headers(self)


class Writing(WSGIHandler):
    """A handler that sees each block."""

    def write(self, data):
        self.blocks = [*getattr(self, "blocks", []), bytes(data)]
        WSGIHandler.write(self, data)


@pytest.fixture(params=[WSGIHandler, Hooked, Writing])
def handler_class(request):
    """Give the classes of all paths."""
    return request.param


@pytest.fixture
def path(tmp_path):
    """Give the path of a file with data in it."""
    (tmp_path / "a").write_bytes(DATA)
    return tmp_path / "a"


@pytest.fixture
def sent(monkeypatch):
    """Note what the kernel was told to send, as (offset, count)."""
    calls = []
    real = os.sendfile

    def sendfile(out, fd, at, count):
        calls.append((at, count))
        return real(out, fd, at, count)

    monkeypatch.setattr(os, "sendfile", sendfile)
    return calls


def opened_at(path, mode="rb", buffering=-1):
    """Open a file that the server is to close."""
    return open(path, mode, buffering)


def wrapping(make, fields=(), opened=None, size=8192):
    """Make an application that answers with a file."""

    def application(environ, start_response):
        start_response("200 OK", list(fields))
        file = make()
        if opened is not None:
            opened.append(file)
        return environ["wsgi.file_wrapper"](file, size)

    return application


def test_wrapper_iterates_and_closes_once():
    closed = []

    class File(io.BytesIO):
        def close(self):
            closed.append(self)

    wrapper = FileWrapper(File(b"abcdefgh"), 3)
    assert list(wrapper) == [b"abc", b"def", b"gh"]
    wrapper.close()
    wrapper.close()
    assert len(closed) == 1
    with pytest.raises(ValueError, match="closed file"):
        next(wrapper)


def test_wrapper_takes_what_has_no_close():
    class File:
        def read(self, size):
            return b""

    FileWrapper(File()).close()


def test_regular_file_has_a_length_and_is_closed(
    serve, connect, path, sent, handler_class
):
    opened = []
    server = serve(
        wrapping(lambda: opened_at(path), opened=opened), handler_class=handler_class
    )
    client = connect(server)
    for _ in range(2):
        reply = client.get()
        assert reply.body == DATA
        assert reply.fields["content-length"] == str(len(DATA))
    assert [file.closed for file in opened] == [True, True]
    assert bool(sent) is (handler_class is not Writing)
    lines = server.log.getvalue().splitlines()
    assert [int(line.split()[-2]) > len(DATA) for line in lines] == [True, True]


@pytest.mark.parametrize("handler_class", [WSGIHandler, Hooked])
def test_kernel_sends_in_slices(serve, connect, path, sent, handler_class):
    client = connect(
        serve(wrapping(lambda: opened_at(path)), handler_class=handler_class)
    )
    assert client.get().body == DATA
    assert max(count for _, count in sent) == 256 * 1024
    assert sent[0][0] == 0


@pytest.mark.parametrize("make", ["buffered", "raw", "temporary", "random"])
def test_file_is_sent_from_its_position(
    serve, connect, path, sent, make, handler_class
):
    def opened():
        if make == "temporary":
            file = tempfile.NamedTemporaryFile()  # noqa: SIM115  # the server closes it
            file.write(DATA)
            file.flush()
        else:
            mode = "r+b" if make == "random" else "rb"
            file = opened_at(path, mode, 0 if make == "raw" else -1)
        if make == "random":
            file.write(b"not flushed")
        file.seek(1000)
        file.read(7)
        return file

    client = connect(serve(wrapping(opened), handler_class=handler_class))
    assert client.get().body == DATA[1007:]


def test_file_behind_its_end_is_empty(serve, connect, path, handler_class):
    def opened():
        file = opened_at(path)
        file.seek(len(DATA) + 5)
        return file

    reply = connect(serve(wrapping(opened), handler_class=handler_class)).get()
    assert reply.body == b""
    assert reply.fields["content-length"] == "0"


@pytest.mark.parametrize("n", [0, 1, 8192, 300_000])
def test_file_is_sent_as_far_as_its_length_says(serve, connect, path, handler_class, n):
    server = serve(
        wrapping(lambda: opened_at(path), [("Content-Length", str(n))]),
        handler_class=handler_class,
    )
    client = connect(server)
    for _ in range(2):  # it goes on
        assert client.get().body == DATA[:n]
    assert server.error_log.getvalue() == ""


def test_file_that_is_too_short_is_reported(serve, connect, path, handler_class):
    n = len(DATA) + 1
    server = serve(
        wrapping(lambda: opened_at(path), [("Content-Length", str(n))]),
        handler_class=handler_class,
    )
    client = connect(server)
    client.send(GET.replace(b"Connection: close\r\n", b""))
    assert client.rest().endswith(DATA[-1000:])
    assert "sent 1 octets less" in server.error_log.getvalue()


def test_file_that_shrinks_meanwhile_is_reported(serve, connect, path, monkeypatch):
    real = os.sendfile

    def sendfile(out, fd, at, count):
        os.truncate(path, 1000)
        return real(out, fd, at, count)

    monkeypatch.setattr(os, "sendfile", sendfile)
    server = serve(wrapping(lambda: opened_at(path)))
    client = connect(server)
    client.send(GET)
    assert client.rest().endswith(DATA[:1000])
    assert f"sent {len(DATA) - 1000} octets less" in server.error_log.getvalue()


@pytest.mark.parametrize("n", [None, 10])
def test_head_is_answered_without_the_file(
    serve, connect, path, sent, handler_class, n
):
    fields = [] if n is None else [("Content-Length", str(n))]
    opened = []
    client = connect(
        serve(
            wrapping(lambda: opened_at(path), fields, opened),
            handler_class=handler_class,
        )
    )
    client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    client.reply(has_body=False)
    assert client.get().body == DATA[:n]
    assert opened[0].closed


def test_what_only_reading_tells_is_read(serve, connect, path, sent, handler_class):
    """A gzip file has a descriptor, of something else than what it reads."""
    with gzip.open(path, "wb") as file:
        file.write(DATA)
    server = serve(wrapping(lambda: gzip.GzipFile(path)), handler_class=handler_class)
    client = connect(server)
    for _ in range(2):
        reply = client.get()
        assert reply.body == DATA
        assert reply.fields["transfer-encoding"] == "chunked"
    assert not sent


def test_pipe_is_read(serve, connect, handler_class, sent):
    def opened():
        reader, writer = os.pipe()
        os.write(writer, b"from a pipe")
        os.close(writer)
        return open(reader, "rb")

    client = connect(serve(wrapping(opened), handler_class=handler_class))
    assert client.get().body == b"from a pipe"
    assert not sent


def test_client_of_1_0_gets_what_is_read_until_the_end(serve, connect, handler_class):
    opened = []
    server = serve(
        wrapping(lambda: io.BytesIO(b"abcdef"), opened=opened, size=4),
        handler_class=handler_class,
    )
    client = connect(server)
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    reply = client.reply()
    assert reply.body == b"abcdef"
    assert reply.fields["connection"] == "close"
    assert "transfer-encoding" not in reply.fields
    assert opened[0].closed


def test_memory_is_read(serve, connect, handler_class):
    server = serve(
        wrapping(lambda: io.BytesIO(b"abcdef"), [("Content-Length", "4")], size=3),
        handler_class=handler_class,
    )
    client = connect(server)
    for _ in range(2):
        assert client.get().body == b"abcd"
    assert server.error_log.getvalue() == ""


def test_client_of_1_0_gets_the_file(serve, connect, path, handler_class):
    client = connect(
        serve(wrapping(lambda: opened_at(path)), handler_class=handler_class)
    )
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    reply = client.reply()
    assert reply.fields["content-length"] == str(len(DATA))
    assert reply.body == DATA


def test_file_is_read_for_tls(serve, path, sent, handler_class):
    server = serve(
        wrapping(lambda: opened_at(path)),
        handler_class=handler_class,
        certfile=CERTIFICATE,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(server.address)) as client:
        client.sendall(GET)
        got = b"".join(iter(lambda: client.recv(65536), b""))
    assert got.partition(b"\r\n\r\n")[2] == DATA
    assert b"Content-Length: %d\r\n" % len(DATA) in got
    assert not sent


def test_file_that_the_kernel_refuses_is_read(
    serve, connect, path, monkeypatch, handler_class
):
    def sendfile(*args):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", sendfile)
    client = connect(
        serve(wrapping(lambda: opened_at(path)), handler_class=handler_class)
    )
    for _ in range(2):
        assert client.get().body == DATA


def test_block_may_be_written_before_a_file(serve, connect, path, handler_class):
    def application(environ, start_response):
        write = start_response("200 OK", [("Content-Length", "1003")])
        write(b"abc")
        return environ["wsgi.file_wrapper"](opened_at(path))

    client = connect(serve(application, handler_class=handler_class))
    for _ in range(2):
        assert client.get().body == b"abc" + DATA[:1000]


def test_file_without_start_response_is_a_fault_of_the_application(
    serve, connect, path, handler_class, errors
):
    opened = []

    def application(environ, start_response):
        opened.append(opened_at(path))
        return environ["wsgi.file_wrapper"](opened[0])

    client = connect(serve(application, handler_class=handler_class))
    assert client.get().status == "HTTP/1.1 500 Internal Server Error"
    assert "did not call start_response" in errors.getvalue()
    assert opened[0].closed


@pytest.mark.parametrize("handler_class", [WSGIHandler, Hooked])
def test_client_that_does_not_read_a_file_is_cut(
    serve, connect, tmp_path, handler_class, errors
):
    with open(tmp_path / "large", "wb") as file:
        file.truncate(1 << 26)
    opened = []
    server = serve(
        wrapping(lambda: opened_at(tmp_path / "large"), opened=opened),
        handler_class=handler_class,
        timeouts=Timeouts(write=0.05),
    )
    client = connect(server)
    client.send(GET)
    while not opened or not opened[0].closed:
        gevent.sleep(0.005)
    with pytest.raises(ConnectionResetError):
        client.rest()
    assert errors.getvalue() == ""
    assert server.stats()["deadlines"] == 1


@pytest.mark.parametrize("handler_class", [WSGIHandler, Hooked])
def test_client_that_reads_a_file_too_slowly_is_cut(
    serve, connect, path, monkeypatch, handler_class, errors
):
    monkeypatch.setattr(files, "PATIENCE", -1.0)
    monkeypatch.setattr(files, "SLICE", 1000)
    server = serve(
        wrapping(lambda: opened_at(path)),
        handler_class=handler_class,
        timeouts=Timeouts(rate=10**12),
    )
    client = connect(server)
    client.send(GET)
    with pytest.raises(ConnectionResetError):
        client.rest()
    assert errors.getvalue() == ""


def test_killed_reply_closes_its_file(serve, connect, tmp_path, errors):
    with open(tmp_path / "large", "wb") as file:
        file.truncate(1 << 26)
    opened = []
    server = serve(wrapping(lambda: opened_at(tmp_path / "large"), opened=opened))
    client = connect(server)
    client.send(GET)
    while not opened:
        gevent.sleep(0)
    server.stop(timeout=0)
    assert opened[0].closed


def test_server_in_the_hub_sends_what_fits(serve, connect, tmp_path):
    (tmp_path / "small").write_bytes(b"small")
    client = connect(serve(wrapping(lambda: opened_at(tmp_path / "small")), spawn=None))
    assert client.get().body == b"small"


def test_other_applications_do_not_notice(serve, connect):
    assert connect(serve(hello)).get().body == b"hello"
