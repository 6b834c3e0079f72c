"""``select`` and ``poll``: what they report, refuse and leave behind."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import select as stdlib
import threading

import pytest

import gevent
from gevent import select, socket
from gevent._native.io.fd_table import closing
from gevent.os import close as gevent_close
from tests.net.tls_pairs import tls_pair

pytestmark = pytest.mark.pure


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for each in ends:
        with contextlib.suppress(OSError):  # the test may have closed it
            os.close(each)


def test_select_returns_the_objects_that_are_ready(pair):
    a, b = pair
    assert select.select([a, b], [a, b], [a, b], 0) == ([], [a, b], [])
    b.send(b"x")
    assert select.select(iter([a.fileno(), b]), (), {a}, 5) == ([a.fileno()], [], [])


def test_select_waits_until_something_is_ready(pair, parked):
    a, b = pair
    waiting = parked(select.select, [a, b], [], [])
    b.send(b"x")
    assert waiting.get() == ([a], [], [])


def test_select_waits_for_room(pair, parked, fill):
    a, b = pair
    fill(a)
    waiting = parked(select.select, [a], [a], [])
    while select.select([b], [], [], 0)[0]:
        b.recv(1_000_000)
    assert waiting.get() == ([], [a], [])


def test_select_ends_when_the_time_has_passed(pair):
    assert select.select(pair, [], [], 0.001) == ([], [], [])
    assert select.select([], [], [], 0.001) == ([], [], [])


def test_select_of_nothing_for_ever_is_an_error():
    with pytest.raises(gevent.exceptions.LoopExit):
        select.select([], [], [])


def test_a_killed_select_leaves_nothing_behind(pair, parked):
    waiting = parked(select.select, pair, pair[:1] * 0, [])
    waiting.kill()
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"


def test_several_greenlets_select_the_same_descriptor(pair, parked):
    a, b = pair
    waiting = [parked(select.select, [a], [], []) for _ in range(3)]
    b.send(b"x")
    assert [each.get() for each in waiting] == [([a], [], [])] * 3


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((["x"], [], []), TypeError),
        (([-1], [], []), ValueError),
        (([], [], [], "x"), TypeError),
        (([], [], [], -1), ValueError),
        (([], [], [], float("nan")), ValueError),
        ((3, [], []), TypeError),
    ],
)
def test_select_refuses_what_makes_no_sense(arguments, error):
    with pytest.raises(error):
        select.select(*arguments)


def test_a_list_may_change_while_its_descriptors_are_asked_for(pair):
    class Shrinking:
        def fileno(self):
            del objects[-1]
            return pair[0].fileno()

    objects = [Shrinking() for _ in range(10)]
    expected = objects[:5]
    assert select.select([], objects, []) == ([], expected, [])


def test_a_number_that_is_used_again_at_once_was_closed_all_the_same(parked):
    a, b = socket.socketpair()
    number = a.fileno()
    waiting = parked(select.select, [number], [], [])
    a.close()
    again, other = socket.socketpair()
    with again, other, b:
        assert number in (again.fileno(), other.fileno())
        assert waiting.get() == ([number], [], [])


def test_who_finds_nothing_any_more_goes_on_waiting(pair, parked):
    a, b = pair
    waiting = parked(select.select, [a], [], [], 60)
    reading = parked(a.recv, 10)
    b.send(b"x")
    assert reading.get() == b"x"
    gevent.sleep(0)
    if not waiting.dead:
        b.send(b"y")
    assert waiting.get() == ([a], [], [])


def test_select_refuses_closed_descriptors(pipe):
    os.close(pipe[0])
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        select.select([pipe[0]], [], [], 1)
    assert caught.value.errno == errno.EBADF


@pytest.mark.parametrize(
    "close", [socket.socket.close, lambda a: gevent_close(a.detach())]
)
def test_a_descriptor_that_is_closed_meanwhile_counts_as_ready(pair, parked, close):
    a, _ = pair
    waiting = parked(select.select, [a], [], [])
    close(a)
    assert waiting.get() == ([a], [], [])


def test_a_pipe_that_gevent_closes_meanwhile_counts_as_ready(pipe, parked):
    waiting = parked(select.select, [pipe[0]], [], [])
    gevent_close(pipe[0])
    assert waiting.get() == ([pipe[0]], [], [])


def test_a_descriptor_that_another_thread_closes_counts_as_ready(pipe, parked):
    waiting = parked(select.select, [pipe[0]], [], [], 20)
    closing = threading.Thread(target=gevent_close, args=(pipe[0],))
    closing.start()
    assert waiting.get() == ([pipe[0]], [], [])
    closing.join()


@pytest.mark.library
def test_nothing_is_registered_any_more_when_a_number_is_closed(pipe, parked):
    """A copy of the descriptor would keep the registration in the kernel."""
    loop = gevent.get_hub().loop
    if "libuv" not in type(loop).__module__:
        pytest.skip("libev tells the kernel later, and knows by then that it is gone")
    selecting = parked(select.select, [pipe[0]], [], [])
    gevent.sleep(0)
    gevent.idle()
    assert pipe[0] in _registered(loop)
    closing(pipe[0])
    assert pipe[0] not in _registered(loop)
    selecting.get()


def _registered(loop):
    with open(f"/proc/self/fdinfo/{loop.fileno()}") as lines:
        return {int(line.split()[1]) for line in lines if line.startswith("tfd:")}


def test_one_of_many_that_is_closed_behind_our_back_counts_as_ready():
    """A closed number must not reach the library, which aborts the process for it."""
    pairs = [os.pipe() for _ in range(100)]
    closed = pairs[70][0]
    # Runs between the call of select and the poll.
    gevent.get_hub().loop.run_callback(os.close, closed)
    try:
        assert select.select([each for each, _ in pairs], [], []) == ([closed], [], [])
    finally:
        for reader, writer in pairs:
            os.close(writer)
            if reader != closed:
                os.close(reader)


@pytest.mark.parametrize("is_readable", [False, True])
def test_what_was_waited_for_before_is_not_mixed_up_with_what_has_its_number_now(
    pipe, is_readable
):
    number = os.dup(pipe[0])
    try:
        assert select.select([number], [], [], 0.001) == ([], [], [])
        reader, writer = os.pipe()
        os.dup2(reader, number)
        os.close(reader)
        loop = gevent.get_hub().loop
        ends = writer if is_readable else pipe[1]
        loop.run_callback(loop.run_callback, os.write, ends, b"x")
        expected = [number] if is_readable else []
        assert select.select([number], [], [], 0.01) == (expected, [], [])
        os.close(writer)
    finally:
        os.close(number)


def test_a_duplicate_elsewhere_of_what_was_waited_for_does_not_spin_the_loop():
    reader, writer = os.pipe()
    elsewhere = os.dup(reader)  # as a child would have it
    assert select.select([reader], [], [], 0.001) == ([], [], [])
    os.close(reader)
    os.write(writer, b"x")
    loop = gevent.get_hub().loop
    before = loop.iteration
    gevent.sleep(0.005)  # time in which it would spin hundreds of times
    assert loop.iteration - before < 12
    os.close(elsewhere)
    os.close(writer)


def test_numbers_above_the_limit_of_the_kernels_select_work(pair, parked):
    a, b = pair
    high = os.dup2(a.fileno(), 1500)
    try:
        waiting = parked(select.select, [high], [], [])
        b.send(b"x")
        assert waiting.get() == ([high], [], [])
    finally:
        os.close(high)


def test_regular_files_are_ready(tmp_path):
    with open(tmp_path / "file", "w") as file:
        assert select.select([file], [file], []) == ([file], [file], [])


# -- poll ----------------------------------------------------------------------------


def test_poll_reports_numbers_and_events(pair):
    a, b = pair
    poll = select.poll()
    poll.register(a, select.POLLIN)
    poll.register(b)
    assert poll.poll(0) == [(b.fileno(), select.POLLOUT)]
    poll.modify(b, select.POLLIN)
    assert poll.poll(0) == []
    b.send(b"x")
    assert poll.poll(5000) == [(a.fileno(), select.POLLIN)]
    poll.unregister(a)
    with pytest.raises(KeyError):
        poll.unregister(a)
    assert poll.fds == {b.fileno(): select.POLLIN}
    assert poll.loop is gevent.get_hub().loop


@pytest.mark.parametrize("timeout", [None, -1, -0.5, 5000])
def test_poll_waits(pair, parked, timeout):
    poll = select.poll()
    poll.register(pair[0], select.POLLIN)
    waiting = parked(poll.poll, timeout)
    pair[1].send(b"x")
    assert waiting.get() == [(pair[0].fileno(), select.POLLIN)]


def test_poll_ends_when_the_time_has_passed(pair):
    poll = select.poll()
    assert poll.poll(1) == []
    poll.register(pair[0], select.POLLIN)
    assert poll.poll(1) == []


def test_poll_reports_closed_descriptors(pipe, parked):
    poll = select.poll()
    poll.register(pipe[0], select.POLLIN)
    waiting = parked(poll.poll)
    gevent_close(pipe[0])
    assert waiting.get() == poll.poll() == [(pipe[0], select.POLLNVAL)]


def test_poll_reports_the_end_of_a_stream(pair):
    poll = select.poll()
    poll.register(pair[0], select.POLLIN)
    pair[1].close()
    assert poll.poll() == [(pair[0].fileno(), select.POLLIN | select.POLLHUP)]


def test_poll_watches_the_file_that_has_the_number_now(pair, pipe, parked):
    a, _ = pair
    poll = select.poll()
    number = os.dup(pipe[0])
    poll.register(number, select.POLLIN)
    assert poll.poll(1) == []
    try:
        os.dup2(a.fileno(), number)
        waiting = parked(poll.poll)
        os.write(pipe[1], b"x")
        gevent.sleep(0)
        assert not waiting.dead
        pair[1].send(b"x")
        assert waiting.get() == [(number, select.POLLIN)]
    finally:
        os.close(number)


def test_poll_refuses_what_is_no_descriptor():
    poll = select.poll()
    with pytest.raises(ValueError, match="negative"):
        poll.register(-1)
    with pytest.raises(TypeError):
        poll.register("x")
    assert poll.fds == {}


@pytest.mark.parametrize(
    ("eventmask", "error"),
    [("x", TypeError), (1.5, TypeError), (-1, ValueError), (1 << 16, OverflowError)],
)
def test_poll_refuses_what_are_no_events(pair, eventmask, error):
    """As the standard library's."""
    poll = select.poll()
    with pytest.raises(error):
        poll.register(pair[0], eventmask)
    assert poll.fds == {}


@pytest.mark.parametrize(
    ("timeout", "error"), [("x", TypeError), ([], TypeError), (math.nan, ValueError)]
)
def test_poll_refuses_what_is_no_time(pair, timeout, error):
    poll = select.poll()
    poll.register(pair[0])
    with pytest.raises(error):
        poll.poll(timeout)


# -- TLS -----------------------------------------------------------------------------


def test_input_that_tls_has_read_ahead_is_ready():
    client, server = tls_pair()
    with client, server:
        for each in (b"one", b"two"):
            server.sendall(each)
        assert client.recv(10) == b"one"
        assert stdlib.select([client], [], [], 0) == ([], [], [])
        for each in (client, client.fileno()):
            assert select.select([each], [], []) == ([each], [], [])
        poll = select.poll()
        poll.register(client, select.POLLIN)
        assert poll.poll() == [(client.fileno(), select.POLLIN)]
        socket.wait_read(client.fileno())
        assert client.recv(10) == b"two"
        assert select.select([client], [], [], 0) == ([], [], [])
