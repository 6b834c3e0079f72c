"""The handlers of datagrams, one after another in one greenlet: native fields."""

cimport cython
from gevent._hub.greenlet cimport Greenlet
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent._native.scheduling.ties cimport ties


# C variables: comparing with a Python number costs more than what is decided.
cdef int BUSY
cdef int IDLE
cdef int ENDING


cdef class Burst:
    cdef Scheduler loop
    cdef object server
    cdef object body                # runs a handler; what reports show
    cdef object close               # server.do_close
    cdef Greenlet worker            # may go on to the next datagram, or None
    cdef int state                  # BUSY .. ENDING, of that one
    cdef int left                   # how many may be taken, and 0: nothing is there
    cdef bint is_first              # since the hub switched to the worker
    cdef object failure             # exception of do_read, on its way to the hub

    @cython.locals(worker=Greenlet)
    cpdef int run(self, int left) except -1
    @cython.locals(me=Greenlet, known=Py_ssize_t, args=tuple)
    cpdef object work(self)
    cdef object take(self)
    cdef bint leaves_traces(self, Greenlet me) except -1
