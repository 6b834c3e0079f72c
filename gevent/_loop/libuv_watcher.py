"""The watchers by the names that they have on libuv: home of ``gevent.libuv.watcher``.

They are the same ones on all loops.
"""

from __future__ import annotations

from gevent._base.publish import publish
from gevent._loop.watchers import Armable as watcher
from gevent._loop.watchers import (
    async_,
    check,
    child,
    fork,
    idle,
    io,
    prepare,
    signal,
    stat,
    timer,
)

__all__ = (
    "async_",
    "check",
    "child",
    "fork",
    "idle",
    "io",
    "prepare",
    "signal",
    "stat",
    "timer",
    "watcher",
)

publish(__name__, "gevent.libuv.watcher")
