"""A gate between native threads: native fields."""

from cpython.pythread cimport PyThread_type_lock

from gevent._native.library.backend cimport Backend, gevent_spin

cdef extern from "pythread.h" nogil:
    ctypedef enum PyLockStatus:
        PY_LOCK_FAILURE
        PY_LOCK_ACQUIRED
    PyLockStatus PyThread_acquire_lock_timed(
        PyThread_type_lock lock, long long microseconds, int is_interruptible
    )


cdef class Gate:
    cdef PyThread_type_lock lock    # taken while the gate is closed
    cdef gevent_spin spin           # of the thread that waits

    cdef PyLockStatus take_soon(self) noexcept nogil

    cpdef int open(self) except -1
    cpdef int open_at_poll(self, Backend backend) except -1
    cpdef bint wait(self, double timeout, Backend asleep) except? -1
