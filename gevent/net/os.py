"""Child processes and descriptors: the home of ``gevent.os``.

What is known of child processes is in ``gevent.net.process.children``, which is
imported by the first that forks or waits: most programs do neither. What waits for
descriptors is in ``gevent._native.io.files``.
"""

from __future__ import annotations

import os
import sys

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.config import config
from gevent._base.light import index
from gevent._base.mirror import mirror
from gevent._base.publish import publish
from gevent._hub.hub import get_hub_if_exists, reinit
from gevent._native.io.fd_table import closing
from gevent._native.io.files import FileDescriptor
from gevent.net.files.blocking import forget
from gevent.net.files.blocking import read as read
from gevent.net.files.blocking import write as write

if TYPE_CHECKING:
    from collections.abc import Callable
    from resource import struct_rusage
    from typing import TypeVar

    from _typeshed import FileDescriptorLike, ReadableBuffer

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import child
    from gevent.net.process.children import Ended

    _T = TypeVar("_T")


def make_nonblocking(fd: FileDescriptorLike) -> bool | None:
    """Put a descriptor, or what has a ``fileno()``, into non-blocking mode.

    Returns:
        True if that changed it, else None.

    Raises:
        OSError: It is not open.
        ValueError: It is negative.
    """
    from fcntl import F_GETFL, F_SETFL, fcntl  # here: an extension of its own

    flags = fcntl(fd, F_GETFL, 0)
    if flags & os.O_NONBLOCK:
        return None
    fcntl(fd, F_SETFL, flags | os.O_NONBLOCK)
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
    return FileDescriptor(fd).read(n)  # switches


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
    return FileDescriptor(fd).write(buf)  # switches


def tp_read(fd: int, n: int) -> bytes:
    """Read from a descriptor in a native thread; for regular files.

    Raises:
        OSError: As ``os.read``.

    Blocking:
        Switches to the hub until the thread has read.
    Cancellation:
        The thread reads nevertheless, and what it read is lost.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    return _call_in_pool(originals.get("os", "read"), fd, n)  # switches


def tp_write(fd: int, buf: ReadableBuffer) -> int:
    """Write to a descriptor in a native thread; for regular files.

    Raises:
        OSError: As ``os.write``.

    Blocking:
        Switches to the hub until the thread has written.
    Cancellation:
        The thread writes nevertheless.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    return _call_in_pool(originals.get("os", "write"), fd, buf)  # switches


def _call_in_pool(function: Callable[..., _T], *args: object) -> _T:
    from gevent.net.in_pool import call_in_pool, hub_pool  # here: few programs ask

    return call_in_pool(hub_pool(), function, args)  # switches


def close(fd: int) -> None:
    """Close a descriptor now; greenlets that wait for it get EBADF.

    Raises:
        OSError: EBADF, it is not open.
    """
    fd = index(fd)
    _end_waits(fd)
    originals.get("os", "close")(fd)


def closerange(fd_low: int, fd_high: int, /) -> None:
    """Close a range of descriptors, as ``os.closerange``; see :func:`close`.

    Args:
        fd_low: The first.
        fd_high: The one behind the last.
    """
    for fd in _open_numbers():
        if fd_low <= fd < fd_high:
            _end_waits(fd)
    originals.get("os", "closerange")(fd_low, fd_high)


def dup2(fd: int, fd2: int, inheritable: bool = True) -> int:
    """Make a number stand for another file, as ``os.dup2``.

    Greenlets that wait for the file it stood for get EBADF.

    Returns:
        The number, *fd2*.

    Raises:
        OSError: EBADF, *fd* is not open; as the system says.
    """
    if fd != fd2:
        os.fstat(fd)  # Of what is not open nothing is closed.
        _end_waits(fd2)
    originals.get("os", "dup2")(fd, fd2, inheritable)
    return fd2


def _end_waits(fd: int) -> None:
    """Give EBADF to all that wait for a number."""
    forget(fd)
    closing(fd)
    hub = get_hub_if_exists()
    if hub is not None and hub.loop is not None:
        hub.loop.closing_fd(fd)


def _open_numbers() -> list[int]:
    """Return the descriptors of this process; none where the system does not say."""
    try:
        return [int(name) for name in os.listdir("/dev/fd")]
    except OSError:
        return []


def fork_gevent() -> int:
    """Fork; the child's hub is made its own. The child is not watched."""
    if "multiprocessing.util" in sys.modules:
        from gevent.net.process.forked_threads import expect_children  # here: rare

        expect_children()
    pid: int = originals.get("os", "fork")()
    if not pid:
        _reinit_if_possible()
    return pid


def forkpty_gevent() -> tuple[int, int]:
    """Fork with a pseudo terminal; see :func:`fork_gevent`."""
    pid, fd = originals.get("os", "forkpty")()
    if not pid:
        _reinit_if_possible()
    return pid, fd


def _reinit_if_possible() -> None:
    try:
        reinit()
    except OSError:
        # No descriptors: both processes are there, so this cannot be the error of a
        # fork. The hub tries again when it is used.
        return


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
    # Before the fork: afterwards its failure would be nobody's.
    from gevent.net.process.children import watch

    pid = fork()
    if pid:
        try:
            watch(pid, callback, loop, ref)
        except OSError:
            # No descriptors. Without a callback nothing is lost: who waits for a
            # child that is not watched asks the system.
            if callback is not None:
                raise
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


_spawners: tuple[str, ...] = ()

if hasattr(os, "posix_spawn"):  # not on PyPy

    def posix_spawn(*args: object, **kwargs: object) -> int:
        """Start a program, as ``os.posix_spawn``, and watch it."""
        return _watch_started(originals.get("os", "posix_spawn"), args, kwargs)

    _spawners = ("posix_spawn",)

if hasattr(os, "posix_spawnp"):

    def posix_spawnp(*args: object, **kwargs: object) -> int:
        """Start a program found on the path, as ``os.posix_spawnp``, and watch it."""
        return _watch_started(originals.get("os", "posix_spawnp"), args, kwargs)

    _spawners += ("posix_spawnp",)


def _watch_started(
    spawn: Callable[..., int], args: tuple[object, ...], kwargs: dict[str, object]
) -> int:
    if config.disable_watch_children:
        return spawn(*args, **kwargs)
    from gevent.net.process.children import watch

    pid = spawn(*args, **kwargs)
    watch(pid)
    return pid


def waitpid(pid: int, options: int, /) -> tuple[int, int]:
    """Wait for a child process, as ``os.waitpid``.

    Args:
        pid: A process id; -1: any child; 0: of this process's group; below -1: of the
            group of that number.
        options: 0, or a sum of ``os.WNOHANG``: do not wait; ``os.WUNTRACED``,
            ``os.WCONTINUED``: also for these changes.

    Returns:
        (process id, status); (0, 0) if WNOHANG is given and there is nothing to tell.

    Raises:
        ChildProcessError: There is no such child, or its status was handed out.

    Blocking:
        Switches to the hub until there is something to tell; blocks the thread where
        it has no hub, and in the hub.
    Cancellation:
        The status can still be had.
    Thread safety:
        From any thread.
    """
    outcome = _wait_for(index(pid), index(options))  # switches
    return outcome.pid, outcome.status


def _wait_for(pid: int, options: int) -> Ended:
    from gevent.net.process.children import wait_for

    return wait_for(pid, options)  # switches


def wait4(pid: int, options: int) -> tuple[int, int, struct_rusage]:
    """Wait for a child process, as ``os.wait4``; see :func:`waitpid`.

    Returns:
        (process id, status, resources that it used); zeroes for these when nobody
        could tell.
    """
    return _with_usage(_wait_for(index(pid), index(options)))  # switches


def wait3(options: int) -> tuple[int, int, struct_rusage]:
    """Wait for any child process, as ``os.wait3``; see :func:`wait4`."""
    return _with_usage(_wait_for(-1, index(options)))  # switches


def wait() -> tuple[int, int]:
    """Wait for any child process, as ``os.wait``; see :func:`waitpid`."""
    outcome = _wait_for(-1, 0)  # switches
    return outcome.pid, outcome.status


def _with_usage(outcome: Ended) -> tuple[int, int, struct_rusage]:
    # Late: few programs ask.
    from resource import struct_rusage

    usage = outcome.usage
    if not isinstance(usage, struct_rusage):
        usage = struct_rusage((0.0, 0.0, *[0] * 14))
    return outcome.pid, outcome.status, usage


_waiters: tuple[str, ...] = ("wait", "wait3", "wait4", "waitpid")

if hasattr(os, "waitid"):  # not on PyPy

    def waitid(idtype: int, id: int, options: int, /) -> os.waitid_result | None:
        """Wait for a child process, as ``os.waitid``; see :func:`waitpid`.

        Args:
            idtype: ``os.P_PID``, ``os.P_PGID``, ``os.P_ALL`` or ``os.P_PIDFD``.
            id: Process, group, or descriptor of a process.
            options: Of ``os.WEXITED``, ``os.WSTOPPED``, ``os.WCONTINUED`` one at
                least; ``os.WNOHANG``; ``os.WNOWAIT``: leave it for the next one.

        Returns:
            An ``os.waitid_result``; None if WNOHANG is given and there is nothing.
        """
        from gevent.net.process.children import wait_for_id

        return wait_for_id(index(idtype), index(id), index(options))  # switches

    _waiters += ("waitid",)


mirror(
    "os",
    globals(),
    implements=(
        "close",
        "closerange",
        "dup2",
        "fork",
        "forkpty",
        "read",
        "write",
        *_spawners,
        *_waiters,
    ),
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
