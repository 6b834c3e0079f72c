"""Numbers of descriptors that are closed, replaced and given away again."""

from __future__ import annotations

import errno
import gc
import os as stdlib_os
import threading
from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent import os, select, socket, subprocess
from gevent.fileobject import FileObjectPosix
from gevent.net import read_ahead
from tests.net.tls_pairs import client_context

pytestmark = pytest.mark.pure

Pair = tuple[socket.socket, socket.socket]
Parked = Callable[..., gevent.Greenlet]
Maker = Callable[[], tuple[socket.socket, ...]]


def assert_ebadf(waiting: gevent.Greenlet) -> None:
    assert waiting.get().errno == errno.EBADF


# -- closed by their owners -----------------------------------------------------------


def test_closing_a_socket_wakes_who_waits_for_its_number(
    pair: Pair, parked: Parked
) -> None:
    waiting = parked(socket.wait_read, pair[0].fileno())
    pair[0].close()
    assert_ebadf(waiting)


def test_closing_a_file_wakes_who_waits_for_its_number(parked: Parked) -> None:
    reader, writer = stdlib_os.pipe()
    file = FileObjectPosix(reader, "rb", 0)
    waiting = parked(socket.wait_read, reader)
    file.close()
    assert_ebadf(waiting)
    stdlib_os.close(writer)


def test_closing_a_file_that_leaves_its_number_open_wakes_nobody(
    parked: Parked,
) -> None:
    reader, writer = stdlib_os.pipe()
    file = FileObjectPosix(reader, "rb", 0, closefd=False)
    waiting = parked(socket.wait_read, reader)
    file.close()
    stdlib_os.write(writer, b"x")
    assert waiting.get() is None
    stdlib_os.close(reader)
    stdlib_os.close(writer)


def test_detaching_a_socket_leaves_who_waits_for_its_number(
    pair: Pair, parked: Parked
) -> None:
    waiting = parked(socket.wait_read, pair[0].fileno())
    selecting = parked(select.select, [pair[0].fileno()], [], [])
    number = pair[0].detach()
    pair[1].send(b"x")
    assert waiting.get() is None
    assert selecting.get()[0] == [number]
    stdlib_os.close(number)


# -- closed by gevent.os --------------------------------------------------------------


def test_os_close_wakes_who_uses_the_socket(
    pair: Pair, parked: Parked, fill: Callable[[socket.socket], int]
) -> None:
    fill(pair[0])
    waiting = [parked(pair[0].recv, 1), parked(pair[0].sendall, b"x")]
    os.close(pair[0].fileno())
    for each in waiting:
        assert_ebadf(each)
    with pytest.raises(OSError, match="Bad file descriptor"):
        pair[0].close()


def test_os_close_in_another_thread_wakes_who_uses_the_socket(
    pair: Pair, parked: Parked
) -> None:
    waiting = parked(pair[0].recv, 1)
    closing = threading.Thread(target=os.close, args=(pair[0].fileno(),))
    closing.start()
    assert_ebadf(waiting)
    closing.join()
    with pytest.raises(OSError, match="Bad file descriptor"):
        pair[0].close()


def test_dup2_wakes_who_waits_for_the_file_that_is_replaced(
    pair: Pair, tcp_pair: Pair, parked: Parked
) -> None:
    waiting = [
        parked(pair[0].recv, 1),
        parked(socket.wait_read, pair[0].fileno()),
    ]
    assert os.dup2(tcp_pair[0].fileno(), pair[0].fileno()) == pair[0].fileno()
    for each in waiting:
        assert_ebadf(each)
    tcp_pair[1].sendall(b"for the new file")
    assert pair[0].recv(100) == b"for the new file"


def test_dup2_of_an_invalid_descriptor_closes_nothing(
    pair: Pair, parked: Parked
) -> None:
    waiting = parked(pair[0].recv, 1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.dup2(999, pair[0].fileno())
    pair[1].send(b"x")
    assert waiting.get() == b"x"


def test_dup2_of_a_descriptor_to_itself_closes_nothing(
    pair: Pair, parked: Parked
) -> None:
    waiting = parked(pair[0].recv, 1)
    os.dup2(pair[0].fileno(), pair[0].fileno())
    pair[1].send(b"x")
    assert waiting.get() == b"x"


def test_dup2_says_whether_programs_inherit_the_copy(pair: Pair) -> None:
    spare = stdlib_os.dup(pair[0].fileno())
    os.dup2(pair[0].fileno(), spare)
    assert stdlib_os.get_inheritable(spare)
    os.dup2(pair[0].fileno(), spare, inheritable=False)
    assert not stdlib_os.get_inheritable(spare)
    os.close(spare)


def test_closerange_wakes_who_waits_for_any_of_them(parked: Parked) -> None:
    reader, writer = stdlib_os.pipe()
    high = 200
    for number in (high, high + 1):
        stdlib_os.dup2(reader, number)
    os.make_nonblocking(high)
    waiting = [parked(os.nb_read, high, 1), parked(socket.wait_read, high + 1)]
    outside = parked(socket.wait_read, reader)
    os.closerange(high, high + 1000)
    for each in waiting:
        assert_ebadf(each)
    stdlib_os.write(writer, b"x")
    assert outside.get() is None
    stdlib_os.close(reader)
    stdlib_os.close(writer)


# -- closed behind our back -----------------------------------------------------------


def new_socket() -> tuple[socket.socket, ...]:
    return (socket.socket(),)


@pytest.mark.parametrize("make", [new_socket, socket.socketpair])
def test_who_waits_on_a_number_does_not_wait_for_its_next_owner(
    make: Maker, pair: Pair, parked: Parked
) -> None:
    waiting = parked(pair[0].recv, 1)
    number = pair[0].fileno()
    stdlib_os.close(number)
    made = make()
    assert made[0].fileno() == number
    assert_ebadf(waiting)
    for each in made:
        each.close()


def test_an_accepted_connection_is_not_that_of_the_number_before(
    pair: Pair, listener: socket.socket, parked: Parked
) -> None:
    client = socket.create_connection(listener.getsockname())
    waiting = parked(pair[0].recv, 1)
    number = pair[0].fileno()
    stdlib_os.close(number)
    accepted, _ = listener.accept()
    assert accepted.fileno() == number
    assert_ebadf(waiting)
    client.sendall(b"for the connection")
    assert accepted.recv(100) == b"for the connection"
    accepted.close()
    client.close()


@pytest.mark.parametrize("copy", ["dup", "fromfd"])
def test_a_copy_is_not_the_socket_of_the_number_before(
    copy: str, pair: Pair, tcp_pair: Pair, parked: Parked
) -> None:
    waiting = parked(pair[0].recv, 1)
    number = pair[0].fileno()
    stdlib_os.close(number)
    if copy == "dup":
        made = tcp_pair[0].dup()
    else:
        made = socket.fromfd(tcp_pair[0].fileno(), socket.AF_INET, socket.SOCK_STREAM)
    assert made.fileno() == number
    assert_ebadf(waiting)
    made.close()


def open_file() -> FileObjectPosix:
    return FileObjectPosix(__file__, "rb")


def open_pipe() -> FileObjectPosix:
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as process:
        process.wait()
        return process.stdout


@pytest.mark.parametrize("make", [open_file, open_pipe])
def test_a_file_is_not_the_socket_of_the_number_before(
    make: Callable[[], FileObjectPosix], pair: Pair, parked: Parked
) -> None:
    waiting = parked(pair[0].recv, 1)
    stdlib_os.close(pair[0].fileno())
    make().close()
    assert_ebadf(waiting)


def test_who_lost_its_number_does_not_close_that_of_another(pair: Pair) -> None:
    number = pair[0].fileno()
    pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)  # makes the raw object
    stdlib_os.close(number)
    with socket.socket() as made:
        assert made.fileno() == number
        assert pair[0].fileno() == -1
        assert pair[0].closed
        pair[0].close()
        assert made.getsockname() == ("0.0.0.0", 0)


def test_who_waits_for_a_bare_number_does_not_wait_for_its_next_owner(
    parked: Parked,
) -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    waiting = [
        parked(os.nb_read, reader, 1),
        parked(socket.wait_read, reader),
    ]
    selecting = parked(select.select, [reader], [], [])
    stdlib_os.close(reader)
    with socket.socket() as made:
        assert made.fileno() == reader
        for each in waiting:
            assert_ebadf(each)
        assert selecting.get()[0] == [reader]
    stdlib_os.close(writer)


def test_tls_that_lost_its_number_reads_nothing_ahead_for_another(
    pair: Pair,
) -> None:
    number = pair[0].fileno()
    tls = client_context().wrap_socket(
        pair[0], server_hostname="localhost", do_handshake_on_connect=False
    )
    assert number in read_ahead.readers
    stdlib_os.close(number)
    with socket.socket() as made:
        assert made.fileno() == number
        assert number not in read_ahead.readers
    tls.close()


def test_two_sockets_may_have_one_number(pair: Pair) -> None:
    """As in the standard library: the second one is closed by ``detach``."""
    second = socket.socket(fileno=pair[0].fileno())
    assert second.detach() == pair[0].fileno()
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"


class DyingSocket(socket.socket):
    """A socket with attributes, which go before the socket itself does."""

    last_words: DyingWords


class DyingWords:
    """Closes its number with the last reference to it."""

    def __init__(self, number: int, heard: list[int]):
        self.number = number
        self.heard = heard

    def __del__(self) -> None:
        self.heard.append(self.number)
        os.close(self.number)


@pytest.mark.compiled  # a pure socket closes what its _sock shares
def test_a_socket_dies_once_when_its_own_end_closes_its_number() -> None:
    heard: list[int] = []
    sock = DyingSocket()
    raw = sock._sock  # the descriptor outlives the socket
    sock.last_words = DyingWords(raw.fileno(), heard)
    del sock
    gc.collect()
    assert heard == [raw.detach()]


# -- whose loop is dead ---------------------------------------------------------------


@pytest.fixture
def dead_waiters() -> Iterator[Callable[..., object]]:
    """Let greenlets of a thread wait, whose loop is then destroyed."""
    kept: list[object] = []

    def wait(*calls: Callable[[], object]) -> None:
        def body() -> None:
            kept.append([gevent.spawn(call) for call in calls])
            for _ in range(3):
                gevent.sleep(0)
            hub = gevent.get_hub()
            kept.append(hub)
            hub.destroy(destroy_loop=True)

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()

    yield wait
    kept.clear()


def is_open(fd: int) -> bool:
    try:
        stdlib_os.fstat(fd)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("way", ["wait_read", "nb_read", "select", "io"])
def test_a_number_can_be_closed_for_which_a_dead_loop_waits(
    way: str, dead_waiters: Callable[..., object]
) -> None:
    reader, writer = stdlib_os.pipe()
    stdlib_os.set_blocking(reader, False)
    ways: dict[str, Callable[[], object]] = {
        "wait_read": lambda: socket.wait_read(reader),
        "nb_read": lambda: os.nb_read(reader, 1),
        "select": lambda: select.select([reader], [], []),
        "io": lambda: gevent.get_hub().wait(gevent.get_hub().loop.io(reader, 1)),
    }
    dead_waiters(ways[way])
    os.close(reader)
    assert not is_open(reader)
    stdlib_os.close(writer)


def test_a_socket_can_be_closed_that_a_dead_loop_reads(
    dead_waiters: Callable[..., object],
) -> None:
    reader, writer = socket.socketpair()
    number = reader.fileno()
    dead_waiters(lambda: reader.recv(1))
    reader.close()
    assert not is_open(number)
    writer.close()


def test_others_are_told_of_a_close_after_a_dead_loop(
    dead_waiters: Callable[..., object], parked: Parked
) -> None:
    reader, writer = stdlib_os.pipe()
    dead_waiters(lambda: socket.wait_read(reader))
    waiting = parked(socket.wait_read, reader)
    os.close(reader)
    assert_ebadf(waiting)
    stdlib_os.close(writer)


def test_a_socket_may_get_a_number_for_which_a_dead_loop_waits(
    dead_waiters: Callable[..., object],
) -> None:
    reader, writer = stdlib_os.pipe()
    dead_waiters(lambda: socket.wait_read(reader))
    stdlib_os.close(reader)  # by code that knows nothing of us
    with socket.socket() as sock:
        assert sock.fileno() == reader
    stdlib_os.close(writer)
