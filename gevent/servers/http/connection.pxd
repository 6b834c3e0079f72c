"""A connection of an HTTP server: native fields."""

cimport cython
from gevent._native.http.head cimport Head, HeadParser
from gevent.servers.http.counts cimport Counts
from gevent.servers.http.policy cimport Decision


cdef dict _NEXT


cdef class Connection:
    cdef object __weakref__
    cdef readonly object rules      # the server
    # Its, as they were when the connection began.
    cdef readonly object limits
    cdef readonly object timeouts
    cdef readonly object relax
    cdef readonly Counts counts     # the server's
    cdef public object sock
    cdef public object address
    cdef public object parking      # Parking or None
    cdef public bint is_tls
    cdef public str state
    cdef public bytearray buffer    # (HTTP2)
    cdef public HeadParser parser   # None until octets come
    cdef public Head head           # of the request being served, or about to be
    cdef public Decision decision   # likewise
    cdef public object refusal      # HeadError, in the place of these two
    cdef public str reason          # the event that it was closed by
    cdef public object proxy        # ProxyHeader; None when it is whole
    cdef public object watcher      # io, of the hub (HTTP1)
    cdef public object handler      # what serves, if it outlives a request
    cdef public object greenlet     # which it does in, or None
    cdef public bint is_idle        # that waits in WARM (HTTP4)
    cdef public Py_ssize_t n_requests
    cdef public Py_ssize_t n_pending    # octets of its head, as the crowd counted them
    cdef public bint is_counted     # in the crowd, among those of its address
    cdef double waited              # seconds for the body of this request
    cdef Py_ssize_t n_received      # in that time, octets
    cdef public double since        # by the loop's clock

    @cython.locals(state=str, events=dict)
    cpdef str on(self, str event)
    @cython.locals(parser=HeadParser, head=Head)
    cpdef bint parse(self) except -1
    cpdef bint wait_for_head(self) except -1
    cpdef bint read_head(self) except -1
    cdef int _begin_head(self) except -1
    cdef int _check_rate(self, double seconds, Py_ssize_t n) except -1
    cdef bint _receive_head(self) except -1
    cdef bytes _receive_by_deadline(self)
    cdef bytes _receive_idle(self)
    cdef bytes _receive_within(self, object timeout)
