"""Closing: who waits is told at once, and the number is free."""

from __future__ import annotations

import errno
import gc
import os
import weakref

import pytest

import gevent
from gevent import socket
from gevent._native.io.descriptor import Watch
from tests.support.memory import drop
from tests.support.schedule import Restless


def assert_closed_meanwhile(outcome):
    assert isinstance(outcome, OSError)
    assert outcome.args == (
        errno.EBADF,
        "File descriptor was closed in another greenlet",
    )


def test_close_wakes_a_reader(pair, parked):
    reader = parked(pair[0].recv, 1)
    pair[0].close()
    assert_closed_meanwhile(reader.get())


def test_close_wakes_a_writer(pair, parked, fill):
    fill(pair[0])
    writer = parked(pair[0].sendall, b"x")
    pair[0].close()
    assert_closed_meanwhile(writer.get())


def test_close_wakes_who_accepts(listener, parked):
    waiter = parked(listener.accept)
    listener.close()
    assert_closed_meanwhile(waiter.get())


def test_close_wakes_who_connects(parked):
    """The accept queue is full, so the kernel lets the next one wait."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    others = [socket.socket() for _ in range(3)]
    for each in others:
        each.setblocking(False)
        assert each.connect_ex(full.getsockname()) in (0, errno.EINPROGRESS)
    client = socket.socket()
    waiter = parked(client.connect, full.getsockname())
    client.close()
    assert_closed_meanwhile(waiter.get())
    for each in (*others, full):
        each.close()


def test_close_wakes_reader_and_writer_with_errors_of_their_own(pair, parked, fill):
    fill(pair[0])
    waiters = [parked(pair[0].recv, 1), parked(pair[0].send, b"x")]
    pair[0].close()
    errors = [each.get() for each in waiters]
    for error in errors:
        assert_closed_meanwhile(error)
    assert errors[0] is not errors[1]


def test_number_is_free_when_close_returns(pair):
    fd = pair[0].fileno()
    pair[0].close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_reader_never_gets_the_bytes_of_the_next_owner_of_the_number(parked):
    a, b = socket.socketpair()
    reader = parked(a.recv, 10)
    fd = a.fileno()
    a.close()
    c, d = socket.socketpair()
    assert fd in (c.fileno(), d.fileno())
    owner, other = (c, d) if c.fileno() == fd else (d, c)
    other.sendall(b"for the new owner")
    assert_closed_meanwhile(reader.get())
    assert owner.recv(100) == b"for the new owner"
    for each in (b, c, d):
        each.close()


def test_reused_number_is_watched_anew(parked):
    for _ in range(20):
        a, b = socket.socketpair()
        reader = parked(a.recv, 10)
        b.sendall(b"x")
        assert reader.get() == b"x"
        a.close()
        b.close()


def test_calls_on_a_closed_socket_fail(pair):
    sock = pair[0]
    sock.close()
    sock.close()
    calls = [
        lambda: sock.recv(1),
        lambda: sock.send(b"x"),
        lambda: sock.sendall(b"x"),
        lambda: sock.shutdown(2),
        lambda: sock.recv_into(bytearray(1)),
        sock.accept,
        sock.getsockname,
        sock.dup,
        lambda: sock.connect(("127.0.0.1", 1)),
        lambda: sock.setsockopt(1, 2, 1),
        lambda: sock.recvfrom(1),
    ]
    for call in calls:
        with pytest.raises(OSError, match="Bad file descriptor") as caught:
            call()
        assert caught.value.errno == errno.EBADF
    assert sock.connect_ex(("127.0.0.1", 1)) == errno.EBADF
    assert sock.fileno() == -1
    assert sock.closed
    assert sock.gettimeout() is None


@pytest.mark.parametrize(("how", "is_woken"), [(0, True), (1, False), (2, True)])
def test_shutdown_wakes_the_reader(pair, parked, how, is_woken):
    reader = parked(pair[0].recv, 1)
    pair[0].shutdown(how)
    if not is_woken:
        pair[1].sendall(b"x")
        assert reader.get() == b"x"
    else:
        assert_closed_meanwhile(reader.get())


def test_reader_after_shutdown_is_not_disturbed_by_the_one_before(pair, parked):
    a, b = pair
    first = parked(a.recv, 1)
    a.shutdown(socket.SHUT_WR)
    b.shutdown(socket.SHUT_WR)
    assert first.get() == b""


def test_detach_gives_the_descriptor_away(pair, parked):
    a, b = pair
    reader = parked(a.recv, 1)
    fd = a.detach()
    assert_closed_meanwhile(reader.get())
    assert a.fileno() == -1
    os.write(fd, b"still open")
    assert b.recv(100) == b"still open"
    os.close(fd)


def test_files_keep_the_descriptor_open(pair):
    a, b = pair
    file = a.makefile("rb")
    a.close()
    assert a.closed
    assert a.fileno() >= 0
    b.sendall(b"line\n")
    assert file.readline() == b"line\n"
    file.close()
    assert a.fileno() == -1


def test_dropped_socket_warns_and_is_closed():
    a, b = socket.socketpair()
    a.setblocking(False)
    with pytest.raises(BlockingIOError):
        a.recv(1)
    a.setblocking(True)
    b.sendall(b"x")
    assert a.recv(1) == b"x"
    fd = a.fileno()
    gone = weakref.ref(a)
    held = [a]
    del a
    with pytest.warns(ResourceWarning, match=f"unclosed .*fd={fd}"):
        drop(held)
    assert gone() is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
    b.close()


def count_watches():
    return sum(isinstance(each, Watch) for each in gc.get_objects())


def test_dropped_socket_that_waited_leaves_no_watcher(parked):
    a, b = socket.socketpair()
    n_watches = count_watches()
    reader = parked(a.recv, 1)
    assert count_watches() == n_watches + 1
    b.sendall(b"x")
    assert reader.get() == b"x"
    del reader
    held = [a]
    del a
    with pytest.warns(ResourceWarning):
        drop(held)
    assert count_watches() == n_watches
    b.close()


def test_second_init_closes_the_descriptor_of_the_first():
    sock = socket.socket()
    number = sock.fileno()
    socket.socket.__init__(sock)
    assert sock.fileno() == number
    sock.close()


def test_second_init_replaces_the_object_of_the_standard_library():
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    socket.socket.__init__(sock)
    number = sock.fileno()
    sock.bind(("127.0.0.1", 0))
    sock.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


@pytest.mark.compiled  # which asks for the number of references
def test_socket_whose_native_object_lives_is_not_closed():
    a, b = socket.socketpair()
    raw = a._sock
    del a
    gc.collect()
    assert raw.fileno() >= 0
    raw.close()
    b.close()


def test_open_socket_does_not_keep_the_loop_running(pair, parked):
    a, b = pair
    reader = parked(a.recv, 1)
    b.sendall(b"x")
    assert reader.get() == b"x"
    assert gevent.wait(timeout=5) is True


def test_waiting_for_a_socket_without_ref_does_not_keep_the_loop_running(pair, parked):
    a, _ = pair
    a.ref = False
    reader = parked(a.recv, 1)
    assert gevent.wait(timeout=5) is True
    reader.kill()


def test_ref_can_be_changed_while_somebody_waits(pair, parked):
    a, _ = pair
    loop = gevent.get_hub().loop
    before = loop.references
    reader = parked(a.recv, 1)
    assert loop.references == before + 1
    a.ref = False
    assert loop.references == before
    a.ref = True
    assert loop.references == before + 1
    reader.kill()


def test_main_greenlet_that_nobody_can_wake_gets_loop_exit(pair):
    a, _ = pair
    a.ref = False
    with pytest.raises(gevent.hub.LoopExit) as caught:
        a.recv(1)
    assert any(repr(a) in each for each in caught.value.args[2])


def test_interrupted_create_connection_closes_its_socket(parked):
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    others = [socket.socket() for _ in range(3)]
    for each in others:
        each.setblocking(False)
        each.connect_ex(full.getsockname())
    n_open = len(os.listdir("/proc/self/fd"))
    waiter = parked(socket.create_connection, full.getsockname())
    waiter.kill()
    assert len(os.listdir("/proc/self/fd")) == n_open
    for each in (*others, full):
        each.close()


def test_close_reaches_a_reader_that_is_about_to_park() -> None:
    ours, theirs = socket.socketpair()
    reading = Restless(ours.recv, 1)
    reading.start()
    gevent.sleep(0)
    ours.close()
    with pytest.raises(OSError, match="closed in another greenlet"):
        reading.get(timeout=5)
    theirs.close()
