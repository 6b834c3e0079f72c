"""Descriptors and waiting for them: see ``descriptor.pyx``."""

from gevent._native.library.backend cimport Record
from gevent._native.scheduling.scheduler cimport Scheduler, Watcher

cdef enum:
    # Calls that take input, between two looks at whether the loop should poll.
    FAIRNESS_MASK = 15


cdef class Watch(Watcher):
    cdef Record record              # of the direction; freed with the watch
    cdef bint is_counted            # its wait is in loop.references

    cdef int count(self, bint wanted) except -1
    cdef int forget(self) except -1
    cdef int release(self) except -1
    cdef int cancel(self, object error) except -1
    cdef int end(self, object error) except -1


cdef class Descriptor:
    cdef readonly int fd            # -1: closed or given away
    cdef readonly int _last_fd      # what fd was before, for repr
    cdef unsigned int generation    # goes up whenever fd stops being ours (FD1)
    cdef double seconds             # time-out of each wait; negative: for ever
    cdef object given_timeout       # what settimeout() got, a float or None
    cdef bint is_ref                # whether its waits keep the loop running
    cdef Watch reader               # None until somebody waited
    cdef Watch writer
    cdef object __weakref__

    cdef int demand_open(self) except -1
    cdef Watch watch_of(self, Scheduler loop, int events)
    cdef int wait_ready(self, int events, double seconds) except -1
    cdef int wait_or_fail(self, int events) except -1
    cdef double time_left(self, double* deadline) except? -2
    cdef int wait_until(self, int events, double* deadline) except -1
    cdef int end_waits(self, object error) except -1
    cdef int let_go(self, object error) except -1


cdef bint give_way(Scheduler loop) except -1
cdef int raise_errno() except -1
cdef int raise_code(int code) except -1
cdef int raise_timeout() except -1
