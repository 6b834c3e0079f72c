"""Everything that waits, cancelled: nothing is lost, nothing is left behind."""

from __future__ import annotations

import signal
import socket as native_socket
import subprocess as native_subprocess
import threading

import pytest

import gevent
from gevent import CancelScope, TaskGroup, move_on_after, select, subprocess
from gevent.hub import get_hub
from gevent.pool import Pool
from gevent.socket import socketpair, wait_read
from gevent.threadpool import ThreadPool

pytestmark = pytest.mark.pure


def cancel_soon(scope: CancelScope) -> None:
    """In the next turn of the loop, when everybody waits."""
    get_hub().loop.run_callback(get_hub().loop.run_callback, scope.cancel)


def test_recv_that_is_cut_short_loses_no_byte() -> None:
    ours, theirs = socketpair()
    with ours, theirs:
        with CancelScope() as scope:
            cancel_soon(scope)
            ours.recv(10)
            pytest.fail("it went on")
        assert scope.cancelled_caught
        theirs.sendall(b"whole")
        assert ours.recv(10) == b"whole"


def test_bytes_that_come_with_the_cancel_are_not_lost() -> None:
    ours, theirs = socketpair()
    taken = []
    with ours, theirs:
        with CancelScope() as scope:
            get_hub().loop.run_callback(theirs.sendall, b"whole")
            cancel_soon(scope)
            taken.append(ours.recv(10))
        if not taken:
            taken.append(ours.recv(10))
    assert taken == [b"whole"]


def test_accept_that_is_cut_short_loses_no_connection() -> None:
    with gevent.socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with CancelScope() as scope:
            cancel_soon(scope)
            listener.accept()
            pytest.fail("it went on")
        assert scope.cancelled_caught
        with native_socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            accepted.close()


def test_sendall_that_is_cut_short() -> None:
    ours, theirs = socketpair()
    with ours, theirs, CancelScope() as scope:
        cancel_soon(scope)
        ours.sendall(b"x" * 10_000_000)
        pytest.fail("it went on")
    assert scope.cancelled_caught


def test_select_and_wait_read_are_cut_short() -> None:
    ours, theirs = socketpair()
    with ours, theirs:
        with CancelScope() as scope:
            cancel_soon(scope)
            select.select([ours], [], [])
            pytest.fail("it went on")
        assert scope.cancelled_caught
        with CancelScope() as scope:
            cancel_soon(scope)
            wait_read(ours.fileno())
            pytest.fail("it went on")
        assert scope.cancelled_caught


def test_a_process_that_is_waited_for_goes_on() -> None:
    process = subprocess.Popen(["cat"], stdin=native_subprocess.PIPE)
    with CancelScope() as scope:
        cancel_soon(scope)
        process.wait()
        pytest.fail("it went on")
    assert scope.cancelled_caught
    assert process.poll() is None
    process.stdin.close()
    assert process.wait() == 0


def test_run_of_a_process_that_is_cut_short_leaves_none() -> None:
    with CancelScope() as scope:
        cancel_soon(scope)
        subprocess.run(["cat"], stdin=subprocess.PIPE, check=False, input=None)
        pytest.fail("it went on")
    assert scope.cancelled_caught


def test_a_call_of_a_native_thread_ends_by_itself() -> None:
    may_end = threading.Event()
    ended = []
    pool = ThreadPool(1)

    def call() -> None:
        may_end.wait(10)
        ended.append(1)

    with CancelScope() as scope:
        cancel_soon(scope)
        pool.apply(call)
        pytest.fail("it went on")
    assert scope.cancelled_caught
    assert not ended
    may_end.set()
    pool.join()
    assert ended == [1]
    assert pool.apply(lambda: "usable") == "usable"
    pool.kill()


def test_a_shield_waits_for_a_call_of_a_native_thread() -> None:
    pool = ThreadPool(1)
    may_end = threading.Event()
    with CancelScope() as scope:
        with CancelScope(shield=True):
            cancel_soon(scope)
            get_hub().loop.run_callback(may_end.set)
            result = pool.apply(lambda: may_end.wait(10) and "whole")
        assert result == "whole"
        gevent.sleep(0)
    assert scope.cancelled_caught
    pool.kill()


def test_a_join_of_a_pool_is_interrupted_its_members_are_not() -> None:
    pool = Pool(2)
    with CancelScope() as scope:
        member = pool.spawn(gevent.sleep, 0)
        other = pool.spawn(gevent.event.Event().wait)
        cancel_soon(scope)
        pool.join()
        pytest.fail("it went on")
    assert scope.cancelled_caught
    assert member.successful()
    assert not other.dead
    pool.kill()


def test_a_signal_handler_cancels() -> None:
    with TaskGroup() as group:
        member = group.spawn(gevent.sleep, 100)
        handler = gevent.signal_handler(signal.SIGUSR1, group.cancel, "a signal")
        gevent.sleep(0)
        signal.raise_signal(signal.SIGUSR1)
    handler.cancel()
    assert str(member.value) == "a signal"


def test_a_python_signal_handler_cancels() -> None:
    with move_on_after(100) as scope:
        before = signal.signal(signal.SIGUSR1, lambda *_: scope.cancel("a signal"))
        try:
            get_hub().loop.run_callback(signal.raise_signal, signal.SIGUSR1)
            gevent.sleep(100)
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert scope.reason == "a signal"
    assert scope.cancelled_caught
