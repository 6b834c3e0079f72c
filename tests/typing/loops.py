"""The hub, its loop, and watchers."""

from __future__ import annotations

from typing import assert_type

import gevent
from gevent.hub import Hub, Waiter, linkproxy
from gevent.libev import corecext, corecffi
from gevent.libuv import loop as libuv
from gevent.libuv import watcher as libuv_watcher


def hub() -> None:
    """The hub and what it has."""
    hub = gevent.get_hub()
    assert_type(hub, Hub)
    assert_type(hub.join(timeout=1), bool)
    assert_type(Waiter(hub).get(), object)
    assert_type(gevent.sleep(0.5), None)
    assert_type(gevent.signal_handler(15, hub.join, 1.0).ref, bool)
    linkproxy(len, "three")()
    linkproxy(len, 3)()  # type: ignore[arg-type]  # has no length


def loop() -> None:
    """The loop and its watchers."""
    loop = gevent.get_hub().loop
    with loop.timer(0.5) as timer:
        timer.start(print, "due", update=True)
        assert_type(timer.at, float)
    io = loop.io(0, 1)
    io.start(print, pass_events=True)
    assert_type(io.fd, int)
    assert_type(loop.run_callback(print).pending, bool)
    assert_type(loop.run_callback_threadsafe(print, 1).pending, bool)
    assert_type(loop.now(), float)
    assert_type(loop.child(1).rstatus, int)
    loop.async_().send()
    gevent.get_hub().wait(loop.idle())


def libraries() -> None:
    """The loops by name, and what their modules say."""
    assert_type(corecext.loop(default=False).backend, str)
    assert_type(corecffi.loop("select", default=False), corecffi.loop)
    assert_type(corecffi.get_version(), str)
    assert_type(corecffi.supported_backends(), list[str])
    assert_type(libuv.loop(default=False).io(0, libuv.READ), libuv_watcher.io)
    assert_type(libuv.get_header_version(), str)
    assert_type(libuv.supported_backends(), list[str])
