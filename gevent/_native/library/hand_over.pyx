# cython: language_level=3, annotation_typing=False, binding=True
"""How tasks are handed to the workers of a thread pool, and results to the loop.

A :class:`Gate` is where one native thread waits until another opens it. It can do two
things that a plain lock cannot: be opened by the loop's next poll (``hand_over.h`` says
why and how), and wake a loop *after* the GIL is given up. Done before, the loop's thread
would wake only to wait for the GIL.

Invariants:

* GATE1  The lock is free from ``open`` until the ``wait`` that this ends, and taken
  otherwise. There is one ``open`` for each ``wait``.
* GATE2  ``wait`` wakes a loop without the GIL. ``Backend.n_wakers`` counts it from before
  the GIL is given up until that is done, so that the loop is not closed under it.
"""

from cpython.pythread cimport (
    PyThread_allocate_lock,
    PyThread_free_lock,
    PyThread_release_lock,
)

from gevent._native.library.backend cimport Backend, gevent_open_due, gevent_put_off
from gevent._native.scheduling.scheduler cimport Scheduler

cdef extern from "interpreter/thread_end.h":
    void gevent_stop_if_finalizing() noexcept nogil

# Seconds; what a lock takes has a limit, and nobody notices this one.
cdef double LONGEST_WAIT = 1e9


cpdef int open_due(Backend backend) except -1:
    """Open now what :meth:`Gate.open_at_poll` put off, if anything; from any thread."""
    if backend is not None:
        gevent_open_due(&backend.gil.hand_over)
    return 0


cdef class Gate:
    """Closed at first.

    Threads: one thread waits; any other may open, once per wait.
    """

    def __cinit__(self):
        self.lock = PyThread_allocate_lock()
        if self.lock == NULL:
            raise MemoryError
        PyThread_acquire_lock_timed(self.lock, -1, 0)

    def __dealloc__(self):
        if self.lock != NULL:
            PyThread_free_lock(self.lock)

    cpdef int open(self) except -1:
        """Let the thread that waits, or will wait, go on."""
        PyThread_release_lock(self.lock)
        return 0

    cpdef int open_at_poll(self, Scheduler loop, Backend backend) except -1:
        """Have it opened as soon as a loop needs the GIL no more.

        At once, if others are to run before that.

        Args:
            loop: The loop of the calling thread.
            backend: Its backend; None: it has none yet.
        """
        if backend is None or not loop.polls_next():
            return self.open()
        gevent_put_off(&backend.gil.hand_over, self.lock)
        # Kept alive, because its thread may end before the poll frees the lock. Not
        # replaced before this line: the gate that was kept until now may have been the
        # one that was due, which the line above has opened.
        backend.due_gate = self
        return 0

    cdef PyLockStatus take_soon(self) noexcept nogil:
        """Take the lock if it is freed within a moment."""
        cdef PyLockStatus status = PY_LOCK_FAILURE
        if not gevent_spin_begin(&self.spin):
            return status
        while status != PY_LOCK_ACQUIRED and gevent_spin_on(&self.spin):
            status = PyThread_acquire_lock_timed(self.lock, 0, 0)
        gevent_spin_end(&self.spin, status == PY_LOCK_ACQUIRED)
        return status

    cpdef bint wait(self, double timeout, Backend asleep) except? -1:
        """Wait until the gate is opened, and close it again.

        Args:
            timeout: Seconds; negative: for ever.
            asleep: A loop to wake before that, or None.

        Returns:
            Whether it was opened in time.
        """
        cdef long long microseconds = -1
        cdef PyLockStatus status
        # Lent with the GIL, woken without it. Woken before, the loop's thread would only
        # fall asleep again, waiting for the GIL.
        cdef bint wakes = asleep is not None and asleep.lend()
        if timeout >= 0:
            microseconds = <long long>(min(timeout, LONGEST_WAIT) * 1e6)
        with nogil:
            if wakes:
                asleep.wake_lent()
            status = self.take_soon()
            if status != PY_LOCK_ACQUIRED:
                status = PyThread_acquire_lock_timed(self.lock, microseconds, 0)
            gevent_stop_if_finalizing()
        return status == PY_LOCK_ACQUIRED
