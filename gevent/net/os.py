"""Child processes and descriptors: the home of ``gevent.os``.

A child that was forked here is *watched*: a child watcher of the loop reaps it, and
``waitpid`` hands out the status, once. States of a watched child::

    running --ended--> ended (status kept) --waitpid--> forgotten

Invariants:

* P1  A process id is in ``_watched`` from its fork until its status was handed out,
  or a minute after its end.
* P2  Only watched processes are ever waited for; other ids go to the system as they
  are.
"""

from __future__ import annotations

import os
from errno import EAGAIN, EBADF, ECHILD, EINTR
from time import monotonic
from typing import TYPE_CHECKING

from gevent._base import originals
from gevent._base.config import config
from gevent._base.mirror import mirror
from gevent._base.publish import publish
from gevent._hub.hub import get_hub, get_hub_if_exists, reinit
from gevent._native.descriptor import tell_closing
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import child, io

# How long the status of an ended child is kept for ``waitpid``, in seconds.
STATUS_KEPT = 60.0

_RETRY = (EAGAIN, EINTR)

# Descriptor -> the watchers that greenlets wait for in nb_read and nb_write.
_waits: dict[int, list[io]] = {}


class WatchedChild:
    """One child process that was forked here."""

    __slots__ = ("end", "ended_at", "status", "watcher")

    def __init__(self, watcher: child):
        self.watcher = watcher
        self.status: int | None = None
        self.ended_at = 0.0
        self.end = Event()


_watched: dict[int, WatchedChild] = {}
# Set when any watched child ends, cleared by whoever goes to wait for one.
_any_end: list[Event] = []


def make_nonblocking(fd: int) -> bool | None:
    """Put a descriptor into non-blocking mode.

    Returns:
        True if that changed it, else None.
    """
    if not os.get_blocking(fd):
        return None
    os.set_blocking(fd, False)
    return True


def nb_read(fd: int, n: int) -> bytes:
    """Read up to *n* bytes from a non-blocking descriptor.

    Raises:
        OSError: As ``os.read``; EBADF when the descriptor is closed meanwhile.

    Blocking:
        Switches to the hub until something can be read.
    Cancellation:
        Nothing is read.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    while True:
        try:
            return os.read(fd, n)
        except OSError as error:
            if error.errno not in _RETRY:
                raise
        _wait_for(fd, 1)  # switches


def nb_write(fd: int, buf: ReadableBuffer) -> int:
    """Write some bytes to a non-blocking descriptor.

    Returns:
        How many.

    Raises:
        OSError: As ``os.write``; EBADF when the descriptor is closed meanwhile.

    Blocking:
        Switches to the hub until something can be written.
    Cancellation:
        Nothing is written.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    while True:
        try:
            return os.write(fd, buf)
        except OSError as error:
            if error.errno not in _RETRY:
                raise
        _wait_for(fd, 2)  # switches


def _wait_for(fd: int, events: int) -> None:
    """Wait with a registration of its own: the number may be another file later."""
    hub = get_hub()
    watcher = hub.loop.io(fd, events)
    waits = _waits.setdefault(fd, [])
    waits.append(watcher)
    try:
        hub.wait(watcher)  # switches
    finally:
        watcher.close()
        waits.remove(watcher)
        if not waits and _waits.get(fd) is waits:
            del _waits[fd]


def tp_read(fd: int, n: int) -> bytes:
    """Read from a descriptor in a native thread; for regular files.

    Blocking:
        Switches to the hub.
    """
    data: bytes = get_hub().threadpool.apply(os.read, (fd, n))
    return data


def tp_write(fd: int, buf: ReadableBuffer) -> int:
    """Write to a descriptor in a native thread; for regular files.

    Blocking:
        Switches to the hub.
    """
    count: int = get_hub().threadpool.apply(os.write, (fd, buf))
    return count


def close(fd: int) -> None:
    """Close a descriptor now; greenlets that wait for it get EBADF.

    Raises:
        OSError: EBADF, it is not open.
    """
    hub = get_hub_if_exists()
    if hub is not None and hub.loop is not None:
        os.fstat(fd)
        _cancel_waits(hub.loop, fd)
    originals.get("os", "close")(fd)


def _cancel_waits(loop: Loop, fd: int) -> None:
    """Give EBADF to whoever waits for a descriptor, and forget its watchers."""
    for watcher in _waits.pop(fd, ()):
        watcher.cancel_wait(OSError(EBADF, os.strerror(EBADF)))
        watcher.release_descriptor()
    loop.closing_fd(fd)
    tell_closing(fd)


def fork_gevent() -> int:
    """Fork; the child's hub is made its own. The child is not watched."""
    pid: int = originals.get("os", "fork")()
    if not pid:
        reinit()
    return pid


def forkpty_gevent() -> tuple[int, int]:
    """Fork with a pseudo terminal; see :func:`fork_gevent`."""
    pid, fd = originals.get("os", "forkpty")()
    if not pid:
        reinit()
    return pid, fd


def fork_and_watch(
    callback: Callable[[child], object] | None = None,
    loop: Loop | None = None,
    ref: bool = False,
    fork: Callable[[], int] = fork_gevent,
) -> int:
    """Fork and watch the child, so that :func:`waitpid` waits cooperatively.

    Args:
        callback: Called in the hub with the child watcher when the child has ended.
        loop: The loop to watch in; None: this thread's.
        ref: Whether the watcher keeps the loop running.
        fork: What to fork with.

    Returns:
        The process id in the parent, 0 in the child.
    """
    pid = fork()
    if pid:
        _watch(pid, callback, loop, ref)
    else:
        _watched.clear()
        _any_end.clear()
    return pid


def forkpty_and_watch(
    callback: Callable[[child], object] | None = None,
    loop: Loop | None = None,
    ref: bool = False,
    forkpty: Callable[[], tuple[int, int]] = forkpty_gevent,
) -> tuple[int, int]:
    """Fork with a pseudo terminal and watch the child; see :func:`fork_and_watch`."""
    result: list[int] = []

    def fork() -> int:
        pid, fd = forkpty()
        result[:] = [fd]
        return pid

    pid = fork_and_watch(callback, loop, ref, fork)
    return pid, result[0]


def fork(*args: object, **kwargs: object) -> int:
    """Fork and watch the child: :func:`fork_and_watch`."""
    if config.disable_watch_children:
        return fork_gevent()
    return fork_and_watch(*args, **kwargs)  # type: ignore[arg-type]  # passed through


def forkpty(*args: object, **kwargs: object) -> tuple[int, int]:
    """Fork with a pseudo terminal and watch: :func:`forkpty_and_watch`."""
    if config.disable_watch_children:
        return forkpty_gevent()
    return forkpty_and_watch(*args, **kwargs)  # type: ignore[arg-type]  # passed on


def posix_spawn(*args: object, **kwargs: object) -> int:
    """Start a program, as ``os.posix_spawn``, and watch it."""
    pid: int = originals.get("os", "posix_spawn")(*args, **kwargs)
    _watch(pid, None, None, False)
    return pid


def posix_spawnp(*args: object, **kwargs: object) -> int:
    """Start a program found on the path, as ``os.posix_spawnp``, and watch it."""
    pid: int = originals.get("os", "posix_spawnp")(*args, **kwargs)
    _watch(pid, None, None, False)
    return pid


def _watch(
    pid: int,
    callback: Callable[[child], object] | None,
    loop: Loop | None,
    ref: bool,
) -> None:
    _forget_old()
    watcher = (loop or get_hub().loop).child(pid, ref=ref)
    _watched[pid] = WatchedChild(watcher)
    watcher.start(_on_end, watcher, callback)


def _on_end(watcher: child, callback: Callable[[child], object] | None) -> None:
    """The loop reaped a watched child; in the hub."""
    _keep(watcher.pid, watcher.rstatus)
    if callback is not None:
        callback(watcher)


def _keep(pid: int, status: int) -> None:
    """Keep the status, and wake whoever waits for it."""
    known = _watched.get(pid)
    if known is None or known.status is not None:
        return
    known.status = status
    known.ended_at = monotonic()
    known.end.set()
    for event in _any_end:
        event.set()


def _forget_old() -> None:
    """Drop statuses that nobody asked for (P1)."""
    limit = monotonic() - STATUS_KEPT
    for pid, known in tuple(_watched.items()):
        if known.status is not None and known.ended_at < limit:
            del _watched[pid]


def waitpid(pid: int, options: int) -> tuple[int, int]:
    """Wait for a child process; cooperatively if it is watched.

    Args:
        pid: A process id; -1: any child.
        options: 0, or ``os.WNOHANG``: do not wait. Others go to the system.

    Returns:
        (process id, status); (0, 0) if WNOHANG is given and it still runs.

    Raises:
        ChildProcessError: There is no such child, or its status was handed out.

    Blocking:
        Switches to the hub until the child has ended; a child that is not watched
        blocks the thread.
    Cancellation:
        The status can still be had.
    Thread safety:
        Only from the thread that forked.
    """
    if pid == -1 and options == 0 and _watched:
        return _wait_for_any()  # switches
    known = _watched.get(pid)
    if known is None or options not in (0, os.WNOHANG):
        result: tuple[int, int] = originals.get("os", "waitpid")(pid, options)
        return result
    if known.status is None:
        _look(pid, known)
    if known.status is None:
        if options:
            return 0, 0
        _wait_referenced(known.end)  # switches
    return _hand_out(pid, known)


def _wait_for_any() -> tuple[int, int]:
    """Wait for the watched child that ended first."""
    while True:
        ended = [
            (known.ended_at, pid)
            for pid, known in _watched.items()
            if known.status is not None
        ]
        if ended:
            pid = min(ended)[1]
            return _hand_out(pid, _watched[pid])
        if not _watched:
            raise ChildProcessError(ECHILD, os.strerror(ECHILD))
        event = Event()
        _any_end.append(event)
        try:
            _wait_referenced(event)  # switches
        finally:
            _any_end.remove(event)


def _wait_referenced(event: Event) -> None:
    """Wait for an end: a child that is waited for keeps the loop running."""
    loop = get_hub().loop
    loop.ref()
    try:
        event.wait()  # switches
    finally:
        loop.unref()


def _hand_out(pid: int, known: WatchedChild) -> tuple[int, int]:
    _watched.pop(pid, None)
    if known.status is None:
        raise ChildProcessError(ECHILD, os.strerror(ECHILD))
    return pid, known.status


def _look(pid: int, known: WatchedChild) -> None:
    """Reap the child at once if it has ended and the loop has not noticed yet."""
    try:
        reaped, status = originals.get("os", "waitpid")(pid, os.WNOHANG)
    except ChildProcessError:
        return
    if reaped:
        known.watcher.stop()
        known.watcher.rpid = pid
        known.watcher.rstatus = status
        _keep(pid, status)


mirror(
    "os",
    globals(),
    implements=("close", "fork", "forkpty", "posix_spawn", "posix_spawnp", "waitpid"),
    extensions=(
        "fork_and_watch",
        "fork_gevent",
        "forkpty_and_watch",
        "forkpty_gevent",
        "make_nonblocking",
        "nb_read",
        "nb_write",
        "tp_read",
        "tp_write",
    ),
)

publish(__name__, "gevent.os")
