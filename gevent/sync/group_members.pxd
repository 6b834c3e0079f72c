"""Who is in a group or pool: native fields."""

cimport cython
from gevent._hub.greenlet cimport Greenlet
from gevent.sync.event cimport Event
from gevent.sync.lock cimport Semaphore


cdef class GroupMembers:
    cdef readonly dict greenlets    # keys, in the order in which they joined
    cdef readonly dict dying        # keys: those an exception was sent to
    cdef readonly Event empty
    cdef readonly Semaphore slots   # None: any number of members

    @cython.locals(plain=Greenlet)
    cpdef int take_in(self, object greenlet) except -1


@cython.locals(made=Greenlet)
cpdef object make_greenlet(object kind, tuple args, dict kwargs)
