"""The network in memory: servers and clients that know nothing of it."""

from __future__ import annotations

import pytest

import gevent
from gevent import pywsgi, select, socket, ssl
from gevent.server import StreamServer
from gevent.virtual import Deadlock, Network, RealIOError, virtual_time

pytestmark = pytest.mark.pure

ADDRESS = ("server.example", 7)


def listening(address: tuple[str, int] = ADDRESS) -> socket.socket:
    listener = socket.socket()
    listener.bind(address)
    listener.listen()
    return listener


def connected() -> tuple[socket.socket, socket.socket]:
    listener = listening(("", 80))
    client = socket.create_connection(("127.0.0.1", 80))
    accepted, _ = listener.accept()
    listener.close()
    return client, accepted


def test_a_server_and_its_client_run_unchanged() -> None:
    def upper(sock: socket.socket, address: object) -> None:
        with sock.makefile("rwb") as file:
            for line in file:
                file.write(line.upper())
                file.flush()

    with virtual_time(network=Network(latency=0.5)) as clock:
        server = StreamServer(ADDRESS, upper)
        server.start()
        with socket.create_connection(ADDRESS) as sock:
            assert clock.elapsed == 0.5
            sock.sendall(b"one\ntwo\n")
            file = sock.makefile("rb")
            assert file.readline() == b"ONE\n"
            assert file.readline() == b"TWO\n"
            assert clock.elapsed == 1.5
            assert sock.getpeername() == ADDRESS
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(ADDRESS)


def test_a_wsgi_server_serves_one_connection_again_and_again() -> None:
    def application(environ: object, start_response: object) -> list[bytes]:
        gevent.sleep(5)
        start_response("200 OK", [("Content-Length", "2")])  # type: ignore[operator]  # it is one
        return [b"hi"]

    with virtual_time(3, network=Network(latency=0.1, fragment=True)):
        server = pywsgi.WSGIServer(("web.example", 80), application, log=None)
        server.start()
        with socket.create_connection(("web.example", 80)) as sock:
            file = sock.makefile("rwb")
            for _ in range(3):
                file.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                file.flush()
                while file.readline() != b"\r\n":
                    pass
                assert file.read(2) == b"hi"
                gevent.sleep(10)  # it parks the connection
            file.close()
        server.stop()


def test_a_time_out_is_as_of_a_real_socket() -> None:
    with virtual_time(network=Network()) as clock:
        client, _ = connected()
        client.settimeout(10)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert clock.elapsed == 10.0
        client.settimeout(0)
        with pytest.raises(BlockingIOError):
            client.recv(1)


def test_pieces_depend_on_the_seed() -> None:
    def pieces(seed: int) -> tuple[int, ...]:
        with virtual_time(seed, network=Network(fragment=True)):
            client, accepted = connected()
            client.sendall(bytes(range(200)))
            client.close()
            found = list(iter(lambda: accepted.recv(4096), b""))
            assert b"".join(found) == bytes(range(200))
            return tuple(map(len, found))

    assert pieces(1) == pieces(1)
    assert len({pieces(seed) for seed in range(10)}) > 5


def test_delays_are_drawn_and_bytes_stay_in_order() -> None:
    def run(seed: int) -> tuple[bytes, float]:
        with virtual_time(seed, network=Network(latency=(0.1, 0.9))) as clock:
            client, accepted = connected()
            for number in range(20):
                client.send(bytes([number]))
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: accepted.recv(9), b"")), clock.elapsed

    assert run(1) == run(1)
    assert run(1)[0] == run(2)[0] == bytes(range(20))
    assert run(1)[1] != run(2)[1]


def test_a_direction_holds_so_many_bytes() -> None:
    with virtual_time(network=Network(buffer_size=10)):
        one, other = socket.socketpair()
        assert one.send(b"x" * 100) == 10
        sending = gevent.spawn(one.sendall, b"y" * 100)
        received = b""
        while len(received) < 110:
            received += other.recv(1000)
        sending.get()
        assert received == b"x" * 10 + b"y" * 100


def test_the_end_comes_behind_the_data() -> None:
    with virtual_time(network=Network(latency=1)):
        client, accepted = connected()
        client.sendall(b"last")
        client.close()
        assert accepted.recv(10) == b"last"
        assert accepted.recv(10) == b""
        with pytest.raises(BrokenPipeError):
            accepted.send(b"x")


def test_a_cut_resets_and_refuses_until_it_is_mended() -> None:
    network = Network(latency=0.1)
    with virtual_time(network=network) as clock:
        listener = listening()
        client = socket.create_connection(ADDRESS)
        accepted, _ = listener.accept()
        waiting = gevent.spawn(client.recv, 1)
        clock.settle()
        network.cut(ADDRESS)
        with pytest.raises(ConnectionResetError):
            waiting.get()
        with pytest.raises(ConnectionResetError):
            accepted.send(b"x")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(ADDRESS)
        network.mend(ADDRESS)
        socket.create_connection(ADDRESS).close()


def test_closing_a_listener_resets_whom_it_had_not_accepted() -> None:
    with virtual_time(network=Network()):
        listener = listening()
        client = socket.create_connection(ADDRESS)
        listener.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_full_backlog_refuses() -> None:
    with virtual_time(network=Network()):
        listener = socket.socket()
        listener.bind(ADDRESS)
        listener.listen(0)
        first = socket.create_connection(ADDRESS)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(ADDRESS)
        first.close()


def test_closing_ends_a_wait_with_ebadf() -> None:
    with virtual_time(network=Network()) as clock:
        client, _ = connected()
        waiting = gevent.spawn(client.recv, 1)
        clock.settle()
        client.close()
        with pytest.raises(OSError, match="closed in another greenlet"):
            waiting.get()


def test_select_and_poll_know_simulated_sockets() -> None:
    with virtual_time(network=Network(latency=2)) as clock:
        one, other = socket.socketpair()
        assert select.select([one], [], [], 5) == ([], [], [])
        other.send(b"1")
        assert select.select([one], [], [], 5) == ([one], [], [])
        assert clock.elapsed == 7.0
        asked = select.poll()
        asked.register(one, select.POLLIN)
        assert asked.poll(1000) == [(one.fileno(), select.POLLIN)]
        socket.wait_read(one.fileno())
        one.recv(1)
        with pytest.raises(TimeoutError):
            socket.wait_read(one.fileno(), timeout=3)


def test_a_connect_that_does_not_wait_tells_later() -> None:
    with virtual_time(network=Network(latency=1)) as clock:
        listening(("", 80))
        sock = socket.socket()
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.connect(("localhost", 80))
        assert select.select([], [sock], [])[1] == [sock]
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        assert clock.elapsed == 1.0


def test_each_name_has_an_address() -> None:
    with virtual_time(network=Network()):
        found = [socket.gethostbyname(name) for name in ("a.x", "b.x", "a.x")]
        assert found == ["10.0.0.1", "10.0.0.2", "10.0.0.1"]
        assert socket.gethostbyaddr("10.0.0.2")[0] == "b.x"


def test_unix_sockets_are_simulated() -> None:
    with virtual_time(network=Network()):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("/no/such/path")
        listener.listen()
        client = socket.socket(socket.AF_UNIX)
        client.connect("/no/such/path")
        accepted, _ = listener.accept()
        client.sendall(b"hi")
        assert accepted.recv(2) == b"hi"


def test_datagrams_and_tls_are_refused() -> None:
    with virtual_time(network=Network()):
        with pytest.raises(OSError, match="not supported"):
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one, _ = socket.socketpair()
        with pytest.raises(RealIOError, match="TLS"):
            ssl.create_default_context().wrap_socket(one, server_hostname="x")


def test_an_idle_server_is_no_reason_to_wait() -> None:
    with virtual_time(network=Network()):
        server = StreamServer(ADDRESS, print)
        server.start()
        with pytest.raises(Deadlock):
            gevent.event.Event().wait()
        server.stop()


def test_sockets_are_real_afterwards() -> None:
    with virtual_time(network=Network()):
        assert type(socket.socket()) is not socket.socket
    with socket.socket() as sock:
        assert type(sock) is socket.socket
