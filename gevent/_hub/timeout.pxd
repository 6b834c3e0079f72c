cimport cython
from gevent._native.scheduling.scheduler cimport Alarm, Scheduler


@cython.locals(alarm=Alarm)
cdef int enter_timeout(object timeout) except -1
@cython.locals(alarm=Alarm)
cdef int exit_timeout(object timeout) except -1
@cython.locals(alarm=Alarm)
cpdef int stop_given(object timeout) except -1
cpdef object made_of(object kind)
cdef int throw_into(object target, object error) except -1
