"""``gevent.os``: child processes and bare descriptors."""

from __future__ import annotations

import errno
import os as stdlib_os
import signal
import subprocess as stdlib_subprocess
import threading
from collections.abc import Callable

import pytest

import gevent
from gevent import config, os, socket, subprocess
from gevent._base import originals
from gevent._loop import children as loop_children
from gevent.event import Event
from gevent.fileobject import FileObjectPosix
from gevent.net.process import children
from tests.support.schedule import switches, wait_until
from tests.support.zombies import wait_until_ended

pytestmark = pytest.mark.pure

WITH_SPAWN = pytest.mark.cpython("PyPy's os has no posix_spawn")

Parked = Callable[..., gevent.Greenlet]

# No process has this number: it is the highest that Linux allows.
NO_PROCESS = 4194303


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


def test_waitpid_without_waiting_sees_an_end_without_a_switch() -> None:
    pid = _child(5)
    wait_until_ended(pid)
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


def test_closing_wakes_a_reader_with_ebadf(parked: Parked) -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    waiting = parked(os.nb_read, reader, 1)
    os.close(reader)
    assert waiting.get().errno == errno.EBADF
    stdlib_os.close(writer)


@pytest.mark.parametrize("wait", [socket.wait_read, socket.wait_readwrite])
def test_closing_wakes_who_waits_for_a_number(
    wait: Callable[..., object], parked: Parked
) -> None:
    reader, writer = stdlib_os.pipe()
    waiting = parked(wait, reader)
    os.close(reader)
    assert waiting.get().errno == errno.EBADF
    stdlib_os.close(writer)


def test_close_frees_the_number_at_once(parked: Parked) -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    waiting = parked(os.nb_read, reader, 1)
    os.close(reader)
    again = stdlib_os.dup(writer)
    assert again == reader
    assert waiting.get().errno == errno.EBADF
    stdlib_os.close(again)
    stdlib_os.close(writer)


def test_make_nonblocking_takes_what_has_a_fileno() -> None:
    one, other = socket.socketpair()
    with one, other:
        os.set_blocking(one.fileno(), True)
        assert os.make_nonblocking(one) is True
        assert os.make_nonblocking(one) is None


def test_make_nonblocking_says_whether_it_changed_something() -> None:
    reader, writer = stdlib_os.pipe()
    assert os.make_nonblocking(reader) is True
    assert os.make_nonblocking(reader) is None
    stdlib_os.close(reader)
    stdlib_os.close(writer)


def test_nb_calls_refuse_what_the_system_refuses() -> None:
    reader, writer = stdlib_os.pipe()
    for call in (
        lambda: os.nb_read(reader, -1),
        lambda: os.nb_read(writer, 1),
        lambda: os.nb_write(reader, b"x"),
        lambda: os.nb_read(999, 1),
        lambda: os.nb_write(-1, b"x"),
    ):
        with pytest.raises(OSError, match=r"argument|descriptor"):
            call()
    for fd in (reader, writer):
        stdlib_os.close(fd)


def test_closing_in_another_thread_wakes_a_reader(parked: Parked) -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    waiting = parked(os.nb_read, reader, 1)
    closing = threading.Thread(target=os.close, args=(reader,))
    closing.start()
    assert waiting.get().errno == errno.EBADF
    closing.join()
    stdlib_os.close(writer)


@pytest.mark.parametrize("events", ["read", "write"])
def test_an_interrupted_call_leaves_no_watcher(events: str, parked: Parked) -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    os.make_nonblocking(writer)
    if events == "read":
        waiting = parked(os.nb_read, reader, 1)
    else:
        os.nb_write(writer, bytes(1 << 20))
        waiting = parked(os.nb_write, writer, b"x")
    before = gevent.get_hub().loop.references
    waiting.kill()
    assert gevent.get_hub().loop.references == before - 1
    for fd in (reader, writer):
        stdlib_os.close(fd)


def test_two_greenlets_wait_for_one_descriptor() -> None:
    reader, writer = stdlib_os.pipe()
    os.make_nonblocking(reader)
    waiting = [gevent.spawn(os.nb_read, reader, 1) for _ in range(2)]
    gevent.sleep(0)
    stdlib_os.write(writer, b"ab")
    assert {each.get() for each in waiting} == {b"a", b"b"}
    for fd in (reader, writer):
        stdlib_os.close(fd)


def test_nb_read_of_what_is_always_there_lets_others_run() -> None:
    ticks: list[int] = []

    def tick() -> None:
        while True:
            ticks.append(1)
            gevent.sleep(0.001)  # of the real clock: the reader never lets it jump

    ticking = gevent.spawn(tick)
    fd = stdlib_os.open("/dev/zero", stdlib_os.O_RDONLY)
    while len(ticks) < 3:
        os.nb_read(fd, 512)
    ticking.kill()
    stdlib_os.close(fd)


def test_tp_calls_use_a_thread() -> None:
    reader, writer = stdlib_os.pipe()
    with switches():
        assert os.tp_write(writer, b"abc") == 3
    with switches():
        assert os.tp_read(reader, 10) == b"abc"
    for fd in (reader, writer):
        stdlib_os.close(fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.tp_read(reader, 1)


def test_closing_an_invalid_descriptor_is_ebadf() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.close(999)


def test_a_callback_comes_although_waitpid_was_quicker() -> None:
    called = Event()
    pid = os.fork_and_watch(lambda watcher: called.set())
    if not pid:
        stdlib_os._exit(4)
    wait_until_ended(pid)
    assert os.waitpid(pid, 0) == (pid, 4 << 8)
    assert called.wait(60)


def test_any_child_without_waiting() -> None:
    reader, writer = stdlib_os.pipe()
    pid = os.fork()
    if not pid:
        stdlib_os.read(reader, 1)
        stdlib_os._exit(0)
    assert os.waitpid(-1, stdlib_os.WNOHANG) == (0, 0)
    stdlib_os.write(writer, b"x")
    wait_until_ended(pid)
    assert os.waitpid(-1, stdlib_os.WNOHANG) == (pid, 0)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, 0)
    for fd in (reader, writer):
        stdlib_os.close(fd)


def test_a_watched_child_that_the_system_handed_out_is_forgotten() -> None:
    pid = _child(3)
    assert os.waitpid(pid, stdlib_os.WUNTRACED) == (pid, 3 << 8)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_an_interrupted_waitpid_can_be_repeated() -> None:
    reader, writer = stdlib_os.pipe()
    pid = os.fork()
    if not pid:
        stdlib_os.read(reader, 1)
        stdlib_os._exit(5)
    for which in (pid, -1):
        with gevent.Timeout(0.001, False):
            os.waitpid(which, 0)
    stdlib_os.write(writer, b"x")
    assert os.waitpid(-1, 0) == (pid, 5 << 8)
    for fd in (reader, writer):
        stdlib_os.close(fd)


def test_a_grandchild_does_not_wait_for_its_uncles() -> None:
    """What the parent watches is not the child's, after any kind of fork."""
    reader, writer = stdlib_os.pipe()
    uncle = os.fork()
    if not uncle:
        stdlib_os.read(reader, 1)
        stdlib_os._exit(0)
    child = stdlib_os.fork()
    if not child:
        try:
            os.waitpid(uncle, 0)
        except ChildProcessError:
            stdlib_os._exit(7)
        stdlib_os._exit(1)
    assert stdlib_os.waitpid(child, 0) == (child, 7 << 8)
    stdlib_os.write(writer, b"x")
    assert os.waitpid(uncle, 0) == (uncle, 0)
    for fd in (reader, writer):
        stdlib_os.close(fd)


@WITH_SPAWN
@pytest.mark.parametrize("name", ["posix_spawn", "posix_spawnp"])
def test_spawned_programs_are_watched(name: str) -> None:
    pid = getattr(os, name)("/bin/sh", ["sh", "-c", "exit 6"], {})
    assert pid in children._watched()
    assert os.waitpid(pid, 0) == (pid, 6 << 8)


def test_a_status_that_nobody_asks_for_is_forgotten_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pid = _child()
    # Whoever waited for it would take the status.
    wait_until(lambda: children._watched()[pid].outcome is not None)
    monkeypatch.setattr(children, "STATUS_KEPT", -1.0)
    other = _child(1)
    assert pid not in children._watched()
    assert os.waitpid(other, 0) == (other, 1 << 8)


def test_a_child_with_a_terminal() -> None:
    pid, terminal = os.forkpty()
    if not pid:
        stdlib_os.write(1, b"from the child")
        stdlib_os._exit(8)
    with FileObjectPosix(terminal, "rb", 0) as reader:
        assert reader.read(100) == b"from the child"
        assert os.waitpid(pid, 0) == (pid, 8 << 8)


def test_fork_watchers_are_called_beside_threads() -> None:
    gevent.get_hub().threadpool.apply(len, ("a thread",))
    watcher = gevent.get_hub().loop.fork(ref=False)
    called: list[int] = []
    watcher.start(called.append, 1)
    pid = os.fork()
    if not pid:
        gevent.sleep(0)
        stdlib_os._exit(len(called))
    assert os.waitpid(pid, 0) == (pid, 1 << 8)
    assert called == []
    watcher.close()


def test_a_child_that_resets_sigchld_waits_for_its_own() -> None:
    pid = os.fork()
    if not pid:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        stdlib_os._exit(subprocess.call(["sh", "-c", "exit 9"]))
    assert os.waitpid(pid, 0) == (pid, 9 << 8)


def test_without_watching_children_fork_is_the_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(config, "disable_watch_children", True)
    pid = _child(3)
    assert pid not in children._watched()
    assert os.waitpid(pid, 0) == (pid, 3 << 8)


@WITH_SPAWN
def test_without_watching_children_programs_start_as_the_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(config, "disable_watch_children", True)
    pid = os.posix_spawn("/bin/true", ["true"], {})
    assert os.waitpid(pid, 0) == (pid, 0)


@pytest.mark.parametrize("wrong", [{}, "1", 1.0])
def test_a_number_that_is_none_is_refused(wrong: int) -> None:
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        os.close(wrong)


# -- who reaps what --------------------------------------------------------------------


def _wait_by_id() -> tuple[int, int]:
    found = os.waitid(stdlib_os.P_ALL, 0, stdlib_os.WEXITED)
    assert found is not None
    return found.si_pid, found.si_status << 8


ANY_CHILD: dict[str, Callable[[], tuple[int, int]]] = {
    "wait": os.wait,
    "waitpid": lambda: os.waitpid(-1, 0),
    "wait3": lambda: os.wait3(0)[:2],
    "group": lambda: os.waitpid(0, 0),
    "waitid": _wait_by_id,
}


class _SlowReaper:
    """The system's calls, of which a thread's that reaped returns late.

    Until the loop has looked for the child as well, and has not found it.
    """

    def __init__(self) -> None:
        self.reaped = threading.Event()
        self._loop_looked = threading.Event()
        self._ident = threading.get_ident()

    def get(self, module: str, name: str) -> object:
        call = originals.get(module, name)
        if name not in ("wait4", "waitid"):
            return call
        return self._wait4 if name == "wait4" else self._waitid

    def _is_thread(self) -> bool:
        return threading.get_ident() != self._ident

    def _wait4(self, pid: int, options: int) -> tuple[int, int, object]:
        if self._is_thread() and pid > 0:
            return 0, 0, None  # it has not ended yet
        try:
            found = stdlib_os.wait4(pid, options)
        except ChildProcessError:
            if not self._is_thread():
                self._loop_looked.set()
            raise
        if found[0] and self._is_thread():
            self._return_late()
        return found

    def _waitid(self, kind: int, number: int, options: int) -> object:
        found = stdlib_os.waitid(kind, number, options)
        if found is not None and not options & stdlib_os.WNOWAIT:
            self._return_late()
        return found

    def _return_late(self) -> None:
        self.reaped.set()
        assert self._loop_looked.wait(60)


@pytest.mark.parametrize("name", ANY_CHILD)
def test_a_thread_that_reaps_any_child_loses_no_return_code(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The loop came between the call and its word, and took the status for lost: 0."""
    if name == "waitid" and not hasattr(stdlib_os, "waitid"):
        pytest.skip("this interpreter has no waitid")
    found: list[tuple[int, int]] = []
    reaper = _SlowReaper()
    monkeypatch.setattr(children, "originals", reaper)
    monkeypatch.setattr(loop_children, "originals", reaper)
    process = subprocess.Popen(["sh", "-c", "exit 3"])
    thread = threading.Thread(target=lambda: found.append(ANY_CHILD[name]()))
    thread.start()
    assert reaper.reaped.wait(60)
    assert process.wait() == 3
    thread.join()
    assert found == [(process.pid, 3 << 8)]


class _Reaped(list[Event]):
    """Those who wait for any child; a loop reaps one right before the next comes."""

    def __init__(self, known: children.WatchedChild, outcome: children.Ended):
        super().__init__()
        self._found = known, outcome

    def append(self, event: Event) -> None:
        children._keep(*self._found)
        super().append(event)


@pytest.mark.parametrize("pid", [-1, 0])
def test_an_end_right_before_the_wait_for_any_child_is_seen(
    monkeypatch: pytest.MonkeyPatch, pid: int
) -> None:
    """Another thread's loop reaped it after the look and before the event was there."""
    other = stdlib_subprocess.Popen(["cat"], stdin=stdlib_subprocess.PIPE)
    known = children.WatchedChild(gevent.get_hub().loop.child(NO_PROCESS), False)
    known.group = stdlib_os.getpgrp()
    table = children._watched()
    monkeypatch.setitem(table, NO_PROCESS, known)
    ended = children.Ended(NO_PROCESS, 0, None)
    monkeypatch.setattr(table, "waits_for_any", _Reaped(known, ended))
    try:
        with gevent.Timeout(0):  # fires if it waits at all
            assert children.wait_for(pid, 0) == ended
    finally:
        other.communicate()


class _Guards:
    """The system's calls; threads that stand guard are kept, or refused."""

    def __init__(self, refuses: bool = False) -> None:
        self._refuses = refuses
        self._bodies: list[Callable[[], object]] = []

    def get(self, module: str, name: str) -> object:
        own = {"start_new_thread": self._start, "waitid": lambda *_: None}
        return own.get(name) or originals.get(module, name)

    def _start(self, body: Callable[..., object], args: tuple[object, ...]) -> int:
        if self._refuses:
            raise RuntimeError("can't start new thread")
        self._bodies.append(lambda: body(*args))
        return 0

    def end_all(self) -> None:
        while self._bodies:
            self._bodies.pop(0)()


class _Interrupted(dict[object, object]):
    """The table of guards, where something comes in between right after a look."""

    def __init__(self, then: Callable[[], object]):
        super().__init__()
        self._then: Callable[[], object] | None = then

    def setdefault(self, key: object, default: object = None) -> object:
        found = super().setdefault(key, default)
        then, self._then = self._then, None
        if then is not None:
            then()
        return found


def _guard(event: Event) -> bool:
    wish = children.Wish(children.P_ALL, 0)
    return children._start_sentinel(wish, children._WEXITED, event)


def test_who_comes_when_a_guard_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard had left, and its list was set from for the last time."""
    guards = _Guards()
    monkeypatch.setattr(children, "originals", guards)
    table = _Interrupted(int)
    monkeypatch.setattr(children._watched(), "sentinels", table)
    first, second = Event(), Event()
    assert _guard(first)
    table._then = guards.end_all
    assert _guard(second)
    guards.end_all()
    assert first.is_set()
    assert second.is_set()
    assert not table


def test_nobody_relies_on_a_guard_that_could_not_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "originals", _Guards(refuses=True))
    first, second = Event(), Event()
    returned: dict[Event, bool] = {}

    def come_second() -> None:
        returned[second] = _guard(second)

    table = _Interrupted(come_second)
    monkeypatch.setattr(children._watched(), "sentinels", table)
    returned[first] = _guard(first)
    assert not (returned[first] and not first.is_set())
    assert not (returned[second] and not second.is_set())
    assert not table


@pytest.mark.parametrize("table", ["reapers", "taken"])
def test_a_forked_child_knows_nothing_of_what_its_parent_reaps(table: str) -> None:
    """Its loop took each end of a child for one that a thread was about to tell of."""
    stale = getattr(loop_children, table)
    stale.append(-1) if table == "reapers" else stale.update({NO_PROCESS: (0, None)})
    try:
        pid = stdlib_os.fork()
        if not pid:
            stdlib_os._exit(len(stale))
        assert stdlib_os.waitpid(pid, 0)[1] == 0
    finally:
        stale.clear()


def test_a_signal_handler_may_fork_while_its_thread_reaps() -> None:
    with children._Reaping(children.Wish(children.P_ALL, 0)):
        loop_children.reapers.clear()  # as in the child
    assert loop_children.reapers == []
