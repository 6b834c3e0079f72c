# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Bare descriptors that one greenlet waits for together: select() and poll().

The kernel is asked with ``poll``, for all at once, before and after waiting: its
answer is the result, the loop only says when to ask again.

Invariants:

* POLL1  A wait names every number afresh to the loop and stops all watching, however it
  ends: between two waits a number may have become another file.
* POLL2  A set is among the close listeners exactly while a greenlet waits for it; who
  closes one of its numbers wakes it, from another thread through the loop's inbox.
* POLL3  The entry of a number that was closed meanwhile has its complement, and counts
  as POLLNVAL.

``found`` is ``noexcept``: it reads C fields and cannot raise.
"""

from libc.errno cimport EINTR, errno
from libc.stdlib cimport free, realloc

from gevent._native.library.backend cimport Backend, Record
from gevent._native.library.loop_ops cimport READ, WRITE
from gevent._native.library.polled_loop cimport PolledLoop
from gevent._native.io.socket.base cimport number_of
from gevent._native.io.fd_table cimport close_listeners
from gevent._native.scheduling.messages cimport post
from gevent._native.scheduling.scheduler cimport Scheduler, Waiter, Watcher

from functools import partial

cdef extern from "<poll.h>" nogil:
    enum:
        POLLIN
        POLLPRI
        POLLOUT
        POLLERR
        POLLHUP
        POLLNVAL

cdef extern from "Python.h":
    object PyErr_SetFromErrno(object kind)

cdef enum:
    # Watchers of several descriptors go before others, so that they see all.
    HIGHEST_PRIORITY = 2

# What a waiting select() takes for readable and for writable. A number that was closed
# meanwhile counts as both: the next call on it will tell.
READABLE = POLLIN | POLLHUP | POLLERR | POLLNVAL
WRITABLE = POLLOUT | POLLERR | POLLNVAL


cdef class PollSet(Watcher):
    """Descriptors and the events that somebody wants to know of.

    Thread safety:
        One thread at a time.
    """

    def __cinit__(self):
        self.level = HIGHEST_PRIORITY
        self.records = []

    def __dealloc__(self):
        free(self.entries)

    def __len__(self):
        return self.n_entries

    cdef int put(self, int fd, int events) except -1:
        """Append an entry."""
        cdef Py_ssize_t n_allocated = self.n_allocated * 2 or 16
        cdef pollfd* entries
        if self.n_entries == self.n_allocated:
            entries = <pollfd*>realloc(self.entries, n_allocated * sizeof(pollfd))
            if entries == NULL:
                raise MemoryError
            self.entries = entries
            self.n_allocated = n_allocated
        self.entries[self.n_entries].fd = fd
        self.entries[self.n_entries].events = events
        self.entries[self.n_entries].revents = 0
        self.n_entries += 1
        return 0

    def add_all(self, fileobjs, int events):
        """Append an entry for each object.

        Returns:
            The objects, as a list.

        Raises:
            TypeError: One is neither a number nor has it a ``fileno``.
            ValueError: A number is negative.
        """
        cdef list objects = []
        # Not a copy first: a fileno() may change the list, as the kernel's select
        # allows.
        for each in fileobjs:
            self.put(number_of(each), events)
            objects.append(each)
        return objects

    def add_masks(self, dict masks not None):
        """Append an entry for each item: number and events."""
        for fd, events in masks.items():
            self.put(fd, events)

    def look(self):
        """Ask the kernel now.

        Returns:
            For how many entries it has something to say.
        """
        cdef int n_ready
        while True:
            n_ready = c_poll(self.entries, self.n_entries, 0)
            if n_ready >= 0:
                return n_ready + self.n_closed
            if errno != EINTR:
                PyErr_SetFromErrno(OSError)

    def mark(self, int fd):
        """Count a descriptor that is asked for input as readable."""
        cdef Py_ssize_t i
        for i in range(self.n_entries):
            if self.entries[i].fd == fd and self.entries[i].events & POLLIN:
                self.entries[i].revents |= POLLIN

    def numbers(self):
        """Return the descriptors that are asked for input."""
        cdef Py_ssize_t i
        return [
            self.entries[i].fd
            for i in range(self.n_entries)
            if self.entries[i].events & POLLIN
        ]

    def has_invalid(self):
        """Whether a descriptor is not open."""
        cdef Py_ssize_t i
        for i in range(self.n_entries):
            if self.entries[i].revents & POLLNVAL:
                return True
        return False

    def ready_among(self, list objects not None, Py_ssize_t start, int mask):
        """Return those of *objects*, whose entries begin at *start*, that are ready."""
        cdef Py_ssize_t i
        cdef list ready = []
        if start < 0 or start + len(objects) > self.n_entries:
            raise IndexError("there are no such entries")
        for i in range(len(objects)):
            if self.found(start + i) & mask:
                ready.append(objects[i])
        return ready

    def results(self):
        """Return (number, events) of the entries with events."""
        cdef Py_ssize_t i
        cdef int fd
        cdef list found = []
        for i in range(self.n_entries):
            if self.found(i):
                fd = self.entries[i].fd
                found.append((fd if fd >= 0 else ~fd, self.found(i)))
        return found

    # -- waiting ------------------------------------------------------------------

    def wait(self, timeout):
        """Wait until some descriptor is ready.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            For how many entries the kernel has something to say; 0: the time passed.

        Blocking:
            Switches to the hub.
        Cancellation:
            Nothing stays registered.
        """
        cdef Scheduler loop = Scheduler.of_thread()
        cdef double deadline = -1.0
        cdef double left = -1.0
        cdef int n_ready
        if timeout is not None:
            left = timeout
            deadline = loop.clock() + left
        while True:
            if self.wait_once(loop, left):  # switches
                return 0
            n_ready = self.look()
            if n_ready:
                return n_ready
            # Woken, but somebody else took the input before our turn came. Wait on: an
            # empty answer would say that the time is over.
            if deadline >= 0.0:
                left = deadline - loop.clock()
                if left <= 0.0:
                    return 0

    cdef bint wait_once(self, Scheduler loop, double seconds) except -1:
        """Park until the loop or a close wakes us; True if the time passed."""
        cdef Waiter waiter = loop.new_waiter()
        cdef bint timed_out = False
        # An empty set waits for its time-out only; for ever, that is no reason to
        # keep the loop running.
        cdef bint is_counted = self.n_entries > 0
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
                timed_out = waiter.wait_until(self, seconds)  # switches
        finally:
            loop.references -= is_counted
            self.forget()
        return timed_out and self.fired_events == 0

    cdef int watch(self) except -1:
        """Register every number (POLL1)."""
        cdef Backend backend
        cdef Record record
        cdef Py_ssize_t i
        cdef int events
        if self.n_entries == 0:
            return 0
        backend = (<PolledLoop?>self.loop).backend_for(self.entries[0].fd)
        backend.own()
        for i in range(self.n_entries):
            events = 0
            if self.entries[i].fd < 0:
                continue
            if self.entries[i].events & (POLLIN | POLLPRI):
                events = READ
            if self.entries[i].events & POLLOUT:
                events |= WRITE
            if events == 0:
                continue
            record = backend.reuse_io(self, self.entries[i].fd, events)
            self.records.append(record)
            record.start()
        return 0

    cdef int forget(self) except -1:
        """End all registrations (POLL1, POLL2)."""
        cdef Record record
        if self in close_listeners:
            close_listeners.remove(self)
        self.waiter = None
        self.queued = 0
        for record in self.records:
            record.retire()
        self.records.clear()
        return 0

    cdef int drop_registrations(self) except -1:
        """End them so that a library forgets the numbers now: before one is closed."""
        cdef Record record
        for record in self.records:
            record.free()
        self.records.clear()
        return 0

    cdef int fire(self) except -1:
        """Nobody waits any more."""
        return 0

    cdef int expired(self) except -1:
        raise AssertionError("a set of descriptors has no timer")

    def closing(self, int fd):
        """A descriptor is being closed: wake who waits (POLL2); from any thread."""
        cdef Py_ssize_t i
        if self not in close_listeners:
            return  # told by another thread's message, and the wait was over before
        for i in range(self.n_entries):
            if self.entries[i].fd == fd:
                # The loop's thread may be in its poll, and the records are its own
                # (BACK2): it has to do this itself.
                if not self.loop.is_current():
                    self.tell_loop(fd)
                    return
                # The kernel leaves negative numbers out: this one may have another
                # file by the time it is asked (POLL3).
                self.entries[i].fd = ~fd
                self.n_closed += 1
                self.drop_registrations()
                self.fired(READ)

    cdef int tell_loop(self, int fd) except -1:
        """closing(), later, in the thread of the loop."""
        post(self.loop, partial(self.closing, fd))
        return 0

    cdef int found(self, Py_ssize_t i) noexcept:
        """What is known of an entry (POLL3)."""
        return POLLNVAL if self.entries[i].fd < 0 else self.entries[i].revents
