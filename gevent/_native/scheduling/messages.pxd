from gevent._native.scheduling.scheduler cimport Scheduler


cpdef bint post(Scheduler loop, object function) except -1
