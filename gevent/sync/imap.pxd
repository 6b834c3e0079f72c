"""The iterators behind ``imap`` and ``imap_unordered``: native fields."""

from gevent._hub.greenlet cimport Greenlet
from gevent.sync.lock cimport Semaphore
from gevent.sync.group_members cimport GroupMembers
from gevent.sync.queue cimport SimpleQueue


cdef class IMapUnordered(Greenlet):
    cdef object mapped              # the function
    cdef object iterable
    cdef object submit              # the pool's spawn
    cdef bint is_zipped
    cdef GroupMembers members            # of the group that a result leaves; or None
    cdef Semaphore room             # None: no limit
    cdef readonly SimpleQueue queue
    cdef Py_ssize_t n_running
    cdef bint has_ended             # the producer
    cdef bint is_over               # the consumer has met the end mark

    cdef int accept(self, object call) except -1
    cdef int end_if_complete(self) except -1


cdef class IMap(IMapUnordered):
    pass
