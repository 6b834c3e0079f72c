"""Numbers of descriptors: who has each, who waits for it; the twin of ``fd_table.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._native.scheduling.messages import post
from gevent._native.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    class Waiting(Protocol):
        """Who waits for a number."""

        def release(self) -> None:
            """End the wait with EBADF."""

    Entry: TypeAlias = tuple[Waiting, Scheduler]


class Owner(Protocol):
    """Who has a number (FDT1)."""

    def _interrupt(self) -> None:
        """The number is about to be closed by somebody else."""

    def _lose(self) -> None:
        """The number was closed, and is another file's by now."""


class CloseListener(Protocol):
    """Who waits for several numbers."""

    def closing(self, fd: int) -> None:
        """A descriptor is being closed."""


owners: WeakValueDictionary[int, Owner] = WeakValueDictionary()
# In a forked child with loops that it lacks (FDT4).
waits: dict[int, list[Entry]] = {}
close_listeners: list[CloseListener] = []


def set_owner(fd: int, who: Owner) -> int:
    """Note who has a number now (FDT1)."""
    owners[fd] = who
    return 0


def drop_owner(fd: int, who: object) -> int:
    """Forget who has a number, if it is *who*."""
    if owners.get(fd) is who:
        del owners[fd]
    return 0


def owner_of(fd: int) -> Owner | None:
    """Who has a number, if anybody is known."""
    return owners.get(fd)


def claim(fd: int) -> int:
    """The kernel has just given a number: whoever had it before has lost it.

    Thread safety:
        From any thread.
    """
    return tell_all(fd, "_lose")


def closing(fd: int) -> int:
    """Give EBADF to all that wait for *fd*: it is about to be closed.

    Thread safety:
        From any thread.
    """
    return tell_all(fd, "_interrupt")


def tell_all(fd: int, message: Literal["_interrupt", "_lose"]) -> int:
    """Tell who has a number, by its method *message* (FDT1), and those that wait."""
    owner = owner_of(fd)
    if owner is not None:
        getattr(owner, message)()
    return tell_waiters(fd)


def tell_waiters(fd: int) -> int:
    """Give EBADF to those that wait for a number without having it (FDT3)."""
    # Out of the table first (FDT3). As soon as the first of them is released, another
    # thread may be given this number and wait for its own file: left in the table, it
    # would get the EBADF of a file that it never had.
    for who, loop in waits.pop(fd, ()):
        if loop is Scheduler.of_thread_or_none():
            who.release()
        else:
            # Its loop may be dead (FDT4).
            post(loop, who.release)
    for each in tuple(close_listeners):
        each.closing(fd)
    return 0


def begin_wait(fd: int, who: Waiting, loop: Scheduler) -> Entry:
    """Note that a greenlet is about to wait for a number (FDT2)."""
    entry = (who, loop)
    waits.setdefault(fd, []).append(entry)
    return entry


def end_wait(fd: int, entry: Entry) -> int:
    """The wait is over, however it ended."""
    entries = waits.get(fd)
    # Not there any more when the number was closed meanwhile (FDT3).
    if entries is not None and entry in entries:
        entries.remove(entry)
        if not entries:
            del waits[fd]
    return 0
