cimport cython
from gevent._loop.watchers cimport timer
from gevent._native.scheduler cimport Scheduler


cdef class TimeoutTimer(timer):
    cdef object owner               # the Timeout while armed, else None
    cdef object target              # the greenlet to throw into while armed

    cdef int launch_for(self, object owner) except -1
    cdef int fire(self) except -1
    cdef int halt(self) except -1


@cython.locals(made=TimeoutTimer)
cdef TimeoutTimer make_timer(double after, bint ref, int priority)
cdef int arm_timeout(TimeoutTimer timer, object owner) except -1
cdef int disarm_timeout(TimeoutTimer timer) except -1
cdef int close_timeout(TimeoutTimer timer) except -1
