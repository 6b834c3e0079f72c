"""Draining servers: what has come is answered, nothing more comes."""

from __future__ import annotations

import os
import signal
import socket as stdlib

import pytest

import gevent
from gevent import runner, socket
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.server import DatagramServer, StreamServer

LOCAL = ("127.0.0.1", 0)


class Slow:
    """A handler that answers when it is told to."""

    def __init__(self):
        self.begun = Event()
        self.go_on = Event()
        self.n_begun = 0

    def __call__(self, sock, address):
        self.n_begun += 1
        self.begun.set()
        self.go_on.wait()
        sock.sendall(b"answer")


def connect(server):
    """Connect without a switch: nobody has accepted yet."""
    return stdlib.create_connection(server.address)


def all_of(sock):
    return b"".join(iter(lambda: sock.recv(1000), b""))


def answer_of(client):
    with socket.socket(fileno=client.detach()) as sock:
        return all_of(sock)


@pytest.mark.parametrize("spawn", ["default", 5, gevent.spawn_raw], ids=str)
def test_running_handlers_are_waited_for(spawn):
    handle = Slow()
    server = StreamServer(LOCAL, handle, spawn=spawn)
    server.start()
    client = connect(server)
    handle.begun.wait()
    drain = gevent.spawn(server.drain)
    gevent.spawn_later(0.05, handle.go_on.set)
    assert drain.get() is True
    assert answer_of(client) == b"answer"


@pytest.mark.parametrize("spawn", ["default", 1, None], ids=str)
def test_what_waits_in_the_backlog_is_answered(spawn):
    def handle(sock, address):
        sock.sendall(b"answer")

    server = StreamServer(LOCAL, handle, spawn=spawn)
    server.start()
    clients = [connect(server) for _ in range(3)]
    assert server.drain()
    assert [answer_of(each) for each in clients] == [b"answer"] * 3


def test_handlers_of_the_backlog_begin_as_slots_become_free():
    handle = Slow()
    server = StreamServer(LOCAL, handle, spawn=1)
    server.start()
    clients = [connect(server)]
    handle.begun.wait()
    clients += [connect(server) for _ in range(2)]
    drain = gevent.spawn(server.drain)
    while server.started:
        gevent.sleep(0.001)
    assert handle.n_begun == 1
    handle.go_on.set()
    assert drain.get() is True
    assert [answer_of(each) for each in clients] == [b"answer"] * 3


def test_backlog_of_a_socket_that_was_given_is_answered():
    listener = stdlib.create_server(LOCAL)
    server = StreamServer(listener, lambda sock, _: sock.sendall(b"answer"))
    server.start()
    client = connect(server)
    assert server.drain()
    assert answer_of(client) == b"answer"


def test_unix_server_is_drained(tmp_path):
    listener = stdlib.socket(stdlib.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    server = StreamServer(listener, lambda sock, _: sock.sendall(b"answer"))
    server.start()
    client = stdlib.socket(stdlib.AF_UNIX)
    client.connect(str(tmp_path / "s"))
    assert server.drain()
    assert answer_of(client) == b"answer"


def test_nobody_listens_when_it_is_not_started_any_more():
    handle = Slow()
    server = StreamServer(LOCAL, handle)
    server.start()
    client = connect(server)
    handle.begun.wait()
    drain = gevent.spawn(server.drain)
    while server.started:
        gevent.sleep(0.001)
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    handle.go_on.set()
    drain.join()
    client.close()


def test_handlers_that_do_not_end_in_time_go_on():
    handle = Slow()
    server = StreamServer(LOCAL, handle)
    server.start()
    client = connect(server)
    handle.begun.wait()
    assert server.drain(0.001) is False
    handle.go_on.set()
    assert answer_of(client) == b"answer"
    assert server.drain() is True


def test_connections_without_a_slot_in_time_are_closed():
    handle = Slow()
    server = StreamServer(LOCAL, handle, spawn=1)
    server.start()
    first = connect(server)
    handle.begun.wait()
    second = connect(server)
    assert server.drain(0.001) is False
    assert answer_of(second) == b""
    handle.go_on.set()
    assert answer_of(first) == b"answer"
    server.stop()


def test_drain_that_is_killed_closes_what_has_no_handler():
    handle = Slow()
    server = StreamServer(LOCAL, handle, spawn=1)
    server.start()
    first = connect(server)
    handle.begun.wait()
    second = connect(server)
    drain = gevent.spawn(server.drain)
    while server.started:
        gevent.sleep(0.001)
    drain.kill()
    assert answer_of(second) == b""
    handle.go_on.set()
    assert answer_of(first) == b"answer"


def test_failing_handler_of_the_backlog_does_not_keep_others_from_theirs(errors):
    def handle(sock, address):
        if not seen:
            seen.append(1)
            raise ValueError("of the handler")
        sock.sendall(b"answer")

    seen = []
    server = StreamServer(LOCAL, handle, spawn=1)
    server.start()
    clients = [connect(server) for _ in range(2)]
    assert server.drain()
    assert [answer_of(each) for each in clients] == [b"", b"answer"]
    assert "ValueError: of the handler" in errors.getvalue()


def test_second_drain_waits_for_the_first():
    handle = Slow()
    server = StreamServer(LOCAL, handle)
    server.start()
    client = connect(server)
    handle.begun.wait()
    drains = [gevent.spawn(server.drain) for _ in range(2)]
    while server.started:
        gevent.sleep(0.001)
    assert not any(each.ready() for each in drains)
    handle.go_on.set()
    assert [each.get() for each in drains] == [True, True]
    client.close()


def test_server_that_was_drained_can_be_started_again():
    class Server(StreamServer):
        def handle(self, sock, address):
            sock.sendall(b"answer")

    server = Server(LOCAL)
    server.start()
    assert server.drain()
    server.start()
    client = connect(server)
    assert answer_of(client) == b"answer"
    server.stop()


def test_serve_forever_returns_when_it_is_drained():
    handle = Slow()
    server = StreamServer(LOCAL, handle)
    serving = gevent.spawn(server.serve_forever)
    gevent.sleep(0)
    client = connect(server)
    handle.begun.wait()
    drain = gevent.spawn(server.drain)
    while server.started:
        gevent.sleep(0.001)
    gevent.sleep(0)
    assert not serving.ready()
    handle.go_on.set()
    drain.join()
    serving.get()
    assert answer_of(client) == b"answer"


def test_stop_without_a_time_uses_what_is_left_to_drain():
    handle = Slow()
    server = StreamServer(LOCAL, handle, spawn=1)
    server.stop_timeout = 0
    server.start()
    client = connect(server)
    handle.begun.wait()
    gevent.spawn(server.drain)
    gevent.sleep(0)
    stop = gevent.spawn(server.stop)
    while server.started:
        gevent.sleep(0.001)
    assert not stop.ready()
    handle.go_on.set()
    stop.join()
    assert answer_of(client) == b"answer"


def test_stop_with_a_time_ends_the_drain():
    handle = Slow()
    server = StreamServer(LOCAL, handle, spawn=1)
    server.start()
    client = connect(server)
    handle.begun.wait()
    drain = gevent.spawn(server.drain)
    gevent.sleep(0)
    server.stop(0.001)
    assert drain.get() is False
    assert answer_of(client) == b""


@pytest.mark.parametrize("spawn", ["default", 1], ids=str)
def test_handler_may_stop_the_server_while_it_is_drained(spawn):
    begun, go_on = Event(), Event()

    def handle(sock, address):
        begun.set()
        go_on.wait()
        server.stop()
        sock.sendall(b"answer")

    server = StreamServer(LOCAL, handle, spawn=spawn)
    server.start()
    client = connect(server)
    begun.wait()
    drain = gevent.spawn(server.drain)
    while server.started:
        gevent.sleep(0.001)
    go_on.set()
    assert drain.get() is True
    assert answer_of(client) == b"answer"


def test_datagrams_that_have_come_are_answered():
    def handle(data, address):
        gevent.sleep(0)
        server.sendto(data.upper(), address)

    server = DatagramServer(LOCAL, handle)
    server.start()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.bind(LOCAL)
        for data in (b"a", b"b"):
            client.sendto(data, server.address)
        assert server.drain()
        assert {client.recv(10) for _ in range(2)} == {b"A", b"B"}
    assert server.closed


def test_waiting_handler_of_a_datagram_can_answer_while_it_is_drained():
    begun, go_on = Event(), Event()

    def handle(data, address):
        begun.set()
        go_on.wait()
        server.sendto(b"answer", address)

    server = DatagramServer(LOCAL, handle)
    server.start()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.bind(LOCAL)
        client.sendto(b"x", server.address)
        begun.wait()
        drain = gevent.spawn(server.drain)
        gevent.sleep(0)
        assert not server.started
        go_on.set()
        assert drain.get() is True
        assert client.recv(10) == b"answer"


# -- in a run --------------------------------------------------------------------------


def test_run_drains_servers_that_were_started_in_it():
    handle = Slow()
    clients = []

    def main():
        server = StreamServer(LOCAL, handle, spawn=1)
        server.start()
        clients.append(connect(server))
        handle.begun.wait()
        clients.append(connect(server))
        gevent.spawn_later(0.05, handle.go_on.set)

    gevent.run(main)
    assert [answer_of(each) for each in clients] == [b"answer"] * 2


def test_run_leaves_servers_of_before_alone():
    server = StreamServer(LOCAL, Slow())
    server.start()
    gevent.run(int)
    assert server.started
    server.stop()


def test_run_of_serve_forever_ends_at_sigterm_when_all_is_answered():
    handle = Slow()
    clients = []
    server = StreamServer(LOCAL, handle)

    def main():
        gevent.spawn(client)
        server.serve_forever()
        return "returned"

    def client():
        clients.append(connect(server))
        handle.begun.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        gevent.spawn_later(0.05, handle.go_on.set)

    assert gevent.run(main) == "returned"
    assert answer_of(clients[0]) == b"answer"


def test_handler_that_does_not_end_is_cancelled_after_the_time():
    seen = []
    begun = Event()

    def handle(sock, address):
        begun.set()
        try:
            gevent.sleep(60)
        finally:
            seen.append("cleaned up")

    clients = []

    def main():
        server = StreamServer(LOCAL, handle)
        server.start()
        clients.append(connect(server))
        begun.wait()

    gevent.run(main, drain_timeout=0.001)
    assert seen == ["cleaned up"]
    assert answer_of(clients[0]) == b""


def test_server_whose_handler_ignores_the_end_is_left_behind_by_name(errors):
    handle = Slow()
    go_on = Event()

    def stubborn(sock, address):
        handle.begun.set()
        while not go_on.is_set():
            try:
                go_on.wait()
            except gevent.Cancelled:
                pass

    kept = []

    def main():
        server = StreamServer(LOCAL, stubborn)
        server.start()
        kept.append(connect(server))
        handle.begun.wait()

    gevent.run(main, drain_timeout=0, cleanup_timeout=0.01)
    assert "_handle_and_close_when_done" in errors.getvalue()
    go_on.set()
    assert answer_of(kept[0]) == b""


def test_server_that_fails_to_drain_does_not_keep_another_from_it(errors):
    class Fails(StreamServer):
        def _take_rest(self, taken):
            raise ValueError("of the drain")

    clients = []

    def main():
        servers = [
            kind(LOCAL, lambda sock, _: sock.sendall(b"answer"))
            for kind in (Fails, StreamServer)
        ]
        for each in servers:
            each.start()
        clients.append(connect(servers[1]))

    gevent.run(main)
    assert answer_of(clients[0]) == b"answer"
    assert "ValueError: of the drain" in errors.getvalue()


def test_server_that_is_started_while_the_program_stops_is_drained_too():
    servers = []

    def start():
        server = StreamServer(LOCAL, Slow())
        server.start()
        servers.append(server)

    class Work:
        def drain(self, timeout=None):
            start()
            return True

    work = Work()
    gevent.run(runner.register, work)
    assert servers[0].closed


# -- requests --------------------------------------------------------------------------


class App:
    """A WSGI application that answers when it is told to."""

    def __init__(self):
        self.begun = Event()
        self.go_on = Event()

    def __call__(self, environ, start_response):
        self.begun.set()
        self.go_on.wait()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"part one", b", part two"]


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def wsgi_server(app, **options):
    server = WSGIServer(LOCAL, app, log=None, error_log=None, **options)
    server.start()
    return server


def test_idle_connection_is_closed_at_once():
    app = App()
    app.go_on.set()
    server = wsgi_server(app)
    with socket.create_connection(server.address) as idle:
        idle.sendall(REQUEST)
        answer = b""
        while not answer.endswith(b"part two"):
            answer += idle.recv(1000)
        assert b"Connection: close" not in answer
        assert server.drain()
        assert idle.recv(10) == b""


def test_request_under_way_is_answered_and_the_connection_closed():
    app = App()
    server = wsgi_server(app)
    with socket.create_connection(server.address) as client:
        client.sendall(REQUEST)
        app.begun.wait()
        drain = gevent.spawn(server.drain)
        while server.started:
            gevent.sleep(0.001)
        app.go_on.set()
        answer = all_of(client)
        assert b"Connection: close" in answer
        assert answer.endswith(b"part two")
        assert drain.get() is True


def test_requests_that_wait_for_a_slot_are_answered():
    app = App()
    server = wsgi_server(app, spawn=Pool(1))
    clients = [socket.create_connection(server.address) for _ in range(3)]
    for each in clients:
        each.sendall(REQUEST)
    app.begun.wait()
    drain = gevent.spawn(server.drain)
    while server.started:
        gevent.sleep(0.001)
    app.go_on.set()
    for each in clients:
        with each:
            answer = all_of(each)
        assert b"part two" in answer
    assert drain.get() is True


def test_requests_that_wait_for_a_slot_get_none_when_the_time_is_over():
    app = App()
    server = wsgi_server(app, spawn=Pool(1))
    clients = [socket.create_connection(server.address) for _ in range(2)]
    for each in clients:
        each.sendall(REQUEST)
    app.begun.wait()
    gevent.sleep(0.01)
    assert server.drain(0.01) is False
    app.begun.clear()
    app.go_on.set()
    answers = []
    for each in clients:
        with each:
            try:
                answers.append(all_of(each))
            except ConnectionResetError:
                answers.append(b"")
    assert [b"part two" in each for each in answers].count(True) == 1
    assert not app.begun.is_set()
    server.stop()


def test_request_in_the_backlog_is_answered():
    app = App()
    app.go_on.set()
    server = wsgi_server(app)
    client = connect(server)
    client.sendall(REQUEST)
    assert server.drain()
    assert b"part two" in answer_of(client)


def test_run_of_a_wsgi_server_answers_and_returns():
    app = App()
    server = WSGIServer(LOCAL, app, log=None)
    answers = []

    def client():
        with socket.create_connection(server.address) as sock:
            sock.sendall(REQUEST)
            app.begun.wait()
            os.kill(os.getpid(), signal.SIGTERM)
            gevent.spawn_later(0.05, app.go_on.set)
            answers.append(all_of(sock))

    server.start()
    # Clients are other programs: this one is not cancelled.
    asking = gevent.spawn(client)
    gevent.run(lambda: runner.register(server) or server.serve_forever())
    asking.join()
    assert len(answers) == 1
    assert answers[0].endswith(b"part two")
