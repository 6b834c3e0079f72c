"""What watchers of the outside world do: io, signal, stat, child, fork."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gevent._loop import children
from gevent._loop.loop import Loop
from tests.loop.conftest import Errors, MakeLoop
from tests.support.zombies import wait_until_ended

pytestmark = pytest.mark.library

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two connected sockets, as the kernel has them."""
    one, two = socket.socketpair()
    with one, two:
        yield one, two


def run_until(loop: Loop, done: Callable[[], object]) -> None:
    """Run until *done*, for at most 1,000 iterations of 10 ms."""
    with loop.timer(0.01, 0.01) as patience:
        patience.start(len, ())
        for _ in range(1000):
            if done():
                return
            loop.run(once=True)
    raise AssertionError("it did not happen within 10 s")


# -- io -------------------------------------------------------------------------------


def test_io_fires_when_there_is_something_to_read(loop: Loop, pair: Pair) -> None:
    seen: list[bytes] = []
    one, two = pair
    with loop.io(one.fileno(), 1) as watcher:
        watcher.start(lambda: seen.append(one.recv(10)))
        loop.run(nowait=True)
        assert seen == []
        two.send(b"x")
        loop.run(once=True)
    assert seen == [b"x"]


def test_io_fires_again_while_it_is_readable(loop: Loop, pair: Pair) -> None:
    seen: list[int] = []
    pair[1].send(b"x")
    with loop.io(pair[0].fileno(), 1) as watcher:
        watcher.start(seen.append, 1)
        for _ in range(3):
            loop.run(once=True)
    assert seen == [1, 1, 1]


def test_io_passes_the_events_if_it_is_asked_to(loop: Loop, pair: Pair) -> None:
    seen: list[tuple[object, ...]] = []
    pair[1].send(b"x")
    with loop.io(pair[0].fileno(), 3) as watcher:
        watcher.start(lambda *args: seen.append(args), "a", pass_events=True)
        loop.run(once=True)
    assert seen == [(3, "a")]


def test_io_for_writing_fires_when_there_is_room(loop: Loop, pair: Pair) -> None:
    seen: list[int] = []
    with loop.io(pair[0].fileno(), 2) as watcher:
        watcher.start(seen.append, 1)
        loop.run(once=True)
    assert seen == [1]


def test_two_watchers_of_one_descriptor_both_fire(loop: Loop, pair: Pair) -> None:
    seen: set[str] = set()
    pair[1].send(b"x")
    with loop.io(pair[0].fileno(), 1) as read, loop.io(pair[0].fileno(), 2) as write:
        read.start(seen.add, "read")
        write.start(seen.add, "write")
        loop.run(once=True)
    assert seen == {"read", "write"}


def test_an_io_watcher_whose_callback_raises_is_stopped(
    loop: Loop, pair: Pair, errors: Errors
) -> None:
    def fail() -> None:
        raise ValueError("once")

    pair[1].send(b"x")
    with loop.io(pair[0].fileno(), 1) as watcher:
        watcher.start(fail)
        for _ in range(3):
            loop.run(nowait=True)
        assert not watcher.active
    assert errors.texts == ["once"]


def test_closing_in_the_callback_and_raising_is_reported_once(
    loop: Loop, pair: Pair, errors: Errors
) -> None:
    """No crash either."""
    pair[1].send(b"x")
    watcher = loop.io(pair[0].fileno(), 1)

    def close_and_raise() -> None:
        watcher.close()
        raise ValueError("after close")

    watcher.start(close_and_raise)
    for _ in range(3):
        loop.run(nowait=True)
    assert errors.texts == ["after close"]


def test_one_callback_may_close_another_ready_watcher(loop: Loop) -> None:
    """What had fired and was closed meanwhile does not run, and nothing crashes."""
    pairs = [socket.socketpair() for _ in range(10)]
    watchers = [loop.io(one.fileno(), 1) for one, _ in pairs]
    seen: list[int] = []

    def close_all() -> None:
        seen.append(1)
        for each in watchers:
            each.close()

    for each, (_, two) in zip(watchers, pairs, strict=True):
        each.start(close_all)
        two.send(b"x")
    loop.run(nowait=True)
    loop.run(nowait=True)
    assert seen == [1]
    for one, two in pairs:
        one.close()
        two.close()


def test_a_descriptor_that_is_not_open_is_refused(loop: Loop) -> None:
    number = os.dup(0)
    os.close(number)
    with pytest.raises(OSError, match="Bad file descriptor"):
        loop.io(number, 1)


@pytest.mark.parametrize(("fd", "events"), [(-1, 1), (0, 4), (0, -1), (0, 8)])
def test_wrong_descriptors_and_masks_are_refused(
    loop: Loop, fd: int, events: int
) -> None:
    with pytest.raises(ValueError, match=r"fd must be|event mask"):
        loop.io(fd, events)


def test_an_empty_mask_is_accepted_and_never_fires(loop: Loop, pair: Pair) -> None:
    seen: list[int] = []
    with loop.io(pair[0].fileno(), 0) as watcher:
        watcher.start(seen.append, 1)
        loop.run(nowait=True)
    assert seen == []


def test_descriptor_and_mask_can_be_changed_while_inactive(
    loop: Loop, pair: Pair
) -> None:
    seen: list[int] = []
    one, two = pair
    with loop.io(one.fileno(), 1) as watcher:
        watcher.start(seen.append, 1)
        with pytest.raises(AttributeError):
            watcher.fd = two.fileno()
        with pytest.raises(AttributeError):
            watcher.events = 2
        watcher.stop()
        watcher.fd = two.fileno()
        watcher.events = 2
        assert (watcher.fd, watcher.events) == (two.fileno(), 2)
        watcher.start(seen.append, 2)
        loop.run(once=True)
    assert seen == [2]


def test_the_repr_of_io_tells_descriptor_and_mask(loop: Loop) -> None:
    with loop.io(0, 3) as watcher:
        assert repr(watcher).endswith(" fd=0 events=READ|WRITE>")


def test_a_number_that_became_another_file_is_watched_anew(loop: Loop) -> None:
    """A watcher that is started again trusts nothing that is known of the number."""
    seen: list[str] = []
    reader, writer = os.pipe()
    watcher = loop.io(reader, 1)
    watcher.start(seen.append, "old")
    loop.run(nowait=True)
    watcher.stop()
    os.close(reader)
    os.close(writer)
    new_reader, new_writer = os.pipe()
    assert new_reader == reader
    os.write(new_writer, b"x")
    watcher.start(seen.append, "new")
    loop.run(nowait=True)
    loop.run(nowait=True)
    assert seen[:1] == ["new"]
    watcher.close()
    os.close(new_reader)
    os.close(new_writer)


def test_closing_fd_fires_the_watchers_of_a_descriptor(loop: Loop, pair: Pair) -> None:
    seen: list[int] = []
    with loop.io(pair[0].fileno(), 1) as watcher:
        assert not loop.closing_fd(pair[0].fileno())
        watcher.start(seen.append, 1)
        assert loop.closing_fd(pair[0].fileno())
        assert watcher.pending
        loop.run(nowait=True)
    assert seen == [1]


def test_closing_fd_ends_the_registration_before_the_number_is_closed(
    loop: Loop,
) -> None:
    """A copy of the descriptor kept it, and fired the watcher for ever."""
    seen: list[int] = []
    reader, writer = os.pipe()
    copy = os.dup(reader)
    with loop.io(reader, 1) as watcher:
        watcher.start(seen.append, 1)
        loop.run(nowait=True)
        loop.closing_fd(reader)
        os.close(reader)
        os.write(writer, b"x")
        for _ in range(3):
            loop.run(nowait=True)
        assert seen == [1]
        assert watcher.active
    os.close(copy)
    os.close(writer)


def test_a_watcher_dropped_in_another_thread_is_freed_by_the_loop(
    loop: Loop, pair: Pair
) -> None:
    import threading

    seen: list[int] = []
    holder = [loop.io(pair[0].fileno(), 1)]
    thread = threading.Thread(target=holder.clear)
    thread.start()
    thread.join()
    loop.run(nowait=True)
    pair[1].send(b"x")
    with loop.io(pair[0].fileno(), 1) as other:
        other.start(seen.append, 2)
        run_until(loop, lambda: seen)
    assert set(seen) == {2}


def test_hundreds_of_descriptors_can_be_ready_at_once(loop: Loop) -> None:
    pairs = [socket.socketpair() for _ in range(300)]
    seen: set[int] = set()
    watchers = []
    for one, two in pairs:
        watcher = loop.io(one.fileno(), 1)
        watcher.start(seen.add, one.fileno())
        watchers.append(watcher)
        two.send(b"x")
    run_until(loop, lambda: len(seen) == len(pairs))
    for watcher in watchers:
        watcher.close()
    for one, two in pairs:
        one.close()
        two.close()


# -- signal ---------------------------------------------------------------------------


def test_signal_fires_when_it_is_delivered(loop: Loop) -> None:
    seen: list[int] = []
    with loop.signal(signal.SIGUSR1) as watcher:
        watcher.start(seen.append, 1)
        loop.run_callback(os.kill, os.getpid(), signal.SIGUSR1)
        run_until(loop, lambda: seen)
    assert seen == [1]


def test_the_disposition_of_a_signal_is_restored(loop: Loop) -> None:
    delivered: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: delivered.append(1))
    try:
        with loop.signal(signal.SIGUSR1) as watcher:
            watcher.start(print)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert delivered == [1]
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("number", [0, -1, signal.NSIG])
def test_numbers_of_no_signal_are_refused(loop: Loop, number: int) -> None:
    with pytest.raises(ValueError, match="illegal signal number"):
        loop.signal(number)


def test_a_signal_belongs_to_one_loop_at_a_time(make_loop: MakeLoop) -> None:
    one, two = make_loop(), make_loop()
    with one.signal(signal.SIGUSR1) as first, two.signal(signal.SIGUSR1) as second:
        first.start(print)
        with pytest.raises(ValueError, match="watched by another loop"):
            second.start(print)
        assert not second.active
        first.stop()
        second.start(print)


def test_many_watchers_come_and_go_while_signals_arrive(loop: Loop) -> None:
    """No crash."""
    before = loop.activecnt
    for _ in range(200):
        watchers = [loop.signal(signal.SIGUSR1) for _ in range(3)]
        for watcher in watchers:
            watcher.start(len, ())
        os.kill(os.getpid(), signal.SIGUSR1)
        watchers[0].close()
        loop.run(nowait=True)
        for watcher in watchers:
            watcher.close()
    assert loop.activecnt == before
    assert loop.pendingcnt == 0


def test_handlers_of_python_run_while_the_default_loop_waits(
    make_loop: MakeLoop,
) -> None:
    loop = make_loop(default=True)
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
    try:
        loop.run_callback(os.kill, os.getpid(), signal.SIGUSR1)
        run_until(loop, lambda: seen)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [1]


def test_what_a_handler_raises_goes_to_the_main_greenlet(
    make_loop: MakeLoop,
) -> None:
    loop = make_loop(default=True)
    errors = loop.error_handler = Errors()

    def handler(*_: object) -> None:
        raise ValueError("handler")

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        loop.run_callback(os.kill, os.getpid(), signal.SIGUSR1)
        # The signal is noticed inside os.kill itself, or by the poll.
        run_until(loop, lambda: errors.told)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert errors.texts == ["handler"]


def test_a_handler_of_python_may_destroy_the_loop(make_loop: MakeLoop) -> None:
    loop = make_loop(default=True)
    loop.timer(10.0).start(print)
    before = signal.signal(signal.SIGALRM, lambda *_: loop.destroy())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        loop.run()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert loop.destroyed


# -- child ----------------------------------------------------------------------------


def start_shell(command: str) -> int:
    if hasattr(os, "posix_spawn"):
        return os.posix_spawn("/bin/sh", ["sh", "-c", command], {})
    return os.spawnve(os.P_NOWAIT, "/bin/sh", ["sh", "-c", command], {})  # PyPy


def test_child_fires_with_the_status(loop: Loop) -> None:
    seen: list[tuple[int, int]] = []
    pid = start_shell("exit 3")
    watcher = loop.child(pid)
    watcher.start(lambda: seen.append((watcher.rpid, watcher.rstatus)))
    run_until(loop, lambda: seen)
    assert seen == [(pid, 3 << 8)]
    assert not watcher.active


def test_child_leaves_other_children_alone(loop: Loop) -> None:
    other = start_shell("exit 5")
    seen: list[int] = []
    loop.child(start_shell("exit 3")).start(seen.append, 1)
    run_until(loop, lambda: seen)
    assert os.waitpid(other, 0) == (other, 5 << 8)


def test_child_that_ended_before_start_is_reported(loop: Loop) -> None:
    seen: list[int] = []
    pid = start_shell("exit 0")
    wait_until_ended(pid)
    loop.child(pid).start(seen.append, 1)
    run_until(loop, lambda: seen)


def test_a_stopped_child_watcher_reaps_nothing(loop: Loop) -> None:
    pid = start_shell("exit 4")
    with loop.child(pid) as watcher:
        watcher.start(print)
    assert os.waitpid(pid, 0) == (pid, 4 << 8)


def test_child_without_pidfd_waits_for_the_signal(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "open_pidfd", lambda _loop, _pid: None)
    seen: list[int] = []
    watchers = [loop.child(start_shell(f"exit {code}")) for code in (1, 2)]
    for watcher in watchers:
        watcher.start(lambda each=watcher: seen.append(each.rstatus >> 8))
    run_until(loop, lambda: len(seen) == 2)
    assert sorted(seen) == [1, 2]


@pytest.mark.parametrize("pid", [0, -1])
def test_child_watches_one_process(loop: Loop, pid: int) -> None:
    with pytest.raises(ValueError, match="one child at a time"):
        loop.child(pid)


def test_the_repr_of_child_tells_process_and_status(loop: Loop) -> None:
    with loop.child(1234567) as watcher:
        assert repr(watcher).endswith(" pid=1234567 rstatus=0>")


# -- stat -----------------------------------------------------------------------------


def test_stat_fires_when_a_file_changes(loop: Loop, tmp_path: Path) -> None:
    path = tmp_path / "file"
    seen: list[tuple[object, object]] = []
    with loop.stat(str(path)) as watcher:
        watcher.start(lambda: seen.append((watcher.prev, watcher.attr)))
        loop.run_callback(path.write_text, "new")
        run_until(loop, lambda: seen)
    before, now = seen[0]
    assert before is None
    assert isinstance(now, os.stat_result)
    assert now.st_ino == path.stat().st_ino


def test_stat_knows_a_path_as_it_was_given(loop: Loop, tmp_path: Path) -> None:
    for path in (str(tmp_path), os.fsencode(tmp_path)):
        with loop.stat(path, 5.0) as watcher:
            assert watcher.path == path
            assert watcher.interval == 5.0
            assert watcher.prev is None


def test_stat_of_a_missing_file_has_no_attributes(loop: Loop, tmp_path: Path) -> None:
    with loop.stat(str(tmp_path / "missing")) as watcher:
        watcher.start(print)
        assert watcher.attr is None
        assert watcher.prev is None


def test_stat_has_no_attributes_once_it_is_closed_or_its_loop_destroyed(
    loop: Loop, tmp_path: Path
) -> None:
    """They read freed memory."""
    closed, other = loop.stat(str(tmp_path)), loop.stat(str(tmp_path))
    closed.start(print)
    other.start(print)
    closed.close()
    loop.destroy()
    assert (closed.attr, closed.prev, other.attr, other.prev) == (None,) * 4


def test_stat_needs_a_path(loop: Loop) -> None:
    with pytest.raises(TypeError, match="path must be"):
        loop.stat(3)  # type: ignore[arg-type]  # wrong on purpose


# -- fork -----------------------------------------------------------------------------


def in_child(function: Callable[[], object]) -> int:
    """Return the exit status of a forked child that runs *function*."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if function() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_fork_fires_in_a_child(loop: Loop) -> None:
    seen: list[int] = []
    with loop.fork() as watcher:
        watcher.start(seen.append, 1)

        def body() -> bool:
            loop.run(nowait=True)
            loop.run(nowait=True)
            return seen == [1]

        assert in_child(body) == 0
        loop.run(nowait=True)
    assert seen == []


def test_a_child_can_use_the_loop_with_and_without_reinit(
    loop: Loop, pair: Pair
) -> None:
    one, two = pair
    seen: list[bytes] = []
    with loop.io(one.fileno(), 1) as watcher:
        watcher.start(lambda: seen.append(one.recv(1)))

        def body() -> bool:
            two.send(b"c")
            run_until(loop, lambda: seen)
            return seen == [b"c"]

        def body_with_reinit() -> bool:
            loop.reinit()
            return body()

        assert in_child(body) == 0
        assert in_child(body_with_reinit) == 0


def test_a_child_that_closes_a_watcher_leaves_the_parents_alone(
    loop: Loop, pair: Pair
) -> None:
    one, two = pair
    seen: list[bytes] = []
    with loop.io(one.fileno(), 1) as watcher:
        watcher.start(lambda: seen.append(one.recv(1)))
        loop.run(nowait=True)

        def body() -> bool:
            watcher.close()
            loop.destroy()
            return True

        assert in_child(body) == 0
        two.send(b"p")
        run_until(loop, lambda: seen)
    assert seen == [b"p"]


def test_messages_wake_a_childs_loop(loop: Loop) -> None:
    import threading

    loop.run(nowait=True)

    def body() -> bool:
        loop.ref()
        thread = threading.Thread(
            target=loop.run_callback_threadsafe, args=(loop.unref,)
        )
        loop.run_callback(thread.start)
        loop.run()
        thread.join()
        return True

    assert in_child(body) == 0
