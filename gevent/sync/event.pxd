"""Event and AsyncResult: native fields."""

cimport cython
from gevent._native.scheduling.scheduler cimport Scheduler, Waiter
from gevent.sync.shared cimport Shared, ForeignWaiter


cdef class Announcement(Shared):
    cdef int announce_all(self) except -1
    @cython.locals(loop=Scheduler, waiter=Waiter)
    cdef bint wait_for_announcement(self, object timeout) except -1
    cdef bint wait_at_home_once(self, Waiter waiter, object timeout) except -1
    @cython.locals(foreign=ForeignWaiter)
    cdef bint visit(self, Scheduler loop, object timeout) except -1


cdef class Event(Announcement):
    cdef bint flag

    cdef int lower(self) except -1
    cdef bint is_due(self)


cdef class AsyncResult(Announcement):
    cdef int state                  # EMPTY, VALUE, ERROR
    cdef readonly object value      # None unless set
    cdef readonly object exception  # stays when a value is set later
    cdef object trace               # traceback to raise the exception with

    cdef bint is_due(self)
    cdef object outcome(self)
    cdef int settle(self, int state) except -1
