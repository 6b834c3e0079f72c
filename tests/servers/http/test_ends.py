"""The end of a server: restarts under load, signals, and what is open at exit."""

from __future__ import annotations

import errno
import signal
import socket as stdlib
import sys

import pytest

import gevent
from gevent import socket, subprocess
from gevent.servers.http import parking
from tests.servers.http.conftest import hello
from tests.servers.http.rolling import Rolling

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


# -- restarts ---------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("shares_port", [False, True], ids=["listener", "port"])
def test_restarts_under_load_lose_no_request(shares_port):
    outcome = Rolling(shares_port=shares_port).run(600, 2, 8)
    assert outcome.lost == []
    assert outcome.served == 600
    assert outcome.statuses == [0, 0, 0]


# -- signals ----------------------------------------------------------------------

PROGRAM = """
import sys
import gevent
from gevent.pywsgi import Timeouts, WSGIServer

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/body":
        environ["wsgi.input"].read()
    if path == "/wait":
        print("waiting", flush=True)
        gevent.sleep(1000)
    start_response("200 OK", [])
    if path == "/large":
        print("waiting", flush=True)
        return [bytes(1 << 26)]
    return [b"hello"]

server = WSGIServer(
    ("127.0.0.1", 0), application, log=None, timeouts=Timeouts(stop=float(sys.argv[1]))
)
server.start()
print(server.server_port, flush=True)
server.serve_forever(handle_signals=True)
print("over", flush=True)
"""


class Program:
    """A server in a process of its own."""

    def __init__(self, stop, source=PROGRAM):
        self.process = subprocess.Popen(
            [sys.executable, "-c", source, str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.port = int(self.line())

    def line(self):
        return self.process.stdout.readline().decode().strip()

    def connect(self, data=b""):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        client.sendall(data)
        return client

    def end(self, *numbers):
        """Send signals; return (status, rest of the output, errors)."""
        for number in numbers:
            self.process.send_signal(number)
        out, error = self.process.communicate(timeout=20)
        return self.process.returncode, out.decode().strip(), error.decode()


@pytest.fixture
def program():
    """Give a function that starts a server in a process."""
    started = []

    def start(*args):
        started.append(Program(*args))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("data", "announces"),
    [
        (b"", False),
        (b"GET / HT", False),
        (b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", False),
        (b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", True),
    ],
    ids=["T6", "T1", "T2", "T4"],
)
def test_signal_ends_a_server_whose_clients_are_slow(program, number, data, announces):
    """T10."""
    server = program(0.2)
    with server.connect(data), server.connect(GET) as other:
        assert other.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        if announces:
            assert server.line() == "waiting"
        assert server.end(number) == (0, "over", "")


@pytest.mark.slow
def test_second_signal_ends_a_server_at_once(program):
    server = program(1000)
    with server.connect(GET.replace(b"/ ", b"/wait ")):
        assert server.line() == "waiting"
        server.process.send_signal(signal.SIGTERM)
        # It listens no more: the signal has arrived.
        while True:
            try:
                server.connect().close()
            except ConnectionRefusedError:
                break
            except ConnectionResetError:
                pass
            gevent.sleep(0.005)
        assert server.end(signal.SIGTERM) == (0, "over", "")


@pytest.mark.slow
def test_reply_under_way_is_completed_after_a_signal(program):
    server = program(20)
    with server.connect(GET.replace(b"/ ", b"/large ")) as client:
        assert server.line() == "waiting"
        server.process.send_signal(signal.SIGTERM)
        n = 0
        while data := client.recv(1 << 20):
            n += len(data)
        assert n > 1 << 26
        assert server.end() == (0, "over", "")


# -- exit -------------------------------------------------------------------------

EXITING = """
import gevent
from gevent.pywsgi import WSGIServer

def application(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        print("waiting", flush=True)
        gevent.sleep(1000)
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/exit":
        end.set()
    return [b"hello"]

end = gevent.event.Event()
server = WSGIServer(("127.0.0.1", 0), application, log=None, error_log=None)
server.start()
print(server.server_port, flush=True)
end.wait()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "announces"),
    [
        (b"", False),
        (b"GET / HT", False),
        (GET, False),
        (GET.replace(b"/ ", b"/wait "), True),
        (b"junk\r\n\r\n", False),
    ],
    ids=["new", "head", "idle", "busy", "linger"],
)
def test_program_may_end_with_open_connections(program, data, announces):
    server = program(0, EXITING.replace("import gevent\n", "import gevent.event\n", 1))
    with server.connect(data) as client, server.connect() as other:
        if announces:
            assert server.line() == "waiting"
        elif data.endswith(b"\r\n\r\n"):
            client.recv(65536)
        other.sendall(GET.replace(b"/ ", b"/exit "))
        other.recv(65536)
        assert server.end() == (0, "", "")


# -- a lack of descriptors --------------------------------------------------------


def test_lack_of_descriptors_closes_idle_clients_and_recovers(
    serve, connect, monkeypatch, errors
):
    """T7."""
    from gevent.servers import server as home

    monkeypatch.setattr(parking, "WARM_TIME", 0.01)
    server = serve(hello)
    server.min_delay = server.delay = 0.01
    idle = connect(server)
    idle.get()
    while server.stats()["connections"] != {"PARKED": 1}:
        gevent.sleep(0.001)
    real, looks = home.accept_pending, []

    def accept_pending(*args):
        looks.append(args)
        if len(looks) <= 3:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(*args)

    monkeypatch.setattr(home, "accept_pending", accept_pending)
    client = connect(server)
    assert client.get().body == b"hello"
    assert idle.rest() == b""
    assert server.stats()["evicted"] == 1
    assert len(looks) < 10  # it pauses
    assert errors.getvalue().count("Too many open files") >= 3


def test_client_that_comes_while_the_server_closes_is_served(serve):
    """A connection that the system has made is taken from a listener of our own."""
    server = serve(hello)
    with stdlib.create_connection(server.address) as client:
        client.sendall(GET)
        server.stop()
        client.settimeout(5)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
