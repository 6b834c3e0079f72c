"""What an application does with a WebSocket, and what it is told."""

from __future__ import annotations

from struct import pack

import pytest

import gevent
from gevent import socket
from gevent.event import AsyncResult, Event
from gevent.exceptions import ConcurrentObjectUseError
from gevent.pywsgi import Limits, Timeouts
from gevent.websocket import WebSocketError, WebSocketHandler
from tests.servers.websocket.conftest import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    echo,
    frame,
)

LARGE = 1 << 23
PATIENT = Limits(websocket_message=LARGE)


class Hooked(WebSocketHandler):
    """A handler that has a hook, which does nothing."""

    def write(self, data):
        WebSocketHandler.write(self, data)


@pytest.fixture(params=[WebSocketHandler, Hooked], ids=["fast", "hooks"])
def use(request, serve, open_peer):
    """Give a function that connects to a server of a function of the WebSocket."""

    def use_by(function, **options):
        def application(environ, start_response):
            function(environ["wsgi.websocket"])
            return []

        return open_peer(
            serve(application, handler_class=request.param, **options), "/a?b"
        )

    return use_by


def trying(function, *args):
    """Return what a function returns, or raises."""
    try:
        return function(*args)
    except Exception as error:
        return error


# -- messages ----------------------------------------------------------------------


def test_messages_are_received_as_they_were_sent(use):
    got = []
    peer = use(lambda websocket: got.extend(iter(websocket.receive, None)))
    for opcode, payload in [(TEXT, "é".encode()), (BINARY, b"\xff"), (TEXT, b"")]:
        peer.send(opcode, payload)
    peer.send(CLOSE)
    peer.closing()
    assert got == ["é", b"\xff", ""]


def test_frames_that_came_with_the_handshake_are_received(serve, connect):
    from tests.servers.websocket.conftest import request

    client = connect(serve(echo, websocket=True))
    client.send(request() + frame(TEXT, b"early") + frame(CLOSE))
    assert client.rest().endswith(b"\r\n\r\n\x81\x05early\x88\x00")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("é",), (TEXT, "é".encode())),
        ((b"a",), (BINARY, b"a")),
        ((bytearray(b"a"),), (BINARY, b"a")),
        ((memoryview(b"abcd")[::2],), (BINARY, b"ac")),
        (("é", True), (BINARY, "é".encode())),
        ((b"a", False), (TEXT, b"a")),
        (("", None), (TEXT, b"")),
    ],
)
def test_message_is_sent_as_what_it_is(use, args, expected):
    assert use(lambda websocket: websocket.send(*args)).read() == expected


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((None,), TypeError),
        ((1,), TypeError),
        (([b"a"],), TypeError),
        (("\ud800",), UnicodeEncodeError),
        ((b"\xff", False), UnicodeDecodeError),
    ],
)
def test_what_is_no_message_is_not_sent(use, args, error):
    def send(websocket):
        with pytest.raises(error):
            websocket.send(*args)
        websocket.send("fine")

    assert use(send).read() == (TEXT, b"fine")


@pytest.mark.parametrize("size", [125, 126, 65535, 65536])
def test_length_stands_in_as_few_octets_as_it_needs(use, size):
    peer = use(lambda websocket: websocket.send(bytes(size)))
    assert peer.read() == (BINARY, bytes(size))


def test_what_was_asked_for_is_known(use):
    def tell(websocket):
        fields = (websocket.path, websocket.origin, websocket.protocol)
        websocket.send(repr((*fields, websocket.version, websocket.closed)))
        websocket.send(websocket.environ["QUERY_STRING"])

    peer = use(tell)
    assert peer.read() == (TEXT, b"('/a', None, None, '13', False)")
    assert peer.read() == (TEXT, b"b")


def test_wait_is_receive(use):
    peer = use(lambda websocket: websocket.send(websocket.wait()))
    peer.send(TEXT, b"x")
    assert peer.read() == (TEXT, b"x")


# -- the end -----------------------------------------------------------------------


def test_none_is_received_once(use):
    result = AsyncResult()

    def receive(websocket):
        result.set([websocket.receive(), trying(websocket.receive), websocket.closed])

    use(receive).send(CLOSE, pack("!H", 3000) + b"why")
    received, error, closed = result.get(timeout=5)
    assert received is None
    assert isinstance(error, WebSocketError)
    assert closed


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (frame(CLOSE, pack("!H", 3000) + b"why"), (3000, "why")),
        (frame(CLOSE), (1005, "")),
        (frame(15), (1002, "Invalid opcode 0xf")),
        (b"", (1006, "")),
        (frame(TEXT, b"cut")[:-1], (1006, "")),
    ],
    ids=["close", "no code", "fault", "end", "end in a frame"],
)
def test_why_it_has_ended_is_known(use, octets, expected):
    result = AsyncResult()

    def receive(websocket):
        assert websocket.receive() is None
        result.set((websocket.close_code, websocket.close_reason))

    peer = use(receive)
    peer.octets(octets)
    peer.sock.shutdown(socket.SHUT_WR)
    assert result.get(timeout=5) == expected


def test_reset_is_an_end(use):
    result = AsyncResult()

    def receive(websocket):
        websocket.accept()
        result.set(websocket.receive())

    peer = use(receive)
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
    peer.close()
    assert result.get(timeout=5) is None


def test_application_closes_with_a_code_and_a_reason(use):
    peer = use(lambda websocket: websocket.close(4000, "é" * 99))
    assert peer.closing() == (4000, "é".encode() * 61)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, None])
def test_code_that_cannot_be_sent_is_refused(use, code):
    def close(websocket):
        with pytest.raises(ValueError, match="cannot be sent"):
            websocket.close(code)
        websocket.close(1000, None)

    assert use(close).closing() == (1000, b"")


def test_nothing_follows_a_close(use):
    result = AsyncResult()

    def close(websocket):
        websocket.close()
        websocket.close(4000)
        errors = [trying(websocket.send, "x"), trying(websocket.receive)]
        result.set([*errors, websocket.closed])

    assert use(close).closing() == (1000, b"")
    sent, received, closed = result.get(timeout=5)
    assert isinstance(sent, WebSocketError)
    assert isinstance(received, WebSocketError)
    assert closed


def test_greenlet_that_receives_is_told_of_a_close(use):
    result = AsyncResult()

    def close(websocket):
        receiver = gevent.spawn(websocket.receive)
        gevent.idle()
        websocket.close()
        result.set(receiver.get(timeout=5))

    peer = use(close)
    assert peer.read() == (CLOSE, b"\x03\xe8")
    peer.send(CLOSE, b"\x03\xe8")
    assert result.get(timeout=5) is None


def test_client_that_does_not_close_is_waited_for_no_longer_than_it_may(use):
    result = AsyncResult()

    def close(websocket):
        receiver = gevent.spawn(websocket.receive)
        gevent.idle()
        websocket.close()
        result.set(receiver.get(timeout=5))

    peer = use(close, timeouts=Timeouts(linger=0.02))
    assert result.get(timeout=5) is None
    assert peer.closing() == (1000, b"")


def test_message_on_its_way_is_received_after_the_server_has_begun_to_close(
    serve, open_peer
):
    got = []

    def application(environ, start_response):
        websocket = environ["wsgi.websocket"]
        websocket.accept()
        got.extend(iter(websocket.receive, None))
        return []

    server = serve(application, websocket=True)
    peer = open_peer(server)
    stopping = gevent.spawn(server.stop, 5)
    assert peer.read() == (CLOSE, pack("!H", 1001))
    peer.send(TEXT, b"last words")
    peer.send(CLOSE, pack("!H", 1001))
    stopping.get(timeout=5)
    assert got == ["last words"]


def test_client_sees_the_end_though_the_application_goes_on(use):
    goes_on = Event()

    def receive(websocket):
        websocket.receive()
        goes_on.wait()

    peer = use(receive)
    peer.send(CLOSE)
    assert peer.closing() == (0, b"")
    goes_on.set()


def test_uncaught_end_is_no_error(use, errors):
    def receive(websocket):
        while True:
            websocket.receive()

    peer = use(receive)
    peer.send(CLOSE)
    assert peer.closing() == (0, b"")
    assert errors.getvalue() == ""


def test_failing_application_closes_with_1011(use, errors):
    def fail(websocket):
        websocket.accept()
        raise RuntimeError("in the middle")

    assert use(fail).closing() == (1011, b"")
    assert "in the middle" in errors.getvalue()


def test_line_of_the_log_is_written_at_the_end(serve, open_peer):
    server = serve(echo, websocket=True)
    peer = open_peer(server)
    assert serve.log.getvalue() == ""
    peer.send(CLOSE)
    peer.closing()
    server.stop()
    assert '"GET / HTTP/1.1" 101 ' in serve.log.getvalue()


def test_ended_one_cannot_be_used_by_another_greenlet(use):
    result = AsyncResult()

    def leave(websocket):
        websocket.accept()
        gevent.spawn(keep, websocket)

    def keep(websocket):
        while not websocket.closed:
            gevent.sleep(0)
        result.set(trying(websocket.send, "late"))

    assert use(leave).closing() == (1000, b"")
    assert isinstance(result.get(timeout=5), WebSocketError)


def test_receiver_is_told_that_the_application_has_returned(use):
    result = AsyncResult()

    def leave(websocket):
        websocket.accept()
        gevent.spawn(lambda: result.set(websocket.receive()))
        gevent.idle()

    peer = use(leave)
    assert peer.read() == (CLOSE, b"\x03\xe8")
    assert result.get(timeout=5) is None


def test_client_is_not_reset_though_another_greenlet_receives(use):
    """What it says after our Close is read."""

    def leave(websocket):
        websocket.accept()
        gevent.spawn(websocket.receive)
        gevent.idle()

    peer = use(leave)
    assert peer.read() == (CLOSE, b"\x03\xe8")
    peer.send(TEXT, b"on its way")
    peer.send(CLOSE, b"\x03\xe8")
    assert peer.read_frame() is None


# -- pings -------------------------------------------------------------------------


def test_silent_client_is_pinged_and_then_closed(use):
    peer = use(lambda ws: ws.receive(), timeouts=Timeouts(websocket_ping=0.02))
    assert peer.read() == (PING, b"")
    assert peer.closing() == (1011, b"no answer to a ping")


@pytest.mark.parametrize("octets", [frame(PONG), frame(TEXT, b"12")[:-1]])
def test_client_that_says_anything_is_pinged_again(use, octets):
    peer = use(lambda ws: ws.receive(), timeouts=Timeouts(websocket_ping=0.1))
    for _ in range(2):
        assert peer.read() == (PING, b"")
        peer.octets(octets)
        octets = b""
    assert peer.closing()[0] == 1011


def test_pong_that_was_not_looked_at_in_time_counts(use):
    go_on = Event()

    def receive(websocket):
        with gevent.Timeout(0.1, False):
            websocket.receive()
        go_on.wait()
        websocket.send(websocket.receive())

    peer = use(receive, timeouts=Timeouts(websocket_ping=0.02))
    assert peer.read() == (PING, b"")
    peer.send(PONG)
    while True:
        with gevent.Timeout(0.3, False):
            assert peer.read() == (PING, b"")
            peer.send(PONG)
            continue
        break
    peer.send(TEXT, b"late")
    go_on.set()
    assert peer.read() == (TEXT, b"late")


def test_client_need_not_answer_a_ping_that_waits_behind_a_long_message(use):
    interval = 0.4
    is_late = Event()

    def both(websocket):
        websocket.accept()
        sender = gevent.spawn(websocket.send, bytes(LARGE))
        gevent.idle()
        gevent.get_hub().loop.timer(2.5 * interval).start(is_late.set)
        echo_of(websocket)
        sender.join()

    peer = use(both, timeouts=Timeouts(websocket_ping=interval))
    assert is_late.wait(timeout=5)
    assert peer.read() == (BINARY, bytes(LARGE))
    assert peer.read() == (PING, b"")
    peer.send(TEXT, b"x")
    assert peer.read() == (TEXT, b"x")


def test_without_a_time_out_nobody_is_pinged(use):
    peer = use(echo_of, timeouts=Timeouts(websocket_ping=None, write=0.001))
    with gevent.Timeout(0.02, False):
        pytest.fail(f"there is {peer.read()}")
    peer.send(TEXT, b"x")
    assert peer.read() == (TEXT, b"x")


def echo_of(websocket):
    for message in iter(websocket.receive, None):
        websocket.send(message)


# -- several greenlets -------------------------------------------------------------


def test_second_receiver_is_a_fault(use):
    result = AsyncResult()

    def receive(websocket):
        websocket.accept()
        first = gevent.spawn(websocket.receive)
        gevent.idle()
        result.set(trying(websocket.receive))
        websocket.send(first.get())

    peer = use(receive)
    error = result.get(timeout=5)
    assert isinstance(error, ConcurrentObjectUseError)
    assert "another greenlet receives" in str(error)
    peer.send(TEXT, b"x")
    assert peer.read() == (TEXT, b"x")


def test_frames_of_two_greenlets_do_not_interleave(use):
    def send(websocket):
        gevent.joinall(
            [gevent.spawn(websocket.send, bytes([n]) * LARGE) for n in range(3)]
        )

    peer = use(send)
    messages = [peer.read()[1] for _ in range(3)]
    assert messages == [bytes([n]) * LARGE for n in range(3)]


def test_two_greenlets_accept_once(use):
    def send(websocket):
        gevent.joinall([gevent.spawn(websocket.send, str(n)) for n in range(2)])

    peer = use(send)
    assert [peer.read(), peer.read()] == [(TEXT, b"0"), (TEXT, b"1")]


def test_client_that_pings_while_it_does_not_read_is_received_from(use):
    """WS3."""
    received = AsyncResult()

    def both(websocket):
        websocket.accept()
        sender = gevent.spawn(websocket.send, bytes(LARGE))
        gevent.idle()
        received.set(websocket.receive())
        sender.join()

    peer = use(both)
    peer.send(PING, b"1")
    peer.send(PING, b"2")
    peer.send(TEXT, b"received")
    assert received.get(timeout=5) == "received"
    assert peer.read() == (BINARY, bytes(LARGE))
    assert peer.read() == (PONG, b"2")
    assert peer.closing() == (1000, b"")


@pytest.mark.parametrize("opcode", [PING, PONG, TEXT])
def test_frames_that_come_at_once_leave_others_their_turns(use, opcode):
    turns = []

    def receive(websocket):
        ticker = gevent.spawn(tick)
        assert websocket.receive() == "first"
        turns.clear()
        while websocket.receive() != "last":
            pass
        ticker.kill()

    def tick():
        while True:
            turns.append(None)
            gevent.sleep(0)

    peer = use(receive)
    frames = frame(opcode, b"") * 2000
    peer.octets(frame(TEXT, b"first") + frames + frame(TEXT, b"last"))
    while peer.read()[0] != CLOSE:
        pass
    assert len(turns) > 2000 // 32


# -- clients that do not read ------------------------------------------------------


def test_client_that_does_not_read_is_given_up(use):
    result = AsyncResult()

    def send(websocket):
        result.set((trying(websocket.send, bytes(LARGE)), trying(websocket.send, "x")))

    use(send, timeouts=Timeouts(write=0.02))
    errors = result.get(timeout=5)
    assert all(isinstance(error, WebSocketError) for error in errors)


def test_sender_waits_until_the_client_reads(use):
    sent = []

    def send(websocket):
        for n in range(3):
            websocket.send(bytes(LARGE))
            sent.append(n)

    peer = use(send)
    gevent.idle()
    assert sent == []
    for _ in range(3):
        assert peer.read() == (BINARY, bytes(LARGE))
    assert peer.closing() == (1000, b"")
    assert sent == [0, 1, 2]


# -- kills and time-outs -----------------------------------------------------------


@pytest.mark.parametrize("n_octets", [0, 1, 3, 8, 17])
def test_nothing_is_lost_when_a_time_out_ends_a_wait(use, n_octets):
    message = frame(TEXT, b"frag", fin=False) + frame(CONTINUATION, b"ments")
    timed_out = Event()

    def receive(websocket):
        with gevent.Timeout(0.02, False):
            websocket.receive()
        timed_out.set()
        websocket.send(websocket.receive())

    peer = use(receive)
    peer.octets(message[:n_octets])
    assert timed_out.wait(timeout=5)
    peer.octets(message[n_octets:])
    assert peer.read() == (TEXT, b"fragments")


@pytest.mark.parametrize("how", ["kill", "time-out"])
def test_interrupted_message_is_not_followed_by_another(use, how):
    result = AsyncResult()

    def send(websocket):
        websocket.accept()
        sender = gevent.spawn(websocket.send, bytes(LARGE))
        waiting = gevent.spawn(trying, websocket.send, "x")
        gevent.idle()
        sender.kill(gevent.GreenletExit if how == "kill" else gevent.Timeout)
        result.set((waiting.get(timeout=5), trying(websocket.send, "y")))

    peer = use(send)
    errors = result.get(timeout=5)
    assert all(isinstance(error, WebSocketError) for error in errors)
    assert len(peer.file.read()) < LARGE


def test_killed_one_that_waits_to_send_changes_nothing(use):
    killed = Event()

    def send(websocket):
        websocket.accept()
        sender = gevent.spawn(websocket.send, bytes(LARGE))
        waiting = gevent.spawn(websocket.send, "x")
        gevent.idle()
        waiting.kill()
        killed.set()
        sender.join()
        websocket.send("y")

    peer = use(send)
    assert killed.wait(timeout=5)
    assert peer.read() == (BINARY, bytes(LARGE))
    assert peer.read() == (TEXT, b"y")


def test_killed_receiver_leaves_the_message_to_the_next(use):
    killed = Event()

    def receive(websocket):
        websocket.accept()
        first = gevent.spawn(websocket.receive)
        gevent.idle()
        first.kill()
        killed.set()
        websocket.send(websocket.receive())

    peer = use(receive)
    assert killed.wait(timeout=5)
    peer.send(TEXT, b"x")
    assert peer.read() == (TEXT, b"x")


@pytest.mark.parametrize("octets", [frame(CLOSE), frame(15)], ids=["close", "fault"])
def test_receiver_that_is_killed_while_it_answers_the_end_ends_it(use, octets):
    result = AsyncResult()

    def receive(websocket):
        websocket.accept()
        sender = gevent.spawn(trying, websocket.send, bytes(LARGE))
        gevent.idle()
        first = gevent.spawn(websocket.receive)
        while websocket.close_code is None:
            gevent.sleep(0)
        first.kill()
        result.set(websocket.receive())
        sender.kill()

    peer = use(receive)
    peer.octets(octets)
    assert result.get(timeout=5) is None


def test_killed_application_closes_with_1011(use):
    me = AsyncResult()

    def receive(websocket):
        websocket.accept()
        me.set(gevent.getcurrent())
        websocket.receive()

    peer = use(receive)
    me.get(timeout=5).kill()
    assert peer.closing() == (1011, b"")
