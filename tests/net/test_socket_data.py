"""What sockets send and receive, and when that waits."""

from __future__ import annotations

import os
import random
import socket as stdlib
import socket as stdlib_socket

import pytest

import gevent
from gevent import socket
from gevent.exceptions import ConcurrentObjectUseError
from tests.support.form import WRONG_SHAPE


def switches():
    return gevent.get_hub().loop.n_switches


def test_recv_of_what_is_there_does_not_switch(pair):
    a, b = pair
    a.sendall(b"one")
    before = switches()
    assert b.recv(10) == b"one"
    assert switches() == before


def test_recv_after_a_short_read_does_not_switch_when_this_thread_sent_more(pair):
    a, b = pair
    for text in (b"one", b"two", b"three"):
        a.sendall(text)
        before = switches()
        assert b.recv(100) == text
        assert switches() == before


def test_recv_waits_for_data(pair, parked):
    a, b = pair
    reader = parked(b.recv, 10)
    a.sendall(b"late")
    assert reader.get() == b"late"


def test_recv_of_nothing_returns_at_once(pair):
    assert pair[0].recv(0) == b""
    assert pair[0].recv_into(bytearray()) == 0


def test_recv_of_a_closed_peer_is_empty(pair):
    a, b = pair
    a.sendall(b"last")
    a.close()
    assert b.recv(100) == b"last"
    assert b.recv(100) == b""


def test_recv_of_negative_size_is_an_error(pair):
    with pytest.raises(ValueError, match="negative"):
        pair[0].recv(-1)


@pytest.mark.parametrize("size", [1, 100, 16384, 65536, 65537, 1 << 20])
def test_stream_arrives_whole(tcp_pair, size):
    client, server = tcp_pair
    data = random.Random(size).randbytes(3_000_000)
    sender = gevent.spawn(client.sendall, data if size > 1 else data[:2000])
    got = bytearray()
    while len(got) < (len(data) if size > 1 else 2000):
        piece = server.recv(size)
        assert 0 < len(piece) <= size
        got += piece
    assert sender.get() is None
    assert got == (data if size > 1 else data[:2000])


def test_recv_larger_than_the_scratch_takes_all_that_is_there(pair):
    a, b = pair
    data = random.Random(1).randbytes(150_000)
    sent = a.send(data)
    assert b.recv(1 << 20) == data[:sent]


def test_recv_into_fills_the_buffer(pair):
    a, b = pair
    a.sendall(b"abcdef")
    buffer = bytearray(10)
    assert b.recv_into(buffer, 4) == 4
    assert b.recv_into(memoryview(buffer)[4:]) == 2
    assert bytes(buffer) == b"abcdef\0\0\0\0"


def test_recv_into_a_buffer_that_is_too_small_is_an_error(pair):
    with pytest.raises(ValueError, match="buffer too small"):
        pair[0].recv_into(bytearray(3), 4)


def test_sendall_waits_for_room_and_sends_everything(pair):
    a, b = pair
    data = random.Random(2).randbytes(2_000_000)
    sender = gevent.spawn(a.sendall, data)
    got = b"".join(iter(lambda: b.recv(65536) if not sender.dead else b"", b""))
    got += b.recv(1 << 22) if len(got) < len(data) else b""
    assert got == data


def test_a_long_sendall_lets_others_run_although_the_peer_keeps_up(pair):
    one, two = pair
    size = 32 << 20
    peer = stdlib.socket(fileno=two.detach())
    peer.setblocking(True)

    def read_all() -> None:
        buffer = memoryview(bytearray(1 << 20))
        left = size
        while left and (got := peer.recv_into(buffer)):
            left -= got

    ticks = []

    def tick() -> None:
        while True:
            ticks.append(1)
            gevent.sleep(0.0001)  # of the real clock: the sender never lets it jump

    ticking = gevent.spawn(tick)
    reading = gevent.get_hub().threadpool.spawn(read_all)
    try:
        one.sendall(bytes(size))
        reading.get()
    finally:
        ticking.kill()
        one.close()
        reading.wait()
        peer.close()
    assert len(ticks) > 1


def test_sendall_of_nothing_returns_zero_without_a_call(pair):
    assert pair[0].sendall(b"") == 0


def test_sendall_takes_any_buffer(pair):
    a, b = pair
    for data in (bytearray(b"xy"), memoryview(b"xy"), b"xy"):
        assert a.sendall(data) is None
        assert b.recv(10) == b"xy"


@pytest.mark.parametrize("method", ["send", "sendall"])
def test_text_is_no_data(pair, method):
    with pytest.raises(TypeError):
        getattr(pair[0], method)("text")


def test_send_to_a_full_socket_waits_once(pair, parked, fill):
    a, b = pair
    size = fill(a)
    sender = parked(a.send, b"more")
    got = 0
    while got < size:
        got += len(b.recv(65536))
    assert sender.get() == 4
    assert b.recv(10) == b"more"


def test_socket_that_does_not_wait_raises_blocking(pair, fill):
    a, _ = pair
    a.setblocking(False)
    with pytest.raises(BlockingIOError):
        a.recv(1)
    fill(a)
    with pytest.raises(BlockingIOError):
        a.send(b"x")
    with pytest.raises(BlockingIOError):
        a.sendall(b"x")


def test_dontwait_flag_is_obeyed(pair):
    with pytest.raises(BlockingIOError):
        pair[0].recv(1, socket.MSG_DONTWAIT)


RECEIVING = {
    "recv": lambda s, flags: s.recv(1, flags),
    "recv_into": lambda s, flags: s.recv_into(bytearray(1), 1, flags),
    "recvfrom": lambda s, flags: s.recvfrom(1, flags),
    "recvfrom_into": lambda s, flags: s.recvfrom_into(bytearray(1), 1, flags),
    "recvmsg": lambda s, flags: s.recvmsg(1, 0, flags),
    "recvmsg_into": lambda s, flags: s.recvmsg_into([bytearray(1)], 0, flags),
    "large": lambda s, flags: s.recv(100_000, flags),
}
SENDING = {
    "send": lambda s, flags: s.send(b"x", flags),
    "sendall": lambda s, flags: s.sendall(b"x", flags),
    "sendmsg": lambda s, flags: s.sendmsg([b"x"], (), flags),
}


@pytest.mark.parametrize("call", RECEIVING.values(), ids=RECEIVING)
def test_a_time_out_counts_more_than_dontwait_for_who_receives(pair, call):
    """With a time-out the interpreter waits before it asks the kernel."""
    pair[0].settimeout(0.001)
    with pytest.raises(TimeoutError, match="timed out"):
        call(pair[0], socket.MSG_DONTWAIT)
    pair[0].settimeout(None)
    with pytest.raises(BlockingIOError):
        call(pair[0], socket.MSG_DONTWAIT)
    pair[0].settimeout(60)
    gevent.spawn(pair[1].sendall, b"x")
    assert call(pair[0], socket.MSG_DONTWAIT)


@pytest.mark.parametrize("call", SENDING.values(), ids=SENDING)
def test_a_time_out_counts_more_than_dontwait_for_who_sends(pair, fill, call):
    fill(pair[0])
    pair[0].settimeout(0.001)
    with pytest.raises(TimeoutError, match="timed out"):
        call(pair[0], socket.MSG_DONTWAIT)
    pair[0].settimeout(None)
    with pytest.raises(BlockingIOError):
        call(pair[0], socket.MSG_DONTWAIT)


def test_peek_leaves_the_data(pair):
    a, b = pair
    a.sendall(b"abc")
    assert b.recv(2, socket.MSG_PEEK) == b"ab"
    assert b.recv(10) == b"abc"


def test_send_to_a_closed_peer_fails(pair):
    a, b = pair
    b.close()
    with pytest.raises(BrokenPipeError):
        a.sendall(b"x")


def test_second_reader_is_refused_and_a_writer_is_not(pair, parked):
    a, b = pair
    reader = parked(a.recv, 1)
    with pytest.raises(ConcurrentObjectUseError, match="This socket is already used"):
        a.recv(1)
    a.sendall(b"x")
    assert b.recv(1) == b"x"
    b.sendall(b"y")
    assert reader.get() == b"y"


def test_kill_in_recv_leaves_the_data(pair, parked):
    a, b = pair
    reader = parked(a.recv, 10)
    b.sendall(b"kept")
    reader.kill()
    assert a.recv(10) == b"kept"


def test_timeout_object_in_recv_leaves_the_socket_usable(pair):
    a, b = pair
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        a.recv(1)
    b.sendall(b"x")
    assert a.recv(1) == b"x"


@pytest.mark.parametrize("method", ["recv", "accept", "sendall"])
def test_timeout_of_the_socket(pair, listener, method, fill):
    a, _ = pair
    a.settimeout(0.001)
    listener.settimeout(0.001)
    fill(a)
    calls = {
        "recv": lambda: a.recv(1),
        "accept": listener.accept,
        "sendall": lambda: a.sendall(b"x"),
    }
    with pytest.raises(TimeoutError, match="timed out") as caught:
        calls[method]()
    assert caught.value.errno is None


def test_timeout_of_sendall_covers_all_waits(pair):
    a, b = pair
    a.settimeout(0.01)

    def drain():
        while b.recv(1024):
            gevent.sleep(0.002)

    reader = gevent.spawn(drain)
    with pytest.raises(TimeoutError):
        a.sendall(bytes(4 << 20))
    reader.kill()


def test_send_timeout_argument_replaces_the_timeout_of_the_socket(pair, fill):
    a, _ = pair
    fill(a)
    with pytest.raises(TimeoutError):
        a.send(b"x", 0, 0.001)
    with pytest.raises(BlockingIOError):
        a.send(b"x", timeout=0.0)


def udp_pair():
    first, second = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
    for each in (first, second):
        each.bind(("127.0.0.1", 0))
    return first, second


def test_datagrams_carry_addresses():
    first, second = udp_pair()
    with first, second:
        assert first.sendto(b"data", second.getsockname()) == 4
        assert second.recvfrom(100) == (b"data", first.getsockname())
        assert second.sendto(b"back", 0, ("localhost", first.getsockname()[1])) == 4
        buffer = bytearray(10)
        assert first.recvfrom_into(buffer) == (4, second.getsockname())
        assert buffer[:4] == b"back"


def test_recvfrom_waits(parked):
    first, second = udp_pair()
    with first, second:
        reader = parked(second.recvfrom, 100)
        first.sendto(b"late", second.getsockname())
        assert reader.get() == (b"late", first.getsockname())


def test_datagram_that_is_too_long_is_cut():
    first, second = udp_pair()
    with first, second:
        first.sendto(b"abcdef", second.getsockname())
        assert second.recv(3) == b"abc"
        first.sendto(b"next", second.getsockname())
        assert second.recv(100) == b"next"


def test_sendto_without_an_address_is_the_standard_error(pair):
    with pytest.raises(TypeError):
        pair[0].sendto(b"x")
    udp, other = udp_pair()
    with udp, other, pytest.raises(WRONG_SHAPE):
        udp.sendto(b"x", "nonsense")


def test_descriptors_travel_in_ancillary_data(pair, parked):
    a, b = pair
    reader = parked(b.recvmsg, 10, stdlib.CMSG_SPACE(4))
    r, w = os.pipe()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, r.to_bytes(4, "little"))]
    assert a.sendmsg([b"f", b"d"], rights) == 2
    data, ancillary, _, _ = reader.get()
    copy = int.from_bytes(ancillary[0][2], "little")
    os.write(w, b"through")
    assert data == b"fd"
    assert os.read(copy, 10) == b"through"
    for fd in (r, w, copy):
        os.close(fd)


def test_recvmsg_into_fills_several_buffers(pair):
    a, b = pair
    a.sendall(b"abcdef")
    first, second = bytearray(2), bytearray(10)
    assert b.recvmsg_into([first, second])[0] == 6
    assert (bytes(first), bytes(second[:4])) == (b"ab", b"cdef")


def test_sendfile_sends_a_part_and_moves_the_file(tcp_pair, tmp_path):
    client, server = tcp_pair
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * 1000)
    with path.open("rb") as file:
        assert client.sendfile(file, 10, 100_000) == 100_000
        assert file.tell() == 100_010
    got = b""
    while len(got) < 100_000:
        got += server.recv(65536)
    assert got == path.read_bytes()[10:100_010]


@pytest.mark.parametrize("count", [0, -1])
def test_sendfile_of_no_bytes_is_an_error(pair, tmp_path, count):
    path = tmp_path / "data"
    path.write_bytes(b"x")
    with path.open("rb") as file, pytest.raises(ValueError, match="positive integer"):
        pair[0].sendfile(file, count=count)


def test_makefile_reads_lines_and_respects_the_timeout(pair):
    """A time-out passes through a file."""
    a, b = pair
    with a.makefile("rb") as reader, b.makefile("w") as writer:
        writer.write("one\ntwo\n")
        writer.flush()
        assert [reader.readline(), reader.readline()] == [b"one\n", b"two\n"]
        a.settimeout(0.001)
        with pytest.raises(TimeoutError):
            reader.readline()


def test_reader_of_endless_input_does_not_stop_timers(pair):
    a, b = pair
    data = b"x" * 4096
    ticks = []
    ticker = gevent.get_hub().loop.timer(0.001, 0.001)
    ticker.start(ticks.append, None)
    for _ in range(2_000_000):
        a.send(data)
        assert b.recv(4096) == data
        if len(ticks) == 3:
            break
    ticker.close()
    assert len(ticks) == 3


@pytest.mark.parametrize(
    "receive",
    [
        lambda sock: sock.recv(10),
        lambda sock: sock.recv_into(bytearray(10)),
        lambda sock: sock.recvfrom(10),
        lambda sock: sock.recvmsg(10),
    ],
)
def test_a_time_out_covers_all_waits_of_a_call(pair, receive):
    """A thief takes every byte before the reader runs, and sends the next one."""
    a, b = pair
    a.settimeout(0.01)

    loop = gevent.get_hub().loop

    def steal():
        os.read(a.fileno(), 1)
        loop.run_callback(b.send, b"x")

    with loop.io(a.fileno(), 1, priority=2) as thief:
        thief.start(steal)
        loop.run_callback(b.send, b"x")
        with pytest.raises(TimeoutError, match="timed out"):
            receive(a)


def test_buffers_may_come_from_an_iterator_while_nothing_is_there(pair, parked):
    """The second try needs them, too: without buffers it looks like the end."""
    buffer = bytearray(5)
    reading = parked(pair[0].recvmsg_into, iter([buffer]))
    pair[1].send(b"hello")
    assert reading.get()[0] == 5
    assert buffer == b"hello"


def test_buffers_may_come_from_an_iterator_while_there_is_no_room(pair, parked, fill):
    n_sent = fill(pair[0])
    writing = parked(pair[0].sendmsg, iter([b"abc"]), iter([]))
    while n_sent:
        n_sent -= len(pair[1].recv(min(n_sent, 65536)))
    assert writing.get() == 3
    assert pair[1].recv(10) == b"abc"


def test_sendmsg_finds_hosts_without_blocking(monkeypatch):
    names = []

    def find(host, port, family, kind):
        names.append(host)
        return [(family, kind, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", find)
    with (
        socket.socket(type=socket.SOCK_DGRAM) as receiver,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        sender.sendmsg([b"x"], [], 0, ("host.test", receiver.getsockname()[1]))
        assert receiver.recv(10) == b"x"
    assert names == ["host.test"]


def test_buffers_can_be_resized_when_a_call_has_returned(pair):
    """PyPy's views would hold them until its collector runs."""
    a, b = pair
    data = bytearray(b"text")
    a.sendall(data)
    data += b"more"
    assert b.recv_into(data) == 4
    data += b"and more"
    b.close()
    with a.makefile("rb") as file:
        assert file.read() == b""


def test_truncated_datagram_gives_no_more_than_was_asked_for() -> None:
    ours, theirs = socket.socketpair(stdlib_socket.AF_UNIX, stdlib_socket.SOCK_DGRAM)
    ours.send(b"x" * 1000)
    assert theirs.recv(10, stdlib_socket.MSG_TRUNC) == b"x" * 10
    ours.close()
    theirs.close()
