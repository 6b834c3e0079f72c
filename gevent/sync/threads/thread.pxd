"""``_thread`` on greenlets: native fields."""

cimport cython
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent.sync.lock cimport BoundedSemaphore, ReentrantLock
from gevent.sync.shared cimport let_others_run


cdef double LONGEST


# Sealed, as the standard library's is.
@cython.final
cdef class LockType(BoundedSemaphore):
    pass


cdef class RLockType(ReentrantLock):
    pass


cdef int demand_sane(object blocking, object timeout) except -1
