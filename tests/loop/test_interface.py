"""Loops, watchers and callbacks are what the interfaces say."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import pytest
from zope.interface.verify import verifyObject

import gevent._interfaces
from gevent._interfaces import ICallback, ILoop, IWatcher
from gevent._loop.interface import CallbackProtocol, LoopProtocol, WatcherProtocol
from gevent._loop.loop import Loop
from tests.support.form import is_pure

pytestmark = pytest.mark.pure

OWN: list[Callable[[LoopProtocol], WatcherProtocol]] = [
    lambda loop: loop.timer(1.0),
    lambda loop: loop.idle(),
    lambda loop: loop.prepare(),
    lambda loop: loop.check(),
    lambda loop: loop.fork(),
    lambda loop: loop.async_(),
]
WATCHED: list[Callable[[LoopProtocol], WatcherProtocol]] = [
    lambda loop: loop.io(0, 1),
    lambda loop: loop.signal(signal.SIGUSR1),
    lambda loop: loop.stat("/"),
    lambda loop: loop.child(os.getppid()),
]


def test_the_home_has_the_public_name() -> None:
    assert sys.modules["gevent._interfaces"] is gevent._interfaces
    assert gevent._interfaces.__name__ == "gevent._loop.interface"
    for interface in (ILoop, IWatcher, ICallback):
        assert interface.__module__ == "gevent._interfaces"


def test_a_loop_provides_its_interface(loop: Loop) -> None:
    assert ILoop.providedBy(loop)
    assert verifyObject(ILoop, loop)
    as_protocol: LoopProtocol = loop
    assert as_protocol is loop


@pytest.mark.parametrize("make", OWN)
def test_a_watcher_provides_its_interface(
    loop: Loop, make: Callable[[LoopProtocol], WatcherProtocol]
) -> None:
    watcher = make(loop)
    assert IWatcher.providedBy(watcher)
    if not is_pure():
        # Of plain functions zope compares the signatures, too; each kind has keywords
        # of its own, none takes all.
        assert verifyObject(IWatcher, watcher)
    assert all(callable(getattr(watcher, name)) for name in IWatcher.names())
    watcher.close()


@pytest.mark.library
@pytest.mark.parametrize("make", WATCHED)
def test_a_watcher_of_the_library_provides_its_interface(
    loop: Loop, make: Callable[[LoopProtocol], WatcherProtocol]
) -> None:
    test_a_watcher_provides_its_interface(loop, make)


def test_a_callback_provides_its_interface(loop: Loop) -> None:
    call: CallbackProtocol = loop.run_callback(print)
    assert ICallback.providedBy(call)
    assert verifyObject(ICallback, call)
    call.close()
