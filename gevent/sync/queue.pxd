"""Queues: native fields."""

cimport cython
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent.sync.event cimport Event
from gevent.sync.queue_waiters cimport QueueEnds, demand_not_negative


cdef class SimpleQueue(QueueEnds):
    cdef object items               # the storage: deque, or what a subclass made
    cdef object append              # items.append, or None
    cdef object popleft             # items.popleft, or None

    cpdef Py_ssize_t _qsize(self) except -1
    cpdef object _get(self)
    cpdef object _put(self, object item)
    cpdef object _peek(self)
    cdef int store(self, object item) except -1
    cdef int store_later(self, object item, bint block, object timeout) except -1


cdef class Queue(SimpleQueue):
    cdef public Py_ssize_t unfinished_tasks
    cdef Event finished             # whether there are none; None until needed
    cdef object made_mutex          # None until somebody asks for it

    cdef int store(self, object item) except -1
    @cython.locals(made=Event)
    cdef Event own_finished(self)


cdef class UnboundQueue(Queue):
    pass


cdef class PriorityQueue(Queue):
    cdef size_t sifter              # key of the thread that changes the heap, 0: nobody
    cdef list late                  # what others put meanwhile; None until needed

    cpdef Py_ssize_t _qsize(self) except -1
    cdef Py_ssize_t settled_size(self) except -1
    cdef bint leave_to_sifter(self, object item) except -1
    cdef int end_sifting(self) except -1
    cpdef object _get(self)
    cpdef object _put(self, object item)
    cpdef object _peek(self)


cdef class LifoQueue(Queue):
    cpdef object _get(self)
    cpdef object _put(self, object item)
    cpdef object _peek(self)
