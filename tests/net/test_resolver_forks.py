"""Lookups in children of programs that have looked up before."""

from __future__ import annotations

import multiprocessing
import os
import socket as stdlib

import pytest

import gevent
from gevent import socket


def _exit_status(function: object, *args: object) -> None:
    os._exit(0 if function(*args) else 1)  # type: ignore[operator]  # it is one


def _resolves() -> bool:
    """Look up what needs a thread, and no server."""
    name = socket.getnameinfo(("127.0.0.1", 80), stdlib.NI_NUMERICSERV)
    return name == stdlib.getnameinfo(("127.0.0.1", 80), stdlib.NI_NUMERICSERV)


def test_a_child_and_its_parent_can_look_up() -> None:
    """Issue #2: also when the parent has looked up, in a thread, before."""
    assert _resolves()
    pid = gevent.os.fork()
    if not pid:
        _exit_status(_resolves)
    assert gevent.os.waitpid(pid, 0)[1] == 0
    assert _resolves()


def test_a_child_of_a_bare_fork_can_look_up() -> None:
    """Issue #2."""
    assert _resolves()
    pid = os.fork()
    if not pid:
        _exit_status(_resolves)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.slow
def test_a_child_of_multiprocessing_can_look_up() -> None:
    """Issue #230."""
    assert _resolves()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_exit_status, args=(_resolves,))
    child.start()
    child.join()
    assert child.exitcode == 0
