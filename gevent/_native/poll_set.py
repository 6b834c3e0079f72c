"""Bare descriptors that one greenlet waits for; the twin of ``poll_set.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

from select import POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, poll
from typing import TYPE_CHECKING, TypeVar, cast

from gevent._native.descriptor import close_listeners, number_of
from gevent._native.scheduler import Scheduler, Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from _typeshed import FileDescriptorLike

    from gevent._native.backend import Record
    from gevent._native.descriptor import HasBackend

    F = TypeVar("F", bound=FileDescriptorLike)

READ = 1
WRITE = 2
HIGHEST_PRIORITY = 2

READABLE = POLLIN | POLLHUP | POLLERR | POLLNVAL
WRITABLE = POLLOUT | POLLERR | POLLNVAL


class PollSet(Watcher):
    """Descriptors and the events that somebody wants to know of.

    Thread safety:
        One thread at a time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.level = HIGHEST_PRIORITY
        # Number, events that are asked for, events that were found.
        self.entries: list[list[int]] = []
        self.records: list[Record] = []

    def __len__(self) -> int:
        return len(self.entries)

    def add_all(self, fileobjs: Iterable[F], events: int) -> list[F]:
        """Append an entry for each object; return the objects."""
        objects = list(fileobjs)
        self.entries += [[number_of(each), events, 0] for each in objects]
        return objects

    def add_masks(self, masks: dict[int, int]) -> None:
        """Append an entry for each item: number and events."""
        self.entries += [[fd, events, 0] for fd, events in masks.items()]

    def look(self) -> int:
        """Ask the kernel now; return for how many entries it has something to say."""
        masks: dict[int, int] = {}
        for fd, events, _ in self.entries:
            masks[fd] = masks.get(fd, 0) | events
        asked = poll()
        for fd, events in masks.items():
            asked.register(fd, events)
        found = dict(asked.poll(0))
        for entry in self.entries:
            always = POLLERR | POLLHUP | POLLNVAL
            entry[2] = found.get(entry[0], 0) & (entry[1] | always)
        return sum(entry[2] != 0 for entry in self.entries)

    def mark(self, fd: int) -> None:
        """Count a descriptor that is asked for input as readable."""
        for entry in self.entries:
            if entry[0] == fd and entry[1] & POLLIN:
                entry[2] |= POLLIN

    def numbers(self) -> list[int]:
        """Return the descriptors that are asked for input."""
        return [fd for fd, events, _ in self.entries if events & POLLIN]

    def has_invalid(self) -> bool:
        """Whether a descriptor is not open."""
        return any(found & POLLNVAL for _, _, found in self.entries)

    def ready_among(self, objects: Sequence[F], start: int, mask: int) -> list[F]:
        """Return those of *objects*, whose entries begin at *start*, that are ready."""
        if start < 0 or start + len(objects) > len(self.entries):
            raise IndexError("there are no such entries")
        return [
            each for i, each in enumerate(objects) if self.entries[start + i][2] & mask
        ]

    def results(self) -> list[tuple[int, int]]:
        """Return (number, events) of the entries with events."""
        return [(fd, found) for fd, _, found in self.entries if found]

    # -- waiting ------------------------------------------------------------------

    def wait(self, timeout: float | None) -> bool:
        """Wait until it is worth to ask the kernel again; False if the time passed.

        Blocking:
            Switches to the hub.
        """
        loop = Scheduler.of_thread()
        waiter = loop.new_waiter()
        timed_out = False
        self.loop = loop
        self.fired_events = 0
        is_counted = bool(self.entries)
        loop.references += is_counted
        try:
            self.watch()
            self.waiter = waiter
            close_listeners.append(self)
            if timeout is None:
                waiter.wait(self)  # switches
            else:
                timed_out = bool(waiter.wait_until(self, timeout))  # switches
        finally:
            loop.references -= is_counted
            self.forget()
        return not timed_out or self.fired_events != 0

    def watch(self) -> None:
        """Register every number (L1)."""
        backend = cast("HasBackend", self.loop).backend_loop()
        for fd, wanted, _ in self.entries:
            events = READ if wanted & (POLLIN | POLLPRI) else 0
            events |= WRITE if wanted & POLLOUT else 0
            if events:
                record = backend.io(self, fd, events)
                self.records.append(record)
                record.start()

    def forget(self) -> None:
        """End all registrations (L1, L2)."""
        if self in close_listeners:
            close_listeners.remove(self)
        self.waiter = None
        self.queued = 0
        for record in self.records:
            record.free()
        self.records.clear()

    def fire(self) -> int:
        """Nobody waits any more."""
        return 0

    def expired(self) -> int:
        """Never: a set has no timer."""
        raise AssertionError("a set of descriptors has no timer")

    def closing(self, fd: int) -> None:
        """A descriptor is being closed: wake who waits for it (L2)."""
        if self.loop.is_current() and any(entry[0] == fd for entry in self.entries):
            self.fired(READ)
