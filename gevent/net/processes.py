"""Child processes that were started here and are watched, until somebody asks.

States of a watched child::

    running --ended--> ended (status kept) --waited for--> forgotten

Invariants:

* P1  A process id is in ``_watched`` from its start until its status was handed out,
  or a minute after its end.
* P2  Only watched processes are waited for in the loop; other ids go to the system as
  they are.
* P3  A forked child watches nothing: its parent's children are not its own.
* P4  Whoever reaps a watched child, the loop or a call of ``waitpid``, calls
  :func:`_keep` or takes it out; nobody waits for it after that.

Threads: the table is the process's; each step on it is one operation of a dict. The
watcher of a child belongs to the thread that started it, who also waits for it.
"""

from __future__ import annotations

import os
from errno import ECHILD
from typing import TYPE_CHECKING

from gevent._base import originals
from gevent._hub.hub import get_hub
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import child

__all__ = ("disown", "wait_for", "watch")

# How long the status of an ended child is kept for ``waitpid``, in seconds.
STATUS_KEPT = 60.0


class WatchedChild:
    """One child process that was started here."""

    __slots__ = ("end", "ended_at", "has_callback", "status", "watcher")

    def __init__(self, watcher: child, has_callback: bool):
        self.watcher: child = watcher
        self.has_callback: bool = has_callback
        self.status: int | None = None
        self.ended_at: float = 0.0
        self.end: Event = Event()


class Table(dict[int, WatchedChild]):
    """Process ids and what is known of them, for the process that *owner* names."""

    def __init__(self) -> None:
        self.owner: int = os.getpid()
        # Set when any watched child ends.
        self.waits_for_any: list[Event] = []


_tables = [Table()]


def _watched() -> Table:
    """Return the table; a new one after a fork (P3)."""
    table = _tables[0]
    if table.owner != originals.get("os", "getpid")():
        table = _tables[0] = Table()
    return table


def watch(
    pid: int,
    callback: Callable[[child], object] | None = None,
    loop: Loop | None = None,
    ref: bool = False,
) -> None:
    """Watch a child process, and keep its status for :func:`wait_for`.

    Args:
        pid: The process.
        callback: Called in the hub with the watcher when the process has ended.
        loop: The loop to watch in; None: this thread's.
        ref: Whether the watcher keeps the loop running.
    """
    _forget_old()
    watcher = (loop or get_hub().loop).child(pid, ref=ref)
    watcher.start(_on_end, watcher, callback)
    _watched()[pid] = WatchedChild(watcher, callback is not None)


def disown(pid: int) -> None:
    """Watch a process no more: somebody else will reap it."""
    known = _watched().pop(pid, None)
    if known is not None:
        known.watcher.close()


def _on_end(watcher: child, callback: Callable[[child], object] | None) -> None:
    """The loop reaped a watched child; in the hub."""
    known = _watched().get(watcher.pid)
    # Not so when the number was handed out and then given to another process.
    if known is not None and known.watcher is watcher:
        _keep(known, watcher.rstatus)
    if callback is not None:
        callback(watcher)


def _keep(known: WatchedChild, status: int) -> None:
    """Keep the status, and wake whoever waits for it."""
    if known.status is None:
        known.status = status
        known.ended_at = originals.get("time", "monotonic")()
        known.end.set()
        for event in _watched().waits_for_any:
            event.set()


def _forget_old() -> None:
    """Drop statuses that nobody asked for (P1)."""
    limit = originals.get("time", "monotonic")() - STATUS_KEPT
    table = _watched()
    for pid, known in tuple(table.items()):
        if known.status is not None and known.ended_at < limit:
            table.pop(pid, None)


def wait_for(pid: int, options: int) -> tuple[int, int]:
    """``os.waitpid``; cooperative for watched children, see there."""
    table = _watched()
    if pid == -1 and table and options in (0, os.WNOHANG):
        return _wait_for_any(options)  # switches
    known = table.get(pid)
    if known is None or options not in (0, os.WNOHANG):
        return _ask_system(pid, options)
    _look(pid, known)
    if known.status is None:
        if options:
            return 0, 0
        _wait_referenced(known.end)  # switches
    return _hand_out(pid, known)


def _ask_system(pid: int, options: int) -> tuple[int, int]:
    """Call the system, which may reap a watched child (P4)."""
    reaped, status = originals.get("os", "waitpid")(pid, options)
    known = _watched().get(reaped)
    if known is not None and (os.WIFEXITED(status) or os.WIFSIGNALED(status)):
        _reaped(reaped, known, status)
        del _watched()[reaped]
    return reaped, status


def _wait_for_any(options: int) -> tuple[int, int]:
    """Wait for the watched child that ended first."""
    table = _watched()
    while True:
        for pid, known in tuple(table.items()):
            _look(pid, known)
        ended = [
            (known.ended_at, pid)
            for pid, known in table.items()
            if known.status is not None
        ]
        if ended:
            pid = min(ended)[1]
            return _hand_out(pid, table[pid])
        if options:
            return _ask_system(-1, options)
        if not table:
            raise ChildProcessError(ECHILD, os.strerror(ECHILD))
        event = Event()
        table.waits_for_any.append(event)
        try:
            _wait_referenced(event)  # switches
        finally:
            table.waits_for_any.remove(event)


def _wait_referenced(event: Event) -> None:
    """Wait for an end: a child that is waited for keeps the loop running."""
    loop = get_hub().loop
    loop.ref()
    try:
        event.wait()  # switches
    finally:
        loop.unref()


def _hand_out(pid: int, known: WatchedChild) -> tuple[int, int]:
    """Return a status, once."""
    if _watched().get(pid) is not known or known.status is None:
        raise ChildProcessError(ECHILD, os.strerror(ECHILD))
    del _watched()[pid]
    return pid, known.status


def _look(pid: int, known: WatchedChild) -> None:
    """Reap the child at once if it has ended and the loop has not noticed yet."""
    if known.status is not None:
        return
    try:
        reaped, status = originals.get("os", "waitpid")(pid, os.WNOHANG)
    except ChildProcessError:
        return  # the loop has; its callback is on the way
    if reaped:
        _reaped(pid, known, status)


def _reaped(pid: int, known: WatchedChild, status: int) -> None:
    """Tell watcher and waiters that a call reaped the child (P4)."""
    watcher = known.watcher
    if not known.has_callback:
        watcher.close()
    elif watcher.active:
        # Nothing is left to wait for, but the callback is due, in the hub.
        watcher.loop.children.forget(watcher)
        watcher.ended(status)
    _keep(known, status)
