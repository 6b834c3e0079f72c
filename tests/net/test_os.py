"""``gevent.os``: child processes and bare descriptors."""

from __future__ import annotations

import errno
import os as stdlib_os
import signal

import pytest

import gevent
from gevent import os
from gevent.event import Event


def _child(status: int = 0) -> int:
    pid = os.fork()
    if not pid:
        stdlib_os._exit(status)
    return pid


def test_fork_of_the_package_is_the_one_of_the_module() -> None:
    assert gevent.fork is os.fork


def test_waitpid_gives_the_status_of_the_child() -> None:
    pid = _child(7)
    assert os.waitpid(pid, 0) == (pid, 7 << 8)


def test_waitpid_hands_a_status_out_once() -> None:
    pid = _child()
    os.waitpid(pid, 0)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_waitpid_lets_others_run() -> None:
    reader, writer = stdlib_os.pipe()
    pid = os.fork()
    if not pid:
        stdlib_os.read(reader, 1)
        stdlib_os._exit(3)
    gevent.spawn(stdlib_os.write, writer, b"x")
    assert os.waitpid(pid, 0) == (pid, 3 << 8)
    stdlib_os.close(reader)
    stdlib_os.close(writer)


def test_waitpid_for_the_asked_child_only() -> None:
    first, second = _child(1), _child(2)
    assert os.waitpid(second, 0) == (second, 2 << 8)
    assert os.waitpid(first, 0) == (first, 1 << 8)


def test_waitpid_without_waiting_sees_a_running_child() -> None:
    reader, writer = stdlib_os.pipe()
    pid = os.fork()
    if not pid:
        stdlib_os.read(reader, 1)
        stdlib_os._exit(0)
    assert os.waitpid(pid, stdlib_os.WNOHANG) == (0, 0)
    stdlib_os.write(writer, b"x")
    assert os.waitpid(pid, 0) == (pid, 0)
    stdlib_os.close(reader)
    stdlib_os.close(writer)


def test_e11_waitpid_without_waiting_sees_an_end_without_a_switch() -> None:
    pid = _child(5)
    stdlib_os.waitid(stdlib_os.P_PID, pid, stdlib_os.WEXITED | stdlib_os.WNOWAIT)
    assert os.waitpid(pid, stdlib_os.WNOHANG) == (pid, 5 << 8)


def test_waitpid_for_any_child_takes_the_first_that_ended() -> None:
    pids = {_child(), _child()}
    assert {os.waitpid(-1, 0)[0], os.waitpid(-1, 0)[0]} == pids


def test_fork_and_watch_calls_back_with_the_watcher() -> None:
    ended: list[tuple[int, int]] = []
    over = Event()

    def callback(watcher: object) -> None:
        ended.append((watcher.rpid, watcher.rstatus))  # type: ignore[attr-defined]
        over.set()

    pid = os.fork_and_watch(callback, ref=True)
    if not pid:
        stdlib_os._exit(4)
    over.wait()
    assert ended == [(pid, 4 << 8)]
    assert os.waitpid(pid, 0) == (pid, 4 << 8)


def test_child_can_use_its_hub() -> None:
    pid = os.fork()
    if not pid:
        value = gevent.spawn(lambda: 9).get()
        stdlib_os._exit(value)
    assert os.waitpid(pid, 0) == (pid, 9 << 8)


def test_system_waitpid_works_for_children_forked_by_the_system() -> None:
    gevent.sleep(0)
    pid = stdlib_os.fork()
    if not pid:
        stdlib_os._exit(6)
    assert stdlib_os.waitpid(pid, 0) == (pid, 6 << 8)


def test_signalled_child_reports_its_signal() -> None:
    reader, writer = stdlib_os.pipe()
    pid = os.fork()
    if not pid:
        stdlib_os.read(reader, 1)
        stdlib_os._exit(0)
    stdlib_os.kill(pid, signal.SIGKILL)
    assert os.waitpid(pid, 0) == (pid, signal.SIGKILL)
    stdlib_os.close(reader)
    stdlib_os.close(writer)


def test_nb_read_waits_for_data() -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    gevent.spawn(stdlib_os.write, writer, b"abc")
    assert os.nb_read(reader, 10) == b"abc"
    stdlib_os.close(writer)
    assert os.nb_read(reader, 10) == b""
    stdlib_os.close(reader)


def test_nb_write_waits_for_room() -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(writer)
    size = os.nb_write(writer, bytes(1 << 20))
    gevent.spawn(stdlib_os.read, reader, size)
    assert os.nb_write(writer, b"x") == 1
    stdlib_os.close(reader)
    stdlib_os.close(writer)


def test_f3_closing_wakes_a_reader_with_ebadf() -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    waiting = gevent.spawn(os.nb_read, reader, 1)
    gevent.sleep(0)
    os.close(reader)
    with pytest.raises(OSError, match="closed in another greenlet") as raised:
        waiting.get()
    assert raised.value.errno == errno.EBADF
    stdlib_os.close(writer)


def test_close_frees_the_number_at_once() -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    waiting = gevent.spawn(os.nb_read, reader, 1)
    gevent.sleep(0)
    os.close(reader)
    again = stdlib_os.dup(writer)
    assert again == reader
    with pytest.raises(OSError, match="closed in another greenlet") as raised:
        waiting.get()
    assert raised.value.errno == errno.EBADF
    stdlib_os.close(again)
    stdlib_os.close(writer)


def test_make_nonblocking_says_whether_it_changed_something() -> None:
    reader, writer = stdlib_os.pipe()
    assert os.make_nonblocking(reader) is True
    assert os.make_nonblocking(reader) is None
    stdlib_os.close(reader)
    stdlib_os.close(writer)
