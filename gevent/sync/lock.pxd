"""Semaphores and the reentrant lock: native fields."""

from gevent._native.scheduling.scheduler cimport Scheduler
from gevent.sync.shared cimport Shared


cdef class Semaphore(Shared):
    cdef Py_ssize_t units           # what is free; written by any thread (SHARE2)

    cdef bint is_due(self)
    cdef bint take_later(self, object timeout) except -1
    cpdef Py_ssize_t release(self) except? -1


cdef object take_back(Shared lock)


cdef class BoundedSemaphore(Semaphore):
    cdef Py_ssize_t initial         # what units may not exceed

    cpdef Py_ssize_t release(self) except? -1


cdef class ReentrantLock(Shared):
    cdef Py_ssize_t depth           # how often the owner holds it; 0: it is free
    cdef object owner               # the greenlet; None while it is free
    # Greenlets that held it when the process was forked, and how often, by their id;
    # None in all but children
    cdef dict held_before_fork

    cdef bint is_due(self)
    cdef int take(self, object me) except -1
    cdef bint take_later(self, object me, object timeout) except -1
    cdef int give_back(self) except -1
    cdef int release_from_before_fork(self, object me) except -1
    cpdef release(self)
