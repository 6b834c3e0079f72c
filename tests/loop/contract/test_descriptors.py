"""Descriptors that are closed, shared, not pollable, many: no library may mind."""

from __future__ import annotations

import fcntl
import gc
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from gevent._loop.loop import Loop
from tests.loop.conftest import MakeLoop

pytestmark = pytest.mark.library

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two connected sockets, as the kernel has them."""
    one, two = socket.socketpair()
    with one, two:
        yield one, two


def run_for(loop: Loop, seconds: float) -> int:
    """Run for a while; return how many iterations that took."""
    before = loop.iteration
    with loop.timer(seconds) as timer:
        timer.start(loop.break_)
        loop.run()
    return loop.iteration - before


def test_a_descriptor_closed_under_its_watcher_aborts_nothing(
    loop: Loop, pair: Pair
) -> None:
    """The process was ended by an assertion of libev (#2100)."""
    seen: list[int] = []
    number = os.dup(pair[0].fileno())
    with loop.io(number, 1) as read, loop.io(number, 2) as write:
        read.start(seen.append, 1)
        loop.run(nowait=True)
        os.close(number)
        write.start(seen.append, 2)
        for _ in range(3):
            loop.run(nowait=True)
    assert set(seen) == {1, 2}


def test_the_number_may_be_another_file_by_then(loop: Loop, pair: Pair) -> None:
    number = os.dup(pair[0].fileno())
    seen: list[int] = []
    watcher = loop.io(number, 3)
    watcher.start(seen.append, 1)
    loop.run(nowait=True)
    regular = os.open(os.devnull, os.O_RDWR)
    os.dup2(regular, number)
    with loop.io(number, 1) as other:
        other.start(seen.append, 2)
        for _ in range(3):
            loop.run(nowait=True)
        watcher.close()
    # A regular file is always readable; the first watcher was for the socket.
    assert 2 in seen
    os.close(regular)
    os.close(number)


@pytest.mark.parametrize("named_anew", [False, True])
def test_a_duplicate_in_a_child_neither_wakes_nor_spins(
    loop: Loop, named_anew: bool
) -> None:
    """Closing does not end a registration while somebody else has the file."""
    reader, writer = os.pipe()
    elsewhere = os.dup(reader)  # as a child would have it
    watcher = loop.io(reader, 1)
    watcher.start(print)
    loop.run(nowait=True)
    watcher.stop()
    if not named_anew:
        watcher.close()
    os.close(reader)
    os.write(writer, b"x")
    assert run_for(loop, 0.005) < 12  # time in which it would spin hundreds of times
    watcher.close()
    os.close(elsewhere)
    os.close(writer)


def test_a_file_that_the_kernel_does_not_poll_is_always_ready(loop: Loop) -> None:
    seen: list[int] = []
    number = os.open(os.devnull, os.O_RDWR)
    with loop.io(number, 3) as watcher:
        watcher.start(seen.append, pass_events=True)
        for _ in range(3):
            loop.run(once=True)
        watcher.stop()
        loop.run(nowait=True)
    assert seen == [3, 3, 3]
    os.close(number)


def test_watching_does_not_change_the_blocking_mode(loop: Loop) -> None:
    reader, writer = os.pipe()
    with loop.io(reader, 1) as watcher:
        watcher.start(print)
        loop.run(nowait=True)
        assert not fcntl.fcntl(reader, fcntl.F_GETFL) & os.O_NONBLOCK
    os.close(reader)
    os.close(writer)


def test_any_number_of_watchers_share_a_descriptor(loop: Loop, pair: Pair) -> None:
    seen: set[int] = set()
    pair[1].send(b"x")
    watchers = [loop.io(pair[0].fileno(), 1 + n % 3) for n in range(30)]
    for n, watcher in enumerate(watchers):
        watcher.start(seen.add, n)
    loop.run(nowait=True)
    assert seen == set(range(30))
    for watcher in watchers[::2]:
        watcher.close()
    seen.clear()
    loop.run(nowait=True)
    assert seen == set(range(1, 30, 2))
    for watcher in watchers:
        watcher.close()


def test_a_watcher_of_reading_is_not_woken_by_room_to_write(
    loop: Loop, pair: Pair
) -> None:
    seen: list[str] = []
    with loop.io(pair[0].fileno(), 1) as read, loop.io(pair[0].fileno(), 2) as write:
        read.start(seen.append, "read")
        write.start(seen.append, "write")
        for _ in range(3):
            loop.run(nowait=True)
    assert set(seen) == {"write"}


def test_the_end_of_a_peer_is_told_as_long_as_it_is_watched(
    loop: Loop, pair: Pair
) -> None:
    seen: list[int] = []
    pair[1].close()
    with loop.io(pair[0].fileno(), 1) as watcher:
        watcher.start(seen.append, 1)
        for _ in range(3):
            loop.run(nowait=True)
    assert seen == [1, 1, 1]


def test_a_broken_pipe_is_told_as_long_as_it_is_watched(loop: Loop) -> None:
    seen: list[int] = []
    reader, writer = os.pipe()
    os.close(reader)
    with loop.io(writer, 2) as watcher:
        watcher.start(seen.append, 1)
        for _ in range(3):
            loop.run(nowait=True)
    assert seen == [1, 1, 1]
    os.close(writer)


def test_a_watcher_may_stop_and_start_itself_in_its_callback(
    loop: Loop, pair: Pair
) -> None:
    seen: list[int] = []
    pair[1].send(b"x")
    watcher = loop.io(pair[0].fileno(), 1)

    def again() -> None:
        seen.append(1)
        watcher.stop()
        watcher.start(again)
        watcher.stop()
        watcher.start(again)

    watcher.start(again)
    for _ in range(3):
        loop.run(nowait=True)
    watcher.close()
    assert seen == [1, 1, 1]


def test_a_started_watcher_lives_although_nobody_holds_it(
    loop: Loop, pair: Pair
) -> None:
    seen: list[int] = []
    loop.io(pair[0].fileno(), 1).start(seen.append, 1)
    gc.collect()
    pair[1].send(b"x")
    loop.run(nowait=True)
    assert seen == [1]


def test_many_threads_have_a_loop_each(make_loop: MakeLoop) -> None:
    seen: list[int] = []

    def work(n: int) -> None:
        loop = make_loop()
        one, two = socket.socketpair()
        with one, two, loop.io(one.fileno(), 1) as watcher:
            watcher.start(loop.break_)
            loop.run_callback(two.send, b"x")
            loop.run()
            seen.append(n)
        loop.destroy()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(seen) == list(range(16))
