"""The two ends of a queue: native fields."""

cimport cython
from gevent.sync.channel cimport QueueBase
from gevent.sync.shared cimport Shared


cdef class WaitEnd(Shared):
    cdef bint due                   # kept up to date by the queue, see QUEUE2

    cdef bint is_due(self)
    cdef bint turn(self, bint due) except -1
    cdef int signal(self) except -1


cdef class QueueEnds(QueueBase):
    cdef Py_ssize_t limit           # negative: none
    cdef readonly bint is_shutdown
    cdef bint has_ends              # whether somebody had to wait, ever
    cdef WaitEnd getters                # None unless has_ends
    cdef WaitEnd putters                # likewise

    cpdef Py_ssize_t _qsize(self) except -1
    cdef bint has_room(self) except -1
    @cython.locals(getters=WaitEnd, putters=WaitEnd)
    cdef int make_ends(self) except -1
    cdef int settle(self) except -1
    cdef int wait_for_room(self, bint block, object timeout) except -1
    cdef int wait_for_item(self, bint block, object timeout) except -1


cpdef int demand_not_negative(object timeout) except -1
