"""Signals: handlers of the hub, and handlers of Python while the hub polls."""

from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Iterator

import pytest

import gevent
from gevent import socket
from gevent._loop import loop as loop_module
from gevent._loop import watchers
from gevent._loop.loop import SignalPipe
from gevent.event import Event
from gevent.hub import get_hub
from tests.hub.conftest import fail, type_of_program


def test_handlers_come_and_go_while_signals_arrive() -> None:
    """Making and cancelling many of them crashed (#1606)."""
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    seen = []
    for _ in range(50):
        handler = gevent.signal_handler(signal.SIGUSR1, seen.append, 1)
        os.kill(os.getpid(), signal.SIGUSR1)
        gevent.idle()
        os.kill(os.getpid(), signal.SIGUSR1)
        handler.cancel()
    signal.signal(signal.SIGUSR1, before)
    assert len(seen) == 50


def test_signal_handlers_run_in_new_greenlets() -> None:
    seen: list[object] = []

    def handler(*args: object, **kwargs: object) -> None:
        gevent.sleep(0)
        seen.append((args, kwargs, gevent.getcurrent() is get_hub()))

    with pytest.raises(TypeError, match=r"signal handler must be callable\."):
        gevent.signal_handler(signal.SIGUSR1, 5)  # type: ignore[arg-type]
    watched = gevent.signal_handler(signal.SIGUSR1, handler, 1, x=2)
    assert watched.ref is False
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGUSR1)
        gevent.idle()
        gevent.sleep(0)
    assert seen == [((1,), {"x": 2}, False)] * 2
    watched.cancel()
    watched.cancel()


def test_an_error_in_a_signal_handler_is_raised_in_the_main_greenlet(
    printed: io.StringIO,
) -> None:
    watched = gevent.signal_handler(signal.SIGUSR1, fail)
    os.kill(os.getpid(), signal.SIGUSR1)
    with pytest.raises(KeyError):
        gevent.sleep(1)
    assert "KeyError: 'failed'" in printed.getvalue()
    watched.cancel()


def test_python_signal_handlers_run_while_the_hub_polls() -> None:
    def handler(*_: object) -> None:
        raise KeyError("handler")

    before = signal.signal(signal.SIGUSR1, handler)
    polls = threading.Event()
    sender = threading.Thread(
        target=lambda: (polls.wait(), os.kill(os.getpid(), signal.SIGUSR1))
    )
    sender.start()
    about_to_poll = get_hub().loop.prepare()
    about_to_poll.start(polls.set)
    with pytest.raises(KeyError):
        gevent.sleep(10)
    about_to_poll.close()
    sender.join()
    signal.signal(signal.SIGUSR1, before)


@pytest.fixture
def _handlers() -> Iterator[None]:
    """Put the handler back that was there."""
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def send_during_the_poll() -> threading.Thread:
    """Return a thread that sends SIGUSR1 when the main thread polls."""
    loop = get_hub().loop
    main = threading.get_ident()

    def send() -> None:
        while not loop.in_poll:
            pass
        signal.pthread_kill(main, signal.SIGUSR1)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.usefixtures("_handlers")
def test_a_signal_handler_in_the_hub_may_wait() -> None:
    seen: list[object] = []
    done = Event()

    def handle(*_: object) -> None:
        gevent.sleep(0.001)
        seen.append(gevent.spawn(int).get())
        done.set()

    signal.signal(signal.SIGUSR1, handle)
    sender = send_during_the_poll()
    assert done.wait()
    assert seen == [0]
    sender.join()


@pytest.mark.usefixtures("_handlers")
def test_a_signal_handler_in_the_hub_may_wait_again() -> None:
    """The loop must not poll for long between what wakes it and its going on."""
    one, other = socket.socketpair()

    def handle(*_: object) -> None:
        gevent.spawn(int).get()
        gevent.spawn(int).get()
        other.send(b"x")

    signal.signal(signal.SIGUSR1, handle)
    sender = send_during_the_poll()
    with one, other, gevent.Timeout(5):
        assert one.recv(1) == b"x"
    sender.join()


@pytest.mark.usefixtures("_handlers")
def test_a_timeout_ends_the_wait_of_a_signal_handler() -> None:
    seen: list[bool] = []
    done = Event()

    def handle(*_: object) -> None:
        with gevent.Timeout(0.001) as timeout:
            try:
                Event().wait()
            except gevent.Timeout as error:
                seen.append(error is timeout)
        done.set()

    signal.signal(signal.SIGUSR1, handle)
    sender = send_during_the_poll()
    assert done.wait()
    assert seen == [True]
    sender.join()


@pytest.mark.usefixtures("_handlers")
def test_what_a_signal_handler_raises_after_a_wait_is_the_main_greenlets() -> None:
    def handle(*_: object) -> None:
        gevent.sleep(0.001)
        raise KeyError("handler")

    signal.signal(signal.SIGUSR1, handle)
    sender = send_during_the_poll()
    with pytest.raises(KeyError, match="handler"):
        Event().wait()
    gevent.sleep(0)  # the hub goes on where it was left
    sender.join()


def test_a_handler_of_the_program_may_wake_a_main_greenlet_with_nothing_else(
    run_program: type_of_program,
) -> None:
    done = run_program("""
        import signal
        from gevent.event import Event
        woken = Event()
        signal.signal(signal.SIGALRM, lambda *_: woken.set())
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        print(woken.wait())
    """)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_pythons_own_handler_of_sigint_does_not_count(
    run_program: type_of_program,
) -> None:
    done = run_program("""
        import gevent
        from gevent.event import Event
        try:
            Event().wait()
        except gevent.hub.LoopExit:
            print("LoopExit")
    """)
    assert (done.stdout, done.stderr) == ("LoopExit\n", "")


def test_a_keyboard_interrupt_that_is_caught_prints_nothing(
    run_program: type_of_program,
) -> None:
    """The hub printed it although the program caught it."""
    done = run_program("""
        import os, signal
        import gevent
        # Not inherited: a shell has those in the background ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gevent.spawn_later(0.001, os.kill, os.getpid(), signal.SIGINT)
        try:
            gevent.sleep(10)
        except KeyboardInterrupt:
            print("caught")
        def interrupt():
            raise KeyboardInterrupt
        gevent.spawn(interrupt)
        try:
            gevent.sleep(10)
        except KeyboardInterrupt:
            print("caught")
    """)
    assert (done.stdout, done.stderr) == ("caught\ncaught\n", "")


def test_who_watched_a_signal_in_a_dead_loop_leaves_that_of_another() -> None:
    """The greenlet that waited there ended, and the other loop's entry was gone."""
    claimed, waits = threading.Event(), threading.Event()

    def body() -> None:
        hub = gevent.get_hub()
        waiting = gevent.spawn(hub.wait, hub.loop.signal(signal.SIGUSR1))
        gevent.sleep(0)
        hub.destroy(destroy_loop=True)
        waits.set()
        claimed.wait(60)
        waiting.throw(gevent.GreenletExit)

    thread = threading.Thread(target=body)
    thread.start()
    waits.wait(60)
    watcher = gevent.get_hub().loop.signal(signal.SIGUSR1)
    watcher.start(int)
    claimed.set()
    thread.join()
    assert signal.SIGUSR1 in watchers._signal_owners
    watcher.stop()
    assert signal.SIGUSR1 not in watchers._signal_owners


# -- the wake-up descriptor ------------------------------------------------------------


@pytest.fixture
def wakeup() -> Iterator[tuple[SignalPipe, int, int]]:
    """A pipe of the loop that nobody has installed, and one of the user."""
    before = signal.set_wakeup_fd(-1)
    handler = signal.signal(signal.SIGUSR1, lambda *_: None)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    yield SignalPipe(get_hub().loop), reader, writer
    signal.set_wakeup_fd(before)
    signal.signal(signal.SIGUSR1, handler)
    os.close(reader)
    os.close(writer)


def test_a_pipe_that_the_user_has_put_back_is_not_left_in_place(
    wakeup: tuple[SignalPipe, int, int],
) -> None:
    """Closed, its number was another file's, which got the signals."""
    pipe, _, users = wakeup
    pipe.install()
    ours = signal.set_wakeup_fd(users)
    pipe.install()  # sees the user's
    signal.set_wakeup_fd(ours)
    pipe.discard()
    assert signal.set_wakeup_fd(-1) == -1


def test_the_users_descriptor_stays_when_the_pipe_is_closed(
    wakeup: tuple[SignalPipe, int, int],
) -> None:
    pipe, _, users = wakeup
    pipe.install()
    signal.set_wakeup_fd(users)
    pipe.discard()
    assert signal.set_wakeup_fd(-1) == users


@pytest.mark.parametrize("step", ["install", "discard"])
def test_a_signal_during_the_look_reaches_the_user(
    wakeup: tuple[SignalPipe, int, int], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours was in place for a moment, and kept what came then."""
    pipe, reader, users = wakeup
    signal.set_wakeup_fd(users)
    pipe.install()

    class Signals:
        @staticmethod
        def set_wakeup_fd(fd: int, **options: bool) -> int:
            before = signal.set_wakeup_fd(fd, **options)
            if fd != users:
                signal.raise_signal(signal.SIGUSR1)
            return before

    monkeypatch.setattr(loop_module, "signals", Signals)
    getattr(pipe, step)()
    assert os.read(reader, 10) == bytes([signal.SIGUSR1])
    monkeypatch.undo()
    if step == "install":
        pipe.discard()


def test_a_pipe_that_cannot_be_taken_back_stays_open(
    wakeup: tuple[SignalPipe, int, int],
) -> None:
    """Only the main thread may take it back."""
    pipe, _, _ = wakeup
    pipe.install()
    thread = threading.Thread(target=pipe.discard)
    thread.start()
    thread.join()
    assert signal.set_wakeup_fd(-1) == pipe.writer
    os.close(pipe.writer)
    os.close(pipe.reader)


def test_a_forked_child_leaves_what_is_in_its_parents_pipe(
    wakeup: tuple[SignalPipe, int, int],
) -> None:
    pipe, _, users = wakeup
    signal.set_wakeup_fd(users)
    os.write(pipe.writer, b"x")
    pid = os.fork()
    if not pid:
        pipe.discard()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert os.read(pipe.reader, 10) == b"x"
    pipe.discard()
