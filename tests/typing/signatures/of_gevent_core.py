"""Every signature of ``gevent.core``: pinned, so that a change is seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import assert_type

from gevent._loop import libev_flags
from gevent.core import (
    _Children,
    _ErrorHandler,
    callback,
    embeddable_backends,
    get_header_version,
    get_version,
    loop,
    recommended_backends,
    supported_backends,
    time,
)
from gevent.libev.watcher import async_ as async_watcher
from gevent.libev.watcher import check as check_watcher
from gevent.libev.watcher import child as child_watcher
from gevent.libev.watcher import fork as fork_watcher
from gevent.libev.watcher import idle as idle_watcher
from gevent.libev.watcher import io as io_watcher
from gevent.libev.watcher import prepare as prepare_watcher
from gevent.libev.watcher import signal as signal_watcher
from gevent.libev.watcher import stat as stat_watcher
from gevent.libev.watcher import timer as timer_watcher
from gevent.libev.watcher import watcher as Armable


def of_get_version() -> None:
    assert_type(get_version(), str)


def of_get_header_version() -> None:
    assert_type(get_header_version(), str)


def of_supported_backends() -> None:
    assert_type(supported_backends(), list[str])


def of_recommended_backends() -> None:
    assert_type(recommended_backends(), list[str])


def of_embeddable_backends() -> None:
    assert_type(embeddable_backends(), list[str])


def of_time() -> None:
    assert_type(time(), float)


def loop_maxpri(it: loop) -> None:
    assert_type(it.MAXPRI, int)


def loop_minpri(it: loop) -> None:
    assert_type(it.MINPRI, int)


def loop_approx_timer_resolution(it: loop) -> None:
    assert_type(it.approx_timer_resolution, float)


def loop_error_handler(it: loop) -> None:
    assert_type(it.error_handler, _ErrorHandler | None)


def loop_kept(it: loop) -> None:
    assert_type(it.kept, dict[Armable, None])


def loop_inbox(it: loop) -> None:
    assert_type(it.inbox, deque[object])


def loop_made(flags: libev_flags.Flags, default: bool | None) -> None:
    assert_type(loop(flags, default), loop)


def loop_run(it: loop, nowait: bool, once: bool) -> None:
    assert_type(it.run(nowait, once), None)


def loop_break(it: loop, how: int) -> None:
    assert_type(it.break_(how), None)


def loop_run_callback_threadsafe(
    it: loop, func: Callable[..., object], *args: object
) -> None:
    assert_type(it.run_callback_threadsafe(func, *args), callback)


def loop_now(it: loop) -> None:
    assert_type(it.now(), float)


def loop_update_now(it: loop) -> None:
    assert_type(it.update_now(), None)


def loop_update(it: loop) -> None:
    assert_type(it.update(), None)


def loop_handle_error(
    it: loop,
    context: object,
    type: type[BaseException],
    value: BaseException | None,
    tb: TracebackType | None,
) -> None:
    assert_type(it.handle_error(context, type, value, tb), None)


def loop_default(it: loop) -> None:
    assert_type(it.default, bool)


def loop_destroyed(it: loop) -> None:
    assert_type(it.destroyed, bool)


def loop_reinit(it: loop) -> None:
    assert_type(it.reinit(), None)


def loop_destroy(it: loop) -> None:
    assert_type(it.destroy(), bool | None)


def loop_is_abandoned(it: loop) -> None:
    assert_type(it.is_abandoned, bool)


def loop_abandon(it: loop) -> None:
    assert_type(it.abandon(), None)


def loop_in_poll(it: loop) -> None:
    assert_type(it.in_poll, bool)


def loop_ref(it: loop) -> None:
    assert_type(it.ref(), None)


def loop_unref(it: loop) -> None:
    assert_type(it.unref(), None)


def loop_io(it: loop, fd: int, events: int, ref: bool, priority: int | None) -> None:
    assert_type(it.io(fd, events, ref, priority), io_watcher)


def loop_is_alive(it: loop) -> None:
    assert_type(it.is_alive(), bool)


def loop_closing_fd(it: loop, fd: int) -> None:
    assert_type(it.closing_fd(fd), bool)


def loop_timer(
    it: loop, after: float, repeat: float, ref: bool, priority: int | None
) -> None:
    assert_type(it.timer(after, repeat, ref, priority), timer_watcher)


def loop_signal(it: loop, signum: int, ref: bool, priority: int | None) -> None:
    assert_type(it.signal(signum, ref, priority), signal_watcher)


def loop_idle(it: loop, ref: bool, priority: int | None) -> None:
    assert_type(it.idle(ref, priority), idle_watcher)


def loop_prepare(it: loop, ref: bool, priority: int | None) -> None:
    assert_type(it.prepare(ref, priority), prepare_watcher)


def loop_check(it: loop, ref: bool, priority: int | None) -> None:
    assert_type(it.check(ref, priority), check_watcher)


def loop_fork(it: loop, ref: bool, priority: int | None) -> None:
    assert_type(it.fork(ref, priority), fork_watcher)


def loop_async(it: loop, ref: bool, priority: int | None) -> None:
    assert_type(it.async_(ref, priority), async_watcher)


def loop_child(it: loop, pid: int, trace: int, ref: bool) -> None:
    assert_type(it.child(pid, trace, ref), child_watcher)


def loop_stat(
    it: loop, path: str | bytes, interval: float, ref: bool, priority: int | None
) -> None:
    assert_type(it.stat(path, interval, ref, priority), stat_watcher)


def loop_children(it: loop) -> None:
    assert_type(it.children, _Children)


def loop_install_sigchld(it: loop) -> None:
    assert_type(it.install_sigchld(), None)


def loop_reset_sigchld(it: loop) -> None:
    assert_type(it.reset_sigchld(), None)


def loop_activecnt(it: loop) -> None:
    assert_type(it.activecnt, int)


def loop_iteration(it: loop) -> None:
    assert_type(it.iteration, int)


def loop_pendingcnt(it: loop) -> None:
    assert_type(it.pendingcnt, int)


def loop_backend(it: loop) -> None:
    assert_type(it.backend, str)


def loop_backend_int(it: loop) -> None:
    assert_type(it.backend_int, int)


def loop_origflags(it: loop) -> None:
    assert_type(it.origflags, int)


def loop_ptr(it: loop) -> None:
    assert_type(it.ptr, int | None)


def loop_fileno(it: loop) -> None:
    assert_type(it.fileno(), int | None)


def loop_verify(it: loop) -> None:
    assert_type(it.verify(), None)


def callback_callback(it: callback) -> None:
    assert_type(it.callback, Callable[..., object] | None)


def callback_args(it: callback) -> None:
    assert_type(it.args, tuple[object, ...] | None)


def callback_pending(it: callback) -> None:
    assert_type(it.pending, bool)


def callback_stop(it: callback) -> None:
    assert_type(it.stop(), None)


def callback_close(it: callback) -> None:
    assert_type(it.close(), None)
