# cython: language_level=3, annotation_typing=False, binding=True
"""A gate at which one native thread waits until another opens it.

A lock of the system's, with one thing a plain lock cannot do: wake a loop *after* the
GIL is given up. Done before, the loop's thread would wake only to wait for the GIL, and
each of the two would be put to sleep and woken once more than the work needs.

Invariants:

* G1  The lock is taken whenever nobody has opened the gate: ``open`` frees it, once per
  ``wait``, and ``wait`` leaves it taken unless it returns False.
  What opens it may be put off: B8 in ``backend.pyx``.
* G2  What ``wait`` uses without the GIL is counted in ``Backend.n_wakers`` while it does.
"""

from cpython.pythread cimport (
    PyThread_allocate_lock,
    PyThread_free_lock,
    PyThread_release_lock,
)

from gevent._native.library.backend cimport (
    Backend,
    gevent_spin_begin,
    gevent_spin_end,
    gevent_spin_on,
)

cdef extern from "interpreter/thread_end.h":
    void gevent_stop_if_finalizing() noexcept nogil

# Seconds; what a lock takes has a limit, and nobody notices this one.
cdef double LONGEST_WAIT = 1e9


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

    cpdef int open_at_poll(self, Backend backend) except -1:
        """open(), when the caller's loop has given up the GIL in its next poll.

        The thread that waits would wake before that only to wait for the GIL.
        """
        return backend.open_at_poll(self, self.lock)

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
