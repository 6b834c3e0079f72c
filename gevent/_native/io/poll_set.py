"""Bare descriptors that one greenlet waits for; the twin of ``poll_set.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

from functools import partial
from select import POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, poll

from gevent._base.checking import TYPE_CHECKING
from gevent._native.io.fd_table import close_listeners
from gevent._native.io.socket.base import number_of
from gevent._native.library.io_events import READ, WRITE
from gevent._native.library.polled_loop import polled
from gevent._native.scheduling.messages import post
from gevent._native.scheduling.scheduler import Scheduler, Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeVar

    from _typeshed import FileDescriptorLike

    from gevent._native.library.backend import Record

    F = TypeVar("F", bound=FileDescriptorLike)

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
        objects: list[F] = []
        for each in fileobjs:
            self.entries.append([number_of(each), events, 0])
            objects.append(each)
        return objects

    def add_masks(self, masks: dict[int, int]) -> None:
        """Append an entry for each item: number and events."""
        self.entries += [[fd, events, 0] for fd, events in masks.items()]

    def look(self) -> int:
        """Ask the kernel now; return for how many entries it has something to say."""
        masks: dict[int, int] = {}
        for fd, events, _ in self.entries:
            if fd >= 0:
                masks[fd] = masks.get(fd, 0) | events
        asked = poll()
        for fd, events in masks.items():
            asked.register(fd, events)
        found = dict(asked.poll(0))
        for entry in self.entries:
            always = POLLERR | POLLHUP | POLLNVAL
            entry[2] = found.get(entry[0], 0) & (entry[1] | always)
            if entry[0] < 0:
                entry[2] = POLLNVAL
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
        return [(max(fd, ~fd), found) for fd, _, found in self.entries if found]

    # -- waiting ------------------------------------------------------------------

    def wait(self, timeout: float | None) -> int:
        """Wait until some descriptor is ready; 0 if the time passed.

        Blocking:
            Switches to the hub.
        """
        loop = Scheduler.of_thread()
        left = -1.0 if timeout is None else timeout
        deadline = None if timeout is None else loop.clock() + timeout
        while True:
            if self.wait_once(loop, left):  # switches
                return 0
            n_ready = self.look()
            if n_ready:
                return n_ready
            # Woken, but somebody else took the input before our turn came. Wait on: an
            # empty answer would say that the time is over.
            if deadline is not None:
                left = deadline - loop.clock()
                if left <= 0.0:
                    return 0

    def wait_once(self, loop: Scheduler, seconds: float) -> bool:
        """Park until the loop or a close wakes us; True if the time passed."""
        waiter = loop.new_waiter()
        timed_out = False
        is_counted = bool(self.entries)
        self.loop = loop
        self.fired_events = 0
        loop.references += is_counted
        try:
            self.watch()
            self.waiter = waiter
            close_listeners.append(self)
            if seconds < 0.0:
                waiter.wait(self)  # switches
            else:
                timed_out = bool(waiter.wait_until(self, seconds))  # switches
        finally:
            loop.references -= is_counted
            self.forget()
        return timed_out and self.fired_events == 0

    def watch(self) -> None:
        """Register every number (POLL1)."""
        if not self.entries:
            return
        backend = polled(self.loop).backend_for(self.entries[0][0])
        for fd, wanted, _ in self.entries:
            events = READ if wanted & (POLLIN | POLLPRI) else 0
            events |= WRITE if wanted & POLLOUT else 0
            if events and fd >= 0:
                record = backend.io(self, fd, events)
                self.records.append(record)
                record.start()

    def forget(self) -> None:
        """End all registrations (POLL1, POLL2)."""
        if self in close_listeners:
            close_listeners.remove(self)
        self.waiter = None
        self.queued = 0
        self.drop_registrations()

    def drop_registrations(self) -> None:
        """End them so that a library forgets the numbers now: before one is closed."""
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
        """A descriptor is being closed: wake who waits (POLL2); from any thread."""
        if self not in close_listeners:
            return  # told by another thread's message, and the wait was over before
        for entry in self.entries:
            if entry[0] == fd:
                # The loop's thread may be in its poll, and the records are its own
                # (BACK2): it has to do this itself.
                if not self.loop.is_current():
                    self.tell_loop(fd)
                    return
                # Asked again, the kernel might speak of the number's next file (POLL3).
                entry[0] = ~fd
                self.drop_registrations()
                self.fired(READ)

    def tell_loop(self, fd: int) -> int:
        """closing(), later, in the thread of the loop."""
        post(self.loop, partial(self.closing, fd))
        return 0
