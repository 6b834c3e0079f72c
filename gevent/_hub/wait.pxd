from gevent._native.scheduling.messages cimport post
from gevent._native.scheduling.scheduler cimport NativeGreenlet, Scheduler, Waiter


cdef object born_of(NativeGreenlet each)


cdef class Gathering:
    cdef Waiter waiter
    cdef list linked                # what this is linked to, in order
    cdef object done                # deque of what is ready and not handed out
    cdef Py_ssize_t n_called        # how many links have been used
    cdef Py_ssize_t wanted          # how many wake the waiter
    cdef Py_ssize_t missing         # how many may still be handed out

    cdef int link_all(self, object objects) except -1
    cdef int unlink_all(self) except -1


cdef class WaitIterator:
    cdef object objects
    cdef object count
    cdef object given               # a Timeout instead of seconds, or None
    cdef double timeout             # negative: for ever
    cdef double deadline
    cdef Gathering gathering
    cdef bint is_over

    cdef object next_ready(self)
    cdef int wait_for_one(self, Waiter waiter) except -1
    cdef int expire(self) except -1


cdef double seconds_to_count(object given) except? -2.0
cdef object join_under(object hub, object timeout)
