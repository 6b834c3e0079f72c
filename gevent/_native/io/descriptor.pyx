# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Descriptors: waiting until one is ready, with a time-out, and forgetting it.

A call tries first; when the kernel has nothing for it, the greenlet parks on the
watch of its direction and tries again.

Invariants:

* FD1  ``fd`` is ours while it is not negative. Whoever ends that (``let_go``)
  raises ``generation``, frees both watches and queues an error for their
  waiters first, so that nothing of the loop knows the number when it is free.
  When somebody else ended it, :func:`claim` and :func:`closing` tell
  (``fd_table.pyx``, FDT1): a descriptor is an owner there while ``fd`` is its own.
  A call that was parked compares the generation before it touches ``fd``.
* FD2  A watch is active exactly while one greenlet waits for it: it is started
  before the park and stopped after it, whatever ended the wait. (libev merges
  a stop and a start between two polls, so this costs no system call.)
* FD6  The time-out of a call covers all its waits. Its deadline is a local of the
  call, fixed at its first wait. Pointers to it go to callees only, so they are
  used on its own stack.

The calls stand in classes built on this one: those on files in ``files.pyx``, those on
sockets in one module per subject, each the base of the next. Opening and closing:
``socket/base.pyx`` (FD3); ``socket/send.pyx``; ``socket/receive.pyx`` (FD4, FD5);
``connect.pyx``.
"""

cimport cython
from cpython.exc cimport PyErr_SetFromErrno
from cpython.object cimport PyObject
from cpython.pythread cimport PyThread_get_thread_ident
from libc.errno cimport EBADF
from libc.math cimport isnan

from gevent._native.io.fd_table cimport drop_owner
from gevent._native.library.backend cimport Backend
from gevent._native.library.loop_ops cimport READ, WRITE
from gevent._native.library.polled_loop cimport PolledLoop
from gevent._native.scheduling.scheduler cimport Scheduler, Waiter, Watcher

import os

from gevent._base.exceptions import ConcurrentObjectUseError

cdef enum:
    # More steps than the scheduler does between two polls.
    TURN_IS_OVER = 1 << 20


class cancel_wait_ex(OSError):  # noqa: N801 - the name is public API
    """What a greenlet gets whose descriptor was closed while it waited."""

    def __init__(self):
        OSError.__init__(self, EBADF, "File descriptor was closed in another greenlet")


cdef int raise_errno() except -1:
    PyErr_SetFromErrno(OSError)
    return -1


cdef int raise_code(int code) except -1:
    raise OSError(code, os.strerror(code))


cdef int raise_timeout() except -1:
    raise TimeoutError("timed out")


cdef bint give_way(Scheduler loop) except -1:
    """Let the loop poll, and others run, if it has not polled for long.

    For calls that take input, before they take it: then it is still there when the
    greenlet is killed meanwhile. Never in the hub itself.

    Returns:
        Whether it did; then all may have changed.
    """
    if not loop.is_overdue() or Scheduler.greenlet_now() is loop.hub:
        return False
    loop.steps = TURN_IS_OVER
    loop.yield_once()  # switches
    return True


cdef extern from "interpreter/thread_end.h":
    bint gevent_is_finalizing() noexcept

cdef extern from "<poll.h>" nogil:
    short POLLIN
    short POLLOUT
    struct pollfd:
        int fd
        short events
        short revents
    int poll(pollfd* fds, unsigned long count, int milliseconds)


cdef int wait_natively(Scheduler loop, int fd, int events, double seconds) except -1:
    """wait_ready() in a finalizer at exit, where the hub runs no more: block."""
    cdef double deadline = loop.clock() + seconds
    cdef pollfd entry
    cdef int left, n_ready = 0
    entry.fd = fd
    entry.events = POLLIN if events == READ else POLLOUT
    entry.revents = 0
    while n_ready <= 0:
        seconds = deadline - loop.clock()
        if seconds <= 0.0:
            return 1
        left = <int>(min(seconds, 3600.0) * 1000.0) + 1
        with nogil:
            n_ready = poll(&entry, 1, left)  # a signal interrupts it: again
    return 0


@cython.final  # nobody extends it, so what a wait calls of it is no indirect call
cdef class Watch(Watcher):
    """Readiness of one direction of a :class:`Descriptor`."""

    cdef int count(self, bint wanted) except -1:
        """Bring the loop's count of references up to date."""
        if wanted != self.is_counted:
            self.is_counted = wanted
            self.loop.references += 1 if wanted else -1
        return 0

    cdef int forget(self) except -1:
        """Nobody waits any more."""
        self.waiter = None
        self.queued = 0
        return self.count(False)

    cdef int release(self) except -1:
        """End the wait, however it ended (FD2)."""
        self.forget()
        return self.record.stop()

    cdef int cancel(self, object error) except -1:
        """Raise *error* in the greenlet that waits, in its turn; from any thread."""
        cdef Waiter waiter = self.waiter
        cdef Backend backend = self.record.backend
        if waiter is None:
            return 0
        if backend.thread_ident == PyThread_get_thread_ident():
            self.release()
            return waiter.fail_later(error)
        # The loop's thread may be in its poll, and the library is that one's alone
        # (BACK2). So only the wait is ended here; the registration ends when the
        # greenlet goes on or the descriptor fires. The loop is woken last: once awake,
        # it must find the greenlet queued, or it would sleep again.
        self.forget()
        waiter.fail_later(error)
        backend.wakeup()
        return 0

    cdef int end(self, object error) except -1:
        """The loop forgets the number; *error* is a class, for who waits."""
        # When the interpreter ends, the name of the class may be gone.
        if self.waiter is not None and error is not None:
            self.cancel(error())
        return self.record.free()

    cdef int fire(self) except -1:
        """Nobody waits any more."""
        return self.release()

    cdef int expired(self) except -1:
        raise AssertionError("a watch of a descriptor has no timer")


cdef class Descriptor:
    """A descriptor with a generation, and a watch for each direction.

    Threads: one at a time. The watches move to the loop of the thread that waits.
    """

    def __cinit__(self):
        self.fd = -1
        self.seconds = -1.0
        self.is_ref = True

    @property
    def ref(self):
        """Whether waiting for this descriptor keeps the loop running."""
        return self.is_ref

    @ref.setter
    def ref(self, value):
        self.is_ref = bool(value)
        for each in (self.reader, self.writer):
            if each is not None and (<Watch>each).waiter is not None:
                (<Watch>each).count(self.is_ref)

    @property
    def timeout(self):
        """Seconds that each call may wait; None: for ever; 0.0: it does not wait."""
        return self.given_timeout

    @timeout.setter
    def timeout(self, value):
        self.settimeout(value)

    def gettimeout(self):
        """Return the time-out in seconds, or None."""
        return self.given_timeout

    def settimeout(self, howlong):
        """Set for how long each call may wait.

        Args:
            howlong: Seconds; None: for ever; 0: calls do not wait.

        Raises:
            TypeError: It is no number.
            ValueError: It is negative or NaN.
        """
        cdef double seconds
        if howlong is None:
            self.seconds = -1.0
            self.given_timeout = None
            return
        if not hasattr(howlong, "__float__"):
            raise TypeError("a float is required", howlong, type(howlong))
        seconds = float(howlong)
        if isnan(seconds):
            raise ValueError("Invalid value NaN (not a number)")
        if seconds < 0.0:
            raise ValueError("Timeout value out of range")
        self.seconds = seconds
        self.given_timeout = seconds

    def wait_readable(self, timeout=None):
        """Wait until a read would not block.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            Whether that was so in time.

        Raises:
            OSError: The descriptor is closed, or was closed meanwhile.
            ConcurrentObjectUseError: Another greenlet waits for it.

        Blocking:
            Switches to the hub.
        Cancellation:
            Nothing stays behind.
        Thread safety:
            One thread at a time.
        """
        return not self.wait_ready(READ, -1.0 if timeout is None else timeout)

    def wait_writable(self, timeout=None):
        """Wait until a write would not block; see :meth:`wait_readable`.

        Blocking:
            Switches to the hub.
        """
        return not self.wait_ready(WRITE, -1.0 if timeout is None else timeout)

    cdef int demand_open(self) except -1:
        if self.fd < 0:
            raise_code(EBADF)
        return 0

    cdef Watch watch_of(self, Scheduler loop, int events):
        """The watch of a direction on *loop*; an idle one of another is dropped."""
        cdef Watch watch = self.reader if events == READ else self.writer
        cdef Backend backend
        if watch is not None:
            if watch.waiter is not None:
                raise ConcurrentObjectUseError(
                    "This socket is already used by another greenlet: "
                    f"{watch.waiter!r}"
                )
            if watch.loop is loop:
                return watch
        backend = (<PolledLoop?>loop).backend_for(self.fd)
        backend.own()
        watch = Watch.__new__(Watch)
        watch.loop = loop
        watch.record = backend.adopt(
            watch, backend.ops.io_new(backend.state, self.fd, events)
        )
        if events == READ:
            self.reader = watch
        else:
            self.writer = watch
        return watch

    cdef int wait_ready(self, int events, double seconds) except -1:
        """Park until a direction is ready. 1 if *seconds* (not negative) passed."""
        cdef Scheduler loop
        cdef Watch watch
        cdef Waiter waiter
        cdef unsigned int generation = self.generation
        cdef int timed_out
        self.demand_open()
        loop = Scheduler.of_thread()
        if seconds >= 0.0 and gevent_is_finalizing():
            return wait_natively(loop, self.fd, events, seconds)
        watch = self.watch_of(loop, events)
        waiter = loop.new_waiter()
        watch.fired_events = 0
        watch.record.start()
        watch.waiter = waiter
        watch.count(self.is_ref)
        try:
            if seconds < 0.0:
                timed_out = waiter.wait(self)  # switches
            else:
                timed_out = waiter.wait_until(self, seconds)  # switches
        finally:
            # Meanwhile the descriptor may have been closed, and the watch freed with
            # it (another generation). Or somebody shut it down, which ends our wait at
            # once, and another greenlet waits on the same watch before we go on:
            # released here, it would never be woken.
            if generation == self.generation and (
                watch.waiter is None or watch.waiter is waiter
            ):
                watch.release()
        if generation != self.generation:
            raise cancel_wait_ex()
        # Timer and descriptor may have fired in the same poll: then it is ready.
        return timed_out and watch.fired_events == 0

    cdef int wait_or_fail(self, int events) except -1:
        """wait_ready() with the time-out of the descriptor; an error when it passed."""
        if self.wait_ready(events, self.seconds):
            raise_timeout()
        return 0

    cdef double time_left(self, double* deadline) except? -2:
        """How long a call may go on; negative: for ever (FD6).

        Args:
            deadline: Of the call; negative before its first wait.
        """
        cdef Scheduler loop
        cdef double now
        if self.seconds < 0.0:
            return -1.0
        loop = Scheduler.of_thread()
        now = loop.clock()
        if deadline[0] < 0.0:
            deadline[0] = now + self.seconds
        if deadline[0] <= now:
            raise_timeout()
        return deadline[0] - now

    cdef int wait_until(self, int events, double* deadline) except -1:
        """wait_or_fail() in a call that may wait several times (FD6)."""
        cdef double seconds = -1.0
        if self.seconds >= 0.0:
            seconds = self.time_left(deadline)
        if self.wait_ready(events, seconds):  # switches
            raise_timeout()
        return 0

    cdef int let_go(self, object error) except -1:
        """Forget ``fd`` (FD1); the caller closes it. *error*: a class, for who waits."""
        # All of this before the close. As soon as the number is free, another thread
        # may be given it for another file: a registration that is left would watch that
        # one for us, and a parked call would go on and read from it.
        drop_owner(self.fd, <PyObject*>self)
        self._last_fd = self.fd
        self.fd = -1
        return self.end_waits(error)

    cdef int end_waits(self, object error) except -1:
        """Raise *error*, a class, where somebody waits; the loop forgets the number."""
        self.generation += 1
        if self.reader is not None:
            self.reader.end(error)
            self.reader = None
        if self.writer is not None:
            self.writer.end(error)
            self.writer = None
        return 0
