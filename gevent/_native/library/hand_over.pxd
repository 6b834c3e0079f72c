"""Handing tasks and results over: see ``hand_over.pyx``."""

from cpython.pythread cimport PyThread_type_lock

from gevent._native.library.backend cimport Backend
from gevent._native.scheduling.scheduler cimport Scheduler

cdef extern from "library/spin.h" nogil:
    ctypedef struct gevent_spin:
        pass
    bint gevent_spin_begin(gevent_spin* spin) noexcept
    bint gevent_spin_on(gevent_spin* spin) noexcept
    void gevent_spin_end(gevent_spin* spin, bint was_worth_it) noexcept

cdef extern from "pythread.h" nogil:
    ctypedef enum PyLockStatus:
        PY_LOCK_FAILURE
        PY_LOCK_ACQUIRED
    PyLockStatus PyThread_acquire_lock_timed(
        PyThread_type_lock lock, long long microseconds, int is_interruptible
    )


cpdef int open_due(Backend backend) except -1


cdef class Gate:
    cdef PyThread_type_lock lock    # taken while the gate is closed
    cdef gevent_spin spin           # of the thread that waits

    cdef PyLockStatus take_soon(self) noexcept nogil

    cpdef int open(self) except -1
    cpdef int open_at_poll(self, Scheduler loop, Backend backend) except -1
    cpdef bint wait(self, double timeout, Backend asleep) except? -1
