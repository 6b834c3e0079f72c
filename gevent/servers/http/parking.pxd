"""Connections that have no greenlet: native fields."""

cimport cython
from gevent._loop.loop cimport Loop
from gevent.servers.http.connection cimport Connection


cdef class Deadlines:
    cdef object loop
    cdef double delay               # seconds; 0.0: for ever
    cdef object expired
    cdef readonly dict members      # Connection -> when it is due, by the loop's clock
    cdef object _timer

    cpdef int add(self, Connection connection) except -1
    cpdef int discard(self, Connection connection) except -1


cdef class Parking:
    cdef readonly object host       # the server
    cdef readonly Loop loop         # of the server
    cdef readonly object crowd      # Crowd
    cdef readonly dict connections  # socket -> Connection (HTTP3)
    cdef readonly Deadlines proxies
    cdef readonly Deadlines heads
    cdef readonly Deadlines idle
    cdef readonly Deadlines lingering
    cdef readonly object ready      # deque of connections
    cdef readonly dict warm         # Connection -> None
    cdef readonly dict apart        # likewise
    cdef readonly bint is_stopping
    cdef object _process            # which serves them, and no fork of it
    cdef object _sweeper
    cdef bint _is_waiting_for_slot
    cdef object _emptied
    cdef object _left               # Event: a greenlet has ended, while it stops

    cpdef object wait_warm(self, Connection connection)
    cdef bint _must_not_wait(self, Connection connection) except -1
