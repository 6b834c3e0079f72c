"""The channel: native fields."""

cimport cython
from gevent._native.scheduling.scheduler cimport Linkable, Node, Scheduler, Waiter
from gevent.sync.shared cimport Shared, ForeignWaiter


cdef class QueueBase:
    cdef object __weakref__
    cdef Scheduler loop             # of the creating thread, if it had one


cdef class Party(ForeignWaiter):
    cdef object item                # what is put; what a served getter got
    cdef bint gets                  # whether it is a getter
    cdef bint is_called             # it stands among the called
    cdef bint is_served             # the item of the putter was taken, by the getter

    cdef bint call(self) except -1


cdef class Channel(QueueBase):
    # Nodes of all four are Parties.
    cdef Linkable getting           # who waits in get and was not called
    cdef Linkable putting           # who waits in put and was not called
    cdef Linkable called_getters
    cdef Linkable called_putters

    cdef Py_ssize_t n_getters(self) except -1
    cdef Py_ssize_t n_putters(self) except -1
    @cython.locals(party=Party)
    cdef Party come(self, bint gets, object item, object timeout)
    cdef int meet_under(self, Party party, object timeout) except -1
    @cython.locals(deadline=double, side=Linkable, is_late=int)
    cdef int meet(self, Party party, object timeout) except -1
    @cython.locals(putter=Party)
    cdef int serve(self, Party getter) except -1
    cdef int leave(self, Party party) except -1
    @cython.locals(getter=Party, putter=Party, excess=Py_ssize_t)
    cdef int settle(self) except -1
    @cython.locals(party=Party, called=Linkable, side=Linkable)
    cdef int step_back(self, bint gets) except -1
    @cython.locals(getter=Party, putter=Party)
    cdef bint put_from_hub(self, object item) except -1
    @cython.locals(putter=Party)
    cdef object get_from_hub(self)


@cython.locals(node=Node)
cdef list _parties(Linkable side)
@cython.locals(party=Party)
cdef tuple _offer_of(Waiter waiter)
cdef double _now(Party party) except? -1
