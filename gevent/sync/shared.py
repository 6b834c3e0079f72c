"""What objects share that belong to one thread's loop and serve other threads too.

Home of :class:`Shared`, the base of events, locks and queue ends.

Invariants:

* SHARE1  ``loop`` is the owner: all waiters in the list of links are its. It is set by
  the first thread with a loop that waits or links, and changes only while nobody of
  it waits and no notification is queued. Claiming and linking is one step.
* SHARE2  A thread that is not the owner's, or has no loop, waits as a
  :class:`ForeignWaiter`. Whenever ``is_due()`` becomes true, the first waiter at home
  and the first foreign one are told; being told carries nothing, so both look again,
  and who lost returns to the head of the queue. A foreign waiter that leaves without
  having taken what it was told of tells the next one.
* SHARE3  Who waits is linked before it looks a last time; who makes the object due
  changes the state before it looks who is linked. So one of the two sees the other.
* SHARE4  A message to the owner's loop is on its way exactly while ``is_posted``.

Threads: a *step* is what compiled code does without running Python code: no call of
a Python function, no allocation that the collector may use, no reference dropped
that may be the last. The GIL orders steps, and they are all that it is asked for.

===============  ==================================  ================================
field            written by                          read by
===============  ==================================  ================================
loop             any thread, one step (SHARE1)       any; None or closing: claim anew
links (list)     the owner (waiters), any (links)    the owner; any: "is it empty?"
foreign_waiters  the foreign waiter; who tells it    any thread
batch            any: only grows                     the owner
queued           the owner                           any: "is one queued?"
is_posted        any, with its message; the owner    any thread
the state        any, in one step with its test      any thread
===============  ==================================  ================================

Finalizers, weakref callbacks and signal handlers run between steps, like another
thread; that they run in the middle of an operation of their own thread changes
nothing. Nobody holds anything meanwhile.
"""

from __future__ import annotations

import sys
from time import monotonic

from gevent._base.checking import TYPE_CHECKING
from gevent._base.native_threads import make_native_lock
from gevent._hub.other_threads import ACTS, BlockedThread
from gevent._hub.timeout import Timeout, start_given, stop_given
from gevent._native.library.backend import is_main_thread
from gevent._native.scheduling.messages import post
from gevent._native.scheduling.scheduler import (
    Link,
    Linkable,
    Scheduler,
    Waiter,
    as_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._base.native_threads import NativeLock

# Seconds; a longer native wait is made of several.
LONGEST_NATIVE_WAIT = 3600.0


class ForeignWaiter(Waiter):
    """A wait of a thread that does not own the object; see SHARE2.

    Its thread creates and parks it; any thread wakes it. It is linked exactly while
    it has not been told. Without a loop it waits for a native lock, and blocks its
    whole thread, which has nothing else to run.
    """

    lock: NativeLock | None
    is_told: bool

    def prepare(self, loop: Scheduler | None) -> int:
        """Be ready to wait in *loop*; None: in a thread that has none."""
        if loop is not None:
            self.loop = loop
            return 0
        self.lock = make_native_lock()
        self.lock.acquire()
        return 0

    def park(self, subject: object, timeout: float | Timeout | None) -> int:
        """Wait until woken. 1 if the time passed before."""
        if self.lock is None:
            return self.wait_optional(subject, timeout)  # switches
        if isinstance(timeout, Timeout):
            # It expires in another thread, if ever.
            timeout = timeout.seconds
        if timeout is not None:
            return park_thread(self.lock, timeout)
        with BlockedThread(self.n_waits):
            return park_thread(self.lock, None)

    def n_waits(self) -> int:
        """Whether it has been told, in the words of ``gevent._hub.other_threads``."""
        return ACTS if self.is_told else 0

    def wake(self) -> bool:
        """Let it look again; from any thread, once per park. False: it is gone."""
        # Before it can go on. If it loses, it resets this and waits again; set after
        # that, it would say of the second wait that it was told.
        self.is_told = True
        if self.lock is not None:
            self.lock.release()
        elif self.loop.is_current():
            self.loop.queue_waiter(self)
        else:
            return post(self.loop, self._arrive)
        return True

    def _arrive(self) -> None:
        """In its own loop: wake the greenlet, unless it has gone."""
        self.loop.queue_waiter(self)


def park_thread(lock: NativeLock, timeout: float | None) -> int:
    """Take a native lock. 1 if the time passed before."""
    if timeout is None:
        while not lock.acquire(True, LONGEST_NATIVE_WAIT):
            pass
        return 0
    deadline = monotonic() + timeout
    while True:
        remaining = max(0.0, deadline - monotonic())
        if lock.acquire(True, min(remaining, LONGEST_NATIVE_WAIT)):
            return 0
        if remaining <= LONGEST_NATIVE_WAIT:
            return 1


class Shared(Linkable):
    """A linkable that is woken through the loop of the thread that first waited.

    Subclasses override ``is_due``.
    """

    foreign_waiters: Linkable | None
    is_posted: bool

    @property
    def hub(self) -> object:
        """The hub of the owning thread, or None while nobody waited."""
        return None if self.loop is None else self.loop.hub

    def linkcount(self) -> int:
        """Return how many wait or are linked, of the owning thread."""
        return self.n_links

    def _notify_links(self) -> None:
        """In the owner's loop, for another thread: see ``announce``."""
        # First: what changes from here on sends a message of its own. Reset at the end,
        # a change of another thread in between would rely on this message, which has
        # looked already.
        self.is_posted = False
        self.announce_at_home()

    def _at_fork_reinit(self) -> None:
        """In a forked child: forget the threads that are gone, and their waits.

        The greenlets of the thread that forked go on there, so their waits stay.
        """
        self.keep_survivors()
        if self.is_due() and self.has_listener():
            self.announce()

    # -- who owns it --------------------------------------------------------------

    def claim(self, loop: Scheduler) -> bool:
        """Return whether *loop*, the caller's, owns this, after trying to (SHARE1).

        Nothing runs between the last look at the owner and the return: the caller links
        itself in the same step. So the owner is in no variable here. That could hold
        the last reference to a loop, whose end runs finalizers, and meanwhile another
        thread would find nobody linked and become the owner.
        """
        while self.loop is not loop:
            if self.loop is None:
                self.loop = loop
            elif self.has_dead_owner():
                self.leave_owner()
            else:
                return False
        return True

    def leave_owner(self) -> int:
        """Forget an owner whose thread has ended, and with it whoever waited there."""
        if self.has_dead_owner():
            gone: list[object] = []
            # Looked at again: making that may have run anything.
            if self.has_dead_owner():
                self.disown(gone)
        return 0

    def has_dead_owner(self) -> bool:
        """Whether there is an owner whose loop is destroyed."""
        return self.loop is not None and self.loop.closing

    def disown(self, gone: list[object]) -> int:
        """Forget the owner, its waiters and the queued notification; keep links.

        One step: what is forgotten is kept in *gone*, for the caller to drop. Dropped
        here, it could run finalizers; who claims this in there, and waits, would be
        thrown out with the rest of the old owner's waiters.
        """
        gone.append(self.loop)
        self.loop = None
        self.queued = 0
        self.is_posted = False
        node = self.first
        while node is not None:
            following = node.following
            if not isinstance(node, Link):
                gone.append(node)
                self.remove_node(node)
            node = following
        return 0

    def keep_survivors(self) -> int:
        """In a forked child: forget who waits in other threads than this one."""
        gone: list[object] = []
        loop = Scheduler.of_thread_or_none()
        is_home = loop is not None and self.loop is loop
        if not is_home or (self.first is None and self.queued == 0):
            self.disown(gone)
        # The thread that has set this may be gone before it could send the message.
        self.is_posted = False
        node = None if self.foreign_waiters is None else self.foreign_waiters.first
        while node is not None:
            foreign: ForeignWaiter = node  # type: ignore[assignment]  # none else
            node = node.following
            if foreign.lock is not None or foreign.loop is not loop:
                gone.append(foreign)
                self.leave(foreign)
        return 0

    @staticmethod
    def is_in_hub() -> bool:
        """Whether the current greenlet is the hub, which may not wait."""
        loop = Scheduler.of_thread_or_none()
        return loop is not None and loop.hub is Scheduler.greenlet_now()

    @staticmethod
    def waiting_loop() -> Scheduler | None:
        """Return the loop that the calling thread waits in, or None.

        Only the main thread gets one for that: elsewhere, without a loop there are
        no greenlets that could run meanwhile.
        """
        loop = Scheduler.of_thread_or_none()
        if loop is None and is_main_thread():
            return Scheduler.of_thread()
        return loop

    # -- telling -------------------------------------------------------------------

    def has_listener(self) -> bool:
        """Whether anybody waits, has not been told, or is linked."""
        return self.first is not None or self.has_foreign_waiter()

    def has_foreign_waiter(self) -> bool:
        """Whether a foreign waiter waits that has not been told."""
        waiters = self.foreign_waiters
        return waiters is not None and waiters.first is not None

    def announce(self) -> int:
        """Tell waiters and links that this became due; from any thread."""
        self.wake_foreign()
        return self.announce_at_home()

    def announce_at_home(self) -> int:
        """Tell the owner's waiters, and the links, through its loop."""
        mine = Scheduler.of_thread_or_none()
        self.leave_owner()
        while self.first is not None:
            if mine is not None and self.claim(mine):
                return self.notify()  # in the same step, as the owner
            loop = self.loop
            if loop is not None and not loop.closing:
                return self.post_announcement(loop)
            self.leave_owner()
            if mine is None and self.loop is None:
                return self.call_links()
        return 0

    def post_announcement(self, loop: Scheduler) -> int:
        """Let the owner's loop do it (SHARE4)."""
        is_sent = False
        if not self.is_posted:
            # Before: the owner may have read the message, and reset this, before post()
            # returns. Set after that, it would stay, and nobody would send another.
            self.is_posted = True
            try:
                is_sent = post(loop, self._notify_links)
            finally:
                if not is_sent:
                    self.is_posted = False
        return 0

    def call_links(self) -> int:
        """Call the links at once: there is no hub that could."""
        while self.due_node() is not None:
            call_first_link(self)
        return 0

    def wake_foreign(self) -> int:
        """Tell the first foreign waiter not told yet and still there (SHARE2)."""
        while self.has_foreign_waiter():
            foreign: ForeignWaiter = self.foreign_waiters.first  # type: ignore[union-attr, assignment]  # has_foreign_waiter()
            self.leave(foreign)
            if foreign.wake():
                break
        return 0

    def wake_next_foreign(self) -> int:
        """Pass on what the caller was told of and has left."""
        if self.has_foreign_waiter() and self.is_due():
            self.wake_foreign()
        return 0

    def wake_all_foreign(self) -> int:
        """Tell every foreign waiter that waits now."""
        waiters = self.foreign_waiters
        if waiters is not None:
            last = waiters.places
            while waiters.first is not None and waiters.first.place <= last:
                self.wake_foreign()
        return 0

    def link(self, callback: Callable[..., object]) -> int:
        """Add a link, and see that it is called if this is due already."""
        self.add_link(callback)  # before the looks at is_due() (SHARE3)
        loop = Scheduler.of_thread_or_none()
        if loop is None and self.loop is None and self.is_due():
            # Links are called in a hub.
            loop = Scheduler.of_thread()
        if loop is not None:
            self.claim(loop)
        if self.is_due():
            self.announce_link()
        return 0

    def announce_link(self) -> int:
        """A link came when this was due already."""
        return self.announce_at_home()

    # -- waiting --------------------------------------------------------------------

    def wait_until_due(self, subject: object, timeout: float | Timeout | None) -> bool:
        """Wait until ``is_due()``, in turn; False if the time passed.

        The caller then acts on it before it switches: in the same step.
        """
        if timeout is not None:
            if isinstance(timeout, BaseException):
                return self.wait_under(subject, timeout)
            timeout = as_seconds(timeout)
        if Scheduler.is_ending():
            return False  # a finalizer at exit; nobody is left who could make it due
        loop = Shared.waiting_loop()
        if loop is not None:
            # Made before, because that may run finalizers. From the claim until the
            # waiter is linked nothing may: another thread would find that nobody waits
            # here, and take the object over (SHARE1).
            waiter = loop.new_waiter()
            if self.claim(loop):
                self.append_node(waiter)
                return self.wait_at_home(waiter, subject, timeout)
        return self.wait_abroad(loop, subject, timeout)

    def wait_under(self, subject: object, timeout: Timeout) -> bool:
        """wait_until_due() under a Timeout object; False if that one fired."""
        start_given(timeout)
        try:
            return self.wait_until_due(subject, None)  # switches
        except BaseException as error:
            if error is timeout:
                return self.is_due()
            raise
        finally:
            # Not cancel(), which may be Python code. The caller acts on what is_due()
            # has just said: the next thread, let in here, could take the unit before.
            stop_given(timeout)

    def wait_at_home(
        self, waiter: Waiter, subject: object, timeout: float | None
    ) -> bool:
        """wait_until_due() in the owner's thread; *waiter* is linked."""
        loop = waiter.loop
        deadline = 0.0 if timeout is None else loop.clock() + timeout
        try:
            while not self.is_due():
                if waiter.wait_optional(subject, timeout):  # switches
                    return self.is_due()
                if not self.is_due():
                    self.append_waiter_first(waiter)
                    if timeout is not None:
                        timeout = deadline - loop.clock()
        finally:
            self.remove_node(waiter)
        return True

    def wait_abroad(
        self, loop: Scheduler | None, subject: object, timeout: float | None
    ) -> bool:
        """wait_until_due() in a thread that is not the owner's."""
        # Linked first, then the look (SHARE3). With the look first, another thread
        # could set the event in between: it would find nobody linked, tell nobody,
        # and we would wait for what has come already.
        foreign = self.enter(loop)
        deadline = 0.0 if timeout is None else monotonic() + timeout
        has_won = False
        try:
            while not self.is_due():
                if foreign.park(subject, timeout):  # switches
                    break
                if not self.is_due():
                    self.enter_again(foreign)
                    if timeout is not None:
                        timeout = deadline - monotonic()
            has_won = self.is_due()
        finally:
            self.leave(foreign)
            # Told, but interrupted by a kill or too late by a time-out: the unit that
            # we were told of is still there, and the next one has not been told.
            if not has_won:
                self.wake_next_foreign()
        return has_won

    def enter(self, loop: Scheduler | None) -> ForeignWaiter:
        """Queue a foreign waiter behind the others."""
        foreign = ForeignWaiter.__new__(ForeignWaiter)
        foreign.prepare(loop)
        # Made before the look: that may run a finalizer which waits here, too, and
        # whose list ours would replace.
        waiters = Linkable.__new__(Linkable)
        if self.foreign_waiters is None:
            self.foreign_waiters = waiters
        self.foreign_waiters.append_node(foreign)
        return foreign

    def enter_again(self, foreign: ForeignWaiter) -> int:
        """Put a foreign waiter that was told, and lost, back to the head."""
        foreign.is_told = False
        return self.foreign_waiters.append_waiter_first(foreign)  # type: ignore[union-attr]  # enter() made it

    def leave(self, foreign: ForeignWaiter) -> int:
        """Take a foreign waiter out, whether it was told or not."""
        return self.foreign_waiters.remove_node(foreign)  # type: ignore[union-attr]  # enter() made it

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


def call_first_link(source: Shared) -> int:
    """Call the first link and take it out; its error is shown, as in a hub."""
    first: Link = source.first  # type: ignore[assignment]  # nobody waits
    source.remove_node(first)
    try:
        first.callback(source.link_argument())
    except Exception as error:  # a failing link must not stop others
        sys.excepthook(type(error), error, error.__traceback__)
    return 0


def let_others_run() -> int:
    """Yield once, where there are others: not in the hub, nor without one."""
    loop = Scheduler.of_thread_or_none()
    if loop is not None and not Shared.is_in_hub():
        loop.yield_once()  # switches
    return 0
