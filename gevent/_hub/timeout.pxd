cimport cython
from gevent._native.scheduler cimport Alarm, Scheduler


cdef int enter_timeout(object timeout) except -1
cdef int exit_timeout(object timeout) except -1
cdef int throw_into(object target, object error) except -1
