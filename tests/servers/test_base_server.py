"""BaseServer: how it ends, by ``stop``, by signals; events; what is full or fails."""

from __future__ import annotations

import errno
import io
import itertools
import os
import signal

import pytest

import gevent
from gevent import events, socket
from gevent.baseserver import BaseServer
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import DatagramServer, StreamServer
from tests.support.virtual import VirtualLoop

LOCAL = ("127.0.0.1", 0)


class Source(BaseServer):
    """A server that accepts what tests put into it; without descriptors."""

    def __init__(self, handle, **options):
        self.closed_args: list[object] = []
        BaseServer.__init__(self, LOCAL, handle, **options)

    def start_accepting(self):
        """Watch nothing."""

    def do_close(self, *args):
        """Remember it."""
        self.closed_args.append(args)


class Ending:
    """Handlers that wait, and what became of them."""

    def __init__(self):
        self.may_end = Event()
        self.started: list[object] = []
        self.ended: list[object] = []

    def __call__(self, name):
        """Handle: wait to be told."""
        self.started.append(name)
        try:
            self.may_end.wait()
            self.ended.append(name)
        except gevent.GreenletExit:
            self.ended.append(f"{name} killed")
            raise


@pytest.fixture
def handlers() -> Ending:
    """Handlers that wait."""
    return Ending()


def start(server: BaseServer, *names: str) -> BaseServer:
    """Start the server, and a handler for each name."""
    server.start()
    for name in names:
        server.do_handle(name)
    gevent.sleep(0)
    return server


def test_stop_lets_handlers_of_a_pool_end(virtual_loop: VirtualLoop, handlers: Ending):
    server = start(Source(handlers, spawn=2), "a", "b")
    gevent.spawn_later(0.5, handlers.may_end.set)
    server.stop(timeout=1)
    assert handlers.ended == ["a", "b"]
    assert virtual_loop.now() == 0.5


def test_stop_kills_handlers_at_the_deadline(virtual_loop: VirtualLoop, handlers):
    server = start(Source(handlers, spawn=2), "a")
    server.stop(timeout=3)
    assert handlers.ended == ["a killed"]
    assert server.closed_args == [("a",)]
    assert virtual_loop.now() == 3


def test_stop_waits_for_stop_timeout_unless_told(virtual_loop: VirtualLoop, handlers):
    server = start(Source(handlers, spawn=2), "a")
    server.stop_timeout = 7
    server.stop()
    assert virtual_loop.now() == 7


def test_stop_without_time_kills_at_once(virtual_loop: VirtualLoop, handlers):
    server = start(Source(handlers, spawn=2), "a")
    server.stop(timeout=0)
    assert handlers.ended == ["a killed"]
    assert virtual_loop.now() == 0


def test_stop_gives_up_on_a_handler_that_does_not_die(virtual_loop: VirtualLoop):
    never = Event()

    def handle(_):
        while not never.is_set():
            try:
                never.wait()
            except gevent.GreenletExit:
                continue

    server = start(Source(handle, spawn=1), "a")
    server.stop(timeout=1)
    assert virtual_loop.now() == 2
    never.set()
    gevent.sleep(0)


def test_stop_without_a_pool_leaves_handlers_alone(handlers: Ending):
    server = start(Source(handlers), "a")
    server.stop(timeout=0)
    handlers.may_end.set()
    gevent.sleep(0)
    assert handlers.ended == ["a"]


def test_stop_in_a_handler_waits_for_the_others_only(virtual_loop: VirtualLoop):
    """Issue 14."""
    order: list[str] = []

    def handle(name):
        if name == "stops":
            server.stop(timeout=5)
        else:
            gevent.sleep(2)
        order.append(name)

    server = Source(handle, spawn=3)
    start(server, "slow", "stops")
    server.pool.join()
    assert order == ["slow", "stops"]
    assert virtual_loop.now() == 2


def test_stop_in_a_handler_kills_the_others_only(virtual_loop: VirtualLoop, handlers):
    order: list[str] = []

    def handle(name):
        if name == "stops":
            server.stop(timeout=5)
            order.append(name)
        else:
            handlers(name)

    server = Source(handle, spawn=3)
    start(server, "slow", "stops")
    server.pool.join()
    assert (order, handlers.ended) == (["stops"], ["slow killed"])
    assert virtual_loop.now() == 5


def test_stop_that_is_interrupted_leaves_handlers_alone(handlers: Ending):
    server = start(Source(handlers, spawn=1), "a")
    stopping = gevent.spawn(server.stop, timeout=10)
    gevent.sleep(0)
    stopping.kill()
    assert server.closed
    handlers.may_end.set()
    server.pool.join()
    assert handlers.ended == ["a"]


def test_stop_calls_join_of_a_pool_that_is_not_ours(virtual_loop: VirtualLoop):
    calls: list[object] = []

    class Own:
        def spawn(self, function, *args):
            function(*args)

        def join(self):
            calls.append("join")

        def kill(self, block, timeout):
            calls.append(("kill", block, timeout))

    Source(print, spawn=Own()).stop(timeout=1)
    assert calls == ["join", ("kill", True, 1)]


def test_failure_of_joining_a_pool_is_raised_by_stop(virtual_loop: VirtualLoop):
    class Own:
        spawn = None

        def join(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Source(print, spawn=Own()).stop(timeout=1)


def test_subclass_puts_its_own_steps_into_stop(virtual_loop: VirtualLoop):
    steps: list[object] = []

    class Own(Source):
        def _drain(self, deadline):
            steps.append(("drain", self.started, deadline.reached))
            never = Event()
            steps.append(deadline.wait([never]))

        def _end_rest(self):
            steps.append("end")

    server = start(Own(print))
    server.stop(timeout=4)
    assert steps == [("drain", False, False), False, "end"]
    assert virtual_loop.now() == 4


# -- signals ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_a_server_that_serves_forever(number: int, handlers: Ending):
    before = signal.getsignal(number)
    server = Source(
        handlers,
        spawn=1,
    )
    server.start()
    server.do_handle("a")

    def interrupt():
        os.kill(os.getpid(), number)
        while server.started:
            gevent.sleep(0)
        handlers.may_end.set()

    gevent.spawn(interrupt)
    server.serve_forever(stop_timeout=10, handle_signals=True)
    assert handlers.ended == ["a"]
    assert server.closed
    assert signal.getsignal(number) == before


def test_second_signal_is_the_deadline(handlers: Ending):
    server = start(Source(handlers, spawn=1), "a")

    def interrupt():
        os.kill(os.getpid(), signal.SIGTERM)
        while server._deadline is None:
            gevent.sleep(0)
        os.kill(os.getpid(), signal.SIGINT)

    gevent.spawn(interrupt)
    server.serve_forever(stop_timeout=1000, handle_signals=True)
    assert handlers.ended == ["a killed"]


def test_two_signals_at_once_are_both_heard(handlers: Ending):
    server = start(Source(handlers, spawn=1), "a")

    def interrupt():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)

    gevent.spawn(interrupt)
    server.serve_forever(stop_timeout=1000, handle_signals=True)
    assert handlers.ended == ["a killed"]


def test_handler_that_was_set_meanwhile_is_not_taken_back():
    def other(*_):
        """Do nothing."""

    before = signal.getsignal(signal.SIGTERM)
    server = Source(print)

    def change():
        signal.signal(signal.SIGTERM, other)
        server.stop()

    gevent.spawn(change)
    try:
        server.serve_forever(handle_signals=True)
        assert signal.getsignal(signal.SIGTERM) is other
    finally:
        signal.signal(signal.SIGTERM, before)


def test_handlers_are_restored_after_a_start_that_failed():
    before = signal.getsignal(signal.SIGTERM)
    with StreamServer(LOCAL, print) as first:
        first.start()
        second = StreamServer(first.address, print)
        with pytest.raises(OSError, match="in use"):
            second.serve_forever(handle_signals=True)
    assert signal.getsignal(signal.SIGTERM) == before


# -- accepting -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS])
def test_lack_of_descriptors_pauses_longer_each_time(
    virtual_loop: VirtualLoop, errors: io.StringIO, number: int
):
    looks: list[float] = []

    class Starved(Source):
        def do_read(self):
            looks.append(virtual_loop.now())
            raise OSError(number, os.strerror(number))

        def start_accepting(self):
            self.loop.run_callback(self._do_read)

    server = start(Starved(print))
    gevent.sleep(5)
    server.stop()
    pauses = [round(later - earlier, 3) for earlier, later in itertools.pairwise(looks)]
    assert pauses[:9] == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1, 1]


def test_full_server_whose_pool_does_not_tell_of_room_looks_again(
    virtual_loop: VirtualLoop,
):
    accepted: list[float] = []

    class Own:
        def spawn(self, function, *args):
            accepted.append(virtual_loop.now())

        def full(self):
            return virtual_loop.now() < 0.25

        def join(self):
            """Nobody is there."""

        def kill(self, block, timeout):
            """Nobody is there."""

    class Server(Source):
        def do_read(self):
            return None if accepted else ("x",)

        def start_accepting(self):
            self.loop.run_callback(self._do_read)
            self._watcher = self.loop.prepare()

    server = start(Server(print, spawn=Own()))
    gevent.sleep(1)
    server.stop()
    assert accepted == [pytest.approx(0.3)]


# -- events ----------------------------------------------------------------------------


@pytest.fixture
def seen():
    """Events that a subscriber got."""
    found: list[object] = []
    events.subscribers.append(found.append)
    yield found
    events.subscribers.remove(found.append)


def test_events_tell_of_a_connection(seen, talk):
    """Issue 14."""
    with StreamServer(LOCAL, lambda *_: None) as server:
        server.start()
        talk(server.address)
        opened, closed = seen
        assert type(opened) is events.ConnectionAccepted
        assert type(closed) is events.ConnectionClosed
        assert opened.server is closed.server is server
        assert opened.socket is closed.socket
        assert opened.address == closed.address
        assert closed.error is None


def test_event_of_a_closed_connection_has_the_error_of_the_handler(seen, talk, errors):
    def fail(*_):
        raise ZeroDivisionError

    with StreamServer(LOCAL, fail) as server:
        server.start()
        talk(server.address)
    assert type(seen[1].error) is ZeroDivisionError


def test_event_of_a_connection_whose_handler_was_not_started(seen, talk, errors):
    def spawn(*_):
        raise ZeroDivisionError

    with StreamServer(LOCAL, print, spawn=spawn) as server:
        server.start()
        talk(server.address)
    assert type(seen[1]) is events.ConnectionClosed
    assert type(seen[1].error) is ZeroDivisionError


def test_subscriber_that_fails_is_reported_and_changes_nothing(talk, errors):
    def subscriber(_):
        raise ValueError("of the subscriber")

    events.subscribers.append(subscriber)
    try:
        with StreamServer(LOCAL, lambda sock, _: sock.sendall(b"x")) as server:
            server.start()
            assert talk(server.address) == b"x"
            assert talk(server.address) == b"x"
    finally:
        events.subscribers.remove(subscriber)
    assert errors.getvalue().count("ValueError: of the subscriber") == 4


def test_datagrams_are_no_connections(seen):
    done = Event()
    with DatagramServer(LOCAL, lambda *_: done.set()) as server:
        server.start()
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.sendto(b"x", server.address)
            assert done.wait(10)
    assert seen == []


def test_pool_of_a_server_may_be_shared(handlers: Ending):
    pool = Pool(2)
    first = start(Source(handlers, spawn=pool), "a")
    second = start(Source(handlers, spawn=pool), "b")
    gevent.sleep(0)
    first.stop(timeout=0)
    assert handlers.ended == ["a killed", "b killed"]
    second.stop()
