"""Queues and the channel: native fields."""

cimport cython
from gevent._native.scheduler cimport Scheduler, Waiter
from gevent.sync.event cimport Event
from gevent.sync.owned cimport Owned, Visitor


cdef class End(Owned):
    cdef bint due                   # kept up to date by the queue, see Q2

    cdef bint is_due(self)
    cdef bint turn(self, bint due) except -1
    cdef int signal(self) except -1
    cdef Py_ssize_t n_waiting(self) except -1


cdef class Passage:
    cdef object __weakref__
    cdef Scheduler loop             # of the creating thread, if it had one


cdef class SimpleQueue(Passage):
    cdef object items               # the storage: deque, or what a subclass made
    cdef object append              # items.append, or None
    cdef object popleft             # items.popleft, or None
    cdef Py_ssize_t limit           # negative: none
    cdef readonly bint is_shutdown
    cdef bint has_ends              # whether somebody had to wait, ever
    cdef End getters                # None unless has_ends
    cdef End putters                # likewise

    cpdef Py_ssize_t _qsize(self) except -1
    cpdef object _get(self)
    cpdef object _put(self, object item)
    cpdef object _peek(self)
    cdef bint has_room(self) except -1
    cdef int store(self, object item) except -1
    cdef int settle(self) except -1
    cdef int store_later(self, object item, bint block, object timeout) except -1
    cdef int wait_for_item(self, bint block, object timeout) except -1
    cdef int wait_for_room(self, bint block, object timeout) except -1
    @cython.locals(getters=End, putters=End)
    cdef int make_ends(self) except -1


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


cdef class Offer(Visitor):
    cdef object item
    cdef bint is_taken

    cdef int accept(self) except -1


cdef class Channel(Passage):
    cdef End taking                 # who waits in get
    cdef End offering               # who waits in put: nodes are Offers

    @cython.locals(offer=Offer)
    cdef object take(self)
    cdef int await_taker(self, Offer offer, object timeout) except -1
    cdef int offer_from_hub(self, Offer offer) except -1


@cython.locals(made=Offer)
cdef Offer make_offer(object item)
cdef list _nodes(End end)
cdef tuple _item_of(Offer offer)
