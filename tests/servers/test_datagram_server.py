"""DatagramServer: a handler for each datagram, replies from its socket."""

from __future__ import annotations

import contextvars
import gc
import io
import os
import tempfile
import weakref
from collections.abc import Iterator

import pytest

import gevent
from gevent import socket
from gevent.event import Event
from gevent.server import DatagramServer

LOCAL = ("127.0.0.1", 0)


def test_each_datagram_is_handled_and_can_be_answered():
    server = DatagramServer(LOCAL, lambda data, who: server.sendto(data[::-1], who))
    with server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.start()
        client.settimeout(10)
        client.connect(server.address)
        for n in range(20):
            client.send(b"%d!" % n)
            assert client.recv(100) == (b"%d!" % n)[::-1]


def test_socket_that_is_bound_already_is_served():
    bound = socket.socket(type=socket.SOCK_DGRAM)
    bound.bind(LOCAL)
    seen = []
    server = DatagramServer(bound, lambda *args: server.sendto(b"seen", args[1]))
    server.start()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(b"x", server.address)
        seen.append(client.recv(10))
    server.stop()
    assert seen == [b"seen"]
    assert bound.fileno() == -1


def test_extra_keywords_are_refused():
    with pytest.raises(TypeError):
        DatagramServer(LOCAL, print, anything=1)


@pytest.fixture
def client() -> Iterator[socket.socket]:
    """Give a UDP socket."""
    with socket.socket(type=socket.SOCK_DGRAM) as made:
        yield made


def test_datagrams_are_handled_in_the_order_they_came(client):
    seen: list[bytes] = []
    done = Event()

    def handle(data, _who):
        seen.append(data)
        if len(seen) == 50:
            done.set()

    with DatagramServer(LOCAL, handle) as server:
        server.start()
        for n in range(50):
            client.sendto(b"%d" % n, server.address)
        assert done.wait(10)
    assert seen == [b"%d" % n for n in range(50)]


def test_a_handler_that_is_set_later_gets_the_next_datagram(client):
    """Issue 12."""
    with DatagramServer(LOCAL, lambda *_: server.sendto(b"one", _[1])) as server:
        server.start()
        client.connect(server.address)
        client.send(b"?")
        assert client.recv(10) == b"one"
        server.set_handle(lambda *_: server.sendto(b"two", _[1]))
        client.send(b"?")
        assert client.recv(10) == b"two"


def test_handler_runs_before_the_next_datagram_is_taken(client):
    events: list[str] = []
    done = Event()

    class Server(DatagramServer):
        def do_read(self):
            taken = super().do_read()
            events.append("taken" if taken else "empty")
            return taken

        def handle(self, _data, _who):
            events.append("handled")
            if events.count("handled") == 2:
                done.set()

    with Server(LOCAL) as server:
        server.start()
        client.sendto(b"a", server.address)
        client.sendto(b"b", server.address)
        assert done.wait(10)
    assert events[:4] == ["taken", "handled", "taken", "handled"]


@pytest.mark.parametrize("end", ["stop_accepting", "close"])
@pytest.mark.parametrize("spawn", ["default", None])
def test_nothing_is_taken_after_a_handler_ended_the_accepting(
    client, errors: io.StringIO, end: str, spawn: str | None
):
    seen: list[bytes] = []
    done = Event()

    def handle(data, _who):
        seen.append(data)
        getattr(server, end)()
        done.set()

    server = DatagramServer(LOCAL, handle, spawn=spawn)
    server.start()
    for _ in range(3):
        client.sendto(b"x", server.address)
    assert done.wait(10)
    gevent.idle()
    server.stop()
    assert seen == [b"x"]
    assert errors.getvalue() == ""


def test_accepting_goes_on_after_it_was_stopped_and_started(client):
    seen: list[bytes] = []
    done = Event()

    def handle(data, _who):
        seen.append(data)
        server.stop_accepting()
        server.start_accepting()
        if len(seen) == 3:
            done.set()

    with DatagramServer(LOCAL, handle) as server:
        server.start()
        for each in b"a", b"b", b"c":
            client.sendto(each, server.address)
        assert done.wait(10)
    assert seen == [b"a", b"b", b"c"]


def test_one_wake_up_takes_at_most_max_accept(client):
    n_wake_ups = 0
    seen: list[bytes] = []
    done = Event()

    class Server(DatagramServer):
        max_accept = 2

        def _do_read(self):
            nonlocal n_wake_ups
            n_wake_ups += 1
            super()._do_read()

        def handle(self, data, _who):
            seen.append(data)
            if len(seen) == 6:
                done.set()

    with Server(LOCAL) as server:
        server.start()
        for n in range(6):
            client.sendto(b"%d" % n, server.address)
        assert done.wait(10)
    assert n_wake_ups >= 3


def test_pool_that_is_full_leaves_datagrams_in_the_socket(client):
    seen: list[bytes] = []
    may_end = Event()
    arrived = Event()

    def handle(data, _who):
        seen.append(data)
        arrived.set()
        may_end.wait()

    server = DatagramServer(LOCAL, handle, spawn=1)
    server.start()
    client.sendto(b"a", server.address)
    client.sendto(b"b", server.address)
    assert arrived.wait(10)
    gevent.idle()
    assert seen == [b"a"]
    arrived.clear()
    may_end.set()
    assert arrived.wait(10)
    assert seen == [b"a", b"b"]
    server.stop()


def test_unix_socket_is_served_and_its_peers_may_have_no_name():
    seen: list[tuple[bytes, object]] = []
    done = Event()

    def handle(*args):
        seen.append(args)
        done.set()

    with tempfile.TemporaryDirectory() as folder:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bound.bind(os.path.join(folder, "s"))
        with (
            DatagramServer(bound, handle) as server,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless,
        ):
            server.start()
            nameless.sendto(b"x", os.path.join(folder, "s"))
            assert done.wait(10)
    assert seen == [(b"x", None)]


def test_large_datagram_is_cut(client):
    sizes: list[int] = []
    done = Event()

    def handle(data, _who):
        sizes.append(len(data))
        done.set()

    with DatagramServer(LOCAL, handle) as server:
        server.start()
        client.sendto(bytes(9000), server.address)
        assert done.wait(10)
    assert sizes == [8192]


def test_blocking_socket_of_the_standard_library_does_not_stop_the_loop(client):
    import _socket  # not the patched one

    bound = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    bound.bind(LOCAL)
    done = Event()
    # What has no accept() is no listener.
    server = DatagramServer(LOCAL, lambda *args: done.set())
    server.socket = bound
    server.start()
    client.sendto(b"x", bound.getsockname())
    assert done.wait(10)
    server.stop()


# -- handlers that share a greenlet ----------------------------------------------------


@pytest.fixture
def made() -> Iterator[list[gevent.Greenlet]]:
    """Greenlets that were started meanwhile."""
    found: list[gevent.Greenlet] = []
    gevent.Greenlet.add_spawn_callback(found.append)
    yield found
    gevent.Greenlet.remove_spawn_callback(found.append)


class Counting(DatagramServer):
    """Calls a function for each datagram; tells when so many were handled."""

    def __init__(self, act, **options):
        self.n_handled = 0
        self.act = act
        DatagramServer.__init__(self, LOCAL, **options)
        self.start()

    def handle(self, data, who):
        """Act, and answer."""
        try:
            self.act(data)
        finally:
            self.n_handled += 1
            self.sendto(b"%d" % self.n_handled, who)


def ask(client, server, n=3):
    """Send datagrams, each when the one before was answered."""
    client.settimeout(10)
    for _ in range(n):
        client.sendto(b"x", server.address)
        client.recv(10)


@pytest.mark.cpython("nobody counts references")
def test_handlers_that_do_not_wait_share_a_greenlet(client, made):
    """Issue 14."""
    seen: list[int] = []
    with Counting(lambda _: seen.append(id(gevent.getcurrent()))) as server:
        ask(client, server, 20)
        for _ in range(20):
            client.sendto(b"x", server.address)
        while server.n_handled < 40:
            client.recv(10)
    assert len(set(seen)) == 1
    assert len(made) == 1
    assert made[0].dead


def test_handlers_that_wait_have_greenlets_of_their_own(client):
    go_on = Event()
    seen: list[object] = []

    def wait(_):
        seen.append(gevent.getcurrent())
        go_on.wait()

    with Counting(wait) as server:
        for _ in range(5):
            client.sendto(b"x", server.address)
        while len(seen) < 5:
            gevent.sleep(0)
        go_on.set()
        gevent.joinall(seen)
    assert len(set(seen)) == 5
    assert all(each.successful() for each in seen)


@pytest.mark.parametrize(
    "kept", ["strong", "weak", "attribute", "link", "name", "local"]
)
def test_greenlet_that_somebody_knows_is_not_used_again(client, kept):
    seen: list[object] = []
    idents: list[object] = []
    from gevent.local import local

    mine = local()

    def keep(_):
        me = gevent.getcurrent()
        if kept == "strong":
            seen.append(me)
        elif kept == "weak":
            seen.append(weakref.ref(me))
        elif kept == "attribute":
            idents.append(getattr(me, "mark", None))
            me.mark = 1
        elif kept == "link":
            me.rawlink(seen.append)
        elif kept == "name":
            idents.append(me.__dict__.get("name"))
            seen.append(me.minimal_ident)
        else:
            idents.append(getattr(mine, "x", None))
            mine.x = 1

    with Counting(keep) as server:
        ask(client, server)
    assert set(idents) <= {None}
    if seen:
        assert len(seen) == 3
        if kept in ("strong", "link"):
            assert len(set(seen)) == 3


def test_context_of_a_handler_is_its_own(client):
    variable = contextvars.ContextVar("variable", default="none")
    seen: list[str] = []

    def change(_):
        seen.append(variable.get())
        variable.set("changed")

    with Counting(change) as server:
        ask(client, server)
    assert seen == ["none"] * 3


def test_failing_handler_is_reported_as_its_own_greenlet(client, errors):
    def fail(_):
        raise ValueError("of the handler")

    with Counting(fail) as server:
        ask(client, server, 2)
        gevent.sleep(0)
    text = errors.getvalue()
    assert text.count("ValueError: of the handler") == 2
    assert text.count("_handle_and_close_when_done(<bound method Counting.handle") == 2
    assert "(b'x', ('127.0.0.1', " in text


def test_repr_of_the_greenlet_shows_the_handler(client):
    seen: list[str] = []
    with Counting(lambda _: seen.append(repr(gevent.getcurrent()))) as server:
        ask(client, server)
    assert all("_handle_and_close_when_done(" in each for each in seen)


def test_killed_handler_does_not_harm_the_others(client, errors):
    waiting: list[gevent.Greenlet] = []

    def wait(_):
        if not waiting:
            waiting.append(gevent.getcurrent())
            gevent.sleep(100)

    with Counting(wait) as server:
        client.sendto(b"x", server.address)
        while not waiting:
            gevent.sleep(0)
        waiting[0].kill()
        ask(client, server, 3)
    assert waiting[0].successful()
    assert errors.getvalue() == ""


def test_datagram_is_let_go_when_its_handler_has_ended(client):
    class Data(str):
        """May be referred to weakly."""

    kept: list[object] = []

    class Server(Counting):
        def do_read(self):
            taken = super().do_read()
            if taken is None:
                return None
            data = Data(taken[0].decode())
            kept.append(weakref.ref(data))
            return data, taken[1]

    with Server(lambda _: None) as server:
        ask(client, server, 1)
        gevent.idle()
        gc.collect()
        assert kept[0]() is None


def test_queued_greenlets_run_between_two_handlers(client):
    order: list[object] = []

    def act(data):
        order.append("handler")
        gevent.spawn(order.append, "other")

    with Counting(act) as server:
        for _ in range(3):
            client.sendto(b"x", server.address)
        while server.n_handled < 3:
            client.recv(10)
        gevent.sleep(0)
    assert order == ["handler", "other"] * 3


@pytest.mark.parametrize("end", ["stop", "close", "stop_accepting"])
def test_idle_greenlet_ends_with_the_accepting(client, made, end):
    server = Counting(lambda _: None)
    ask(client, server)
    getattr(server, end)()
    assert all(each.dead for each in made)
    server.stop()


def test_error_of_receiving_is_reported_and_receiving_goes_on(client, errors):
    class Server(Counting):
        n_reads = 0
        min_delay = 0.001

        def do_read(self):
            self.n_reads += 1
            if self.n_reads == 2:
                raise ZeroDivisionError
            return super().do_read()

    with Server(lambda _: None) as server:
        ask(client, server, 3)
    assert errors.getvalue().count("failed with ZeroDivisionError") == 1


def test_server_whose_look_closes_it_leaves_nothing(client, errors, made):
    class Server(Counting):
        def do_read(self):
            taken = super().do_read()
            if self.n_handled:
                self.close()
                return None
            return taken

    server = Server(lambda _: None)
    client.sendto(b"x", server.address)
    while server.started:
        gevent.sleep(0)
    gevent.sleep(0)
    assert all(each.dead for each in made)
    server.stop()


def test_subclass_that_starts_handlers_itself_is_asked(client):
    args: list[object] = []

    class Server(Counting):
        def do_handle(self, *given):
            args.append(given[0])
            super().do_handle(*given)

    with Server(lambda _: None) as server:
        ask(client, server, 3)
    assert args == [b"x"] * 3
