"""Descriptors that look as if they blocked, and reading and writing such.

gevent waits for descriptors in the loop, and so puts those it works with into
non-blocking mode. Code that does not know of that gets their numbers, too, and expects
that reading waits. Here it is noted which ones are in that mode because of us, and
:func:`read` and :func:`write` wait for these, and for all that do block, in the loop.

Invariants:

* BLK1  ``_changed`` has a number from the moment that we put its file into non-blocking
  mode until it blocks again or is closed by us. Another file that got the number has
  another identity.
* BLK2  Only the process that changed the mode changes it back: a forked child has the
  same open file.
* BLK3  ``_waiting`` has numbers that stood for a pipe or socket, of whose users we
  wait, when last looked at. Code that we do not know may have given the number to
  another file since. So it decides only what is tried first, and what comes out of that
  is right for every file, or looked at again.

Threads: the table is the process's; each step on it is one operation of a dict.
"""

from __future__ import annotations

import atexit
import os
import stat
from errno import EAGAIN, EINVAL, ENOSYS, EOPNOTSUPP

from greenlet import getcurrent

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._hub.hub import get_hub_if_exists
from gevent._native.io.fd_table import owner_of
from gevent._native.io.files import FileDescriptor, yield_if_overdue

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from _typeshed import ReadableBuffer

    _Identity: TypeAlias = tuple[int, int, int]
    _Step: TypeAlias = Callable[[int, memoryview], int]

__all__ = ("block_again", "forget", "read", "stop_blocking", "write")

# Reads up to this size try without waiting; larger ones ask for readiness first.
# What pipes hold.
SMALL = 65536
# With this flag a call on a descriptor that blocks does not; not on all systems.
_NO_WAIT: int = getattr(os, "RWF_NOWAIT", 0)
# What systems say that do not know it, or not for this kind of file.
_UNKNOWN = (EINVAL, ENOSYS, EOPNOTSUPP)
# POLLIN and POLLOUT on every system; `import gevent` does not load `select`.
_READING, _WRITING = 1, 4


class Change:
    """One descriptor whose mode we changed."""

    __slots__ = ("identity", "n_users", "process")

    def __init__(self, identity: _Identity):
        self.identity: _Identity = identity
        self.process: int = os.getpid()
        self.n_users: int = 1


# A forked child has the same numbers for the same files (BLK2).
_changed: dict[int, Change] = {}
# True in a forked child, too.
_waiting: set[int] = set()


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino, status.st_rdev


def _change_of(fd: int) -> Change | None:
    """Return what we changed of the file that has the number now (BLK1)."""
    change = _changed.get(fd)
    if change is not None and change.identity != _identity(os.fstat(fd)):
        _changed.pop(fd, None)
        return None
    return change


def stop_blocking(fd: int) -> None:
    """Put a descriptor into non-blocking mode, on behalf of one user more.

    Raises:
        OSError: It is not open.
    """
    change = _change_of(fd)
    if not os.get_blocking(fd):
        if change is not None:
            change.n_users += 1
        return
    os.set_blocking(fd, False)
    if not _changed:
        # Not at import; and once more does no harm.
        atexit.unregister(_block_all_again)
        atexit.register(_block_all_again)
    _changed[fd] = Change(_identity(os.fstat(fd)))


def block_again(fd: int) -> None:
    """One user less; after the last the descriptor is in the mode that it had.

    Does nothing for a descriptor that is not in the table or not open.
    """
    try:
        change = _change_of(fd)
    except OSError:
        _changed.pop(fd, None)
        return
    if change is None:
        return
    change.n_users -= 1
    if change.n_users <= 0:
        _changed.pop(fd, None)
        if change.process == os.getpid():  # BLK2
            os.set_blocking(fd, True)


def forget(fd: int) -> None:
    """The descriptor is being closed."""
    _changed.pop(fd, None)


def _block_all_again() -> None:
    """At the end of the process: others may go on with the same files."""
    for fd, change in tuple(_changed.items()):
        change.n_users = 1
        block_again(fd)


def read(fd: int, n: int, /) -> bytes:
    """Read up to *n* bytes from a descriptor, as ``os.read``.

    What blocks the thread there, on a pipe, a terminal, a socket, blocks the calling
    greenlet here. A descriptor that the program itself put into non-blocking mode
    does not wait.

    Raises:
        OSError: As ``os.read``.

    Blocking:
        Switches to the hub until something can be read; not in the hub.
    Cancellation:
        Nothing is read.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    original = originals.get("os", "read")
    if type(fd) is not int or type(n) is not int or n <= 0:
        return original(fd, n)
    data: bytes | None
    if fd in _waiting and n <= SMALL and _can_wait():
        yield_if_overdue()  # switches
        data = _read_first(fd, n)
        if data is not None:
            return data
    kind = _kind(fd)
    if kind == PLAIN:
        return original(fd, n)
    if kind == OURS:
        return FileDescriptor(fd).read(n)  # switches
    while (data := _read_now(fd, n, kind)) is None:
        _wait(fd, _READING)  # switches
    return data


def write(fd: int, data: ReadableBuffer, /) -> int:
    """Write to a descriptor, as ``os.write``; see :func:`read`.

    Returns:
        How many bytes; all, where the descriptor blocks.

    Raises:
        OSError: As ``os.write``.

    Blocking:
        Switches to the hub while there is no room; not in the hub.
    Cancellation:
        What is written by then stays written.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    original = originals.get("os", "write")
    if type(fd) is not int:
        return original(fd, data)
    tries_first = fd in _waiting and _can_wait()
    kind = PLAIN if tries_first else _kind(fd)
    if kind == PLAIN and not tries_first:
        return original(fd, data)
    with memoryview(data) as given, given.cast("B") as source:
        if not source.nbytes:
            return original(fd, source)
        written = 0
        if tries_first:
            written = _write_first(fd, source)
            if written == source.nbytes:
                return written
            kind = _kind(fd)
        if kind == PLAIN:
            if written and not _is_file(os.fstat(fd).st_mode):
                return written
            with source[written:] as rest:
                return written + original(fd, rest)
        step = _STEPS[kind]
        while written < source.nbytes:
            with source[written:] as rest:
                written += step(fd, rest)  # switches
    return written


# Kinds of descriptors: never waits; blocks only because we say so; blocks, and takes
# _NO_WAIT; blocks.
PLAIN, OURS, BLOCKS, UNKNOWN = range(4)


def _can_wait() -> bool:
    """Tell whether the caller is a greenlet that can wait."""
    hub = get_hub_if_exists()
    try:
        return hub is not None and hub is not getcurrent()
    except RuntimeError:
        return False  # a finalizer at exit: nobody can wait any more


def _is_file(mode: int) -> bool:
    """Tell whether it is something that is always ready."""
    return stat.S_ISREG(mode) or stat.S_ISBLK(mode) or stat.S_ISDIR(mode)


def _kind(fd: int) -> int:
    """Look what a descriptor is, and keep what is to be tried first (BLK3)."""
    if not _can_wait():
        return PLAIN
    try:
        status = os.fstat(fd)
    except OSError:
        _waiting.discard(fd)
        return PLAIN  # the call itself says what is wrong
    mode = status.st_mode
    known = bool(_NO_WAIT) and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))
    kind = PLAIN if _is_file(mode) else _kind_of(fd, status, known)
    if known and kind != PLAIN:
        _waiting.add(fd)
    else:
        _waiting.discard(fd)
    return kind


def _kind_of(fd: int, status: os.stat_result, known: bool) -> int:
    if os.get_blocking(fd):
        return BLOCKS if known else UNKNOWN
    change = _changed.get(fd)
    if change is not None and change.identity == _identity(status):
        return OURS
    owner = owner_of(fd)
    if owner is not None and getattr(owner, "timeout", 0.0) is None:
        return OURS
    return PLAIN


def _wait(fd: int, event: int) -> None:
    """Wait until a descriptor is ready."""
    descriptor = FileDescriptor(fd)
    if event == _READING:
        descriptor.wait_readable()  # switches
    else:
        descriptor.wait_writable()  # switches


def _is_ready(fd: int, event: int) -> bool:
    poller = originals.get("select", "poll")()
    poller.register(fd, event)  # type: ignore[attr-defined]  # a poll object
    return bool(poller.poll(0))  # type: ignore[attr-defined]  # likewise


def _read_first(fd: int, n: int) -> bytes | None:
    """Read with one call what most likely is a pipe or socket; None: look at it (BLK3).

    All that was asked for is right for every file, and so is nothing, at the end. Less
    can be what the system has in memory of a file on a disk.
    """
    try:
        data = _read_without_waiting(fd, n)
    except OSError as error:
        if error.errno == EAGAIN or error.errno in _UNKNOWN:
            return None
        raise
    if not data or len(data) == n or not _is_file(os.fstat(fd).st_mode):
        return data
    _waiting.discard(fd)
    try:
        return data + originals.get("os", "read")(fd, n - len(data))
    except OSError:
        return data  # the next call says what is wrong


def _read_without_waiting(fd: int, n: int) -> bytes:
    buffer = bytearray(n)
    del buffer[os.preadv(fd, [buffer], -1, _NO_WAIT) :]
    return bytes(buffer)


def _read_now(fd: int, n: int, kind: int) -> bytes | None:
    """Read what is there; None for nothing."""
    if kind == BLOCKS and n <= SMALL:
        try:
            return _read_without_waiting(fd, n)
        except OSError as error:
            if error.errno == EAGAIN:
                return None
            if error.errno not in _UNKNOWN:
                raise
    if not _is_ready(fd, _READING):
        return None
    return originals.get("os", "read")(fd, n)


def _write_first(fd: int, source: memoryview) -> int:
    """Write with one call to what most likely is a pipe or socket; 0: look (BLK3)."""
    try:
        return os.pwritev(fd, [source], -1, _NO_WAIT)
    except OSError as error:
        if error.errno == EAGAIN or error.errno in _UNKNOWN:
            return 0
        raise


def _write_ours(fd: int, rest: memoryview) -> int:
    return FileDescriptor(fd).write(rest)  # switches


def _write_now(fd: int, rest: memoryview) -> int:
    """Write what there is room for; 0 after waiting for room."""
    try:
        return os.pwritev(fd, [rest], -1, _NO_WAIT)
    except OSError as error:
        if error.errno in _UNKNOWN:
            return _write_unknown(fd, rest)  # switches
        if error.errno != EAGAIN:
            raise
    _wait(fd, _WRITING)  # switches
    return 0


def _write_unknown(fd: int, rest: memoryview) -> int:
    """The same, as much as a system promises to take when it is ready."""
    if not _is_ready(fd, _WRITING):
        _wait(fd, _WRITING)  # switches
        return 0
    from select import PIPE_BUF  # here: `import gevent` does not load it

    with rest[:PIPE_BUF] as piece:
        return originals.get("os", "write")(fd, piece)


_STEPS: dict[int, _Step] = {
    OURS: _write_ours,
    BLOCKS: _write_now,
    UNKNOWN: _write_unknown,
}
