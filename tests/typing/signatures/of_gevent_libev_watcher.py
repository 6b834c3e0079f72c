"""Every signature of ``gevent.libev.watcher``: pinned, so that a change is seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import assert_type

from gevent.core import loop as Loop
from gevent.hub import Waiter
from gevent.libev.watcher import async_, child, io, signal, stat, timer, watcher


def watcher_callback(it: watcher) -> None:
    assert_type(it.callback, Callable[..., object] | None)


def watcher_args(it: watcher) -> None:
    assert_type(it.args, tuple[object, ...] | None)


def watcher_ref(it: watcher) -> None:
    assert_type(it.ref, bool)


def watcher_priority(it: watcher) -> None:
    assert_type(it.priority, int)


def watcher_made(loop: Loop, ref: bool, priority: int | None) -> None:
    assert_type(watcher(loop, ref, priority), watcher)


def watcher_loop(it: watcher) -> None:
    assert_type(it.loop, Loop)


def watcher_active(it: watcher) -> None:
    assert_type(it.active, bool)


def watcher_pending(it: watcher) -> None:
    assert_type(it.pending, bool)


def watcher_start(it: watcher, callback: Callable[..., object], *args: object) -> None:
    assert_type(it.start(callback, *args), None)


def watcher_wait_for(it: watcher, waiter: Waiter, subject: object) -> None:
    assert_type(it.wait_for(waiter, subject), int)


def watcher_stop(it: watcher) -> None:
    assert_type(it.stop(), None)


def watcher_close(it: watcher) -> None:
    assert_type(it.close(), None)


def watcher_cancel_wait(
    it: watcher, error: BaseException | type[BaseException]
) -> None:
    assert_type(it.cancel_wait(error), None)


def watcher_entered(it: watcher) -> None:
    assert_type(it.__enter__(), watcher)


def io_fd(it: io) -> None:
    assert_type(it.fd, int)


def io_events(it: io) -> None:
    assert_type(it.events, int)


def io_made(loop: Loop, fd: int, events: int, ref: bool, priority: int | None) -> None:
    assert_type(io(loop, fd, events, ref, priority), io)


def io_events_str(it: io) -> None:
    assert_type(it.events_str, str)


def io_release_descriptor(it: io) -> None:
    assert_type(it.release_descriptor(), object)


def io_release(it: io) -> None:
    assert_type(it.release(), None)


def io_start(
    it: io, callback: Callable[..., object], *args: object, pass_events: bool
) -> None:
    assert_type(it.start(callback, *args, pass_events=pass_events), None)


def timer_made(
    loop: Loop, after: float, repeat: float, ref: bool, priority: int | None
) -> None:
    assert_type(timer(loop, after, repeat, ref, priority), timer)


def timer_at(it: timer) -> None:
    assert_type(it.at, float)


def timer_start(
    it: timer, callback: Callable[..., object], *args: object, update: bool | None
) -> None:
    assert_type(it.start(callback, *args, update=update), None)


def timer_again(
    it: timer, callback: Callable[..., object], *args: object, update: bool
) -> None:
    assert_type(it.again(callback, *args, update=update), None)


def signal_made(loop: Loop, signalnum: int, ref: bool, priority: int | None) -> None:
    assert_type(signal(loop, signalnum, ref, priority), signal)


def signal_signalnum(it: signal) -> None:
    assert_type(it.signalnum, int)


def stat_made(
    loop: Loop, path: str | bytes, interval: float, ref: bool, priority: int | None
) -> None:
    assert_type(stat(loop, path, interval, ref, priority), stat)


def stat_path(it: stat) -> None:
    assert_type(it.path, str | bytes)


def stat_interval(it: stat) -> None:
    assert_type(it.interval, float)


def stat_attr(it: stat) -> None:
    assert_type(it.attr, os.stat_result | None)


def stat_prev(it: stat) -> None:
    assert_type(it.prev, os.stat_result | None)


def async__send(it: async_) -> None:
    assert_type(it.send(), None)


def async__send_ignoring_arg(it: async_, _ignored: object) -> None:
    assert_type(it.send_ignoring_arg(_ignored), None)


def async__arrive(it: async_) -> None:
    assert_type(it.arrive(), None)


def child_rpid(it: child) -> None:
    assert_type(it.rpid, int)


def child_rstatus(it: child) -> None:
    assert_type(it.rstatus, int)


def child_usage(it: child) -> None:
    assert_type(it.usage, object)


def child_made(loop: Loop, pid: int, trace: int, ref: bool) -> None:
    assert_type(child(loop, pid, trace, ref), child)


def child_pid(it: child) -> None:
    assert_type(it.pid, int)


def child_ended(it: child, status: int) -> None:
    assert_type(it.ended(status), None)
