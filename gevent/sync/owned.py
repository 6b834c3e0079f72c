"""What objects share that belong to one thread's loop and serve other threads too.

Home of :class:`Owned`, the base of events, locks and queue ends.

Invariants:

* O1  ``loop`` is the owner: all waiters in the list of links are its. It is set by
  the first thread that waits, and changes only while nobody waits and no
  notification is queued.
* O2  A thread that is not the owner's waits as a :class:`Visitor`. Whenever
  ``is_due()`` becomes true, the first waiter at home and the first visitor are told;
  being told carries nothing, so both look again and who lost keeps its place.
  A visitor that leaves without having taken what it was told of tells the next one.
* O3  Once another thread took part (``is_shared``) a waiting greenlet keeps its loop
  alive: that thread may wake it although the loop sees nothing to wait for.

Threads: every field is written under the GIL by code without a switch of threads
between test and write (compiled), and each announcement goes through the owner
loop's inbox, so none is lost between "not due" and "parked": the waiter is linked
before it looks a last time.
"""

from __future__ import annotations

import sys
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from gevent._base import originals
from gevent._native.backend import is_main_thread
from gevent._native.scheduler import Link, Linkable, Scheduler, Waiter, as_seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class NativeLock(Protocol):
        """What ``_thread.allocate_lock`` returns."""

        def acquire(self, blocking: bool = ..., timeout: float = ..., /) -> bool:
            """Take it."""

        def release(self) -> None:
            """Free it."""


# What the longest native wait is cut to; it is repeated.
LONGEST_NATIVE_WAIT = 3600.0


class Visitor:
    """A wait of a thread that does not own the object; see O2.

    Its thread creates and parks it; any thread wakes it.
    """

    has_loop: bool
    loop: Scheduler
    waiter: Waiter
    lock: NativeLock
    is_woken: bool

    def park(self, subject: object, timeout: float | None) -> int:
        """Wait until woken. 1 if the time passed before."""
        if self.has_loop:
            return self.park_in_loop(subject, timeout)
        return self.park_thread(timeout)

    def park_in_loop(self, subject: object, timeout: float | None) -> int:
        """Park a greenlet; its loop stays alive meanwhile (O3)."""
        self.loop.references += 1
        try:
            return self.waiter.wait_optional(subject, timeout)  # switches
        finally:
            self.loop.references -= 1

    def park_thread(self, timeout: float | None) -> int:
        """Block the whole thread: it has nothing else to run."""
        if timeout is None:
            while not self.lock.acquire(True, LONGEST_NATIVE_WAIT):
                pass
            return 0
        deadline = monotonic() + timeout
        while True:
            remaining = max(0.0, deadline - monotonic())
            if self.lock.acquire(True, min(remaining, LONGEST_NATIVE_WAIT)):
                return 0
            if remaining <= LONGEST_NATIVE_WAIT:
                return 1

    def wake(self) -> int:
        """Let it look again; from any thread, once per park."""
        self.is_woken = True
        if not self.has_loop:
            self.lock.release()
        elif self.loop.is_current():
            self.loop.queue_waiter(self.waiter)
        else:
            _post(self.loop, self._arrive)
        return 0

    def _arrive(self) -> None:
        """In its own loop: wake the greenlet, unless it has gone."""
        self.loop.queue_waiter(self.waiter)


def make_visitor() -> Visitor:
    """Return a visitor for the calling greenlet or thread."""
    made = Visitor.__new__(Visitor)
    loop = Scheduler.of_thread_or_none()
    made.is_woken = False
    made.has_loop = loop is not None
    if loop is not None:
        made.loop = loop
        made.waiter = loop.new_waiter()
    else:
        make_lock: Callable[[], NativeLock] = originals.get("_thread", "allocate_lock")  # type: ignore[assignment]  # that is what it is
        made.lock = make_lock()
        made.lock.acquire()
    return made


def _post(loop: Scheduler, function: Callable[[], object]) -> None:
    """Run *function* in another thread's loop, unless that is destroyed."""
    try:
        loop.run_callback_threadsafe(function)
    except ValueError:
        # Its greenlets will never run again; there is nobody to tell.
        if not loop.closing:
            raise


class Owned(Linkable):
    """A linkable that is woken through the loop of the thread that first waited.

    Subclasses override ``is_due``.
    """

    visitors: deque[Visitor]
    n_visitors: int
    is_shared: bool

    @property
    def hub(self) -> object:
        """The hub of the owning thread, or None while nobody waited."""
        return None if self.loop is None else self.loop.hub

    def linkcount(self) -> int:
        """Return how many wait or are linked, of the owning thread."""
        return self.n_links

    def _notify_links(self) -> None:
        """In the owner's loop, for another thread: see ``announce``."""
        self.announce()

    def _at_fork_reinit(self) -> None:
        """In a forked child: belong to nobody, have nothing queued."""
        self.disown()

    # -- who owns it --------------------------------------------------------------

    def claim(self) -> bool:
        """Return whether the calling thread owns this, after trying to (O1)."""
        owner = self.loop
        if owner is not None:
            if owner.is_current():
                return True
            if not owner.closing:
                self.is_shared = True
                return False
            # The owner's thread has ended, and with it whoever waited there.
            self.disown()
        mine = Scheduler.of_thread_or_none()
        if mine is None:
            if not is_main_thread():
                return False
            mine = Scheduler.of_thread()
        self.loop = mine
        return True

    def disown(self) -> int:
        """Forget the owner, its waiters and the queued notification; keep links."""
        self.loop = None
        self.queued = 0
        node = self.first
        while node is not None:
            following = node.following
            if not isinstance(node, Link):
                self.remove_node(node)
            node = following
        return 0

    @staticmethod
    def is_in_hub() -> bool:
        """Whether the current greenlet is the hub, which may not wait."""
        loop = Scheduler.of_thread_or_none()
        return loop is not None and loop.hub is Scheduler.greenlet_now()

    # -- telling -------------------------------------------------------------------

    def announce(self) -> int:
        """Tell waiters and links that this became due; from any thread."""
        if self.n_visitors:
            self.wake_visitor()
        if self.first is None:
            return 0
        loop = self.loop
        if loop is None:
            loop = Scheduler.of_thread_or_none()
            if loop is None:
                return self.call_links()
            self.loop = loop
        if loop.is_current():
            return self.notify()
        return self.post_announcement(loop)

    def post_announcement(self, loop: Scheduler) -> int:
        """Let the owner's loop do it."""
        self.is_shared = True
        _post(loop, self._notify_links)
        return 0

    def call_links(self) -> int:
        """Call the links at once: there is no hub that could."""
        while self.due_node() is not None:
            call_first_link(self)
        return 0

    def wake_visitor(self) -> int:
        """Tell the first visitor that has not been told (O2)."""
        for visitor in self.visitors:
            if not visitor.is_woken:
                return visitor.wake()
        return 0

    def wake_all_visitors(self) -> int:
        """Tell every visitor."""
        for visitor in self.visitors:
            if not visitor.is_woken:
                visitor.wake()
        return 0

    # -- waiting --------------------------------------------------------------------

    def park(self, waiter: Waiter, subject: object, timeout: float | None) -> int:
        """Park at home, linked, waiting for *subject*. 1 if the time passed."""
        if self.is_shared:
            return self.park_alive(waiter, subject, timeout)
        return waiter.wait_optional(subject, timeout)  # switches

    def park_alive(self, waiter: Waiter, subject: object, timeout: float | None) -> int:
        """park(), for something that another thread may do (O3)."""
        loop = waiter.loop
        loop.references += 1
        try:
            return waiter.wait_optional(subject, timeout)  # switches
        finally:
            loop.references -= 1

    def wait_until_due(self, subject: object, timeout: float | None) -> bool:
        """Wait until ``is_due()``, in turn; False if the time passed.

        The caller then acts on it before it switches.
        """
        if timeout is not None:
            timeout = as_seconds(timeout)
        if self.claim():
            return self.wait_at_home(subject, timeout)
        return self.wait_abroad(subject, timeout)

    def wait_at_home(self, subject: object, timeout: float | None) -> bool:
        """wait_until_due() in the owner's thread."""
        loop = self.loop
        assert loop is not None, "the caller has claimed this"
        waiter = loop.new_waiter()
        deadline = 0.0 if timeout is None else loop.clock() + timeout
        self.append_node(waiter)
        try:
            while not self.is_due():
                if self.park(waiter, subject, timeout):  # switches
                    return self.is_due()
                if not self.is_due():
                    self.append_waiter_first(waiter)
                    if timeout is not None:
                        timeout = deadline - loop.clock()
        finally:
            self.remove_node(waiter)
        return True

    def wait_abroad(self, subject: object, timeout: float | None) -> bool:
        """wait_until_due() in a thread that is not the owner's."""
        visitor = self.enter()
        deadline = 0.0 if timeout is None else monotonic() + timeout
        has_won = False
        try:
            while not self.is_due():
                if visitor.park(subject, timeout):  # switches
                    break
                if not self.is_due():
                    visitor.is_woken = False
                    if timeout is not None:
                        timeout = deadline - monotonic()
            has_won = self.is_due()
        finally:
            self.leave(visitor)
            if not has_won and self.is_due():
                self.wake_visitor()
        return has_won

    def resume_first(self) -> int:
        """In the owner's hub: switch to the first waiter, now (there are no links).

        Returns:
            0 in another thread's hub, which cannot switch there.
        """
        loop = self.loop
        if loop is None or not loop.is_current():
            return 0
        waiter: Waiter = self.first  # type: ignore[assignment]  # of an end
        self.remove_node(waiter)
        waiter.switch(None)  # switches
        return 1

    def enter(self) -> Visitor:
        """Queue a visitor behind the others."""
        visitor = make_visitor()
        if self.n_visitors == 0:
            self.visitors = deque()
        self.visitors.append(visitor)
        self.n_visitors += 1
        self.is_shared = True
        return visitor

    def leave(self, visitor: Visitor) -> int:
        """Take a visitor out."""
        self.visitors.remove(visitor)
        self.n_visitors -= 1
        return 0


def call_first_link(source: Owned) -> int:
    """Call the first link and take it out; its error is shown, as in a hub."""
    first: Link = source.first  # type: ignore[assignment]  # nobody waits
    source.remove_node(first)
    try:
        first.callback(source.link_argument())
    except Exception as error:  # a failing link must not stop others
        sys.excepthook(type(error), error, error.__traceback__)
    return 0
