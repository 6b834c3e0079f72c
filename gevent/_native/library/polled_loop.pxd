from gevent._native.library.backend cimport Backend
from gevent._native.scheduling.scheduler cimport Scheduler


cdef class PolledLoop(Scheduler):
    cdef Backend backend_object     # None: a loop without an event library
    cdef readonly bint is_abandoned  # the thread is not in this forked child

    cpdef Backend backend_loop(self)
    cpdef Backend backend_for(self, int fd)
    cpdef object demand_open(self)
