"""Descriptors that look as if they blocked, and reading and writing such.

gevent waits for descriptors in the loop, and so puts those it works with into
non-blocking mode. Code that does not know of that gets their numbers, too, and expects
that reading waits. Here it is noted which ones are in that mode because of us, and
:func:`read` and :func:`write` wait for these, and for all that do block, in the loop.

Invariants:

* B1  ``_changed`` has a number from the moment that we put its file into non-blocking
  mode until it blocks again or is closed by us. Another file that got the number has
  another identity.
* B2  Only the process that changed the mode changes it back: a forked child has the
  same open file.

Threads: the table is the process's; each step on it is one operation of a dict.
"""

from __future__ import annotations

import atexit
import os
import stat
from errno import EAGAIN, EINVAL, ENOSYS, EOPNOTSUPP
from typing import TYPE_CHECKING

from greenlet import getcurrent

from gevent._base import originals
from gevent._hub.hub import get_hub_if_exists
from gevent._native.files import FileDescriptor
from gevent._native.numbers import owner_of

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


_changed: dict[int, Change] = {}


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino, status.st_rdev


def _change_of(fd: int) -> Change | None:
    """Return what we changed of the file that has the number now (B1)."""
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
        if change.process == os.getpid():  # B2
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
    kind = _kind(fd) if type(fd) is int and type(n) is int and n > 0 else PLAIN
    if kind == PLAIN:
        return original(fd, n)
    if kind == OURS:
        return FileDescriptor(fd).read(n)  # switches
    data: bytes | None
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
    kind = _kind(fd) if type(fd) is int else PLAIN
    if kind == PLAIN:
        return originals.get("os", "write")(fd, data)
    step: _Step
    if kind == OURS:
        step = _write_ours  # switches
    else:
        step = _write_unknown if kind == UNKNOWN else _write_now
    with memoryview(data) as given, given.cast("B") as source:
        if not source.nbytes:
            return originals.get("os", "write")(fd, source)
        written = 0
        while written < source.nbytes:
            with source[written:] as rest:
                written += step(fd, rest)  # switches
    return written


# Kinds of descriptors: never waits; blocks only because we say so; blocks, and takes
# _NO_WAIT; blocks.
PLAIN, OURS, BLOCKS, UNKNOWN = range(4)


def _kind(fd: int) -> int:
    hub = get_hub_if_exists()
    try:
        if hub is None or hub is getcurrent():
            return PLAIN
    except RuntimeError:
        return PLAIN  # a finalizer at exit: nobody can wait any more
    try:
        status = os.fstat(fd)
    except OSError:
        return PLAIN  # the call itself says what is wrong
    mode = status.st_mode
    if stat.S_ISREG(mode) or stat.S_ISBLK(mode) or stat.S_ISDIR(mode):
        return PLAIN
    if os.get_blocking(fd):
        known = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
        return BLOCKS if known and _NO_WAIT else UNKNOWN
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


def _read_now(fd: int, n: int, kind: int) -> bytes | None:
    """Read what is there; None for nothing."""
    if kind == BLOCKS and n <= SMALL:
        buffer = bytearray(n)
        try:
            return bytes(buffer[: os.preadv(fd, [buffer], -1, _NO_WAIT)])
        except OSError as error:
            if error.errno == EAGAIN:
                return None
            if error.errno not in _UNKNOWN:
                raise
    if not _is_ready(fd, _READING):
        return None
    return originals.get("os", "read")(fd, n)


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
