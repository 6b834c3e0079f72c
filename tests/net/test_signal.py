"""``gevent.signal``: handlers beside the loop, and the special one of SIGCHLD."""

from __future__ import annotations

import os
import re
import signal as stdlib
from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent import signal, subprocess
from gevent.event import Event

pytestmark = pytest.mark.pure


@pytest.fixture(autouse=True)
def _nothing_stays_set() -> Iterator[None]:
    yield
    signal.set_wakeup_fd(-1)
    signal.signal(stdlib.SIGCHLD, stdlib.SIG_DFL)
    stdlib.signal(stdlib.SIGUSR1, stdlib.SIG_DFL)
    assert stdlib.getsignal(stdlib.SIGCHLD) == stdlib.SIG_DFL


@pytest.fixture
def wakeup() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe that can be a wake-up descriptor."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    yield reader, writer
    signal.set_wakeup_fd(-1)
    os.close(reader)
    os.close(writer)


def nothing(*_: object) -> None:
    """A handler."""


def test_the_handler_of_sigchld_is_the_default_at_first() -> None:
    assert signal.getsignal(stdlib.SIGCHLD) == stdlib.SIG_DFL


@pytest.mark.parametrize("number", [stdlib.SIGCHLD, stdlib.SIGUSR1])
def test_a_handler_is_kept_and_given_back(number: int) -> None:
    assert signal.signal(number, nothing) == stdlib.SIG_DFL
    assert signal.getsignal(number) is nothing
    assert signal.signal(number, stdlib.SIG_IGN) is nothing
    assert signal.signal(number, stdlib.SIG_DFL) == stdlib.SIG_IGN
    assert stdlib.getsignal(number) == stdlib.SIG_DFL


@pytest.mark.parametrize("number", [stdlib.SIGCHLD, stdlib.SIGUSR1])
def test_what_is_no_handler_is_refused(number: int) -> None:
    with pytest.raises(TypeError, match=r"must be a callable|signal handler must be"):
        signal.signal(number, "handler")
    with pytest.raises(ValueError, match="signal number"):
        signal.signal(999, nothing)


def test_the_handler_of_sigchld_may_block() -> None:
    seen: list[tuple[int, object]] = []
    called = Event()

    def handler(number: int, frame: object) -> None:
        gevent.sleep(0)
        seen.append((number, frame))
        called.set()

    signal.signal(stdlib.SIGCHLD, handler)
    process = subprocess.Popen(["true"])
    called.wait()
    assert seen[0] == (stdlib.SIGCHLD, None)
    assert process.wait() == 0


@pytest.mark.parametrize("handler", [nothing, stdlib.SIG_DFL])
def test_processes_are_waited_for_whatever_the_handler(
    handler: Callable[..., object],
) -> None:
    signal.signal(stdlib.SIGCHLD, handler)
    assert subprocess.call(["false"]) == 1
    stdlib.signal(stdlib.SIGCHLD, stdlib.SIG_DFL)
    assert subprocess.call(["false"]) == 1


def test_a_handler_set_behind_our_back_counts() -> None:
    signal.signal(stdlib.SIGCHLD, nothing)
    stdlib.signal(stdlib.SIGCHLD, stdlib.SIG_IGN)
    assert signal.getsignal(stdlib.SIGCHLD) == stdlib.SIG_IGN


def test_a_handler_of_another_signal_interrupts_a_wait() -> None:
    called = Event()
    signal.signal(stdlib.SIGUSR1, lambda *_: called.set())
    gevent.spawn(os.kill, os.getpid(), stdlib.SIGUSR1)
    assert called.wait(60)


@pytest.mark.parametrize("handler", [None, nothing])
def test_the_end_of_a_child_writes_to_the_wakeup_descriptor(
    handler: Callable[..., object] | None, wakeup: tuple[int, int]
) -> None:
    reader, writer = wakeup
    if handler is not None:
        signal.signal(stdlib.SIGCHLD, handler)
    assert signal.set_wakeup_fd(writer) == -1
    assert subprocess.call(["true"]) == 0
    assert stdlib.SIGCHLD in os.read(reader, 100)
    assert signal.set_wakeup_fd(-1) == writer


def test_the_wakeup_descriptor_leaves_the_handler_as_it_is(
    wakeup: tuple[int, int],
) -> None:
    signal.set_wakeup_fd(wakeup[1])
    assert signal.getsignal(stdlib.SIGCHLD) == stdlib.SIG_DFL
    signal.set_wakeup_fd(-1)
    assert stdlib.getsignal(stdlib.SIGCHLD) == stdlib.SIG_DFL


def test_the_descriptor_of_the_loop_is_not_shown(wakeup: tuple[int, int]) -> None:
    gevent.sleep(0.001)  # the loop has waited: it has one of its own
    assert signal.set_wakeup_fd(wakeup[1]) == -1
    assert signal.set_wakeup_fd(-1) == wakeup[1]


def test_a_wrong_wakeup_descriptor_changes_nothing() -> None:
    with pytest.raises((OSError, ValueError)) as standard:
        stdlib.set_wakeup_fd(999)
    with pytest.raises(standard.type, match=re.escape(str(standard.value))):
        signal.set_wakeup_fd(999)
    assert signal.set_wakeup_fd(-1) == -1
